"""Sheets of the territory: who looks after each, what they are asked four times a year, and what an answer does."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from backend.accounts.absences import declare_absence
from backend.accounts.models import Membership
from backend.accounts.services import off_board
from backend.links.models import Kind, Link
from backend.links.services import make_link
from backend.notifications.kinds import SHEETS
from backend.notifications.models import Notification
from backend.notifications.services import stop
from backend.schemes.catalogue.quality import check_scheme
from backend.schemes.catalogue.records import read_record
from backend.schemes.catalogue.windows import WindowOn, window_on
from backend.schemes.editing.caretaking import CaretakerError, Reader, local_sheets, name_caretaker, sheets_of
from backend.schemes.editing.closing import confirm
from backend.schemes.editing.enquiries import PATIENCE, QUARTER, AnswerError, answer_sheet, ask_owners
from backend.schemes.ingestion.observing import RULE, follow_observations
from backend.schemes.models import (
    Caretaker,
    CatalogueTask,
    Revision,
    Scheme,
    SheetAnswer,
    SheetEnquiry,
    SheetOwner,
    WindowObservation,
)
from tests.factories import ARC, CCLO, as_sent, make_lead, make_officer, rewriting
from tests.schemes.people import get_scheme, make_approver, publish_change

pytestmark = pytest.mark.django_db
ON = date(2026, 12, 7)  # a Monday
OURS, OTHER, NO_ACCOUNT = "arc-parcs-activites", "lamotte-plateforme", "cci-oise"
ADDRESS = "conseil@cci.example"


@pytest.fixture
def lead():
    return make_officer(ARC, role=Membership.Role.EPCI_LEAD)


@pytest.fixture
def above():
    return make_lead()


def next_working(day: date) -> date:
    while day.weekday() > 4 or (day.month, day.day) in {(1, 1), (12, 25)}:
        day += timedelta(days=1)
    return day


def emails(kind=None):
    rows = Notification.objects.filter(kind__startswith="sheets_").order_by("pk")
    return list(rows.filter(kind=kind) if kind else rows)


def keys(sheets):
    return {sheet.scheme.source_key for sheet in sheets}


def say(key=OURS, says="true", *, reader, words="", on=ON):
    return answer_sheet(reader=reader, scheme_pk=get_scheme(key).pk, says=says, words=words, on=on)


# -- who looks after what


def test_every_sheet_of_the_territory_names_its_organisation():
    sheets = Scheme.objects.of_source(Scheme.OWN).described().filter(current__level__in=Revision.OF_TERRITORY)
    assert sheets.count() >= 20
    assert not sheets.filter(current__owner="").exists()


def test_a_local_sheet_without_an_organisation_is_found_and_a_regional_one_is_not(above):
    scheme = publish_change(get_scheme(OURS), owner=None)
    assert "no_owner" in {finding.code for finding in check_scheme(scheme, on=ON)}
    scheme = publish_change(scheme, level="regional")
    assert "no_owner" not in {finding.code for finding in check_scheme(scheme, on=ON)}
    assert OURS not in keys(local_sheets())


def test_the_lead_answers_until_somebody_is_named(lead, above):
    officer = make_officer(ARC)
    assert keys(sheets_of(Reader(user=lead))) == {OURS, "tic-reseau-bus"}
    assert not sheets_of(Reader(user=officer))
    name_caretaker(scheme=get_scheme(OURS), lead=lead, user=officer)
    assert keys(sheets_of(Reader(user=officer))) == {OURS}
    assert keys(sheets_of(Reader(user=lead))) == {"tic-reseau-bus"}
    off_board(user=officer)
    assert keys(sheets_of(Reader(user=lead))) == {OURS, "tic-reseau-bus"}


def test_the_territory_answers_for_organisations_that_have_no_lead_here(lead, above):
    theirs = keys(sheets_of(Reader(user=above)))
    assert {NO_ACCOUNT, OTHER, "exoneration-cfe-afr"} <= theirs
    assert not theirs & keys(sheets_of(Reader(user=lead)))
    make_officer(CCLO, role=Membership.Role.EPCI_LEAD)
    assert OTHER not in keys(sheets_of(Reader(user=above)))


def test_a_named_caretaker_who_leaves_the_organisation_keeps_nothing_of_it(lead):
    officer = make_officer(ARC)
    name_caretaker(scheme=get_scheme(OURS), lead=lead, user=officer)
    officer.memberships.update(organisation=make_officer(CCLO).memberships.get().organisation)
    assert not sheets_of(Reader(user=officer))
    assert OURS in keys(sheets_of(Reader(user=lead)))
    with pytest.raises(PermissionDenied):
        say(OURS, reader=Reader(user=officer))


def test_nobody_names_for_the_sheet_of_another_organisation(lead, above):
    for one in (lead, make_officer(ARC), make_officer(CCLO, role=Membership.Role.EPCI_LEAD)):
        with pytest.raises(PermissionDenied):
            name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=one, email=ADDRESS)
    with pytest.raises(PermissionDenied):
        name_caretaker(scheme=get_scheme(OURS), lead=above, email=ADDRESS)
    assert not Caretaker.objects.exists()


def test_who_cannot_be_named_is_said(lead):
    stranger = make_officer(CCLO)
    scheme = get_scheme(OURS)
    with pytest.raises(CaretakerError, match="n’est pas de l’organisation"):
        name_caretaker(scheme=scheme, lead=lead, user=stranger)
    with pytest.raises(CaretakerError, match="a un compte"):
        name_caretaker(scheme=scheme, lead=lead, email=stranger.email.upper())
    with pytest.raises(CaretakerError, match="pas les deux"):
        name_caretaker(scheme=scheme, lead=lead, user=make_officer(ARC), email=ADDRESS)


def test_an_address_that_looks_after_nothing_any_more_is_forgotten(lead, above):
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above, email=ADDRESS)
    name_caretaker(scheme=get_scheme(OURS), lead=lead, email=ADDRESS.upper())
    owner = SheetOwner.objects.get()
    ask_owners(on=ON)
    make_link(kind=Kind.SHEETS, object_id=owner.pk)
    name_caretaker(scheme=get_scheme(OURS), lead=lead)
    assert SheetOwner.objects.exists()
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above, email="autre@cci.example")
    assert [one.email for one in SheetOwner.objects.all()] == ["autre@cci.example"]
    assert not Notification.objects.filter(recipient__iexact=ADDRESS).exists()
    assert not SheetEnquiry.objects.filter(owner_id=owner.pk).exists()
    assert Link.objects.get(object_id=owner.pk, kind=Kind.SHEETS).revoked_at


# -- asking


def test_one_email_a_quarter_names_all_the_sheets_of_a_person(lead, above):
    other = make_officer(CCLO, role=Membership.Role.EPCI_LEAD)
    ask_owners(on=ON)
    mine = next(email for email in emails() if email.recipient == lead.email)
    assert "2 fiches" in mine.subject
    assert str(get_scheme(OURS)) in mine.text
    assert str(get_scheme(OTHER)) not in mine.text + mine.html
    assert {email.recipient for email in emails()} == {lead.email, other.email, above.email}
    for later in (1, 2, 30, 60, 90):
        ask_owners(on=ON + timedelta(days=later))
    assert len(emails("sheets_to_confirm")) == 3
    ask_owners(on=next_working(ON + QUARTER))
    assert len(emails("sheets_to_confirm")) == 6


def test_nothing_leaves_on_a_day_without_offices_or_to_who_is_away(lead, above):
    ask_owners(on=date(2026, 11, 29))
    ask_owners(on=date(2026, 12, 25))
    assert not emails()
    declare_absence(user=lead, starts_on=ON, ends_on=ON, stand_in=None, by=lead)
    ask_owners(on=ON)
    assert {email.recipient for email in emails()} == {above.email}
    ask_owners(on=ON + timedelta(days=1))
    assert {email.recipient for email in emails()} == {above.email, lead.email}


def test_what_was_just_said_is_not_asked_again(lead):
    officer = make_officer(ARC)
    for key in (OURS, "tic-reseau-bus"):
        say(key, reader=Reader(user=lead), on=ON - timedelta(days=3))
        name_caretaker(scheme=get_scheme(key), lead=lead, user=officer)
    ask_owners(on=ON)
    assert not emails()


def test_who_has_no_account_gets_a_link_and_stops_it_with_one_click(above):
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above, email=ADDRESS)
    ask_owners(on=ON)
    sent = as_sent(emails("sheets_by_link")[0])
    assert "/porteur/lien-" in sent.text
    assert "List-Unsubscribe-Post" in sent.headers
    stop(address=ADDRESS, topic=SHEETS)
    ask_owners(on=next_working(ON + QUARTER))
    assert [email.state for email in emails("sheets_by_link")][-1] == Notification.State.STOPPED


# -- silence


def test_a_silence_of_a_month_is_told_once_to_the_lead(lead, above):
    officer = make_officer(ARC)
    for key in (OURS, "tic-reseau-bus"):
        name_caretaker(scheme=get_scheme(key), lead=lead, user=officer)
    ask_owners(on=ON)
    say(OURS, reader=Reader(user=officer), on=ON + timedelta(days=2))
    ask_owners(on=next_working(ON + PATIENCE) - timedelta(days=1))
    assert not emails("sheets_silent")
    for later in (0, 1, 2, 7, 39):
        ask_owners(on=ON + PATIENCE + timedelta(days=later))
    (told,) = [email for email in emails("sheets_silent") if str(officer) in email.subject]
    assert told.recipient == lead.email
    assert str(get_scheme("tic-reseau-bus")) in told.text
    assert str(get_scheme(OURS)) not in told.text


def test_of_the_silence_of_a_lead_nobody_is_told(lead, above):
    ask_owners(on=ON)
    ask_owners(on=next_working(ON + PATIENCE))
    assert not emails("sheets_silent")
    assert not SheetEnquiry.objects.untold().exists()


def test_two_leads_of_one_organisation_are_not_told_of_each_other(lead, above):
    other = make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    officer = make_officer(ARC)
    name_caretaker(scheme=get_scheme("tic-reseau-bus"), lead=lead, user=officer)
    ask_owners(on=ON)
    ask_owners(on=next_working(ON + PATIENCE))
    told = emails("sheets_silent")
    assert {email.recipient for email in told} == {lead.email, other.email}
    assert all(str(officer) in email.subject and str(get_scheme(OURS)) not in email.text for email in told)


def test_nobody_is_silent_on_a_sheet_that_they_were_not_asked_about(lead, above):
    officer = make_officer(ARC)
    name_caretaker(scheme=get_scheme(OURS), lead=lead, user=officer)
    ask_owners(on=ON)
    name_caretaker(scheme=get_scheme("tic-reseau-bus"), lead=lead, user=officer)
    ask_owners(on=next_working(ON + PATIENCE))
    (told,) = emails("sheets_silent")
    assert str(get_scheme(OURS)) in told.text
    assert str(get_scheme("tic-reseau-bus")) not in told.text


def test_who_stopped_the_question_is_silent_too(above):
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above, email=ADDRESS)
    stop(address=ADDRESS, topic=SHEETS)
    ask_owners(on=ON)
    ask_owners(on=next_working(ON + PATIENCE))
    (told,) = emails("sheets_silent")
    assert (told.recipient, ADDRESS in told.subject) == (above.email, True)


# -- answering


def test_still_true_is_an_observation_of_an_open_window_by_its_operator(lead):
    say(reader=Reader(user=lead))
    seen = WindowObservation.objects.get(scheme=get_scheme(OURS), day=ON)
    assert (seen.says, seen.tier, seen.site) == ("open", "operator", "Agglomération de la Région de Compiègne")
    assert (seen.added_by, seen.answer.says, seen.is_of_file) == (lead, "true", False)
    assert not CatalogueTask.objects.exists()
    say(reader=Reader(user=lead))
    assert SheetAnswer.objects.count() == WindowObservation.objects.filter(day=ON).count() == 1


def test_where_the_sheet_says_nothing_of_its_window_true_says_nothing_either(lead):
    scheme = publish_change(
        get_scheme(OURS), window={**read_record(get_scheme(OURS).current)["window"], "state": "unknown"}
    )
    assert window_on(scheme.current, on=ON) == WindowOn.UNKNOWN
    say(reader=Reader(user=lead))
    assert SheetAnswer.objects.count() == 1
    assert not WindowObservation.objects.filter(day=ON).exists()


def test_the_territory_does_not_speak_for_an_operator_that_it_is_not(above):
    say(NO_ACCOUNT, reader=Reader(user=above))
    assert WindowObservation.objects.get(scheme=get_scheme(NO_ACCOUNT), day=ON).tier == "other"
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above, email=ADDRESS)
    say(NO_ACCOUNT, reader=Reader(owner=SheetOwner.objects.get()), on=ON + timedelta(days=1))
    seen = WindowObservation.objects.get(scheme=get_scheme(NO_ACCOUNT), day=ON + timedelta(days=1))
    assert (seen.tier, seen.added_by, seen.adder) == ("operator", None, "qui suit la fiche")


def test_somebody_of_the_territory_who_is_named_does_not_speak_for_the_operator(lead, above):
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above, user=above)
    say(NO_ACCOUNT, reader=Reader(user=above))
    name_caretaker(scheme=get_scheme(OURS), lead=lead, user=above)
    say(OURS, reader=Reader(user=above))
    assert set(WindowObservation.objects.filter(day=ON).values_list("tier", flat=True)) == {"other"}
    officer = make_officer(ARC)
    name_caretaker(scheme=get_scheme(OURS), lead=lead, user=officer)
    say(OURS, reader=Reader(user=officer), on=ON + timedelta(days=1))
    assert WindowObservation.objects.get(scheme=get_scheme(OURS), day=ON + timedelta(days=1)).tier == "operator"


@pytest.mark.parametrize("says", ["true", "gone"])
def test_a_sheet_whose_address_is_wrong_gets_a_sentence_and_keeps_nothing(lead, says):
    with rewriting():
        Revision.objects.filter(pk=get_scheme(OURS).current_id).update(url="pas une adresse")
    with pytest.raises(AnswerError, match="la fiche est à corriger d’abord"):
        say(OURS, says, reader=Reader(user=lead))
    assert not SheetAnswer.objects.exists()


def test_changed_asks_what_and_opens_a_task_for_editors(lead):
    with pytest.raises(AnswerError, match="Dites en quelques mots"):
        say(says="changed", reader=Reader(user=lead), words="  ")
    say(says="changed", reader=Reader(user=lead), words="Le terrain de Venette est vendu.")
    task = CatalogueTask.objects.get()
    assert (task.scheme, task.reported_by, task.origin) == (get_scheme(OURS), lead, "person")
    assert "Agglomération de la Région de Compiègne, qui suit cette fiche" in task.text
    assert "Le terrain de Venette est vendu." in task.text
    assert not WindowObservation.objects.filter(day=ON).exists()


def test_the_task_of_who_has_no_account_keeps_their_address_for_the_answer(above):
    name_caretaker(scheme=get_scheme(NO_ACCOUNT), lead=above, email=ADDRESS)
    say(NO_ACCOUNT, "changed", reader=Reader(owner=SheetOwner.objects.get()), words="Autre numéro.")
    assert (CatalogueTask.objects.get().origin, CatalogueTask.objects.get().reporter_email) == ("public", ADDRESS)


def test_gone_shuts_the_sheet_at_once_and_is_read_afterwards(lead):
    approver = make_approver()
    before = get_scheme("tic-reseau-bus").current
    say(OURS, "gone", reader=Reader(user=lead))
    scheme = get_scheme(OURS)
    assert window_on(scheme.current, on=ON) == WindowOn.CLOSED
    assert (scheme.current.proposal.rule, scheme.current.proposal.is_urgent) == (RULE, True)
    assert Notification.objects.get(kind="proposal_urgent").recipient == approver.email
    assert "à archiver" in CatalogueTask.objects.get().text
    assert get_scheme("tic-reseau-bus").current == before
    follow_observations(on=ON)
    assert CatalogueTask.objects.filter(job="catalogue.windows", subject__startswith="shut:").count() == 1


def test_what_a_third_party_says_is_gone_is_to_confirm(above):
    say(NO_ACCOUNT, "gone", reader=Reader(user=above))
    assert window_on(get_scheme(NO_ACCOUNT).current, on=ON) == WindowOn.UNKNOWN


@pytest.mark.slow
def test_an_owner_who_opens_again_is_read_before_the_sheet_says_so(lead):
    say(says="gone", reader=Reader(user=lead))
    confirm(proposal=get_scheme(OURS).proposals.unchecked().get(), reader=make_approver())
    closed = get_scheme(OURS).current
    say(says="true", reader=Reader(user=lead), on=ON + timedelta(days=1))  # of a sheet that says that it is closed
    follow_observations(on=ON + timedelta(days=1))
    assert get_scheme(OURS).current == closed


def test_nobody_answers_for_the_sheet_of_another(lead, above):
    for key, reader in (
        (OTHER, Reader(user=lead)),
        (OURS, Reader(user=above)),
        (OURS, Reader(user=make_officer(ARC))),
    ):
        with pytest.raises(PermissionDenied):
            say(key, reader=reader)
    with pytest.raises(AnswerError, match="trois réponses"):
        say(says="maybe", reader=Reader(user=lead))
    assert not SheetAnswer.objects.exists()


def test_an_answer_is_never_rewritten(lead):
    answer = say(reader=Reader(user=lead))
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        SheetAnswer.objects.filter(pk=answer.pk).update(says="gone")
    with rewriting():
        SheetAnswer.objects.filter(pk=answer.pk).update(words="x")


def test_an_asked_quarter_and_its_answers_do_nothing_the_second_time(lead, above):
    say(says="gone", reader=Reader(user=lead))
    ask_owners(on=ON)
    before = [Notification.objects.count(), CatalogueTask.objects.count(), Revision.objects.count()]
    assert ask_owners(on=ON).n_changed == 0
    follow_observations(on=ON)
    n_tasks = CatalogueTask.objects.count()
    assert follow_observations(on=ON).n_changed == 0
    assert [Notification.objects.count(), n_tasks, Revision.objects.count()] == [before[0], n_tasks, before[2]]
