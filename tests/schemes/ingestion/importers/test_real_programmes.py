"""The State's file as it is: what two readings of it say of thousands of firms, and what may be shown of it."""

import json
import os
import re
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction

from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Criterion, Revision
from tests.conftest import REAL_DATA
from tests.matchmaking import naive
from tests.schemes.ingestion.importers import second_reading
from tests.schemes.ingestion.importers.drawn import Draw
from tests.schemes.ingestion.importers.made_up import SOURCE

DAY = date(2026, 11, 24)
N_PROFILES = 3000 if os.environ.get("JONCTION_LONG") == "1" else 150
pytestmark = [pytest.mark.django_db, pytest.mark.real_data, pytest.mark.slow]


FILE = REAL_DATA / "mte" / "programs.json"


@pytest.fixture(scope="module")
def programmes():
    return second_reading.programmes(FILE)


@pytest.fixture(scope="module")
def output(django_db_setup, django_db_blocker):
    """Import the file once for all these tests, each of which undoes what it adds, and return what was printed."""
    printed = StringIO()
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("import_schemes", SOURCE, FILE, dated="2026-06-12", stdout=printed)
        yield printed.getvalue()
        transaction.set_rollback(True)


def test_every_programme_goes_in(output, programmes):
    assert output.endswith("created 260, updated 0, unchanged 0, rejected 0\n")
    assert Revision.objects.filter(scheme__source=SOURCE).count() == len(programmes) == 260


def test_every_programme_serves_the_sub_needs_that_people_read_in_it(output):
    assert "Sans besoins relus" not in output
    assert not Revision.objects.filter(scheme__source=SOURCE, served_needs=None).exists()


def test_two_readings_of_the_file_give_every_firm_the_same_answers(output, programmes, tmp_path):
    lines = Draw(programmes, seed=20261124).lines(N_PROFILES)
    path, out = tmp_path / "firms.jsonl", tmp_path / "answers.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    call_command("match", path, out=out, on=DAY.isoformat(), source=SOURCE, all=True, verbosity=0)
    seen = set()
    with out.open(encoding="utf-8") as answers:
        for line, raw in zip(lines, answers, strict=True):
            found = {item["scheme"]: (item["typed"], item["targeted"]) for item in json.loads(raw)["matches"]}
            place = naive.where(line.get("commune"), line.get("region"), date.fromisoformat(line["on"]))
            expected = {
                f"{SOURCE}:{programme['id']}": second_reading.verdicts(programme, line, on=DAY, place=place)
                for programme in programmes
            }
            assert found == expected, line
            seen |= set(expected.values())
    assert len(seen) == 9  # every verdict with every targeting: the draw is varied enough to mean something


def test_only_what_the_file_states_is_in_the_typed_verdict(output):
    kinds = Criterion.objects.filter(revision__scheme__source=SOURCE, from_text=False)
    assert {definition["kind"] for definition in kinds.values_list("definition", flat=True)} == {
        "headcount",
        "micro_entrepreneur",
        "in_territory",
    }


def test_every_condition_read_from_the_text_is_quoted(output, programmes):
    texts = {
        programme["id"]: re.sub(r"\W+", "", json.dumps(programme, ensure_ascii=False).replace("\\n", " "))
        for programme in programmes
    }
    rows = Criterion.objects.filter(revision__scheme__source=SOURCE, from_text=True)
    assert rows.count() > 300
    for row in rows.select_related("revision__scheme"):
        for part in filter(None, row.excerpt.split("\n")):
            words = re.sub(r"\W+", "", part.split("(adresse non reprise)")[0])
            assert words[:30] in texts[row.revision.scheme.source_key], row.excerpt


def test_a_project_that_must_not_have_started_is_read_where_only_the_steps_say_so(output, programmes):
    says = re.compile(
        r"(projet|opération|travaux|investissements?)\b[^.!]* ne doi(?:t|ven)t? pas avoir commencé", re.IGNORECASE
    )
    rows = Criterion.objects.filter(revision__scheme__source=SOURCE, definition={"kind": "project_not_started"})
    asked = set(rows.values_list("revision__scheme__source_key", flat=True))
    said = {
        programme["id"]
        for programme in programmes
        for step in programme.get("objectifs", ())
        if says.search(step.get("description", ""))
    }
    assert len(said) > 70
    assert said <= asked


def people_among(addresses):
    """Return family names: what follows an initial and a dot, as in ``p.martin@``."""
    return {found[1].casefold() for found in (re.match(r"\w\.(\w{4,})@", address) for address in addresses) if found}


def test_nothing_that_may_be_shown_holds_markup_nor_an_official_s_address_or_name(output, programmes):
    addresses = set(re.findall(r"[\w.+-]+@[\w-]+\.[\w.-]+", json.dumps(programmes, ensure_ascii=False)))
    assert len(addresses) > 20
    people = people_among(addresses)
    assert people
    for revision in Revision.objects.filter(scheme__source=SOURCE).select_related("scheme"):
        record = read_record(revision)
        urls = {record["url"], record["contact"]["url"], *(source["url"] for source in record["sources"])}
        shown = json.dumps(record, ensure_ascii=False)
        for url in filter(None, urls):
            shown = shown.replace(url, "")
        assert not re.search(r"@|\*\*|\]\(|&\w+;|</?[a-z]+>|[\u200b\ufeff\u00ad]", shown), revision.scheme.source_key
        assert not re.search(r"mtm_|utm_|:~:", "".join(filter(None, urls)))
        assert not people & set(re.findall(r"\w+", shown.casefold())), revision.scheme.source_key


def test_reading_the_file_twice_changes_nothing(output):
    again = StringIO()
    call_command("import_schemes", SOURCE, FILE, stdout=again)
    assert again.getvalue().endswith("created 0, updated 0, unchanged 260, rejected 0\n")


@pytest.mark.parametrize(
    ("key", "state"),
    [("impact-co2", "permanent"), ("accelerateur-decarbonation", "suspended")],
)
def test_a_programme_without_end_is_permanent_and_one_that_is_unavailable_suspended(output, key, state):
    assert Revision.objects.get(scheme__source=SOURCE, scheme__source_key=key).window_state == state


def test_contradictions_of_the_file_are_told(output):
    for told in (
        "accelerateur-decarbonation : « Plus de 50 salariés », mais les données disent au moins 50",
        "enviroveille : « Toutes tailles », mais les données disent au plus 499",
        "sobriete-hydrique : « Bouches-du-Rhône, Corse », mais les données citent toute la France",
        "ecogestes-paca : « Bouches-du-Rhône », mais les données citent Provence-Alpes-Côte d'Azur",
    ):
        assert told in output
