"""The space of a contact: its requests, firm by firm, and where each stands."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backend.accounts.models import Organisation
from backend.common.days import add_working_days
from backend.companies.models import Contact, FactSheet
from backend.links.models import Kind
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.follow_up import take_file
from backend.matchmaking.models import SavedDraft, SchemeEvent, Submission
from backend.matchmaking.ownership import known_facts
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.matchmaking.services import correct_submission, send_access_link
from backend.matchmaking.space import MOST_FILES, space_of
from backend.notifications.models import Notification
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from backend.schemes.models import Scheme
from backend.web.drafts import MOST_BYTES
from backend.web.views.space import MOST_DRAFTS
from tests.factories import (
    ARC,
    DAY,
    FACTS,
    as_sent,
    decide,
    first_matches,
    link_to,
    make_officer,
    make_saved_draft,
    make_submission,
    publish_revision,
)
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "group", "epci")]
ADDRESS = "isabelle.morel@tolerie.example"
SECOND_FIRM = {"siren": "999999972", "siret": "99999997200013", "company_name": "Fonderie du Parc"}


def open_space(client, submission: Submission) -> str:
    """Open the space of an address by the link of 30 minutes to one of its files; return its page as text."""
    assert client.post(f"/acces/{link_to(submission, Kind.ACCESS)}/")["Location"] == "/espace/"
    return text_of(client.get("/espace/"))


def section(text: str, start: str, end: str) -> str:
    """Return what stands between two words of a page."""
    assert start in text
    return text.split(start, 1)[1].split(end, 1)[0]


def test_the_way_in_is_on_the_home_page_and_in_the_menu(client):
    assert client.get("/").content.decode().count('href="/espace/"') == 2


def test_the_link_that_comes_opens_the_space(client):
    submission = make_submission(confirmed=True)
    assert client.post("/espace/", {"email": ADDRESS.upper()}).status_code == 200
    email = ours(Notification).get(kind="access_link")
    path = as_sent(email).text.split("/acces/", 1)[1].split()[0]
    assert "Ouvrir mon espace" in text_of(client.get(f"/acces/{path}"))
    assert submission.reference in text_of(client.post(f"/acces/{path}", follow=True))


def test_two_firms_of_one_address_are_listed_apart(client):
    first, second = make_submission(confirmed=True), make_submission(confirmed=True, **SECOND_FIRM)
    third = make_submission(confirmed=True, text="Un mot rare : tréfilage.")
    text = open_space(client, first)
    assert text.count("SIREN") == 2
    of_second = section(text, "SIREN 999999972", "Tôlerie des Étangs")
    assert second.reference in of_second or second.reference in section(text, "Fonderie du Parc", "Un autre besoin")
    newest, oldest = space_of(ADDRESS, on=DAY).firms
    assert [line.submission for line in newest.files] == [third, first]
    assert [line.submission for line in oldest.files] == [second]
    assert "tréfilage" not in text_of(client.get(f"/resultat/{link_to(second)}/"))
    assert "Tôlerie" not in text_of(client.get(f"/resultat/{link_to(second)}/"))


def test_files_without_a_number_are_no_one_firm():
    for _ in range(2):
        make_submission(confirmed=True, siren="", siret="")
    assert len(space_of(ADDRESS, on=DAY).firms) == 2


def test_a_line_says_when_the_answer_is_promised_and_who_follows(client):
    officer, submission = make_officer(ARC), make_submission(confirmed=True)
    Organisation.objects.filter(epci=submission.epci).update(promised_days=3)
    day = add_working_days(submission.waits_since, 3)
    assert space_of(ADDRESS, on=DAY).firms[0].files[0].next_on == day
    take_file(submission=submission, officer=officer)
    text = open_space(client, submission)
    assert "Pas encore relue." in text
    assert f"Suivie par {officer}." in text
    assert "Réponse promise le" in text
    (line,) = space_of(ADDRESS, on=day + timedelta(days=1)).firms[0].files
    assert line.next_on is None


def test_a_line_counts_what_was_said_of_schemes_and_names_the_next_to_ask_for(client):
    submission, officer = make_submission(confirmed=True), make_officer(ARC)
    schemes = [match.scheme for match in first_matches(submission, 4)]
    closes_on = date(2026, 12, 18)
    publish_revision(schemes[0], window_state="dated", opens_on=None, closes_on=closes_on)
    decide(submission, schemes[3], officer)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    for scheme, state in zip(schemes, ("followed", "followed", "applied"), strict=False):
        say(submission=submission, scheme=Scheme.objects.get(pk=scheme.pk), state=state, on=DAY)
    (line,) = space_of(ADDRESS, on=DAY).firms[0].files
    assert (line.n_followed, line.n_applied, line.n_granted) == (2, 1, 0)
    assert (line.next_on, line.next_scheme) == (closes_on, str(schemes[0]))
    text = open_space(client, submission)
    assert "Relue le" in text
    assert "2 dispositifs qui vous intéressent. 1 demandé." in text
    assert "À demander avant le 18 décembre 2026" in text


def test_what_an_officer_decides_shows_once_the_firm_was_told(client):
    submission, officer = make_submission(confirmed=True), make_officer(ARC)
    scheme = first_matches(submission)[0].scheme
    say(submission=submission, scheme=scheme, state=SchemeEvent.State.FOLLOWED, on=DAY)
    decide(submission, scheme, officer, "other", comment="Un mot entre collègues.")
    assert space_of(ADDRESS, on=DAY).firms[0].files[0].n_followed == 1
    assert "collègues" not in open_space(client, submission)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    assert space_of(ADDRESS, on=DAY).firms[0].files[0].n_followed == 0


def test_a_closed_request_says_why_and_an_erased_one_is_gone(client):
    closed, erased = make_submission(confirmed=True), make_submission(confirmed=True, **SECOND_FIRM)
    withdraw_consent(submission=closed)
    erase_submission(submission=erased)
    text = open_space(client, closed)
    assert "l’entreprise a retiré son consentement" in text
    assert "Fonderie" not in text
    assert erased.reference not in text


def test_a_request_that_was_not_confirmed_is_confirmed_there(client):
    confirmed, waiting = make_submission(confirmed=True), make_submission(**SECOND_FIRM)
    text = open_space(client, confirmed)
    assert f"À confirmer : demande {waiting.reference}" in text
    assert client.post(reverse("space_file", args=[waiting.pk])).status_code == 404
    assert "est confirmée" in text_of(client.post(reverse("space_confirm", args=[waiting.pk]), follow=True))
    waiting.refresh_from_db()
    assert waiting.confirmed_at
    assert ours(Notification).filter(kind="receipt", about=[waiting.topic]).count() == 1
    client.post(reverse("space_confirm", args=[waiting.pk]))
    assert ours(Notification).filter(kind="receipt", about=[waiting.topic]).count() == 1


def test_nothing_of_another_address_is_opened_or_confirmed(client, neighbour):
    submission, stranger = make_submission(confirmed=True), make_submission(email="jean@voisine.example")
    open_space(client, submission)
    for pk in (stranger.pk, neighbour.submission.pk, 999_999_999):
        for name in ("space_file", "space_confirm"):
            assert client.post(reverse(name, args=[pk])).status_code == 404
    stranger.refresh_from_db()
    assert stranger.confirmed_at is None


def test_the_page_asks_as_much_of_the_database_for_each_more_request(django_assert_max_num_queries):
    for _ in range(3):
        make_submission(confirmed=True)
    with django_assert_max_num_queries(5 + 3 * 6):
        space_of(ADDRESS, on=DAY)


def test_a_page_lists_so_many_at_most():
    made = make_submission(confirmed=True)
    assert not space_of(ADDRESS, on=DAY).is_cut
    Submission.objects.bulk_create(_copies(made, MOST_FILES))
    space = space_of(ADDRESS, on=DAY)
    assert space.is_cut
    assert sum(len(firm.files) for firm in space.firms) == MOST_FILES


def _copies(made: Submission, n: int):
    for _ in range(n):
        yield Submission(
            sheet=FactSheet.objects.create(company=made.sheet.company),
            contact=made.contact,
            filed_at=made.filed_at,
            consented_at=made.filed_at,
            confirmed_at=made.filed_at,
        )


def test_erasing_the_last_request_closes_the_space_everywhere(client):
    first, second = make_submission(confirmed=True), make_submission(confirmed=True, **SECOND_FIRM)
    open_space(client, first)
    erase_submission(submission=first)
    assert second.reference in text_of(client.get("/espace/"))
    erase_submission(submission=second)
    assert "Recevoir le lien" in text_of(client.get("/espace/"))


def test_a_link_of_30_minutes_dies_with_its_file(client):
    submission = make_submission(confirmed=True)
    send_access_link(submission=submission)
    path = f"/acces/{link_to(submission, Kind.ACCESS)}/"
    erase_submission(submission=submission)
    assert client.post(path).status_code == 404


# -- another request for the same firm


NEED = {"needs": ["numerique.robot"], "text": "Un second projet : un robot de tréfilage.", "horizon": ""}
AGREED = {"phone": "03 53 01 60 35", "call_slot": "noon", "consent": "on"}


def begin(client, submission: Submission, **changes):
    """Begin another request from one, say what it is about, and return where that leads."""
    open_space(client, submission)
    response = client.post(reverse("space_begin", args=[submission.pk]))
    assert response["Location"] == "/demande/besoin/"
    return client.post("/demande/besoin/", {**NEED, **changes})


def second_of(first: Submission) -> Submission:
    return ours(Submission).exclude(pk=first.pk).get()


def test_the_firm_is_not_typed_again_and_the_request_is_confirmed_at_once(client):
    first = make_submission(confirmed=True, text="Le premier projet : des soudeurs.")
    assert begin(client, first)["Location"] in ("/demande/reponse/", "/demande/projet/")
    page = text_of(client.get("/demande/reponse/"))
    assert "De Isabelle Morel , isabelle.morel@tolerie.example" in page
    assert "soudeurs" not in page
    sent = ours(Notification).filter(kind="confirm_address").count()
    response = client.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert response["Location"].startswith("/resultat/")
    assert second.confirmed_at
    assert second.consented_at > first.consented_at
    assert (second.contact.name, second.contact.email) == (first.contact.name, first.contact.email)
    assert (second.sheet.company, second.sheet.establishment) == (first.sheet.company, first.sheet.establishment)
    assert second.sheet.name == first.sheet.name
    assert second.call_slot == "noon"
    assert ours(Notification).filter(kind="confirm_address").count() == sent
    assert ours(Notification).filter(kind="receipt", about=[second.topic]).count() == 1


def test_what_is_of_the_firm_goes_with_it_and_nothing_of_the_project(client):
    first = make_submission(confirmed=True, needs=("competences.recruter",), text="Le premier projet.")
    begin(client, first)
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    own = second.sheet.values()
    of_firm = {name: value for name, value in FACTS.items() if not name.startswith("project.")}
    assert own == of_firm
    assert [need.sub_need_id for need in second.needs.filter(ticked=True)] == ["numerique.robot"]
    assert "premier" not in second.text
    assert "premier" not in str(second.results.first().facts)


def test_the_agreement_is_asked_again(client):
    first = make_submission(confirmed=True)
    begin(client, first)
    client.post("/demande/contact/", {**AGREED, "consent": ""})
    assert "cochez la case" in text_of(client.get("/demande/reponse/"))
    assert ours(Submission).count() == 1


def test_once_the_space_is_closed_the_address_is_confirmed_by_e_mail(client):
    first = make_submission(confirmed=True)
    begin(client, first)
    session = client.session
    session["fresh_access"] = {**session["fresh_access"], "until": timezone.now().timestamp()}
    session.save()
    assert "Votre espace s’est fermé" in text_of(client.get("/demande/reponse/"))
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert second.confirmed_at is None
    assert ours(Notification).filter(kind="confirm_address", about=[second.topic]).count() == 1
    assert second.contact.email == first.contact.email


def test_what_an_officer_said_of_the_firm_is_read_where_it_stands(client):
    officer, first = make_officer(ARC), make_submission(confirmed=True)
    correct_submission(submission=first, facts={"headcount": 41.0}, on=DAY, author=officer)
    begin(client, first)
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert "headcount" not in second.sheet.values()
    read = known_facts(second)["headcount"]
    assert (read.value, read.author) == (41.0, officer)
    assert second.results.first().facts["headcount"] == 41.0


def test_the_register_is_read_again_and_what_the_firm_said_instead_stays(client, copy):
    first = make_submission(confirmed=True, official={"naf": "25.61Z"}, facts={"naf": "25.61Z"})
    begin(client, first)
    assert "Sirene, au 31/10/2026" in text_of(client.get("/demande/entreprise/"))
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    official = {name: fact.value for name, fact in second.sheet.official().items()}
    assert (official["naf"], official["headcount"]) == ("25.62B", [20, 49])
    assert second.sheet.values()["naf"] == "25.62B"
    assert second.sheet.values()["headcount"] == FACTS["headcount"]
    assert second.sheet.name == first.sheet.name


def test_what_the_register_said_is_not_said_by_the_firm(client):
    first = make_submission(confirmed=True, official={"naf": FACTS["naf"]})
    assert first.sheet.current()["naf"].origin == "register"
    begin(client, first)
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert "naf" not in second.sheet.values()
    assert known_facts(second)["naf"].origin == "register"


def test_what_is_changed_is_the_word_of_the_new_request(client):
    first = make_submission(confirmed=True, siren="", siret="", company_name="Sans numéro")
    begin(client, first)
    shown = client.get("/demande/entreprise/").context["form"]
    typed = {name: shown[name].value() or "" for name in shown.fields}
    assert typed["company_name"] == "Sans numéro"
    client.post("/demande/entreprise/", {**typed, "commune": "Margny-lès-Compiègne"})
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert second.sheet.values()["commune"] == "60382"
    assert first.sheet.values()["commune"] == FACTS["commune"]
    assert second.sheet.values()["headcount"] == FACTS["headcount"]


def test_another_number_forgets_what_was_known(client):
    first = make_submission(confirmed=True)
    begin(client, first)
    client.post("/demande/entreprise/", {"company_name": "Une autre", "number": "999999972", "commune": "Compiègne"})
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert second.sheet.company.siren == "999999972"
    assert not {"headcount", "turnover", "naf", "created_on"} & second.sheet.values().keys()


def test_nobody_begins_from_a_file_that_is_not_theirs(client, neighbour):
    mine, theirs = make_submission(confirmed=True), make_submission(confirmed=True, email="jean@voisine.example")
    waiting = make_submission()
    open_space(client, mine)
    for pk in (theirs.pk, waiting.pk, neighbour.submission.pk):
        assert client.post(reverse("space_begin", args=[pk])).status_code == 404
    assert "draft" not in client.session


def test_from_a_file_whose_author_is_not_entitled_nothing_is_begun(client):
    officer, file = make_officer(ARC), make_submission(confirmed=True)
    close_unentitled(submission=file, officer=officer, on=DAY)
    assert "Nouvelle demande pour cette entreprise" not in open_space(client, file)
    assert client.post(reverse("space_begin", args=[file.pk])).status_code == 404


# -- a request that is begun, kept for its contact


def test_a_request_that_was_begun_is_gone_on_with_on_another_device(client):
    first = make_submission(confirmed=True)
    begin(client, first)
    saved = SavedDraft.objects.get()
    assert client.session["draft"] == {"row": saved.pk}
    phone = Client()
    text = open_space(phone, first)
    assert "Un second projet : un robot de tréfilage." in text
    assert "elle s’efface un mois après" in text
    again = phone.post(reverse("space_resume", args=[saved.pk]))
    assert again["Location"] in ("/demande/reponse/", "/demande/projet/")
    phone.post("/demande/besoin/", {**NEED, "text": "Écrit sur le téléphone."})
    assert "Écrit sur le téléphone." in client.get("/demande/besoin/").content.decode()
    phone.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert (second.filing_key, second.confirmed_at is None) == (saved.key, False)
    assert not SavedDraft.objects.exists()
    assert client.get("/demande/reponse/")["Location"] == "/demande/"


def test_a_request_that_was_begun_is_deleted_there_and_everywhere(client):
    first = make_submission(confirmed=True)
    begin(client, first)
    saved, phone = SavedDraft.objects.get(), Client()
    open_space(phone, first)
    assert "est supprimée" in text_of(phone.post(reverse("space_draft_delete", args=[saved.pk]), follow=True))
    assert client.post("/demande/besoin/", NEED).status_code == 302
    assert not SavedDraft.objects.exists()


def test_to_erase_ones_answers_erases_what_is_kept_too(client):
    begin(client, make_submission(confirmed=True))
    client.post(reverse("forget"))
    assert not SavedDraft.objects.exists()


def test_to_close_the_space_leaves_nothing_in_the_browser_and_the_request_where_it_is(client):
    begin(client, make_submission(confirmed=True))
    client.post("/espace/fermer/")
    assert "draft" not in client.session
    assert SavedDraft.objects.count() == 1


def test_the_button_pressed_twice_begins_one_request_and_there_are_ten_at_most(client):
    first = make_submission(confirmed=True)
    open_space(client, first)
    for _ in range(2):
        client.post(reverse("space_begin", args=[first.pk]))
    assert SavedDraft.objects.count() == 1
    for _ in range(MOST_DRAFTS - 1):
        make_saved_draft(first)
    client.post("/demande/besoin/", NEED)
    response = client.post(reverse("space_begin", args=[first.pk]), follow=True)
    assert f"Vous avez déjà commencé {MOST_DRAFTS} demandes" in text_of(response)
    assert SavedDraft.objects.count() == MOST_DRAFTS


def test_what_is_too_long_is_not_kept(client):
    first = make_submission(confirmed=True)
    begin(client, first)
    before = SavedDraft.objects.get().content
    response = client.post("/demande/besoin/", {**NEED, "text": "x" * MOST_BYTES})
    assert response.status_code == 422
    assert SavedDraft.objects.get().content == before


def test_a_request_that_was_begun_is_nobody_elses(client, neighbour):
    mine, theirs = make_submission(confirmed=True), make_submission(confirmed=True, email="jean@voisine.example")
    foreign = [make_saved_draft(theirs), make_saved_draft(neighbour.submission)]
    text = open_space(client, mine)
    assert "Un second projet" not in text
    for saved in foreign:
        for name in ("space_resume", "space_draft_delete"):
            assert client.post(reverse(name, args=[saved.pk])).status_code == 404
    assert SavedDraft.objects.count() == len(foreign)
    assert "draft" not in client.session


def test_the_new_reader_of_a_file_does_not_get_what_the_former_address_began(client):
    first = make_submission(confirmed=True)
    make_saved_draft(first)
    Contact.objects.filter(pk=first.contact_id).update(email="camille@nouvelle.example")
    first.refresh_from_db()
    assert "Un second projet" not in open_space(client, first)
    assert not SavedDraft.objects.of_address(ADDRESS).exists()


def test_the_page_of_a_file_says_that_another_is_begun_and_not_what(client):
    first = make_submission(confirmed=True)
    make_saved_draft(first)
    text = text_of(client.get(f"/resultat/{link_to(first)}/mes-donnees/"))
    assert "Autre demande commencée" in text
    assert "Un second projet" not in text


def test_erasing_a_file_erases_what_was_begun_from_it_and_what_others_read_in_it(client):
    first, beside = make_submission(confirmed=True), make_submission(confirmed=True)
    begun, other = make_saved_draft(first), make_saved_draft(beside, text="Un troisième projet.")
    assert other.content["known"]
    erase_submission(submission=first)
    assert not SavedDraft.objects.filter(pk=begun.pk).exists()
    other.refresh_from_db()
    assert (other.content["known"], other.content["origins"]) == ({}, {})
    assert other.text == "Un troisième projet."
