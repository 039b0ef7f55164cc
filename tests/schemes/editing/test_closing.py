"""A window closed in one go: proposed, or at once by one person and read afterwards."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from backend.notifications.models import Notification
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.records import read_record
from backend.schemes.editing.archiving import archive
from backend.schemes.editing.closing import SHUT, close_now, confirm, may_read_after, open_again, propose_to_close
from backend.schemes.models import Proposal, Scheme
from tests.factories import make_officer
from tests.schemes.people import get_scheme, make_approver, make_editor, publish_change

pytestmark = pytest.mark.django_db
SAID = {"note": "Enveloppe épuisée le 12 novembre.", "reason": "Courriel de la Région, 12 novembre."}


def close(author, *, state="exhausted", scheme=None, **changes):
    return close_now(scheme=scheme or get_scheme(), author=author, state=state, **{**SAID, **changes})


@pytest.mark.cases(1)
@pytest.mark.parametrize("state", SHUT)
def test_only_the_window_changes(state):
    before = read_record(get_scheme().current)
    close(make_editor(), state=state)
    after = read_record(get_scheme().current)
    assert after["window"] == {**before["window"], "state": state, "note": SAID["note"]}
    assert {**after, "window": None} == {**before, "window": None}


def test_one_click_proposes_and_asks_the_approvers():
    approver = make_approver()
    proposal = propose_to_close(scheme=get_scheme(), author=make_editor(), state="suspended", **SAID)
    assert proposal.state == Proposal.State.PROPOSED
    assert get_scheme().current.window_state != "suspended"
    assert Notification.objects.filter(kind="proposal_notice", recipient=approver.email).exists()


def test_one_person_closes_at_once_and_the_others_are_asked_to_read_it():
    author, approver = make_approver(), make_approver()
    close(author)
    proposal = Proposal.objects.get()
    assert (proposal.state, proposal.is_urgent, proposal.checked_at) == (Proposal.State.PUBLISHED, True, None)
    told = Notification.objects.filter(kind="proposal_urgent").values_list("recipient", flat=True)
    assert list(told) == [approver.email]
    assert not may_read_after(proposal, author)
    with pytest.raises(PermissionDenied):
        confirm(proposal=proposal, reader=author)
    confirm(proposal=proposal, reader=approver)
    with pytest.raises(PublishingError, match="déjà relu"):
        confirm(proposal=proposal, reader=make_approver())
    assert not Proposal.objects.unchecked().exists()


def test_what_was_closed_wrongly_is_opened_again_as_it_was():
    before = read_record(get_scheme().current)
    close(make_editor())
    approver = make_approver()
    proposal = Proposal.objects.get()
    with pytest.raises(PublishingError, match="Dites pourquoi"):
        open_again(proposal=proposal, reader=approver, reason=" ")
    open_again(proposal=proposal, reader=approver, reason="C’est une autre enveloppe.")
    assert read_record(get_scheme().current) == before
    undone, undoing = Proposal.objects.order_by("pk")
    assert undone.checked_by == approver
    assert undoing in Proposal.objects.unchecked()  # read afterwards too, by somebody else


def test_nothing_is_put_back_over_what_somebody_published_since():
    close(make_editor())
    proposal = Proposal.objects.get()
    publish_change(get_scheme(), summary="Autre chose.")
    with pytest.raises(PublishingError, match="La fiche a changé depuis"):
        open_again(proposal=proposal, reader=make_approver(), reason="Erreur.")


@pytest.mark.parametrize("state", ["permanent", "dated", "unknown", "", "fermé"])
def test_nobody_opens_a_scheme_alone(state):
    with pytest.raises(PublishingError, match="ne ferme pas"):
        close(make_editor(), state=state)
    assert not Proposal.objects.exists()


def test_it_takes_a_reason_and_a_published_scheme_of_ours():
    with pytest.raises(PublishingError, match="Dites pourquoi"):
        close(make_editor(), reason="  ")
    close(make_editor())
    with pytest.raises(PublishingError, match="déjà"):
        close(make_editor())
    archive(scheme=get_scheme("vie"), approver=make_approver(), reason="Fini.")
    with pytest.raises(PublishingError, match="Seul un dispositif publié"):
        close(make_editor(), scheme=get_scheme("vie"))


def test_only_editors_close():
    with pytest.raises(PermissionDenied):
        close(make_officer())
    assert Scheme.objects.get(source_key=get_scheme().source_key).current.number == 1


@pytest.mark.parametrize("changes", [{"is_urgent": False}, {"checked_by": None}])
def test_the_database_refuses_what_nobody_else_read_but_a_window_closed_alone(changes):
    close(make_editor())
    proposal = Proposal.objects.get()
    confirm(proposal=proposal, reader=make_approver())
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(**changes)
