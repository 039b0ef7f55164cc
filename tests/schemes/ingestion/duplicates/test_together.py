"""The surest pairs, decided at once: which, what is read, what is refused, and how all is taken back."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from backend.schemes.ingestion.duplicates.deciding import DuplicateError
from backend.schemes.ingestion.duplicates.together import (
    SAMPLE,
    SURE_FROM,
    decide_together,
    sample_of,
    sure_pairs,
    take_back_together,
)
from backend.schemes.models import Counterpart, DuplicateDecision, DuplicatePair
from tests.factories import make_officer
from tests.schemes.ingestion.duplicates.pairs import decide_as, make_pair
from tests.schemes.ingestion.following import bring, imported
from tests.schemes.ingestion.importers.made_up import make_programme
from tests.schemes.people import get_scheme, make_approver, make_editor, publish_change

pytestmark = pytest.mark.django_db
PAGE = "admin:schemes_duplicatepair_together"
LIST = "admin:schemes_duplicatepair_changelist"
OURS = ("hdf-aden", "vie", "adie")


@pytest.fixture
def pairs() -> list[DuplicatePair]:
    """Three sure pairs of one of ours and an imported record, one that is less sure, and one of two of ours."""
    ids = ("a", "b", "c", "d")
    bring(*(make_programme(id=key) for key in ids))
    sure = [make_pair(get_scheme(ours), imported(key), chance=0.95) for ours, key in zip(OURS, ids, strict=False)]
    make_pair(get_scheme("poei"), imported("d"), chance=SURE_FROM - 0.01)
    make_pair(get_scheme("poei"), get_scheme("poec"), chance=0.99)
    return sure


def read(rows) -> list:
    return [(pair, pair.one.current, pair.other.current) for pair in rows]


def shown(client) -> dict[str, list[str]]:
    """What the page sends, as it stands."""
    return {"lue": re.findall(r'name="lue"\s+value="([\d.]+)"', client.get(reverse(PAGE)).content.decode())}


def test_only_sure_pairs_of_a_record_and_a_sheet_are_decided_at_once(pairs):
    assert set(sure_pairs()) == set(pairs)
    editor = make_editor()
    done = decide_together(read=read(DuplicatePair.objects.readable()), editor=editor, why="  Même page.  ")
    assert (done.n, len(done.refused)) == (3, 2)
    decisions = DuplicateDecision.objects.in_force()
    assert {(row.by, row.why, row.verdict) for row in decisions} == {(editor, "Même page.", "same")}
    assert len({row.at for row in decisions}) == 1
    assert Counterpart.objects.in_force().count() == 3
    assert list(sure_pairs()) == []


def test_all_of_one_go_is_taken_back_at_once_and_nothing_else(pairs):
    editor = make_editor()
    alone = decide_as(pairs[0], editor, "same")
    decide_together(read=read(sure_pairs()), editor=editor, why="Même page.")
    other = make_approver()
    assert take_back_together(decision=DuplicateDecision.objects.exclude(pk=alone.pk).first(), editor=other) == 2
    assert list(DuplicateDecision.objects.in_force()) == [alone]
    assert {row.taken_back_by for row in DuplicateDecision.objects.exclude(pk=alone.pk)} == {other}
    assert set(sure_pairs()) == set(pairs[1:])
    assert Counterpart.objects.in_force().count() == 1


def test_a_sheet_that_changed_since_it_was_read_is_left_and_the_others_are_decided(pairs):
    seen, editor = read(sure_pairs()), make_editor()
    publish_change(get_scheme(OURS[0]), name="Un autre dispositif")
    done = decide_together(read=seen, editor=editor, why="Même page.")
    assert done.n == 2
    assert "a changé" in done.refused[0]
    with pytest.raises(DuplicateError, match="Aucune"):
        decide_together(read=seen, editor=editor, why="Même page.")


def test_a_reason_and_an_editor_are_wanted(pairs):
    with pytest.raises(DuplicateError, match="Dites pourquoi"):
        decide_together(read=read(pairs), editor=make_editor(), why="  ")
    with pytest.raises(PermissionDenied):
        decide_together(read=read(sure_pairs()), editor=make_officer(), why="Même page.")
    assert not DuplicateDecision.objects.exists()


def test_the_sample_is_drawn_once_for_a_list():
    rows = [DuplicatePair(pk=number) for number in range(1, 40)]
    drawn = sample_of(rows)
    assert len(drawn) == SAMPLE < len(rows)
    assert sample_of(rows) == drawn
    assert [pair.pk for pair in drawn] == sorted(pair.pk for pair in drawn)
    assert sample_of(rows[:-1]) != drawn
    assert sample_of(rows[:3]) == rows[:3]
    assert sample_of([]) == []


def test_the_page_shows_how_many_and_how_sure_keeps_what_was_typed_and_takes_all_back(client, pairs):
    client.force_login(make_editor())
    text = client.get(reverse(PAGE)).content.decode()
    assert "<strong>3 paires</strong>" in text
    assert "30 paires jugées sur 30" in text
    sent = shown(client)
    assert len(sent["lue"]) == 3

    refused = client.post(reverse(PAGE), {**sent, "why": " "}).content.decode()
    assert "Dites pourquoi" in refused
    assert not DuplicateDecision.objects.exists()

    told = client.post(reverse(PAGE), {**sent, "why": "Lues : même page."}, follow=True).content.decode()
    assert "Paires décidées ensemble : 3." in told
    first = DuplicateDecision.objects.first()
    page = client.get(reverse("admin:schemes_duplicatedecision_change", args=[first.pk])).content.decode()
    assert "Reprendre ces 3 décisions" in page
    back = reverse("admin:schemes_duplicatedecision_take_back_together", args=[first.pk])
    assert "Décisions reprises : 3." in client.post(back, follow=True).content.decode()
    assert set(sure_pairs()) == set(pairs)


def test_what_cannot_be_read_decides_nothing_and_says_so(client, pairs):
    client.force_login(make_editor())
    for lue in ("", "x", "1.2", "1.2.x", f"{'9' * 30}.1.1", "0.0.0", "¹.1.1"):
        text = client.post(reverse(PAGE), {"lue": lue, "why": "Même page."}).content.decode()
        assert "Aucune de ces paires" in text, lue
        assert "Même page." in text, lue
    assert not DuplicateDecision.objects.exists()


def test_where_nothing_is_sure_the_page_says_so(client):
    client.force_login(make_editor())
    assert "Aucune paire n’attend à 90" in client.get(reverse(PAGE)).content.decode()
