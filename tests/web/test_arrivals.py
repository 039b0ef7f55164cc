"""A firm arrives from an organisation's site: what it typed there is in its first step, and the site is counted."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from backend.accounts.models import Membership, Organisation
from backend.matchmaking.services import confirm_address
from backend.privacy.erasing import erase_submission
from backend.privacy.own_data import own_data
from backend.web.arrivals import SiteLinks
from tests.factories import (
    ARC,
    led_to,
    make_lead,
    make_officer,
    make_organisation,
    make_partner,
    make_saved_draft,
    make_submission,
)
from tests.security.test_limits import HOUR, no_turn_of_the_hour
from tests.web.conftest import CONTACT, FIRM, NEED, PROJECT, text_of

pytestmark = pytest.mark.django_db
TEXT = "Il me faut un robot."
STEP = "/demande/besoin/"


@pytest.fixture
def chamber():
    found = make_organisation(kind=Organisation.Kind.CHAMBER)
    Organisation.objects.filter(pk=found.pk).update(code="cci-oise")
    found.refresh_from_db()
    return found


def arrive(client, text=TEXT, code="cci-oise"):
    elsewhere = {"HTTP_ORIGIN": "https://www.cci.example", "HTTP_SEC_FETCH_SITE": "cross-site"}
    return client.post(f"/depuis/{code}/", {"text": text}, **elsewhere)


def sent_by(page) -> dict[str, str]:
    """Return what the button of a first step sends."""
    arrival = page.context["arrival"]
    hidden = {"depuis": arrival.site.code} if arrival.site else {}
    hidden |= {"arrivee": arrival.mark} if arrival.mark else {}
    hidden |= {"remplace": "1"} if "begun" in page.context else {}
    html = page.content.decode()
    assert [name for name in ("depuis", "arrivee", "remplace") if f'name="{name}"' in html] == list(hidden)
    assert all(f'name="{name}" value="{value}"' in html for name, value in hidden.items())
    return {**hidden, "needs": [], "horizon": "", "text": page.context["form"]["text"].value()}


def test_a_form_of_another_site_shows_its_text_with_a_token_of_ours_and_keeps_nothing(chamber):
    client = Client(enforce_csrf_checks=True)
    page = arrive(client)
    assert page.status_code == 200
    assert "Site d’où vous arrivez : Service chamber." in text_of(page)
    assert not Session.objects.exists()
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert "no-store" in page["Cache-Control"]
    sent = sent_by(page)
    assert sent["text"] == TEXT
    assert client.post(STEP, sent).status_code == 403  # it was no other site's token
    assert not Session.objects.exists()
    assert client.post(STEP, {**sent, "csrfmiddlewaretoken": page.context["csrf_token"]}).status_code == 302
    assert Session.objects.count() == 1


def test_a_firm_files_from_a_site_and_all_who_read_its_file_read_which(client, chamber):
    """The second firm, which came by no site, has no such line."""
    client.post(STEP, sent_by(arrive(client)))
    for name, fields in (("entreprise", FIRM), ("projet", PROJECT)):
        client.post(f"/demande/{name}/", fields)
    filed = led_to(client.post("/demande/contact/", CONTACT)["Location"])
    assert (filed.came_from, filed.text) == (chamber, TEXT)
    second = make_submission(siret="", siren="", email="autre@firme.example")
    own = [f"{line.label} {line.value}" for file in (filed, second) for line in own_data(file)[0].lines]
    assert own.count("Arrivée par le site de Service chamber") == 1
    confirm_address(submission=filed)
    client.force_login(make_officer(ARC))
    assert "arrivée par le site de : Service chamber" in text_of(client.get(f"/agent/{filed.pk}/"))
    erase_submission(submission=filed)
    filed.refresh_from_db()
    assert filed.came_from == chamber  # figures do not change, and it names no firm


def test_a_link_leads_to_the_first_step_which_says_where_from(client, chamber):
    page = client.get("/depuis/cci-oise/", follow=True)
    assert page.redirect_chain == [(f"{STEP}?depuis=cci-oise", 302)]
    assert not Session.objects.exists()
    client.post(STEP, {**NEED, **sent_by(page), "text": TEXT})
    assert client.session["draft"]["came_from"] == chamber.pk
    again = client.get("/depuis/cci-oise/", follow=True)  # the draft stands, and began where it began
    assert (again.context["form"]["text"].value(), "arrival" in again.context) == (TEXT, False)


@pytest.mark.parametrize("code", ["nulle-part", "cci-oise"])
def test_an_unknown_or_withdrawn_code_loses_nothing_but_the_site(client, chamber, code):
    page = arrive(client, code=code)
    Organisation.objects.update(code=None)
    assert (page if code == "cci-oise" else arrive(client, code=code)).context["form"]["text"].value() == TEXT
    assert client.post(STEP, sent_by(arrive(client, code=code))).status_code == 302
    assert client.session["draft"]["came_from"] == 0
    assert "Site d’où" not in text_of(Client().get(f"{STEP}?depuis=%00"))


@pytest.mark.parametrize(
    ("text", "status", "shown"),
    [("a\0b", 200, "ab"), ("é" * 30_000, 422, "é" * 30_000), ("", 200, ""), ("<b>'\"", 200, "<b>'\"")],
)
def test_any_text_is_shown_or_said_to_be_too_long(client, chamber, text, status, shown):
    page = arrive(client, text=text)
    assert (page.status_code, page.context["form"]["text"].value()) == (status, shown)
    assert ("30000 caractères ; 5000 au plus" in text_of(page)) == (status == 422)
    assert "<b>" not in page.content.decode()


def test_arrivals_are_counted_by_network_and_keep_what_was_typed(client, chamber, settings):
    no_turn_of_the_hour()
    settings.THROTTLES = {"arrival.network": (1, HOUR)}
    arrive(client)
    page = arrive(client)
    assert (page.status_code, sent_by(page)["text"]) == (429, TEXT)
    assert int(page["Retry-After"]) > 0


def test_a_draft_that_stands_gives_way_only_once_it_was_said(drafting, chamber):
    """A cross-site form brings no cookie: then it is said once the step is sent."""
    stands = drafting.session["draft"]
    page = arrive(drafting)
    assert "Une demande est déjà commencée dans ce navigateur" in text_of(page)
    assert f"« {NEED['text']} »" in text_of(page)
    unaware = sent_by(arrive(Client()))
    asked = drafting.post(STEP, unaware)
    assert asked.status_code == 422
    assert "Une demande est déjà commencée" in text_of(asked)
    assert drafting.session["draft"] == stands
    assert drafting.post(STEP, sent_by(asked)).status_code == 302
    draft = drafting.session["draft"]
    assert (draft["steps"]["besoin"]["text"], draft["came_from"]) == ([TEXT], chamber.pk)
    assert draft["key"] != stands["key"]
    assert drafting.post(STEP, {**unaware, "text": "Deux robots."}).status_code == 302  # went back: it is its own
    assert drafting.session["draft"]["key"] == draft["key"]


def test_a_draft_kept_for_its_contact_stays_in_their_space(client, chamber):
    saved = make_saved_draft(make_submission(confirmed=True), text="Le second projet.")
    session = client.session
    session["draft"] = {"row": saved.pk}
    session.save()
    page = arrive(client)
    assert "l’ancienne reste dans « Mon espace »" in text_of(page)
    client.post(STEP, sent_by(page))
    assert client.session["draft"]["steps"]["besoin"]["text"] == [TEXT]
    saved.refresh_from_db()
    assert saved.content["steps"]["besoin"]["text"] == ["Le second projet."]


@pytest.mark.shows_both("the lead of the territory reads the names of all organisations")
def test_one_copies_the_form_of_the_organisations_one_speaks_for(client, chamber):
    service = make_organisation(ARC)
    Organisation.objects.filter(pk=service.pk).update(code="arc")
    lead = make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    for user, seen in ((make_partner(), {"cci-oise"}), (lead, {"arc"}), (make_lead(), {"arc", "cci-oise"})):
        client.force_login(user)
        page = client.get("/sur-votre-site/")
        html = page.content.decode()
        assert {code for code in ("arc", "cci-oise") if f"/depuis/{code}/" in html} == seen
    form = SiteLinks(chamber).form
    assert "&lt;form action=" in html  # to copy
    assert form in html  # and as it looks
    assert not {"script", "iframe", "img", "style", "cookie"} & set(form.replace("<", " ").replace("=", " ").split())
    assert "Sans code : " in text_of(page)
    assert "Service territory" in text_of(page)
