"""Two people's changes of one record: nothing is lost, and what both changed is for a person to choose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.schemes.catalogue.drafts import EditedError, rewrite_draft
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.merging import Side, _lists, put_together
from backend.schemes.catalogue.publishing import refuse
from backend.schemes.catalogue.records import normalise
from backend.schemes.editing.rebasing import merge_on_current, save_over, take_up
from backend.schemes.models import Proposal
from tests.schemes.people import (
    get_scheme,
    make_approver,
    make_draft,
    make_editor,
    make_proposal,
    make_record,
    publish_change,
)

pytestmark = pytest.mark.django_db
SOURCES = [
    {"title": "Page inventée", "url": "https://exemple.example/robot", "dated": "2026"},
    {"title": "Délibération", "url": None, "dated": "2026-11"},
]
SMALL = {"kind": "headcount", "below": 250, "source": 1}
MAKER = {"kind": "activity", "any_of": ["C"], "source": 1}
LOCAL = {"kind": "in_territory", "any_of": ["DEP-60"], "source": 2}


def record(**changes):
    return normalise(make_record(**{"sources": SOURCES, **changes}))


def kinds(found):
    return [row["kind"] for row in found["criteria"]]


def test_changes_of_different_fields_are_both_kept():
    merge = put_together(base=record(), mine=record(name="Mien"), theirs=record(summary="Leur."))
    assert merge.conflicts == ()
    assert merge.taken == ("Résumé",)
    assert merge.record() == record(name="Mien", summary="Leur.")


@pytest.mark.parametrize(
    ("side", "kept"), [(Side.MINE, "Mien"), (Side.THEIRS, "Leur"), (Side.BASE, "Pass robot (essai)")]
)
def test_of_a_field_that_both_changed_the_chosen_one_is_kept(side, kept):
    merge = put_together(base=record(), mine=record(name="Mien"), theirs=record(name="Leur"))
    (conflict,) = merge.conflicts
    assert (conflict.label, conflict.mine, conflict.theirs, conflict.base) == (
        "Nom",
        ("Mien",),
        ("Leur",),
        ("Pass robot (essai)",),
    )
    assert merge.record({"name": side})["name"] == kept


def test_what_both_changed_alike_is_no_conflict():
    merge = put_together(base=record(), mine=record(name="Même"), theirs=record(name="Même"))
    assert (merge.conflicts, merge.record()["name"]) == ((), "Même")


def test_two_people_may_each_add_a_criterion():
    base = record(criteria=[SMALL])
    merge = put_together(base=base, mine=record(criteria=[MAKER, SMALL]), theirs=record(criteria=[SMALL, LOCAL]))
    assert merge.conflicts == ()
    found = merge.record()
    assert kinds(found) == ["activity", "headcount", "in_territory"]
    assert [row["source"] for row in found["criteria"]] == [1, 1, 2]


def test_one_adds_what_the_other_takes_away():
    base = record(criteria=[SMALL, MAKER])
    merge = put_together(base=base, mine=record(criteria=[SMALL]), theirs=record(criteria=[SMALL, MAKER, LOCAL]))
    assert merge.conflicts == ()
    assert kinds(merge.record()) == ["headcount", "in_territory"]


def test_a_criterion_that_both_changed_is_a_conflict():
    base = record(criteria=[SMALL, MAKER])
    mine, theirs = {**SMALL, "below": 50}, {**SMALL, "below": 100}
    merge = put_together(base=base, mine=record(criteria=[mine, MAKER]), theirs=record(criteria=[theirs, MAKER]))
    (conflict,) = merge.conflicts
    assert conflict.name == "criteria"
    assert merge.record({"criteria": Side.THEIRS})["criteria"][0]["below"] == 100
    assert merge.record({"criteria": Side.BASE})["criteria"][0]["below"] == 250


def test_a_number_of_a_source_follows_its_source():
    """They put a source before mine: my criterion still names mine."""
    new = {"title": "Nouvelle page", "url": None, "dated": "2026-12"}
    base = record(criteria=[])
    theirs = record(criteria=[], sources=[new, *SOURCES])
    found = put_together(base=base, mine=record(criteria=[LOCAL]), theirs=theirs).record()
    assert [source["title"] for source in found["sources"]] == ["Nouvelle page", "Page inventée", "Délibération"]
    assert found["criteria"][0]["source"] == 3


def test_a_source_that_they_took_away_stays_with_the_row_that_names_it():
    base = record(criteria=[])
    found = put_together(
        base=base, mine=record(criteria=[LOCAL]), theirs=record(criteria=[], sources=SOURCES[:1])
    ).record()
    assert [source["title"] for source in found["sources"]] == ["Page inventée", "Délibération"]
    assert found["criteria"][0]["source"] == 2


def test_needs_are_put_together_one_by_one():
    base = record(needs={"numerique.robot": 1.0})
    mine, theirs = {"numerique.robot": 0.7}, {"numerique.robot": 1.0, "financement.equipement": 0.5}
    merge = put_together(base=base, mine=record(needs=mine), theirs=record(needs=theirs))
    assert merge.record()["needs"] == {"numerique.robot": 0.7, "financement.equipement": 0.5}
    both = put_together(base=base, mine=record(needs=mine), theirs=record(needs={"numerique.robot": 0.4}))
    assert [conflict.name for conflict in both.conflicts] == ["needs"]


def test_rows_that_one_only_moved_are_for_a_person_to_choose():
    base = record(criteria=[SMALL, MAKER])
    merge = put_together(
        base=base, mine=record(criteria=[MAKER, SMALL]), theirs=record(criteria=[SMALL, MAKER, LOCAL])
    )
    assert [conflict.name for conflict in merge.conflicts] == ["criteria"]


def test_without_a_common_start_all_that_differs_is_a_conflict():
    merge = put_together(base=None, mine=record(name="Mien"), theirs=record(summary="Leur."))
    assert {conflict.label for conflict in merge.conflicts} == {"Nom", "Résumé"}


def test_the_day_of_reading_and_that_of_the_next_go_together():
    base = record(as_of="2026-01-05", review_by="2026-06-01")
    mine, theirs = (
        {"as_of": "2026-11-20", "review_by": "2027-03-01"},
        {"as_of": "2026-02-10", "review_by": "2026-06-01"},
    )
    merge = put_together(base=base, mine=record(**mine), theirs=record(**theirs))
    assert [conflict.name for conflict in merge.conflicts] == ["as_of"]
    found = merge.record({"as_of": Side.THEIRS})
    assert (found["as_of"], found["review_by"]) == ("2026-02-10", "2026-06-01")
    alone = put_together(base=base, mine=record(**mine), theirs=base).record()
    assert (alone["as_of"], alone["review_by"]) == ("2026-11-20", "2027-03-01")


letters = st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=6)


@given(letters, letters, letters)
def test_no_row_that_somebody_added_is_lost_and_none_that_somebody_took_away_stays(start, mine, theirs):
    found, agrees = _lists(start, mine, theirs)
    if agrees:
        assert {row for row in (*mine, *theirs) if row not in start} <= set(found)
        assert not {row for row in start if row not in mine or row not in theirs} & set(found)
        assert len(found) == len(set(found))


# -- saving over each other


def save(draft, author, mine, *, version, seen=0, choices=None):
    return save_over(proposal=draft, author=author, mine=mine, comment="", version=version, seen=seen, choices=choices)


def test_two_people_save_one_draft_and_both_are_kept():
    draft, other = make_draft(), make_editor()
    save(draft, draft.author, make_record(name="Mien"), version=1)
    saved, merge = save(draft, other, make_record(summary="Leur."), version=1)
    assert (saved.version, merge.taken) == (3, ("Nom",))
    assert (saved.record["name"], saved.record["summary"]) == ("Mien", "Leur.")
    assert list(saved.edits.values_list("version", "by")) == [
        (1, draft.author.pk),
        (2, draft.author.pk),
        (3, other.pk),
    ]


def test_what_both_changed_waits_for_a_choice_and_a_third_save_asks_again():
    draft, other = make_draft(), make_editor()
    save(draft, draft.author, make_record(name="Mien"), version=1)
    with pytest.raises(EditedError):
        save(draft, other, make_record(name="Leur"), version=1)
    rewrite_draft(proposal=draft, author=make_editor(), record=make_record(name="Encore un autre"))
    with pytest.raises(EditedError):  # the choice was made on the second version, and there is a third
        save(draft, other, make_record(name="Leur"), version=1, seen=2, choices={"name": Side.MINE})
    saved, _ = save(draft, other, make_record(name="Leur"), version=1, seen=3, choices={"name": Side.MINE})
    assert saved.record["name"] == "Leur"
    assert saved.edits.count() == 4


# -- taking up


def test_an_outdated_proposal_is_put_on_the_version_in_force_in_place():
    scheme = get_scheme()
    proposal = make_proposal(scheme=scheme, name="Mien")
    current = publish_change(scheme, summary="Leur.").current
    draft = take_up(proposal=proposal, editor=proposal.author, choices={}, current=str(current.pk))
    assert (draft.pk, draft.state, draft.base, draft.is_outdated) == (proposal.pk, "draft", current, False)
    assert (draft.record["name"], draft.record["summary"]) == ("Mien", "Leur.")


def test_somebody_else_takes_it_up_in_a_draft_of_their_own():
    scheme, other = get_scheme(), make_editor()
    proposal = make_proposal(scheme=scheme, name="Mien")
    current = publish_change(scheme, summary="Leur.").current
    draft = take_up(proposal=proposal, editor=other, choices={}, current=str(current.pk))
    assert draft.pk != proposal.pk
    assert (draft.author, draft.base) == (other, current)
    assert Proposal.objects.get(pk=proposal.pk).state == Proposal.State.PROPOSED


def test_a_refused_new_scheme_is_taken_up_as_it_was():
    proposal = make_proposal()
    refuse(proposal=proposal, approver=make_approver(), comment="Pas encore.")
    assert merge_on_current(proposal).conflicts == ()
    draft = take_up(proposal=proposal, editor=proposal.author, choices={}, current="")
    assert (draft.record, draft.base) == (normalise(proposal.record), None)


def test_a_choice_made_on_an_older_version_is_asked_again():
    scheme = get_scheme()
    proposal = make_proposal(scheme=scheme, name="Mien")
    seen = publish_change(scheme, summary="Un.").current
    publish_change(get_scheme(), summary="Deux.")
    with pytest.raises(PublishingError, match="pendant que vous choisissiez"):
        take_up(proposal=proposal, editor=proposal.author, choices={}, current=str(seen.pk))
