"""A form of the desk that is sent once signed out: kept for who wrote it, shown after signing in, sent by a button."""

import re

import pytest
from django.test import Client

from backend.matchmaking.models import Note
from tests.factories import ARC, first_matches, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

# Who signs in lands on their day, which shows what waits in their intercommunality: the neighbour is of another one.
pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]
PASSWORD = "mot-de-passe-long"
WORDS = "Rappeler Camille après le 12 : elle attend le devis du robot."
UNSENT = "/agent/non-envoye/"


@pytest.fixture
def officer():
    return with_password(make_officer())


@pytest.fixture
def submission():
    make_submission(company_name="Menuiserie Lefort", siret="", siren="", email="autre@lefort.example", confirmed=True)
    return make_submission(confirmed=True)


@pytest.fixture
def browser(officer):
    """Somebody's browser, in which their session has just ended."""
    client = Client()
    sign_in(client, officer)
    return sign_out(client)


def with_password(user):
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(client, user, **given):
    sent = {"login": user.email, "password": PASSWORD, **given}
    return client.post("/compte/connexion/", sent, follow=True)


def sign_out(client):
    del client.cookies["session"]
    return client


def write(client, submission, *, text=WORDS, audience="internal", **headers):
    sent = {"text": text, "audience": audience}
    return client.post(f"/agent/{submission.pk}/notes/", sent, follow=True, **headers)


def test_a_note_that_was_typed_in_a_lost_session_is_shown_again_and_sent_by_a_button(browser, officer, submission):
    asked = write(browser, submission)
    assert asked.redirect_chain[-1][0] == f"/compte/connexion/?next={UNSENT}"
    assert not ours(Note).exists()
    page = sign_in(browser, officer, next=UNSENT)
    assert page.request["PATH_INFO"] == UNSENT
    assert "Votre session était terminée : rien n’a été enregistré." in text_of(page)
    assert WORDS in text_of(page)
    assert str(submission.sheet) in text_of(page)
    assert "Lefort" not in text_of(page)
    assert not ours(Note).exists()
    sent = fields_of(page)
    assert sent == {"text": WORDS, "audience": "internal"}
    browser.post(f"/agent/{submission.pk}/notes/", sent)
    assert ours(Note).get().text == WORDS
    assert ours(Note).get().author == officer
    assert WORDS not in text_of(browser.get(UNSENT, follow=True))


def test_a_note_that_is_too_long_says_so_and_is_kept_whole(officer, submission):
    browser = Client()
    browser.force_login(officer)
    long = "Très long. " * 909
    page = write(browser, submission, text=long)
    assert page.status_code == 422
    assert "2000 caractères au plus, vous en avez écrit 9998 : raccourcissez, rien n’est perdu." in text_of(page)
    assert long.strip() in page.content.decode()
    assert "maxlength" not in page.content.decode().partition('id="note_text"')[2].partition(">")[0]
    assert not ours(Note).exists()


def fields_of(page):
    """Return what the button of a page sends."""
    form = page.content.decode().partition("Envoyer maintenant")[0].rpartition("<form")[2]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
    return {name: value for name, value in fields.items() if name != "csrfmiddlewaretoken"}


def test_htmx_is_led_to_the_sign_in_as_well(browser, submission):
    answer = browser.post(f"/agent/{submission.pk}/notes/", {"text": WORDS}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == f"/compte/connexion/?next={UNSENT}"


def test_who_signs_in_next_does_not_read_what_another_account_wrote(browser, officer, submission):
    write(browser, submission)
    colleague = with_password(make_officer(ARC))
    page = sign_in(browser, colleague, next=UNSENT)
    assert WORDS not in page.content.decode()
    assert "rien n’a été enregistré. Recommencez." in text_of(page)
    sign_out(browser)
    assert WORDS not in sign_in(browser, officer, next=UNSENT).content.decode()


def test_it_can_be_left_unsent(browser, officer, submission):
    write(browser, submission)
    sign_in(browser, officer, next=UNSENT)
    assert "Ce n’est pas envoyé." in text_of(browser.post(UNSENT, follow=True))
    assert WORDS not in text_of(browser.get(UNSENT, follow=True))
    assert not ours(Note).exists()


@pytest.mark.parametrize("text", ["x" * 20_001, "Un mot"], ids=["too long", "of a browser nobody knows"])
def test_what_cannot_be_kept_is_said(client, officer, submission, text):
    if len(text) > 20_000:
        sign_in(client, officer)
        sign_out(client)
    write(client, submission, text=text)
    assert "rien n’a été enregistré. Recommencez." in text_of(sign_in(client, officer, next=UNSENT))


def test_a_page_of_passwords_keeps_nothing(browser, officer):
    browser.post("/compte/mot-de-passe/changer/", {"oldpassword": PASSWORD, "password1": "un secret"})
    assert "unsent" not in browser.session


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("headers", "is_kept"),
    [
        ({"origin": "http://testserver"}, True),
        ({"origin": "https://evil.example"}, False),
        ({}, False),
        ({"origin": "http://testserver", "HX-Request": "true"}, False),  # its page stays, and says what to do
    ],
)
def test_a_form_of_another_tab_is_kept_when_it_comes_from_here(officer, submission, headers, is_kept):
    browser = Client()
    sign_in(browser, officer)
    browser.handler.enforce_csrf_checks = True  # the token of this form is that of a session which ended since
    page = write(browser, submission, headers=headers)
    assert (page.status_code, WORDS in text_of(page)) == ((200, True) if is_kept else (403, False))
    assert not ours(Note).exists()


# -- what was typed and not sent, kept by unsent.js in the tab (walked in tests/e2e/test_keyboard.py)


def test_a_file_page_marks_what_is_kept_in_the_tab_and_for_whom(client, officer, submission):
    (match,) = first_matches(submission)
    client.force_login(officer)
    html = client.get(f"/agent/{submission.pk}/").content.decode()
    assert re.search(
        rf'<script src="[^"]*web/unsent\.js"\s+defer\s+data-account="{officer.pk}"\s+nonce="[^"]+">', html
    )
    verdict = f"/agent/{submission.pk}/avis/{match.scheme_id}/"
    assert f'data-unsent-of="{verdict}"' in html
    assert kept_fields(html) == {"text", "message"}
    path = f"/agent/{submission.pk}/dispositif/{match.scheme_id}/?partie=ecarter"
    form = client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert f'action="{verdict}"' in form
    assert kept_fields(form) == {"comment", "message"}


def kept_fields(html: str) -> set[str]:
    areas = re.findall(r"<textarea[^>]*>", html)
    return {re.search(r'name="(\w+)"', area)[1] for area in areas if "data-unsent" in area}
