"""One person proposes, another one publishes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backend.accounts.models import Membership, Organisation, User
from backend.accounts.services import off_board
from backend.matchmaking import engine
from backend.notifications.kinds import CATALOGUE
from backend.notifications.models import Notification
from backend.notifications.services import stop
from backend.schemes.catalogue import lifecycle
from backend.schemes.catalogue.drafts import propose, rewrite_draft, withdraw, write_draft
from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.publishable import why_unfounded
from backend.schemes.catalogue.publishing import OutdatedError, publish, refuse
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.reports import close_task
from backend.schemes.catalogue.revising import write_revision
from backend.schemes.editing.archiving import archive, put_back
from backend.schemes.editing.closing import close_now
from backend.schemes.models import CatalogueTask, Criterion, Proposal, Revision, Scheme
from tests.factories import make_officer, make_submission, rewriting
from tests.schemes.people import (
    KEY,
    get_scheme,
    make_approver,
    make_draft,
    make_editor,
    make_proposal,
    make_record,
    make_task,
    publish_change,
    record_of,
)
from tests.undone import undone

pytestmark = pytest.mark.django_db
ROLES = Membership.Role.values


def person(role):
    if role == "superuser":
        return User.objects.create_superuser("chef@jonction.example", "mot-de-passe-long")
    return make_officer("" if role not in ("officer", "epci_lead") else "ARC", role=role)


# -- from a draft to a revision in force


def test_a_published_proposal_is_the_revision_in_force():
    scheme = get_scheme()
    proposal = make_proposal(scheme=scheme, name="Un autre nom")
    approver = make_approver()
    revision = publish(proposal=proposal, approver=approver, comment="Vu sur la page.")
    scheme = get_scheme()
    assert scheme.current == revision
    assert (revision.number, revision.name, scheme.state) == (2, "Un autre nom", Scheme.State.PUBLISHED)
    assert scheme.changed_at >= revision.recorded_at
    assert read_record(revision)["criteria"] == read_record(scheme.revisions.get(number=1))["criteria"]
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by, proposal.revision) == ("published", approver, revision)
    assert proposal.decision_comment == "Vu sur la page."


def test_a_new_scheme_is_published_and_ranked_by_the_engine():
    make_proposal()
    assert not Scheme.objects.filter(source_key="essai-pass-robot").exists()
    revision = publish(proposal=Proposal.objects.get(), approver=make_approver())
    assert revision.scheme.key in {scheme.key for scheme in engine.catalogue().schemes}
    assert engine.catalogue().revisions[revision.scheme.key] == revision.pk


def test_a_match_keeps_the_revision_and_the_day_it_was_computed_with():
    match = make_submission().results.first().matches.filter(scheme__source_key=KEY).get()
    publish_change(get_scheme(), name="Un autre nom")
    match.refresh_from_db()
    assert (match.revision.number, match.result.on.isoformat()) == (1, "2026-11-24")


def test_every_revision_stays_readable():
    scheme = get_scheme()
    first = record_of(scheme)
    publish_change(scheme, name="Deux")
    publish_change(get_scheme(), name="Trois")
    names = [read_record(revision)["name"] for revision in scheme.revisions.order_by("number")]
    assert names == [first["name"], "Deux", "Trois"]


def test_an_unverified_draft_scheme_is_published_once_it_is_verified():
    scheme = get_scheme()
    Scheme.objects.filter(pk=scheme.pk).update(state=Scheme.State.DRAFT)
    assert publish_change(scheme, name="Vérifié").state == Scheme.State.PUBLISHED


# -- who may


@pytest.mark.parametrize(
    ("role", "may"), [(role, role in ("editor", "approver")) for role in ROLES] + [("superuser", True)]
)
def test_only_editors_write(role, may):
    author = person(role)
    if may:
        assert make_draft(author).state == Proposal.State.DRAFT
    else:
        with pytest.raises(PermissionDenied):
            make_draft(author)


def test_only_approvers_decide():
    proposal = make_proposal()
    for role in (*ROLES, "superuser"):
        user, may = person(role), role in ("approver", "superuser")
        assert lifecycle.may("publish", proposal=proposal, user=user) is may, role
        for action in (publish, refuse):
            with undone():
                one = Proposal.objects.get()
                if may:
                    action(proposal=one, approver=user, comment="Motif.")
                else:
                    with pytest.raises(PermissionDenied):
                        action(proposal=one, approver=user, comment="Motif.")
                assert (Proposal.objects.get().state == Proposal.State.PROPOSED) is not may, role


@pytest.mark.parametrize("make_author", [make_approver, lambda: person("superuser")])
def test_nobody_decides_on_their_own_proposal(make_author):
    author = make_author()
    proposal = make_proposal(author)
    assert not lifecycle.may("publish", proposal=proposal, user=author)
    for action in (publish, refuse):
        with pytest.raises(PermissionDenied):
            action(proposal=proposal, approver=author, comment="Motif.")


def test_someone_who_left_decides_nothing():
    approver, proposal = make_approver(), make_proposal()
    off_board(user=approver)
    with pytest.raises(PermissionDenied):
        publish(proposal=proposal, approver=approver)


@pytest.mark.parametrize("make_other", [make_editor, make_approver, lambda: person("superuser")])
def test_nobody_sends_or_withdraws_the_draft_of_somebody_else(make_other):
    draft, other = make_draft(), make_other()
    for act in (
        lambda: propose(proposal=draft, author=other),
        lambda: withdraw(proposal=draft, author=other),
    ):
        with pytest.raises(PermissionDenied):
            act()


@pytest.mark.parametrize("action", [archive, put_back])
def test_only_approvers_archive_and_put_back(action):
    scheme = get_scheme()
    if action is put_back:
        archive(scheme=scheme, approver=make_approver(), reason="Terminé.")
    with pytest.raises(PermissionDenied):
        action(scheme=scheme, approver=make_editor(), **({"reason": "Terminé."} if action is archive else {}))


# -- what is refused


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"confidence": "to_verify"}, "Une fiche non vérifiée ne peut pas être publiée"),
        ({"sources": [], "criteria": []}, "La fiche n’a aucune source. Citez-en"),
        ({"sources": [{"title": "Vu", "url": None, "dated": None}]}, "Aucune source n’a d’adresse ni de date. Citez"),
        ({"contact": None}, "La fiche n’a pas de contact. Écrivez au moins"),
        ({"contact": {"name": " ", "url": None, "phone": None}}, "La fiche n’a pas de contact"),
    ],
    ids=str,
)
def test_a_sheet_without_proof_or_contact_is_never_proposed_nor_published(changes, sentence):
    draft = make_draft(**changes)
    with pytest.raises(PublishingError, match=sentence):
        propose(proposal=draft, author=draft.author)
    Proposal.objects.update(state="proposed", proposed_at=timezone.now())
    with pytest.raises(PublishingError, match=sentence):
        publish(proposal=draft, approver=make_approver())
    assert not Scheme.objects.filter(source_key=draft.key).exists()


@pytest.mark.parametrize(
    "source",
    [{"url": "https://exemple.example/", "dated": None}, {"url": None, "dated": "2026-10"}],
    ids=["address", "date"],
)
def test_one_source_with_an_address_or_a_date_is_enough(source):
    proposal = make_proposal(sources=[{"title": "Vu", "tier": "operator", **source}])
    assert publish(proposal=proposal, approver=make_approver()).sources.count() == 1


@pytest.mark.parametrize(
    "contact", [{"name": "Région"}, {"url": "https://exemple.example/contact"}, {"phone": "03 53 01 50 00"}], ids=str
)
def test_one_way_to_a_contact_is_enough(contact):
    assert publish(proposal=make_proposal(contact=contact), approver=make_approver()).number == 1


def test_a_change_that_takes_the_contact_away_is_refused():
    draft = make_draft(scheme=get_scheme(), contact=None)
    with pytest.raises(PublishingError, match="La fiche n’a pas de contact"):
        propose(proposal=draft, author=draft.author)


def test_a_sheet_published_without_a_contact_may_change_and_close_all_the_same():
    bare = write_revision(record_of(get_scheme(), contact=None), scheme=get_scheme())
    Scheme.objects.filter(pk=bare.scheme_id).update(current=bare)
    assert publish_change(get_scheme(), name="Un autre nom").current.name == "Un autre nom"
    close_now(scheme=get_scheme(), author=make_editor(), state="closed", note="", reason="Vu sur la page.")
    assert get_scheme().current.window_state == "closed"


@pytest.mark.slow
def test_every_sheet_of_the_catalogue_has_a_source_and_a_contact():
    sheets = Revision.objects.filter(pk__in=Scheme.objects.of_source(Scheme.OWN).published().values("current"))
    assert sheets.count() > 100
    records = map(read_record, sheets.select_related("scheme").prefetch_related("sources", "criteria", "served_needs"))
    lacking = [record["key"] for record in records if any(why_unfounded(record, base=None))]
    assert not lacking


def test_a_proposal_that_changes_nothing_is_refused():
    scheme = get_scheme()
    with pytest.raises(PublishingError, match="ne change rien"):
        write_draft(author=make_editor(), record=record_of(scheme), scheme=scheme, base=scheme.current)


def test_a_broken_record_is_refused_with_the_place():
    with pytest.raises(PublishingError, match="critère 1"):
        make_draft(criteria=[{"kind": "headcount"}])
    assert not Proposal.objects.exists()


def test_a_new_scheme_never_takes_the_key_of_another():
    with pytest.raises(PublishingError, match="déjà celui d’un dispositif"):
        make_draft(key=KEY)


def test_a_change_never_renames_a_scheme():
    with pytest.raises(PublishingError, match="garde l’identifiant"):
        make_draft(scheme=get_scheme(), key="autre")


def test_a_change_over_another_one_is_refused_and_both_stay():
    scheme = get_scheme()
    mine = make_proposal(scheme=scheme, name="Mien")
    publish_change(scheme, summary="Autre.")
    mine.refresh_from_db()
    assert mine.is_outdated
    with pytest.raises(OutdatedError, match="écrite sur la version 1, et la version 2 a été publiée depuis"):
        publish(proposal=mine, approver=make_approver())
    mine.refresh_from_db()
    assert mine.state == Proposal.State.PROPOSED
    assert get_scheme().current.summary == "Autre."


def test_two_new_schemes_with_one_key_are_not_both_published():
    first, second = make_proposal(), make_proposal(name="Autre")
    publish(proposal=first, approver=make_approver())
    second.refresh_from_db()
    assert second.is_outdated
    with pytest.raises(OutdatedError, match="a été publié depuis"):
        publish(proposal=second, approver=make_approver())


def test_a_code_that_no_longer_exists_stops_a_publication():
    proposal = make_proposal()
    Proposal.objects.update(record={**proposal.record, "needs": {"numerique.disparu": 1.0}})
    with pytest.raises(PublishingError, match="n’est plus bien formée"):
        publish(proposal=proposal, approver=make_approver())
    assert not Scheme.objects.filter(source_key=proposal.key).exists()


@pytest.mark.parametrize("comment", ["", "  "])
def test_a_refusal_says_why(comment):
    with pytest.raises(PublishingError, match="Dites pourquoi"):
        refuse(proposal=make_proposal(), approver=make_approver(), comment=comment)


def publish_it(proposal):
    publish(proposal=proposal, approver=make_approver())


def refuse_it(proposal):
    refuse(proposal=proposal, approver=make_approver(), comment="Non.")


def withdraw_it(proposal):
    withdraw(proposal=proposal, author=proposal.author)


def propose_it(proposal):
    propose(proposal=proposal, author=proposal.author)


def rewrite_it(proposal):
    rewrite_draft(proposal=proposal, author=proposal.author, record=make_record(name="Autre"))


@pytest.mark.parametrize("first", [publish_it, refuse_it, withdraw_it])
def test_what_is_decided_is_decided(first):
    proposal = make_proposal()
    first(proposal)
    state = Proposal.objects.get().state
    for second in (publish_it, refuse_it, withdraw_it, propose_it, rewrite_it):
        with pytest.raises(PublishingError, match="Rien n’a été changé"):
            second(proposal)
        assert Proposal.objects.get().state == state, second


@pytest.mark.parametrize("second", [publish_it, refuse_it])
def test_a_draft_is_not_decided_on(second):
    with pytest.raises(PublishingError, match="brouillon"):
        second(make_draft())


def test_the_database_refuses_a_state_that_is_not_told():
    make_proposal()
    for fields in (
        {"state": "published"},
        {"state": "refused", "decided_at": "2026-11-24T10:00Z"},
        {"state": "withdrawn"},
        {"state": "draft"},
        {"proposed_at": None},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Proposal.objects.update(**fields)


def test_the_database_refuses_an_author_who_publishes():
    proposal = make_proposal()
    publish(proposal=proposal, approver=make_approver())
    with pytest.raises(IntegrityError, match="proposal_published_by_another"), transaction.atomic():
        Proposal.objects.update(decided_by=proposal.author)


# -- archiving


def test_an_archived_scheme_leaves_the_ranking_and_comes_back():
    scheme, approver = get_scheme(), make_approver()
    before = scheme.changed_at
    archive(scheme=scheme, approver=approver, reason="Terminé.")
    assert scheme.key not in {one.key for one in engine.catalogue().schemes}
    assert get_scheme().changed_at > before
    put_back(scheme=scheme, approver=approver)
    assert get_scheme().state == Scheme.State.PUBLISHED
    assert scheme.key in {one.key for one in engine.catalogue().schemes}


def test_archiving_twice_says_so():
    scheme, approver = get_scheme(), make_approver()
    with pytest.raises(PublishingError, match="ce dispositif est « publié »"):
        put_back(scheme=scheme, approver=approver)
    archive(scheme=scheme, approver=approver, reason="Terminé.")
    with pytest.raises(PublishingError, match="ce dispositif est « archivé »"):
        archive(scheme=scheme, approver=approver, reason="Terminé.")


def test_publishing_a_change_puts_an_archived_scheme_back():
    scheme = get_scheme()
    archive(scheme=scheme, approver=make_approver(), reason="Terminé.")
    assert publish_change(scheme).state == Scheme.State.PUBLISHED


# -- telling


def test_approvers_are_told_once_and_the_author_is_not():
    approvers = [make_approver(), make_approver()]
    gone = make_approver(is_active=False)
    author = make_approver()
    make_proposal(author, scheme=get_scheme(), name="Un autre nom")
    notices = Notification.objects.filter(kind="proposal_notice")
    assert {notice.recipient for notice in notices} == {user.email for user in approvers}
    assert gone.email not in {notice.recipient for notice in notices}
    for notice in notices:
        assert "Un autre nom" in notice.subject
        assert "Ce qui change" in notice.text
        assert f"/administration/schemes/proposal/{Proposal.objects.get().pk}/change/" in notice.text
        for body in (notice.text, notice.html):
            assert "None" not in body
            assert "{{" not in body


@pytest.mark.parametrize("decide", [publish_it, refuse_it])
def test_the_author_is_told_of_the_decision(decide):
    proposal = make_proposal()
    decide(proposal)
    notice = Notification.objects.get(kind="proposal_decided")
    assert notice.recipient == proposal.author.email
    assert ("version 1" in notice.text) is (decide is publish_it)
    assert ("Non." in notice.text) is (decide is refuse_it)


def test_who_asked_not_to_be_written_to_is_not():
    approver = make_approver()
    stop(address=approver.email, topic=CATALOGUE)
    make_proposal()
    assert Notification.objects.get(recipient=approver.email).state == Notification.State.STOPPED


# -- reports


def test_who_reported_is_answered_once():
    task, editor = make_task(get_scheme()), make_editor()
    close_task(task=task, editor=editor, answer="Merci, c’est corrigé.")
    task.refresh_from_db()
    assert (task.closed_by, task.answer) == (editor, "Merci, c’est corrigé.")
    notice = Notification.objects.get(kind="catalogue_task_closed")
    assert notice.recipient == task.reported_by.email
    assert "Merci, c’est corrigé." in notice.text
    with pytest.raises(PublishingError, match="déjà traité"):
        close_task(task=task, editor=editor, answer="Encore.")
    assert Notification.objects.filter(kind="catalogue_task_closed").count() == 1


def test_a_report_is_closed_by_editors_with_an_answer():
    task = make_task(get_scheme())
    with pytest.raises(PermissionDenied):
        close_task(task=task, editor=make_officer(), answer="Non.")
    with pytest.raises(PublishingError, match="Écrivez une réponse"):
        close_task(task=task, editor=make_editor(), answer=" ")
    assert CatalogueTask.objects.waiting().count() == 1


def test_publishing_a_correction_closes_its_report():
    scheme, author = get_scheme(), make_editor()
    task = make_task(scheme)
    draft = write_draft(
        author=author, record=record_of(scheme, name="Corrigé"), scheme=scheme, base=scheme.current, task=task
    )
    publish_it(propose(proposal=draft, author=author))
    task.refresh_from_db()
    assert task.answer == "Corrigé dans la version 2 de la fiche."


# -- two at once


def commit(function, *arguments):
    """Run in a thread, so with a connection of its own: what it writes is committed and seen by the other threads."""
    try:
        return function(*arguments)
    finally:
        connection.close()


@rewriting()
def erase():
    scheme = Scheme.objects.filter(source_key__endswith="-a-la-fois")
    scheme.update(current=None)
    Proposal.objects.all().delete()
    Criterion.objects.filter(revision__scheme__in=scheme).delete()  # it protects its source
    Revision.objects.filter(scheme__in=scheme).delete()
    scheme.delete()
    for model in (Notification, User, Organisation):
        model.objects.all().delete()


@pytest.fixture
def threads(db):
    with ThreadPoolExecutor(2) as pool:
        yield pool
        pool.submit(commit, erase).result()


@pytest.mark.cases(1)
@pytest.mark.parametrize("n_proposals", [1, 2])
def test_of_two_who_publish_at_the_same_moment_one_does(threads, n_proposals):
    together = Barrier(2)

    def prepare():
        proposals = [make_proposal(key="essai-deux-a-la-fois", name=f"Essai {n}") for n in range(n_proposals)]
        return list(zip((proposals * 2)[:2], (make_approver(), make_approver()), strict=True))

    def click(pair):
        proposal, approver = pair
        together.wait(timeout=10)
        try:
            return publish(proposal=proposal, approver=approver)
        except PublishingError as error:
            return error

    pairs = threads.submit(commit, prepare).result()
    answers = list(threads.map(commit, [click] * 2, pairs))
    assert sorted(type(answer).__name__ for answer in answers) == sorted(
        ["Revision", "PublishingError" if n_proposals == 1 else "OutdatedError"]
    )
    scheme = Scheme.objects.get(source_key="essai-deux-a-la-fois")
    assert scheme.revisions.count() == 1
    assert Notification.objects.filter(kind="proposal_decided").count() == 1


def test_two_changes_that_make_a_circle_only_together_are_not_both_published(threads):
    together = Barrier(2)
    keys = ["essai-un-a-la-fois", "essai-deux-a-la-fois"]

    def prepare():
        links = [[{"kind": "requires", "scheme": other}] for other in reversed(keys)]
        proposals = [make_proposal(key=key, name=key, relations=said) for key, said in zip(keys, links, strict=True)]
        return proposals, make_approver()

    def click(proposal):
        together.wait(timeout=10)
        try:
            return publish(proposal=proposal, approver=approver)
        except PublishingError as error:
            return error

    proposals, approver = threads.submit(commit, prepare).result()
    answers = list(threads.map(commit, [click] * 2, proposals))
    assert sorted(type(answer).__name__ for answer in answers) == ["PublishingError", "Revision"]
    assert [str(answer) for answer in answers if "rien ne peut venir en premier" in str(answer)]
    assert Scheme.objects.filter(source_key__in=keys).count() == 1
