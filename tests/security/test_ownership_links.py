"""Links between files: by whoever speaks for both, or by one officer of each; undone as easily, and forgotten then."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from backend.accounts.models import Membership
from backend.matchmaking.alerts import tell
from backend.matchmaking.closing import reopen_file
from backend.matchmaking.decisions import told_decisions
from backend.matchmaking.emails import enqueue_receipt
from backend.matchmaking.file_links import FileLinkError, agree_link, close_unentitled, link_files, undo_link
from backend.matchmaking.models import FileLink, Submission
from backend.matchmaking.ownership import read_together
from backend.matchmaking.results import facts_of, facts_of_all, latest_result, may_be_shown
from backend.matchmaking.services import correct_submission
from backend.matchmaking.state_aid import ledger_of
from backend.notifications.models import Notification
from tests.factories import ARC, CCLO, DAY, link_to, make_lead, make_officer
from tests.security.firms import OTHER_SIREN, OTHER_SIRET, Firm, reads, shown_of, stranger, victim
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
FIGURES = {"headcount": 417.0, "turnover": [61_000_000, 62_000_000], "balance_sheet": [51_000_000, 52_000_000]}
SAME, COLLEAGUE = FileLink.Kind.SAME_FIRM, FileLink.Kind.COLLEAGUE


@pytest.fixture
def firm() -> Firm:
    firm = victim()
    firm.files(facts=FIGURES)
    return firm


@pytest.fixture
def other() -> Firm:
    """Another contact of the same number, in another intercommunality."""
    other = stranger()
    other.files(epci=CCLO, without=tuple(FIGURES), siret="99999995600025")
    return other


@pytest.fixture
def officer():
    return make_officer(ARC)


@pytest.fixture
def colleague():
    return make_officer(CCLO)


@pytest.fixture
def lead():
    return make_lead()


def link(firm, other, officer, kind=SAME):
    return link_files(submission=firm.file, other=other.file, kind=kind, officer=officer, on=DAY)


def file_page(client, user, submission):
    client.force_login(user)
    return client.get(reverse("officer_file", args=[submission.pk]))


def post(client, user, name, *args, **sent):
    client.force_login(user)
    return client.post(reverse(name, args=args), sent)


# -- who links


def test_the_lead_of_the_territory_links_two_files_at_once(firm, other, lead):
    made = link(firm, other, lead)
    assert (made.agreed_by, made.proposed_by) == (lead, lead)
    assert facts_of(other.file).items() >= FIGURES.items()
    assert other.file.results.first().read_files == [firm.file.pk]
    assert firm.file.results.first().read_files == [other.file.pk]


def test_an_officer_of_both_links_them_at_once(firm, officer):
    near = stranger()
    near.files(without=tuple(FIGURES))
    assert link(firm, near, officer).agreed_by == officer
    assert facts_of(near.file).items() >= FIGURES.items()


def test_an_officer_of_one_proposes_and_one_of_the_other_accepts(firm, other, officer, colleague):
    made = link(firm, other, officer)
    assert made.agreed_at is None
    assert read_together(firm.file) == ()
    with pytest.raises(PermissionDenied):
        agree_link(link=made, officer=officer, on=DAY)
    with pytest.raises(PermissionDenied):
        agree_link(link=made, officer=make_officer("CC2V"), on=DAY)
    agree_link(link=made, officer=colleague, on=DAY)
    assert [read.pk for read in read_together(firm.file)] == [other.file.pk]
    assert facts_of(other.file).items() >= FIGURES.items()


def test_the_officers_of_the_other_file_are_told_of_a_proposal_and_of_nothing_else(firm, other, officer, colleague):
    link(firm, other, officer)
    (email,) = Notification.objects.filter(kind="link_proposed")
    assert (email.recipient, email.reply_to) == (colleague.email, officer.email)
    assert other.file.reference in email.text
    assert shown_of(firm, email.subject + email.text + email.html) == []


@pytest.mark.parametrize("epci", ["CC2V", "CCPE"])
def test_nobody_else_links_anything(firm, other, epci):
    with pytest.raises(PermissionDenied):
        link(firm, other, make_officer(epci))
    with pytest.raises(PermissionDenied):
        link(firm, other, make_officer(ARC, role=Membership.Role.PARTNER))


def test_files_of_two_numbers_or_of_none_are_not_linked(lead, firm):
    for number in ({"siret": OTHER_SIRET, "siren": OTHER_SIREN}, {"siret": "", "siren": ""}):
        other = stranger()
        other.files(**number)
        with pytest.raises(FileLinkError, match=r"^Ces deux demandes n’ont pas le même SIREN"):
            link(firm, other, lead)


def test_a_file_of_an_unconfirmed_address_is_not_linked(lead, firm):
    other = stranger()
    other.files(confirmed=False)
    with pytest.raises(FileLinkError, match=r"^L’adresse de ces deux demandes doit être confirmée"):
        link(firm, other, lead)


def test_a_second_link_is_refused_by_the_service_and_by_the_database(firm, other, lead):
    made = link(firm, other, lead)
    with pytest.raises(FileLinkError, match=r"^Ces deux demandes sont déjà liées"):
        link(other, firm, lead)
    made.pk = None
    with transaction.atomic(), pytest.raises(IntegrityError):
        made.save(force_insert=True)


def test_a_link_is_not_inherited(firm, other, lead):
    third = Firm("Atelier Zorille", "Zoé Zorilla", "zoe@zorille.example", "01 23 45 67 89", "harmonica")
    third.files()
    link(firm, other, lead)
    link(firm, third, lead)
    assert [read.pk for read in read_together(other.file)] == [firm.file.pk]


# -- what crosses a link


def test_words_and_projects_never_cross_a_link(client, firm, other, lead):
    had, refused = firm.is_reviewed()
    link(firm, other, lead)
    assert {had, refused} <= told_decisions(other.file).keys()
    assert [line.source for line in ledger_of(other.file, on=DAY).lines] == [
        "repris d’une autre demande de votre entreprise"
    ]
    text = reads(client, other.file)
    assert shown_of(firm, text) == [firm.words["aid"]]
    assert "Déjà vu pour votre entreprise." in text
    assert "repris d’une autre demande de votre entreprise" in text


# -- undone


@pytest.mark.cases(1)
@pytest.mark.parametrize("who", ["officer", "colleague", "lead"])
def test_an_undone_link_computes_again_and_the_old_answer_is_never_shown(client, request, firm, other, lead, who):
    firm.is_reviewed()
    made = link(firm, other, lead)
    old = latest_result(other.file, on=DAY)
    assert may_be_shown(old)
    undo_link(link=made, officer=request.getfixturevalue(who), on=DAY)
    new = other.file.results.first()
    assert new != old
    assert new.read_files == [] == firm.file.results.first().read_files
    assert not may_be_shown(old)
    assert old not in other.file.results.reading_only([])
    assert latest_result(other.file, on=DAY) == new
    assert not FIGURES.keys() & facts_of(other.file).keys()
    assert not any(name.startswith("scheme:") for name in new.facts)
    assert shown_of(firm, reads(client, other.file)) == []
    made.refresh_from_db()
    assert made.undone_at is not None


def test_what_has_not_left_when_a_link_is_undone_is_written_again(firm, other, lead):
    made = link(firm, other, lead)
    enqueue_receipt(other.file, latest_result(other.file, on=DAY), key="receipt:again")
    before = Notification.objects.filter(kind="receipt", recipient=other.email).latest("pk")
    others = Notification.objects.exclude(recipient__in=[other.email, firm.email]).order_by("pk")
    untouched = list(others.values_list("pk", "state"))
    undo_link(link=made, officer=lead, on=DAY)
    before.refresh_from_db()
    assert before.state == Notification.State.FAILED
    after = Notification.objects.filter(kind="receipt", recipient=other.email).latest("pk")
    assert after.state == Notification.State.DUE
    assert after.pk > before.pk
    assert list(others.values_list("pk", "state")) == untouched


def test_what_has_not_left_when_a_link_is_made_leaves(firm, other, lead):
    enqueue_receipt(other.file, latest_result(other.file, on=DAY), key="receipt:again")
    receipt = Notification.objects.filter(kind="receipt", recipient=other.email).latest("pk")
    assert receipt.state == Notification.State.DUE
    link(firm, other, lead)
    receipt.refresh_from_db()
    assert receipt.state == Notification.State.DUE


def test_news_are_not_told_against_an_answer_that_read_the_other_file(firm, other, lead, settings):
    firm.is_reviewed()
    other.is_reviewed()  # no alert leaves a file that nobody has read
    made = link(firm, other, lead)
    alert = other.file.alerts.get()
    alert.told = latest_result(other.file, on=DAY)
    alert.save()
    undo_link(link=made, officer=lead, on=DAY)
    later = DAY + timedelta(days=1)
    settings.FIXED_DAY = later
    assert tell(pk=alert.pk, on=later) is False
    alert.refresh_from_db()
    assert alert.told.read_files == []
    # What changed is what the other file said alone: to be told of it would be to be told of that file.
    assert not Notification.objects.filter(kind="alert", recipient=other.email).exists()


def test_another_number_ends_a_link_and_computes_both_again(firm, other, lead):
    link(firm, other, lead)
    n_results = firm.file.results.count()
    identity = {"siret": OTHER_SIRET, "siren": OTHER_SIREN, "name": other.name}
    result = correct_submission(submission=other.file, facts={}, identity=identity, on=DAY)
    assert result.read_files == []
    assert not FIGURES.keys() & result.facts.keys()
    assert firm.file.results.count() == n_results + 1
    assert firm.file.results.first().read_files == []


@pytest.mark.slow
def test_a_link_may_be_made_again_after_it_was_undone(firm, other, lead, officer):
    undo_link(link=link(firm, other, lead), officer=officer, on=DAY)
    assert link(firm, other, lead).agreed_at
    assert FileLink.objects.count() == 2
    with pytest.raises(FileLinkError, match=r"^Ce lien est déjà défait"):
        undo_link(link=FileLink.objects.earliest("pk"), officer=lead, on=DAY)


# -- colleagues


def test_each_contact_is_told_that_a_colleague_filed_and_the_name_only_if_he_agreed(client, firm, other, lead):
    client.post(reverse("colleague", args=[link_to(other.file)]), {"agrees": "1"})
    other.file.refresh_from_db()
    link(firm, other, lead, COLLEAGUE)
    emails = {email.recipient: email for email in Notification.objects.filter(kind="colleague")}
    assert emails.keys() == {firm.email, other.email}
    assert shown_of(other, emails[firm.email].text + emails[firm.email].html) == [other.contact]
    assert shown_of(firm, emails[other.email].text + emails[other.email].html) == []
    page = client.get(reverse("result", args=[link_to(firm.file)])).content.decode()
    assert shown_of(other, page) == [other.contact]
    assert shown_of(firm, client.get(reverse("result", args=[link_to(other.file)])).content.decode()) == []
    client.post(reverse("colleague", args=[link_to(other.file)]), {})
    page = client.get(reverse("result", args=[link_to(firm.file)])).content.decode()
    assert shown_of(other, page) == []
    assert "Un collègue a aussi déposé une demande" in page


def test_the_same_firm_is_told_nothing_and_an_undone_colleague_is_gone(client, firm, other, lead):
    made = link(firm, other, lead)
    assert not Notification.objects.filter(kind="colleague").exists()
    undo_link(link=made, officer=lead, on=DAY)
    undo_link(link=link(firm, other, lead, COLLEAGUE), officer=lead, on=DAY)
    assert "collègue a aussi" not in client.get(reverse("result", args=[link_to(firm.file)])).content.decode()


# -- not entitled


def test_a_file_that_is_closed_says_so_and_speaks_of_no_other(client, firm, other, lead, colleague):
    firm.is_reviewed()
    link(firm, other, lead)
    close_unentitled(submission=other.file, officer=colleague, on=DAY)
    assert read_together(firm.file) == ()
    assert not FileLink.objects.standing().exists()
    assert firm.file.results.first().read_files == []
    (email,) = Notification.objects.filter(kind="closed")
    assert email.recipient == other.email
    assert "habilité" in email.text
    assert shown_of(firm, email.subject + email.text + email.html) == []
    paths = [reverse(name, args=[link_to(other.file)]) for name in ("result", "open_schemes", "correct")]
    for path in (*paths, reverse("firm_scheme", args=[link_to(other.file), 1])):
        page = client.get(path, follow=True)
        assert "Votre demande est fermée" in text_of(page)
        assert shown_of(firm, page.content.decode()) == []
    for name in ("answer", "question", "alerts", "correct", "aid", "aids_complete", "colleague"):
        assert client.post(reverse(name, args=[link_to(other.file)]), {"complete": "1"}).status_code == 302
    other.file.refresh_from_db()
    assert other.file.alerts.get().ended_at
    assert not other.file.sheet.facts.filter(name="de_minimis.complete").exists()


def test_a_closed_file_reads_nothing_even_at_the_same_address(firm, officer):
    same = Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle")
    same.files(without=tuple(FIGURES))
    assert read_together(same.file)
    close_unentitled(submission=same.file, officer=officer, on=DAY)
    assert read_together(same.file) == read_together(firm.file) == ()
    reopen_file(submission=same.file, officer=officer, on=DAY)
    assert read_together(same.file)


def test_only_its_own_officers_close_or_reopen_a_file(firm, colleague, lead, officer):
    for user in (colleague, lead):
        with pytest.raises(PermissionDenied):
            close_unentitled(submission=firm.file, officer=user, on=DAY)
    close_unentitled(submission=firm.file, officer=officer, on=DAY)
    for user in (colleague, lead):
        with pytest.raises(PermissionDenied):
            reopen_file(submission=firm.file, officer=user, on=DAY)


# -- the officers' page


def test_an_officer_who_may_not_open_the_other_file_reads_where_it_is_and_whom_to_ask(client, firm, other, officer):
    followed = make_officer(CCLO, first_name="Nadia", last_name="Perrin")
    Submission.objects.filter(pk=other.file.pk).update(officer=followed)
    page = file_page(client, officer, firm.file)
    place = other.file.epci.usual_name
    assert (
        f"Un autre contact de ce SIREN a déposé une demande dans l’intercommunalité {place} : demandez à Nadia Perrin."
    ) in text_of(page)
    assert shown_of(other, page.content.decode()) == []
    assert f"/agent/{other.file.pk}/" not in page.content.decode()


def test_officers_link_two_intercommunalities_from_their_pages(client, firm, other, officer, colleague):
    epci = other.file.epci_id
    assert post(client, officer, "officer_links", firm.file.pk, epci=epci, kind="colleague").status_code == 302
    made = FileLink.objects.get()
    assert "Lien proposé" in text_of(file_page(client, officer, firm.file))
    page = file_page(client, colleague, other.file)
    assert "Accepter" in text_of(page)
    assert shown_of(firm, page.content.decode()) == []
    post(client, colleague, "officer_link", other.file.pk, made.pk, answer="accept")
    assert read_together(firm.file)
    page = file_page(client, colleague, other.file)
    assert "Lues ensemble" in text_of(page)
    assert shown_of(firm, page.content.decode()) == []
    post(client, officer, "officer_link", firm.file.pk, made.pk, answer="undo")
    assert read_together(firm.file) == ()


def test_an_officer_of_both_sees_both_and_links_them_on_the_page(client, firm, officer):
    near = stranger()
    near.files()
    page = file_page(client, officer, firm.file)
    assert near.file.reference in text_of(page)
    post(client, officer, "officer_links", firm.file.pk, other=near.file.pk, kind="same_firm")
    assert [read.pk for read in read_together(firm.file)] == [near.file.pk]


@pytest.mark.neighbour("address", "group", "epci")  # a confirmed file of the same number is told of
def test_an_unconfirmed_file_shows_nowhere_to_an_officer(client, firm, officer):
    other = stranger()
    other.files(confirmed=False)
    page = file_page(client, officer, firm.file)
    assert "Autres demandes de ce SIREN" not in text_of(page)
    assert shown_of(other, page.content.decode()) == []


def test_strangers_to_a_file_find_none_of_its_addresses(client, firm, other, lead, colleague):
    made = link(firm, other, lead)
    sent = [
        ("officer_links", [firm.file.pk], {"other": other.file.pk, "kind": "same_firm"}),
        ("officer_link", [firm.file.pk, made.pk], {"answer": "undo"}),
        ("officer_close", [firm.file.pk], {"sure": "1"}),
        ("officer_number", [firm.file.pk], {"number": ""}),
    ]
    assert {post(client, colleague, name, *args, **data).status_code for name, args, data in sent} == {404}
    assert (
        post(client, colleague, "officer_links", other.file.pk, other=firm.file.pk, kind="same_firm").status_code
        == 404
    )
    assert FileLink.objects.agreed().count() == 1


def test_a_file_is_closed_on_its_page_once_the_officer_says_that_he_checked(client, firm, other, colleague):
    post(client, colleague, "officer_close", other.file.pk)
    other.file.refresh_from_db()
    assert other.file.closed_at is None
    post(client, colleague, "officer_close", other.file.pk, sure="1")
    other.file.refresh_from_db()
    assert other.file.closed_by == colleague
    page = text_of(file_page(client, colleague, other.file))
    assert "Demande fermée par" in page
    assert "Terminer la relecture" not in page
    assert other.name not in text_of(client.get(reverse("officer_queue")))
    assert other.name in text_of(client.get(reverse("officer_queue"), {"etat": "tous"}))
    assert post(client, colleague, "officer_end", other.file.pk, message="Bonjour").status_code == 403
    post(client, colleague, "officer_close", other.file.pk, reopen="1")
    assert "Terminer la relecture" in text_of(file_page(client, colleague, other.file))


def test_an_officer_corrects_a_number_and_the_result_follows(client, firm, officer):
    same = Firm(firm.name, firm.contact, firm.email, firm.phone, "triangle")
    same.files(without=tuple(FIGURES))
    assert same.file.results.first().facts.items() >= FIGURES.items()
    refused = post(client, officer, "officer_number", same.file.pk, number="123")
    assert refused.status_code == 422
    assert "un SIREN en a 9" in text_of(refused)
    assert post(client, officer, "officer_number", same.file.pk, number=OTHER_SIRET).status_code == 302
    assert Submission.objects.get(pk=same.file.pk).sheet.company.siren == OTHER_SIREN
    assert not FIGURES.keys() & same.file.results.first().facts.keys()


# -- many files at once


@pytest.mark.slow
def test_many_files_are_read_with_those_they_may_be_in_as_many_queries_as_one(firm, other, lead):
    link(firm, other, lead)
    files = [firm.file, other.file, stranger().files(epci="CC2V", email="a@wapiti.example")]
    with CaptureQueriesContext(connection) as few:
        facts_of_all(files)
    files += [stranger().files(epci="CC2V", email=f"a{n}@wapiti.example") for n in range(4)]
    with CaptureQueriesContext(connection) as many:
        found = facts_of_all(files)
    assert len(many) == len(few)
    assert found == [facts_of(file) for file in files]
    assert found[1].items() >= FIGURES.items()
    assert not any(facts["headcount"] == 417.0 for facts in found[2:])
