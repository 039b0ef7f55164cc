"""What officers read of the other files of a SIREN, what each act leaves behind, and who may not do it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from backend.journal.models import AuditEvent, Kind
from backend.matchmaking.closing import reopen_file
from backend.matchmaking.file_links import (
    FileElsewhere,
    FileLinkError,
    OfTheSameSiren,
    OtherFile,
    agree_link,
    close_unentitled,
    colleagues_of,
    files_to_propose,
    link_files,
    of_the_same_siren,
    share_name,
    speaks_for,
    undo_link,
)
from backend.matchmaking.follow_up import take_file
from backend.matchmaking.models import FileLink, Submission
from backend.matchmaking.ownership import read_together, sources_of
from backend.matchmaking.services import correct_submission
from backend.notifications.models import Notification
from backend.privacy.consent import withdraw_consent
from tests.factories import ARC, CC2V, CCLO, DAY, make_lead, make_officer, make_submission
from tests.security.firms import OTHER_SIREN, OTHER_SIRET, Firm, stranger, victim

# The second firm never has the same number: it would stand among the others.
pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("address", "group", "epci")]
SAME, COLLEAGUE = FileLink.Kind.SAME_FIRM, FileLink.Kind.COLLEAGUE


@pytest.fixture
def near() -> Submission:
    return victim().files()


@pytest.fixture
def far() -> Submission:
    """Another contact of the same number, in another intercommunality."""
    return stranger().files(epci=CCLO)


@pytest.fixture
def officer():
    return make_officer(ARC)


@pytest.fixture
def colleague():
    return make_officer(CCLO)


@pytest.fixture
def lead():
    return make_lead()


def link(first, second, officer, kind=SAME):
    return link_files(submission=first, other=second, kind=kind, officer=officer, on=DAY)


def noted(*kinds) -> list[tuple]:
    """Return what was noted of some kinds: what, by whom, of which file, where, in which words."""
    rows = AuditEvent.objects.filter(kind__in=kinds).order_by("pk")
    return list(rows.values_list("kind", "actor", "submission_id", "epci", "detail"))


# -- linking


@pytest.mark.parametrize(("epci", "speaks"), [(ARC, True), (CCLO, False)])
def test_who_reviews_a_file_speaks_for_it_and_so_does_the_lead(near, lead, epci, speaks):
    assert speaks_for(officer=make_officer(epci), submission=near) is speaks
    assert speaks_for(officer=lead, submission=near)


def test_a_proposal_says_for_which_file_and_is_noted_of_it_alone(near, far):
    before = timezone.now()
    link(far, near, make_officer(CCLO), COLLEAGUE)
    made = FileLink.objects.get()
    assert (made.first, made.second, made.company) == (near, far, near.sheet.company)
    assert (made.kind, made.proposed_for, made.agreed_at, made.agreed_by) == (COLLEAGUE, far, None, None)
    assert made.proposed_at >= before
    assert noted(Kind.FILES_LINKED) == [
        (Kind.FILES_LINKED, made.proposed_by_id, far.pk, far.epci_id, "proposed"),
    ]


@pytest.mark.cases(1)
@pytest.mark.parametrize("kind", ["", "brother"])
def test_a_link_says_who_filed_the_other_one(near, far, lead, kind):
    with pytest.raises(FileLinkError, match=r"^Dites qui a déposé"):
        link(near, far, lead, kind)
    assert not FileLink.objects.exists()


def test_a_file_is_not_linked_with_itself(client, near, officer):
    client.force_login(officer)
    page = client.post(f"/agent/{near.pk}/liens/", {"other": near.pk, "kind": SAME}, follow=True)
    assert "ne se lie pas à elle-même" in page.content.decode()
    assert not FileLink.objects.exists()


def test_an_accepted_link_says_by_whom_and_is_noted_of_both_files(near, far, officer, colleague):
    made, before = link(near, far, officer), timezone.now()
    n_results = near.results.count()
    agree_link(link=made, officer=colleague, on=DAY)
    made.refresh_from_db()
    assert (made.agreed_by, made.undone_at) == (colleague, None)
    assert made.agreed_at >= before
    assert noted(Kind.FILES_LINKED)[1:] == [
        (Kind.FILES_LINKED, colleague.pk, file.pk, file.epci_id, "") for file in (near, far)
    ]
    assert [file.results.first().read_files for file in (near, far)] == [[far.pk], [near.pk]]
    assert near.results.count() == n_results + 1


def test_a_link_is_accepted_once(near, far, officer, colleague):
    made = link(near, far, officer, COLLEAGUE)
    agree_link(link=made, officer=colleague, on=DAY)
    told = Notification.objects.filter(kind="colleague").count()
    agree_link(link=made, officer=make_officer(CCLO), on=DAY)
    made.refresh_from_db()
    assert (made.agreed_by, told) == (colleague, 2)
    assert Notification.objects.filter(kind="colleague").count() == told
    assert len(noted(Kind.FILES_LINKED)) == 3


def test_each_colleague_is_told_once_of_its_own_file(near, far, lead):
    link(near, far, lead, COLLEAGUE)
    rows = Notification.objects.filter(kind="colleague").order_by("pk")
    assert [(row.recipient, row.about) for row in rows] == [(file.contact.email, [file.topic]) for file in (near, far)]


def test_an_undone_link_says_by_whom_and_strangers_undo_none(near, far, officer, colleague):
    made = link(near, far, officer)
    agree_link(link=made, officer=colleague, on=DAY)
    with pytest.raises(PermissionDenied):
        undo_link(link=made, officer=make_officer(CC2V), on=DAY)
    before = timezone.now()
    undo_link(link=made, officer=colleague, on=DAY)
    made.refresh_from_db()
    assert made.undone_by == colleague
    assert made.undone_at >= before
    assert noted(Kind.FILES_UNLINKED) == [
        (Kind.FILES_UNLINKED, colleague.pk, file.pk, file.epci_id, "") for file in (near, far)
    ]


def test_a_proposal_that_is_refused_computes_nothing(near, far, officer, colleague):
    made = link(near, far, officer)
    n = [file.results.count() for file in (near, far)]
    undo_link(link=made, officer=colleague, on=DAY)
    assert [file.results.count() for file in (near, far)] == n
    with pytest.raises(FileLinkError, match=r"^Ce lien est déjà défait"):
        agree_link(link=made, officer=colleague, on=DAY)


def test_a_link_of_a_number_given_up_makes_room_for_one_of_the_next(near, far, lead):
    old = link(near, far, lead)
    for file in (near, far):
        identity = {"siret": OTHER_SIRET, "siren": OTHER_SIREN, "name": file.sheet.name}
        correct_submission(submission=file, facts={}, identity=identity, on=DAY)
    files = [Submission.objects.get(pk=file.pk) for file in (near, far)]
    assert read_together(files[0]) == ()
    assert [file.link for file in of_the_same_siren(files[0], viewer=lead).files] == [None]
    assert files_to_propose(files[0], epci=far.epci, viewer=make_officer(ARC)) == [far]
    new = link(*files, lead)
    old.refresh_from_db()
    assert (old.undone_by, new.undone_at, new.company) == (lead, None, files[0].sheet.company)
    assert [read.pk for read in read_together(files[0])] == [far.pk]


def test_each_two_of_three_files_are_linked_by_themselves(near, far, lead):
    third = Firm("Atelier Zorille", "Zoé Zorilla", "zoe@zorille.example", "01 23 45 67 89", "harmonica").files()
    for first, second in ((near, third), (far, third), (far, near)):
        link(first, second, lead)
    assert {file.pk for file in read_together(third)} == {near.pk, far.pk}
    assert {file.pk for file in read_together(near)} == {third.pk, far.pk}


# -- closing


def test_a_closed_file_says_by_whom_and_why_and_touches_no_other(near, far, lead, officer):
    made, before = link(near, far, lead), timezone.now()
    close_unentitled(submission=near, officer=officer, on=DAY)
    near.refresh_from_db()
    made.refresh_from_db()
    assert (near.closed_by, near.closed_reason) == (officer, Submission.Closing.NOT_ENTITLED)
    assert near.closed_at >= before
    assert near.alerts.get().ended_at >= near.closed_at
    assert made.undone_by == officer
    assert (far.alerts.get().ended_at, Submission.objects.get(pk=far.pk).closed_at) == (None, None)
    assert noted(Kind.FILE_CLOSED) == [(Kind.FILE_CLOSED, officer.pk, near.pk, near.epci_id, "not_entitled")]
    assert far.results.first().read_files == []
    with pytest.raises(PermissionDenied):
        close_unentitled(submission=near, officer=officer, on=DAY)


def test_an_alert_that_was_ended_before_keeps_its_day(near, officer):
    long_ago = timezone.now() - timedelta(days=3)
    near.alerts.update(ended_at=long_ago)
    close_unentitled(submission=near, officer=officer, on=DAY)
    assert near.alerts.get().ended_at == long_ago


def test_a_file_that_is_opened_again_is_read_with_its_own_once_more(officer):
    firm = victim()
    first, second = firm.files(), Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle").files()
    close_unentitled(submission=first, officer=officer, on=DAY)
    assert second.results.first().read_files == []
    reopen_file(submission=first, officer=officer, on=DAY)
    first.refresh_from_db()
    assert (first.closed_at, first.closed_by, first.closed_reason) == (None, None, "")
    assert [file.results.first().read_files for file in (first, second)] == [[second.pk], [first.pk]]
    assert noted(Kind.FILE_CLOSED)[1:] == [(Kind.FILE_CLOSED, officer.pk, first.pk, first.epci_id, "reopened")]


def test_what_the_firm_withdrew_no_officer_opens_again(near, officer):
    withdraw_consent(submission=near)
    with pytest.raises(PermissionDenied):
        reopen_file(submission=near, officer=officer, on=DAY)
    near.refresh_from_db()
    assert near.closed_reason == Submission.Closing.WITHDRAWN


# -- colleagues


def test_colleagues_are_named_in_order_where_they_agreed(near, far, lead):
    third = Firm("Atelier Zorille", "Zoé Zorilla", "zoe@zorille.example", "01 23 45 67 89", "harmonica").files()
    for other, kind in ((third, COLLEAGUE), (far, COLLEAGUE)):
        link(near, other, lead, kind)
    assert colleagues_of(near) == ["", ""]
    share_name(submission=far, agrees=True)
    assert colleagues_of(near) == ["Bernard Wapitel", ""]
    assert colleagues_of(far) == [""]
    share_name(submission=third, agrees=True)
    share_name(submission=far, agrees=False)
    assert colleagues_of(near) == ["", "Zoé Zorilla"]


def test_whoever_is_the_same_contact_is_no_colleague(near, far, lead):
    link(near, far, lead, SAME)
    share_name(submission=far, agrees=True)
    assert colleagues_of(near) == colleagues_of(far) == []


# -- what is read of the others


def test_an_officer_reads_the_files_he_may_open_one_by_one(near, far, officer, lead):
    firm = victim()
    own = Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle").files()
    other = Firm("Atelier Zorille", "Zoé Zorilla", "zoe@zorille.example", "01 23 45 67 89", "harmonica").files()
    made = link(near, far, lead)
    found = of_the_same_siren(near, viewer=officer)
    assert found
    assert found.speaks
    assert found.files == (
        OtherFile(submission=own, is_same_contact=True, link=None, may_link=True, may_undo=True),
        OtherFile(submission=other, is_same_contact=False, link=None, may_link=True, may_undo=True),
    )
    (elsewhere,) = found.elsewhere
    assert (elsewhere.epci, elsewhere.links, elsewhere.is_same_contact) == (far.epci, (made,), False)
    assert not elsewhere.may_propose
    by_lead = {file.submission: file for file in of_the_same_siren(near, viewer=lead).files}
    assert by_lead[far] == OtherFile(submission=far, is_same_contact=False, link=made, may_link=True, may_undo=True)
    assert list(by_lead) == [far, own, other]


def test_of_a_file_elsewhere_he_reads_where_it_is_and_whom_to_ask(near, far, officer, colleague):
    take_file(submission=far, officer=colleague)
    expected = FileElsewhere(epci=far.epci, whom=str(colleague), is_same_contact=False, links=(), may_propose=True)
    assert of_the_same_siren(near, viewer=officer)
    assert of_the_same_siren(near, viewer=officer).elsewhere == (expected,)
    assert files_to_propose(near, epci=far.epci, viewer=officer) == [far]
    assert files_to_propose(near, epci=near.epci, viewer=officer) == []
    link(near, far, officer)
    assert files_to_propose(near, epci=far.epci, viewer=officer) == []
    (elsewhere,) = of_the_same_siren(near, viewer=officer).elsewhere
    assert (elsewhere.links, elsewhere.may_propose) == (tuple(FileLink.objects.all()), False)


def test_the_same_contact_elsewhere_is_neither_told_as_another_nor_proposed(near, officer):
    firm = victim()
    own = Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle").files(epci=CCLO)
    (elsewhere,) = of_the_same_siren(near, viewer=officer).elsewhere
    assert (elsewhere.epci, elsewhere.is_same_contact, elsewhere.may_propose) == (own.epci, True, False)
    assert files_to_propose(near, epci=own.epci, viewer=officer) == []
    stranger().files(epci=CCLO)
    (elsewhere,) = of_the_same_siren(near, viewer=officer).elsewhere
    assert (elsewhere.is_same_contact, elsewhere.may_propose) == (False, True)


def test_who_may_read_a_file_only_acts_on_none(near, far, officer):
    """A file that is offered to somebody elsewhere is read there, and no more."""
    partner = Firm("Atelier Zorille", "Zoé Zorilla", "zoe@zorille.example", "01 23 45 67 89", "harmonica")
    third = partner.files(epci=CC2V)
    reader = make_officer(CC2V)
    near.hand_overs.create(by=officer, to=reader, offered_at=timezone.now())
    found = of_the_same_siren(near, viewer=reader)
    assert not found.speaks
    assert found.files == (
        OtherFile(submission=third, is_same_contact=False, link=None, may_link=False, may_undo=True),
    )
    (elsewhere,) = found.elsewhere
    assert (elsewhere.epci, elsewhere.may_propose) == (far.epci, False)
    assert files_to_propose(near, epci=third.epci, viewer=reader) == []  # he opens it, and links it by itself
    of_third = of_the_same_siren(third, viewer=reader)
    assert of_third.files == (
        OtherFile(submission=near, is_same_contact=False, link=None, may_link=False, may_undo=True),
    )


def test_of_a_closed_file_nothing_is_linked(near, officer):
    other = stranger().files()
    close_unentitled(submission=other, officer=officer, on=DAY)
    assert of_the_same_siren(near, viewer=officer)
    (of_near,) = of_the_same_siren(near, viewer=officer).files
    assert (of_near.submission, of_near.may_link) == (other, False)
    closed = Submission.objects.get(pk=other.pk)
    of_closed = of_the_same_siren(closed, viewer=officer)
    assert (of_closed.speaks, [file.may_link for file in of_closed.files]) == (False, [False])


def test_a_closed_file_elsewhere_is_not_told_of(near, far, officer, colleague):
    close_unentitled(submission=far, officer=colleague, on=DAY)
    assert not of_the_same_siren(near, viewer=officer)
    assert files_to_propose(near, epci=far.epci, viewer=officer) == []


@pytest.mark.parametrize("changes", [{"siret": "", "siren": ""}, {"confirmed": False}])
def test_without_a_number_or_a_confirmed_address_there_are_no_others(near, officer, changes):
    other = make_submission(**{"confirmed": True, **changes})
    assert of_the_same_siren(other, viewer=officer) == OfTheSameSiren()
    assert files_to_propose(other, epci=near.epci, viewer=make_officer(CCLO)) == ([] if "siren" in changes else [near])


def test_a_value_says_of_which_file_it_is_to_whoever_may_open_it(near, far, lead, officer, colleague):
    assert sources_of(near, viewer=lead) == {}
    link(near, far, lead)
    firm = victim()
    own = Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle").files()
    number, of_siren = f"repris de la demande {near.reference}", "repris d’une autre demande de ce SIREN"
    assert sources_of(far, viewer=lead) == {near.sheet_id: number}
    assert sources_of(far, viewer=colleague) == {near.sheet_id: of_siren}
    assert sources_of(own, viewer=officer) == {near.sheet_id: number}
    assert sources_of(near, viewer=officer) == {
        far.sheet_id: of_siren,
        own.sheet_id: f"repris de la demande {own.reference}",
    }
    assert sources_of(near, viewer=None) == {
        far.sheet_id: "repris d’une autre demande de votre entreprise",
        own.sheet_id: f"repris de votre demande {own.reference}",
    }


def test_two_firms_without_a_number_are_not_proposed_to_each_other(officer):
    first, second = victim().files(siret="", siren=""), stranger().files(siret="", siren="", epci=CCLO)
    assert files_to_propose(first, epci=second.epci, viewer=officer) == []
    assert of_the_same_siren(first, viewer=officer) == OfTheSameSiren()
