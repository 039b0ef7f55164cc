"""The pages of what people miss in the catalogue, and the line that says how many wait."""

import pytest
from django.utils import timezone

from backend.notifications.models import Notification
from backend.schemes.catalogue.summary import send_summaries
from backend.schemes.models import Suggestion
from tests.factories import DAY, make_officer
from tests.neighbour import ours
from tests.schemes.people import get_scheme, make_editor
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
LIST = "/administration/schemes/suggestion/"


def make_suggestion(name="Atelier de polissage des Sablons", **fields) -> Suggestion:
    return Suggestion.objects.create(**{"name": name, "suggested_at": timezone.now(), **fields})


@pytest.fixture
def editor(client):
    user = make_editor()
    client.force_login(user)
    return user


def test_those_that_wait_are_listed_with_who_proposed_them(client, editor):
    make_suggestion(text="Une aide de la commune. " * 12 + "Fin du texte.")
    make_suggestion("Prêt de la Thelle", suggested_by=make_officer("ARC", first_name="Ana", last_name="Roy"))
    make_suggestion("Bourse finie", closed_at=timezone.now(), closed_by=editor, answer="Finie.")
    page = text_of(client.get(LIST))
    assert "Dispositifs proposés | Jonction" in page
    assert "Sélectionnez l’objet" not in page
    assert "Atelier de polissage" in page
    assert "Une aide de la commune." in page
    assert "Fin du texte" not in page
    assert "Ana Roy" in page
    assert "Bourse finie" not in page
    assert "Bourse finie" in text_of(client.get(f"{LIST}?etat=traites"))


def test_one_is_read_with_the_sheets_much_like_it_and_answered(client, editor):
    scheme = get_scheme("hdf-aden")
    suggestion = make_suggestion(scheme.current.name, url="https://www.ville.example/aden")
    path = f"{LIST}{suggestion.pk}/change/"
    page = client.get(path)
    assert f"/administration/schemes/scheme/{scheme.pk}/change/" in page.content.decode()
    assert client.post(path, {"scheme": scheme.pk, "answer": ""}).status_code == 302
    suggestion.refresh_from_db()
    assert (suggestion.scheme, suggestion.closed_by) == (scheme, editor)
    assert '<form method="post" novalidate>' not in client.get(path).content.decode()


def test_an_answer_without_sheet_nor_reason_is_refused_with_a_sentence(client, editor):
    suggestion = make_suggestion()
    page = client.post(f"{LIST}{suggestion.pk}/change/", {"scheme": "", "answer": ""})
    assert "Choisissez la fiche du dispositif, ou dites pourquoi" in text_of(page)
    assert Suggestion.objects.waiting().count() == 1


def test_only_editors_read_them(client):
    suggestion = make_suggestion()
    client.force_login(make_officer("ARC", is_staff=True))
    assert client.get(LIST).status_code == 403
    assert client.get(f"{LIST}{suggestion.pk}/change/").status_code == 403


def test_the_week_of_the_catalogue_says_how_many_wait(editor):
    make_suggestion()
    send_summaries(on=DAY)
    notice = ours(Notification).get(kind="catalogue_week", recipient=editor.email)
    assert "Dispositifs proposés, à lire : 1." in notice.text
    assert LIST in notice.text
    assert LIST in notice.html
