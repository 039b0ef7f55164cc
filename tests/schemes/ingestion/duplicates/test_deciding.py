"""Decisions on pairs of sheets: kept, not asked again until one changes, and taken back."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.urls import reverse

from backend.schemes.ingestion.changes.following import end_counterpart
from backend.schemes.ingestion.duplicates.deciding import DuplicateError, decide_pair, take_back
from backend.schemes.ingestion.duplicates.keeping import search_duplicates
from backend.schemes.models import Counterpart, DuplicateDecision, DuplicatePair, Scheme
from tests.factories import DAY, make_officer
from tests.schemes.ingestion.duplicates.pairs import decide_as, in_order, make_pair, sides_of
from tests.schemes.ingestion.following import bring, imported, link
from tests.schemes.ingestion.importers.made_up import make_programme
from tests.schemes.people import get_scheme, make_approver, make_editor, publish_change

pytestmark = pytest.mark.django_db
LIST = "admin:schemes_duplicatepair_changelist"
PAGE = "admin:schemes_duplicatepair_change"


def waiting():
    return list(DuplicatePair.objects.waiting())


@pytest.fixture
def pair():
    """One of ours and an imported record."""
    bring(make_programme())
    return make_pair(get_scheme(), imported())


def test_the_search_of_the_night_keeps_what_it_finds_in_place_of_what_it_found(pair):
    work = search_duplicates(on=DAY)
    kept = DuplicatePair.objects.all()
    assert work.n_looked_at == Scheme.objects.described().exclude(state="archived").count()
    assert work.n_changed == len(kept) + 1 > 1  # the one that it does not find goes
    assert not kept.filter(pk=pair.pk).exists()
    assert all(row.one_id < row.other_id and 0 < row.chance <= 1 and row.reasons for row in kept)
    assert search_duplicates(on=DAY).n_changed == 0


@pytest.mark.parametrize("verdict", ["variant", "other"])
def test_a_pair_that_was_decided_is_not_proposed_again_by_the_next_search(pair, verdict):
    assert waiting() == [pair]
    editor = make_editor()
    decision = decide_as(pair, editor, verdict, why="  Deux années.  ")
    assert (decision.by, decision.why, decision.counterpart) == (editor, "Deux années.", None)
    assert waiting() == []
    pair.delete()
    make_pair(get_scheme(), imported())
    assert waiting() == []


def test_another_wording_does_not_ask_again_and_another_name_does(pair):
    decide_as(pair, make_editor(), "other")
    publish_change(get_scheme(), summary="Le même dispositif, dit autrement.")
    make_pair(get_scheme(), imported())
    assert waiting() == []
    publish_change(get_scheme(), name="Médiation du crédit, nouvelle formule")
    make_pair(get_scheme(), imported())
    assert len(waiting()) == 1
    decide_as(waiting()[0], make_editor(), "variant")
    assert waiting() == []
    assert DuplicateDecision.objects.in_force().count() == 2  # what was said of the former sheet stays readable


def test_an_imported_record_that_is_the_same_follows_ours_and_is_let_go_when_that_is_taken_back(pair):
    editor = make_editor()
    decision = decide_as(pair, editor, "same")
    row = Counterpart.objects.in_force().get()
    assert (row.imported, row.ours, row.made_by, decision.counterpart) == (
        imported(),
        get_scheme(),
        editor,
        row,
    )
    assert waiting() == []
    take_back(decision=decision, editor=editor)
    assert not Counterpart.objects.in_force().exists()
    assert waiting() == [pair]
    with pytest.raises(DuplicateError, match="déjà été reprise"):
        take_back(decision=decision, editor=editor)


def test_a_record_that_follows_another_sheet_is_told_and_nothing_is_kept(pair):
    row = link(imported(), get_scheme("accise-electricite-industrie"))
    with pytest.raises(DuplicateError, match="correspond déjà"):
        decide_as(pair, make_editor(), "same")
    assert not DuplicateDecision.objects.exists()
    end_counterpart(counterpart=row, editor=make_editor())
    decide_as(pair, make_editor(), "same")


def test_a_pair_that_was_linked_elsewhere_or_archived_does_not_wait(pair):
    link(imported(), get_scheme())
    assert waiting() == []
    two = make_pair(get_scheme(), get_scheme("accise-electricite-industrie"))
    assert waiting() == [two]
    Scheme.objects.filter(pk=two.one_id).update(state=Scheme.State.ARCHIVED)
    assert waiting() == []


def test_two_people_at_once_decide_once(pair):
    decide_as(pair, make_editor(first_name="Anne", last_name="Petit"), "other")
    with pytest.raises(DuplicateError, match="a déjà décidé de cette paire : « deux dispositifs »"):
        decide_as(pair, make_editor(), "same")
    again = DuplicateDecision.objects.get()
    again.pk = None
    with pytest.raises(DatabaseError), transaction.atomic():
        again.save()


def test_a_sheet_that_changed_meanwhile_is_read_again_first(pair):
    one, other = in_order(pair.one, pair.other)
    publish_change(get_scheme(), summary="Autre chose.")
    with pytest.raises(DuplicateError, match="a changé pendant que vous lisiez"):
        decide_pair(pair=pair, editor=make_editor(), verdict="other", one=one.current, other=other.current)
    assert not DuplicateDecision.objects.exists()


def test_only_editors_decide_and_only_what_is_a_decision(pair):
    with pytest.raises(PermissionDenied):
        decide_as(pair, make_officer(), "other")
    with pytest.raises(DuplicateError, match="« peut-être » n’est pas une décision"):
        decide_as(pair, make_editor(), "peut-être")


# -- the pages


def test_the_list_shows_the_likeliest_first_and_only_what_waits(client, pair):
    other = make_pair(get_scheme("accise-electricite-industrie"), imported(), chance=0.95)
    decided = make_pair(get_scheme(), get_scheme("accise-electricite-industrie"), chance=0.99)
    decide_as(decided, make_editor(), "other")
    client.force_login(make_editor())
    text = client.get(reverse(LIST)).text
    assert text.index(reverse(PAGE, args=[other.pk])) < text.index(reverse(PAGE, args=[pair.pk]))
    assert reverse(PAGE, args=[decided.pk]) not in text
    assert reverse(PAGE, args=[decided.pk]) in client.get(reverse(LIST), {"etat": "toutes"}).text
    assert reverse(PAGE, args=[pair.pk]) not in client.get(reverse(LIST), {"catalogue": "deux"}).text


def test_the_page_shows_both_sheets_field_by_field_and_three_buttons(client, pair):
    client.force_login(make_editor())
    text = client.get(reverse(PAGE, args=[pair.pk])).text
    assert "80&nbsp;%" in text
    assert "même page" in text
    assert "formes différentes" in text
    assert re.findall(r'name="verdict"\s+value="(\w+)"', text) == ["same", "variant", "other"]
    assert text.index(">différent<") < text.index(">pareil<")


def test_a_decision_on_the_page_goes_back_to_the_list_and_is_taken_back_from_its_own(client, pair):
    client.force_login(make_editor())
    one, other = sides_of(pair.one, pair.other)
    sent = {"one": one, "other": other, "verdict": "same", "why": "La même page."}
    answer = client.post(reverse("admin:schemes_duplicatepair_decide", args=[pair.pk]), sent, follow=True)
    assert answer.redirect_chain[-1][0] == reverse(LIST)
    assert f"« {get_scheme()} » suit maintenant sa source" in answer.text
    decision = DuplicateDecision.objects.get()
    page = client.get(reverse("admin:schemes_duplicatedecision_change", args=[decision.pk])).text
    assert "La même page." in page
    assert "détachée de la nôtre" in page
    back = client.post(reverse("admin:schemes_duplicatedecision_take_back", args=[decision.pk]), follow=True)
    assert back.redirect_chain[-1][0] == reverse(PAGE, args=[pair.pk])
    assert "de nouveau à décider" in back.text


@pytest.mark.cases(1)
@pytest.mark.parametrize("sent", [{}, {"verdict": "same"}, {"verdict": "same", "one": "x", "other": "9" * 30}])
def test_a_page_that_was_not_read_decides_nothing(client, pair, sent):
    client.force_login(make_editor())
    assert client.post(reverse("admin:schemes_duplicatepair_decide", args=[pair.pk]), sent).status_code == 404
    assert not DuplicateDecision.objects.exists()


def test_a_refusal_keeps_what_was_typed(client, pair):
    decide_as(pair, make_editor(), "other")
    client.force_login(make_approver())
    one, other = sides_of(pair.one, pair.other)
    sent = {"one": one, "other": other, "verdict": "same", "why": "Je le sais."}
    answer = client.post(reverse("admin:schemes_duplicatepair_decide", args=[pair.pk]), sent)
    assert "a déjà décidé de cette paire" in answer.text
    assert not Counterpart.objects.exists()
