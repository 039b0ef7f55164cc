"""Another request of a contact for the same firm: begun from its space, kept for it, filed as its own."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backend.companies.models import Contact
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.models import SavedDraft, Submission
from backend.matchmaking.ownership import known_facts
from backend.matchmaking.services import correct_submission
from backend.notifications.models import Notification
from backend.privacy.erasing import erase_submission
from backend.web.drafts import MOST_BYTES
from backend.web.views.space import MOST_DRAFTS
from tests.factories import (
    ARC,
    DAY,
    FACTS,
    link_to,
    make_officer,
    make_saved_draft,
    make_submission,
)
from tests.neighbour import ours
from tests.web.conftest import text_of
from tests.web.test_space import ADDRESS, open_space

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "group", "epci")]
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
