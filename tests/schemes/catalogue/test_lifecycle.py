"""The life cycle: one table, guarded by the services, printed in the documents; approvals for a chosen day."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from backend.notifications.models import Notification
from backend.schemes.catalogue.drafts import propose, reopen, rewrite_draft, withdraw
from backend.schemes.catalogue.lifecycle import FUSIONS, PROPOSALS, SCHEMES, PublishingError, Who, check, offered
from backend.schemes.catalogue.publishing import publish, refuse
from backend.schemes.editing.approvals import approve, disapprove, publish_due
from backend.schemes.models import Proposal
from tests.factories import DAY
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
CATALOGUE = Path(__file__).resolve().parents[3] / "docs" / "catalogue.md"
TOMORROW = DAY + timedelta(days=1)
State = Proposal.State


def test_the_document_prints_the_table():
    text = CATALOGUE.read_text()
    for table in (PROPOSALS, SCHEMES, FUSIONS):
        for one in table.values():
            undone = table[one.undone_by].label if one.undone_by else "–"
            explained = "yes" if one.must_explain else "no"
            row = f"| {one.label} | {', '.join(one.starts)} | {one.ends} | {one.who} | {explained} | {undone} |"
            assert row in text, one.name


def test_every_undoing_leads_back():
    for table in (PROPOSALS, SCHEMES, FUSIONS):
        for one in table.values():
            if one.undone_by:
                assert one.ends in table[one.undone_by].starts, one.name


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", PROPOSALS)
def test_what_the_table_does_not_hold_is_refused(name, state):
    """Whatever the state, a transition that does not start from it changes nothing."""
    proposal = Proposal(state=state, author=make_editor())
    transition = PROPOSALS[name]
    user = {Who.WRITER: proposal.author, Who.CLOCK: None}.get(transition.who, make_approver())
    proposal.pk = 0
    if state in transition.starts:
        assert check(name, proposal=proposal, user=user, reason="Motif.").ends == transition.ends
    else:
        with pytest.raises(PublishingError, match="Rien n’a été changé"):
            check(name, proposal=proposal, user=user, reason="Motif.")


@pytest.mark.parametrize("name", PROPOSALS)
def test_who_the_table_does_not_name_is_refused(name):
    proposal = make_proposal()
    writer, approver, editor = proposal.author, make_approver(), make_editor()
    transition = PROPOSALS[name]
    allowed = {Who.WRITER: [writer], Who.OTHER_APPROVER: [approver]}.get(transition.who, [])
    for user in (writer, approver, editor, None):
        if user in allowed or (user is None and transition.who == Who.CLOCK):
            continue
        with pytest.raises(PermissionDenied):
            check(name, proposal=proposal, user=user, reason="Motif.")


def test_pages_offer_what_the_table_allows():
    proposal, approver = make_proposal(), make_approver()
    assert [one.name for one in offered(proposal, proposal.author)] == ["reopen", "withdraw"]
    assert [one.name for one in offered(proposal, approver)] == ["publish", "approve", "refuse"]
    assert list(offered(proposal, make_editor())) == []


def test_who_helped_to_write_does_not_decide():
    draft, helper = make_draft(), make_approver()
    rewrite_draft(proposal=draft, author=helper, record=make_record(name="À deux"), version=draft.version)
    proposal = propose(proposal=draft, author=draft.author)
    for act in (publish, lambda **who: refuse(comment="Non.", **who)):
        with pytest.raises(PermissionDenied):
            act(proposal=proposal, approver=helper)
    assert not Notification.objects.filter(kind="proposal_notice", recipient=helper.email).exists()
    publish(proposal=proposal, approver=make_approver())


# -- undoing


def test_what_was_proposed_or_withdrawn_is_a_draft_again():
    proposal = make_proposal()
    assert reopen(proposal=proposal, author=proposal.author).state == State.DRAFT
    again = propose(proposal=proposal, author=proposal.author)
    assert withdraw(proposal=again, author=proposal.author).state == State.WITHDRAWN
    assert reopen(proposal=again, author=proposal.author).state == State.DRAFT


def test_approvers_are_asked_each_time_that_it_is_proposed():
    make_approver()
    proposal = make_proposal()
    reopen(proposal=proposal, author=proposal.author)
    propose(proposal=proposal, author=proposal.author)
    assert Notification.objects.filter(kind="proposal_notice").count() == 2


# -- on a chosen day


@pytest.fixture
def approved():
    scheme = get_scheme()
    proposal = make_proposal(scheme=scheme, name="Demain")
    return approve(proposal=proposal, approver=make_approver(), publish_on=TOMORROW, on=DAY)


def test_an_approved_proposal_is_published_on_its_day_and_not_before(approved):
    assert publish_due(on=DAY).n_looked_at == 0
    assert get_scheme().current.name != "Demain"
    work = publish_due(on=TOMORROW)
    assert (work.n_looked_at, work.n_changed) == (1, 1)
    assert get_scheme().current.name == "Demain"
    published = Proposal.objects.get()
    assert (published.state, published.decided_by) == (State.PUBLISHED, approved.decided_by)
    assert publish_due(on=TOMORROW).n_looked_at == 0


def test_a_day_that_was_missed_is_made_up_for(approved):
    publish_due(on=TOMORROW + timedelta(days=3))
    assert get_scheme().current.name == "Demain"


@pytest.mark.parametrize("days", [-1, 0, 367, 4000])
def test_a_day_that_does_not_suit_is_refused_in_words(days):
    proposal = make_proposal()
    with pytest.raises(PublishingError, match="ne convient pas"):
        approve(proposal=proposal, approver=make_approver(), publish_on=DAY + timedelta(days=days), on=DAY)
    assert Proposal.objects.get().state == State.PROPOSED


def test_what_was_outdated_meanwhile_goes_back_and_both_are_told(approved):
    publish_change(get_scheme(), summary="Entre-temps.")
    publish_due(on=TOMORROW)
    proposal = Proposal.objects.get(pk=approved.pk)
    assert (proposal.state, proposal.decided_by, proposal.publish_on) == (State.PROPOSED, None, None)
    assert get_scheme().current.summary == "Entre-temps."
    told = Notification.objects.filter(kind="proposal_sent_back").values_list("recipient", flat=True)
    assert set(told) == {approved.author.email, approved.decided_by.email}


def test_an_approval_is_taken_back_with_a_reason(approved):
    other = make_approver()
    with pytest.raises(PublishingError, match="Dites pourquoi"):
        disapprove(proposal=approved, approver=other, comment=" ")
    disapprove(proposal=approved, approver=other, comment="La délibération est reportée.")
    assert Proposal.objects.get().state == State.PROPOSED
    assert publish_due(on=TOMORROW).n_looked_at == 0


def test_its_writer_takes_an_approved_proposal_back_and_the_approval_goes(approved):
    reopen(proposal=approved, author=approved.author)
    draft = Proposal.objects.get()
    assert (draft.state, draft.publish_on, draft.decided_by) == (State.DRAFT, None, None)


def test_an_approved_proposal_is_published_at_once_too(approved):
    publish(proposal=approved, approver=make_approver())
    assert get_scheme().current.name == "Demain"


def test_one_failure_does_not_stop_the_others(approved):
    publish_change(get_scheme(), summary="Entre-temps.")
    other = make_proposal(scheme=get_scheme("vie"), name="VIE demain")
    approve(proposal=other, approver=make_approver(), publish_on=TOMORROW, on=DAY)
    publish_due(on=TOMORROW)
    assert get_scheme("vie").current.name == "VIE demain"


@pytest.mark.cases(1)
@pytest.mark.parametrize("changes", [{"publish_on": None}, {"decided_by": None}, {"state": "published"}])
def test_the_database_refuses_an_approval_that_is_not_told(approved, changes):
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=approved.pk).update(**changes)


def test_the_database_refuses_who_approves_their_own(approved):
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=approved.pk).update(decided_by=approved.author)
