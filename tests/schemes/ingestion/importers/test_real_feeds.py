"""The real files of Aides-territoires, its feeds and Aides-entreprises: all counted, twice without a change."""

import json
import re
from collections import Counter
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from backend.matchmaking import engine
from backend.schemes.catalogue.records import normalise, read_record
from backend.schemes.models import Revision, Scheme
from tests.conftest import REAL_DATA

pytestmark = [pytest.mark.django_db, pytest.mark.real_data, pytest.mark.slow]
AT, AE = REAL_DATA / "aides_territoires", REAL_DATA / "aides_entreprises"

FILES = [  # source, file, records, of which go in
    ("aides-territoires", AT / "aids_api_reconstructed.json", 471, 471),
    ("aides-territoires", AT / "recoco_old_aid_156168.json", 1, 1),
    ("aides-territoires", AT / "api_aid_156168_recoco_sample.json", 1, 1),
    ("mission-transition", AT / "mission-transition_api_aid_at_94683.json", 1, 1),
    ("flux-ademe", AT / "feeds" / "ademe_agir_data.json", 5, 5),
    ("flux-drome", AT / "feeds" / "departement_drome_data.json", 3, 0),
    ("flux-manche", AT / "feeds" / "departement_manche_data.json", 10, 0),
    ("flux-ile-de-france", AT / "feeds" / "ile_de_france_data.json", 3, 0),
    ("flux-culture", AT / "feeds" / "ministere_de_la_culture_data.json", 3, 2),
    ("flux-welcome-europe", AT / "feeds" / "welcom_europe_data.json", 2, 1),
    ("aides-entreprises", AE / "sample_aideradar_2026-09-27.json", 12, 12),
]
ALONE = {path for source, path, n_records, _ in FILES if source == "aides-territoires" and n_records == 1}
REFUSED = re.compile(r"^  (?:(\d+) fiches, dont la )?fiche \d+(?: \([^)]*\))? : (.*)$", re.MULTILINE)


def run(source, path):
    printed = StringIO()
    call_command("import_schemes", source, path, dated="2026-11-24", stdout=printed)
    return printed.getvalue()


def counts(output):
    return {name: int(n) for name, n in re.findall(r"(\w+) (\d+)", output.rstrip("\n").split("\n")[-1])}


def records(source):
    rows = Revision.objects.filter(scheme__source=source).select_related("scheme").order_by("scheme__source_key")
    return {row.scheme.source_key: read_record(row) for row in rows}


@pytest.fixture(scope="module")
def catalogue(django_db_setup, django_db_blocker):
    """Import the first file of each source twice for all these tests; return what was printed, and the records."""
    with django_db_blocker.unblock(), transaction.atomic():
        printed = {path: [run(source, path), run(source, path)] for source, path, _, _ in FILES if path not in ALONE}
        yield printed, {source: records(source) for source, _, _, _ in FILES}
        transaction.set_rollback(True)


def check(printed, source, n_records, n_taken):
    first, second = printed
    assert counts(first) == {"created": n_taken, "updated": 0, "unchanged": 0, "rejected": n_records - n_taken}
    assert counts(second) == {"created": 0, "updated": 0, "unchanged": n_taken, "rejected": n_records - n_taken}
    assert sum(int(n or 1) for n, _ in REFUSED.findall(second)) == n_records - n_taken
    assert not Scheme.objects.of_source(source).exclude(state=Scheme.State.DRAFT).exists()


PARAMETERS = ("source", "path", "n_records", "n_taken")


@pytest.mark.parametrize(
    PARAMETERS, [row for row in FILES if row[1] not in ALONE], ids=lambda value: getattr(value, "stem", "")
)
def test_every_record_is_counted_and_the_second_run_changes_nothing(catalogue, source, path, n_records, n_taken):
    check(catalogue[0][path], source, n_records, n_taken)


@pytest.mark.parametrize(
    ("name", "n_updated"), [("recoco_old_aid_156168.json", 0), ("api_aid_156168_recoco_sample.json", 1)]
)
def test_one_aid_alone_is_compared_with_that_of_the_large_file(catalogue, name, n_updated):
    first, again = run("aides-territoires", AT / name), run("aides-territoires", AT / name)
    assert counts(first) == {"created": 0, "updated": n_updated, "unchanged": 1 - n_updated, "rejected": 0}
    assert counts(again) == {"created": 0, "updated": 0, "unchanged": 1, "rejected": 0}
    assert "Le fichier n’est pas entier (il n’y a qu’une fiche)" in again
    assert "Absentes du fichier" not in again


def test_every_refusal_of_the_real_files_says_why(catalogue):
    printed = "".join(output[0] for output in catalogue[0].values())
    reasons: Counter[str] = Counter()
    for n, reason in REFUSED.findall(printed):
        reasons[reason.split(" : ")[0]] += int(n or 1)
    assert reasons == {"Pas pour les entreprises": 17, "La fiche n’a ni texte ni adresse utilisable ; attendu": 1}


