"""« Proposer un dispositif »: what anybody misses in the catalogue is read by an editor, and answered."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from backend.schemes.catalogue.lifecycle import PublishingError
from backend.schemes.catalogue.suggestions import answer_suggestion, sheets_like
from backend.schemes.models import Suggestion
from tests.factories import make_officer
from tests.schemes.people import get_scheme, make_editor
from tests.web.conftest import text_of
from tests.web.test_throttles import limit, own_counters  # noqa: F401 -- a fixture

pytestmark = pytest.mark.django_db
PATH = "/proposer-un-dispositif/"
SENT = {
    "name": "Atelier partagé de polissage des Sablons",
    "url": "https://www.ville.example/polissage",
    "text": "Un local pour six mois.",
}


def send(client, **changes):
    opened = client.get(PATH).context["form"]["opened"].value()
    return client.post(PATH, {**SENT, "opened": opened, **changes})


def test_what_a_visitor_misses_waits_for_an_editor_and_nothing_of_him_is_kept(client):
    assert send(client)["Location"] == f"{PATH}merci/"
    suggestion = Suggestion.objects.waiting().get()
    assert {name: getattr(suggestion, name) for name in SENT} == SENT
    assert suggestion.suggested_by is None
    assert "Merci" in text_of(client.get(f"{PATH}merci/"))


def test_its_name_is_enough(client):
    send(client, url="", text="")
    assert Suggestion.objects.get().author == "public"


def test_an_empty_search_of_the_catalogue_leads_there_with_its_words(client):
    page = client.get("/dispositifs/", {"q": "polissage introuvable"})
    assert f'href="{PATH}?nom=polissage%20introuvable"' in page.content.decode()
    form = client.get(PATH, {"nom": "polissage introuvable"}).context["form"]
    assert form["name"].value() == "polissage introuvable"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "  "}, "Écrivez le nom du dispositif"),
        ({"name": "x" * 201}, "200 caractères au plus, vous en avez écrit 201"),
        ({"url": "javascript:alert(1)"}, "n’est pas complète"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(client, changes, said):
    response = send(client, **changes)
    assert response.status_code == 422
    assert said in text_of(response)
    assert response.context["form"]["text"].value() == SENT["text"]
    assert not Suggestion.objects.exists()


def test_a_second_click_is_the_same_suggestion(client):
    send(client)
    send(client)
    assert Suggestion.objects.count() == 1


# -- a sheet that there is already


def test_sheets_much_like_it_are_shown_once_before_it_is_sent(client):
    known = get_scheme("hdf-aden")
    response = send(client, name=known.current.name)
    assert response.status_code == 422
    assert "Rien n’est encore envoyé" in text_of(response)
    assert f'href="/dispositifs/{known.source_key}/"' in response.content.decode()
    assert not Suggestion.objects.exists()
    form = response.context["form"]
    again = {**SENT, "name": known.current.name, "opened": form["opened"].value(), "seen": form["seen"].value()}
    assert client.post(PATH, again).status_code == 302
    assert Suggestion.objects.get().name == known.current.name


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_sheet_of_the_same_page_is_the_first_to_be_shown(ending):
    scheme = get_scheme("hdf-aden")
    url = scheme.current.sources.exclude(url="").first().url
    assert scheme.current in sheets_like(name="Tout autre chose", url=url.rstrip("/") + ending)


@pytest.mark.parametrize(
    ("name", "key"),
    [("aden", "hdf-aden"), ("La médiation du crédit", "mediation-credit"), ("MEDIATION CREDIT !", "mediation-credit")],
)
def test_a_name_is_recognised_however_it_is_written(name, key):
    assert key in [sheet.scheme.source_key for sheet in sheets_like(name=name, url="")]


@pytest.mark.parametrize("name", [SENT["name"], "Bonjour", "de la", "!?"])
def test_another_name_is_like_none(name):
    assert sheets_like(name=name, url="") == []


def test_a_sheet_that_nobody_checked_is_never_shown():
    scheme = get_scheme("hdf-aden")
    scheme.state = "draft"
    scheme.save(update_fields=["state"])
    assert scheme.current not in sheets_like(name=scheme.current.name, url="")


# -- robots


def test_a_filled_trap_proposes_nothing_until_one_presses_again(client):
    response = send(client, site_internet="https://achat.example")
    assert response.status_code == 422
    assert "Appuyez encore une fois" in text_of(response)
    assert 'name="site_internet"' not in response.content.decode()
    assert not Suggestion.objects.exists()
    again = {**SENT, "opened": response.context["form"]["opened"].value(), "site_internet": "x"}
    assert client.post(PATH, again).status_code == 302


def test_too_many_wait_and_keep_what_was_typed(client, settings):
    limit(settings, suggestion__network=1)
    send(client)
    response = send(client, name="Autre atelier de galvanoplastie")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert response.context["form"]["name"].value() == "Autre atelier de galvanoplastie"
    assert Suggestion.objects.count() == 1


def test_a_form_without_its_cookie_is_shown_again(client):
    opened = client.get(PATH).context["form"]["opened"].value()
    response = Client(enforce_csrf_checks=True).post(PATH, {**SENT, "opened": opened})
    assert response.status_code == 403
    assert response.context["form"]["text"].value() == SENT["text"]
    assert not Suggestion.objects.exists()


# -- the answer


def test_an_officer_reads_the_answers_to_what_he_proposed_and_to_nothing_else(client):
    officer, other = make_officer("ARC"), make_officer("ARC")
    for user, name in ((other, "Atelier de galvanoplastie"), (officer, SENT["name"])):
        client.force_login(user)
        send(client, name=name)
    editor = make_editor()
    answer_suggestion(
        suggestion=Suggestion.objects.get(suggested_by=officer), editor=editor, scheme=None, answer="Il a fermé."
    )
    answer_suggestion(
        suggestion=Suggestion.objects.get(suggested_by=other),
        editor=editor,
        scheme=get_scheme("hdf-aden"),
        answer="",
    )
    page = client.get(PATH)
    assert "pas de fiche" in text_of(page)
    assert "Il a fermé." in text_of(page)
    assert "galvanoplastie" not in text_of(page)
    client.force_login(other)
    assert 'href="/dispositifs/hdf-aden/"' in client.get(PATH).content.decode()
    assert "Il a fermé." not in text_of(Client().get(PATH))


def test_an_answer_has_a_sheet_or_a_reason_once_and_an_editor(client):
    send(client)
    suggestion, editor = Suggestion.objects.get(), make_editor()
    with pytest.raises(PermissionDenied):
        answer_suggestion(suggestion=suggestion, editor=make_officer("ARC"), scheme=None, answer="Non.")
    with pytest.raises(PublishingError, match="Choisissez la fiche"):
        answer_suggestion(suggestion=suggestion, editor=editor, scheme=None, answer=" ")
    answer_suggestion(suggestion=suggestion, editor=editor, scheme=None, answer="Réservé aux particuliers.")
    with pytest.raises(PublishingError, match="déjà traitée"):
        answer_suggestion(suggestion=suggestion, editor=editor, scheme=get_scheme("hdf-aden"), answer="")
