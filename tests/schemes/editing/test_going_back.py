"""An approver alone goes back, at once, to what two people had published before; somebody else reads it afterwards."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.test import Client

from backend.notifications.models import Notification
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.publishing import publish, publish_by_rule
from backend.schemes.catalogue.records import read_record
from backend.schemes.editing.archiving import archive
from backend.schemes.editing.closing import close_now, confirm, open_again
from backend.schemes.editing.going_back import go_back, may_go_back
from backend.schemes.models import Proposal
from tests.schemes.people import get_scheme, make_approver, make_editor, make_proposal, publish_change
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PROPOSALS = "/administration/schemes/proposal/"
REASON = "Le plafond de la page est de 15 000 €."
SHUT = {"state": "closed", "opens_on": None, "closes_on": None, "recurring": None, "note": None}


@pytest.fixture
def approver():
    return make_approver()


@pytest.fixture
def wrong(approver) -> Proposal:
    """A change that two people published, and that is wrong."""
    proposal = make_proposal(scheme=get_scheme(), amount={"ceiling_eur": 150_000})
    publish(proposal=proposal, approver=approver)
    return Proposal.objects.get(pk=proposal.pk)


def by(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_who_published_goes_back_alone_and_the_others_are_asked_to_read_it(wrong, approver):
    other = make_approver()
    before = read_record(wrong.base)
    revision = go_back(proposal=wrong, approver=approver, reason=REASON)
    assert (revision.number, read_record(revision)) == (3, before)
    assert get_scheme().current == revision
    undoing = Proposal.objects.get(revision=revision)
    assert (undoing.author, undoing.decided_by, undoing.is_urgent) == (approver, approver, True)
    assert undoing.comment == f"Retour à la version 1. {REASON}"
    (told,) = Notification.objects.filter(kind="proposal_urgent")
    assert told.recipient == other.email
    assert "est revenu à la version d’avant" in told.text
    confirm(proposal=undoing, reader=other)
    assert not Proposal.objects.unchecked().exists()


def test_who_wrote_the_change_reads_that_it_is_undone_by_whom_and_why(wrong, approver):
    undoer = make_approver()
    go_back(proposal=wrong, approver=undoer, reason=REASON)
    told = Notification.objects.filter(kind="proposal_sent_back")
    assert {row.recipient for row in told} == {wrong.author.email, approver.email}
    for row in told:
        assert "n’est plus en vigueur" in row.text
        assert f"{undoer} a remis" in row.text
        assert REASON in row.text
    page = text_of(by(wrong.author).get(f"{PROPOSALS}{wrong.pk}/change/"))
    assert f"n’est plus en vigueur : {undoer} a écrit la version 3" in page
    assert REASON in page


@pytest.mark.slow
def test_another_approver_may_put_the_change_in_force_again_and_that_is_read_too(wrong, approver):
    other = make_approver()
    undoing = Proposal.objects.get(revision=go_back(proposal=wrong, approver=approver, reason=REASON))
    assert not may_go_back(undoing, approver)
    go_back(proposal=undoing, approver=other, reason="La page dit bien 150 000 €.")
    assert get_scheme().current.ceiling_eur == 150_000
    undoing.refresh_from_db()
    assert undoing.checked_by == other
    assert Proposal.objects.unchecked().count() == 1


def test_it_takes_an_approver_and_a_reason(wrong, approver):
    with pytest.raises(PermissionDenied):
        go_back(proposal=wrong, approver=make_editor(), reason=REASON)
    with pytest.raises(PublishingError, match="Dites pourquoi"):
        go_back(proposal=wrong, approver=approver, reason=" ")


def test_nobody_goes_back_over_what_was_published_since(wrong, approver):
    publish_change(get_scheme(), name="Un autre nom")
    with pytest.raises(PublishingError, match="La fiche a changé depuis"):
        go_back(proposal=wrong, approver=approver, reason=REASON)


def test_nobody_opens_a_scheme_alone_by_going_back(approver):
    closing = make_proposal(scheme=get_scheme(), window=SHUT)
    publish(proposal=closing, approver=approver)
    with pytest.raises(PublishingError, match="a aussi changé l’ouverture"):
        go_back(proposal=Proposal.objects.get(pk=closing.pk), approver=approver, reason=REASON)


def test_nobody_goes_back_to_what_one_person_wrote_alone_and_nobody_read(approver):
    close_now(scheme=get_scheme(), author=make_editor(), state="closed", note="", reason="Vu sur la page.")
    alone = Proposal.objects.get()
    proposal = make_proposal(scheme=get_scheme(), name="Un autre nom")
    publish(proposal=proposal, approver=approver)
    changed = Proposal.objects.get(pk=proposal.pk)
    with pytest.raises(PublishingError, match="personne d’autre n’a encore relu"):
        go_back(proposal=changed, approver=approver, reason=REASON)
    confirm(proposal=alone, reader=approver)
    changed = Proposal.objects.get(pk=proposal.pk)
    assert go_back(proposal=changed, approver=approver, reason=REASON).number == 4


def test_what_a_rule_published_is_undone_where_it_was_decided(approver):
    base = get_scheme().current
    by_rule = publish_by_rule(base=base, record={**read_record(base), "name": "Autre"}, rule="essai", comment="Essai.")
    with pytest.raises(PublishingError, match="publiée par une règle"):
        go_back(proposal=by_rule, approver=approver, reason=REASON)


def test_a_first_version_an_archived_scheme_and_an_open_proposal_have_nothing_to_go_back_to(wrong, approver):
    new = make_proposal()
    with pytest.raises(PublishingError, match="Seul un changement publié"):
        go_back(proposal=new, approver=approver, reason=REASON)
    publish(proposal=new, approver=approver)
    with pytest.raises(PublishingError, match="Seul un changement publié"):
        go_back(proposal=Proposal.objects.get(pk=new.pk), approver=approver, reason=REASON)
    archive(scheme=get_scheme(), approver=approver, reason="Fini.")
    with pytest.raises(PublishingError, match="n’est pas publié"):
        go_back(proposal=wrong, approver=approver, reason=REASON)


def test_what_did_not_change_the_window_does_not_put_it_back(wrong, approver):
    undoing = Proposal.objects.get(revision=go_back(proposal=wrong, approver=approver, reason=REASON))
    with pytest.raises(PublishingError, match="n’a pas changé l’ouverture"):
        open_again(proposal=undoing, reader=make_approver(), reason="Erreur.")


def test_an_approver_reads_what_goes_back_confirms_and_is_kept_in_the_history(wrong, approver):
    client, page = by(approver), f"{PROPOSALS}{wrong.pk}/"
    assert "Revenir tout de suite à la version 1" in text_of(client.get(f"{page}change/"))
    by_editor = by(make_editor())
    assert "Revenir tout de suite" not in text_of(by_editor.get(f"{page}change/"))
    assert by_editor.get(f"{page}revenir/").status_code == by_editor.post(f"{page}revenir/").status_code == 403
    asked = text_of(client.get(f"{page}revenir/"))
    assert "plafond : 150 000 €" in asked
    assert "Dites pourquoi" in text_of(client.post(f"{page}revenir/", {"reason": ""}))
    assert get_scheme().current.number == 2
    done = text_of(client.post(f"{page}revenir/", {"reason": REASON}, follow=True))
    assert "version 3, en vigueur maintenant" in done
    assert REASON in LogEntry.objects.get().change_message
    undoing = Proposal.objects.unchecked().get()
    read = text_of(by(make_approver()).get(f"{PROPOSALS}{undoing.pk}/change/"))
    assert "Confirmer ce changement" in read
    assert "Rétablir l’ouverture d’avant" not in read
    assert "est revenu seul à la version d’avant" in text_of(
        by(make_approver()).get(f"{PROPOSALS}{undoing.pk}/confirmer/")
    )