def test_every_record_is_written_in_one_way_only(catalogue):
    for found in catalogue[1].values():
        for record in found.values():
            assert normalise(record) == record


def test_invalid_json_is_refused_as_a_whole(tmp_path):
    broken = tmp_path / "aid.json"
    broken.write_text("{" + (AT / "recoco_old_aid_156168.json").read_text(), encoding="utf-8")
    with pytest.raises(CommandError, match="n’est pas du JSON"):
        run("aides-territoires", broken)


def test_titles_are_those_of_the_file(catalogue):
    aids = json.loads((AT / "aids_api_reconstructed.json").read_text())["results"]
    for aid in aids:
        assert catalogue[1]["aides-territoires"][str(aid["id"])]["name"] == " ".join(aid["name"].split())


def test_a_place_is_what_its_file_says_or_is_asked(catalogue):
    aids = json.loads((AT / "aids_api_reconstructed.json").read_text())["results"]
    for aid in aids:
        criteria = catalogue[1]["aides-territoires"][str(aid["id"])]["criteria"]
        asked = [row for row in criteria if row.get("fact", "").endswith(".place")]
        typed = [row for row in criteria if row["kind"] == "in_territory"]
        if aid["perimeter"] in ("France", "Europe"):
            assert not typed, aid["id"]
        else:
            assert asked or typed, aid["id"]
        if typed and not asked and typed[0]["any_of"][0].startswith("REG-"):
            assert len(typed[0]["any_of"]) == len(aid["perimeter"].split(", ")), aid["id"]


def test_none_of_471_aids_without_dates_is_said_open(catalogue):
    states = Counter(record["window"]["state"] for record in catalogue[1]["aides-territoires"].values())
    assert states == {"unknown": 471}


def test_the_loan_of_the_region_is_not_hidden_from_the_oise(catalogue, tmp_path):
    lines = [
        {"id": "oise", "commune": "60159", "on": "2026-11-24"},
        {"id": "var", "commune": "83137", "on": "2026-11-24"},
    ]
    firms, out = tmp_path / "firms.jsonl", tmp_path / "answers.jsonl"
    firms.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    call_command("match", firms, out=out, on="2026-11-24", source="aides-entreprises", all=True, verbosity=0)
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    verdicts = [
        next(item["eligibility"] for item in answer["matches"] if item["scheme"] == "aides-entreprises:12756")
        for answer in answers
    ]
    assert verdicts == ["undecided", "ineligible"]


def test_what_an_aid_says_of_size_and_cost_in_a_reviewed_sentence_is_a_condition(catalogue):
    found = {
        key: [row for row in record["criteria"] if row.get("from_text") and row["kind"] != "manual"]
        for key, record in catalogue[1]["aides-entreprises"].items()
    }
    typed = {
        key: [(row["kind"], row.get("at_most") or row.get("from")) for row in rows] for key, rows in found.items()
    }
    assert typed["358"] == [("size_category", "intermediate")]  # the file also says "PME tous secteurs"
    assert typed["12756"] == [("headcount", 500)]
    assert found["12758"][0]["at_least"] == 500_000


def test_nothing_shown_holds_markup_an_address_or_a_number_of_anybody(catalogue):
    raw = " ".join(path.read_text(encoding="utf-8") for _, path, _, _ in FILES)
    people = {found.casefold() for found in re.findall(r"\b[a-z]+\.(?:[a-z]+-)*([a-z]{4,})@", raw)}
    assert len(people) > 3
    for source, found in catalogue[1].items():
        for key, record in found.items():
            urls = {record["url"], (record["contact"] or {}).get("url"), *(row["url"] for row in record["sources"])}
            shown = json.dumps(record, ensure_ascii=False)
            for url in filter(None, urls):
                shown = shown.replace(url, "")
            assert not re.search(r"@|\*\*|\]\(|&[a-z]+;|</?[a-z]+[ />]|[\u200b\ufeff\u00ad]", shown), (source, key)
            assert not re.search(r"\b0[1-9](?:[ .-]?\d\d){4}\b", shown), (source, key)
            assert not people & set(re.findall(r"\w+", shown.casefold())), (source, key)


def test_labels_make_proposals_for_what_firms_need(catalogue):
    schemes = Scheme.objects.of_source("aides-territoires").select_related("current")
    filed = [scheme for scheme in schemes if scheme.labels]
    assert len(filed) == 388
    assert all(engine.vocabularies()["aides-territoires"].keys() >= set(scheme.labels) for scheme in filed)
    proposed = sum(bool(engine.propose_tags(scheme, scheme.current)) for scheme in filed[:60])
    assert proposed >= 50
