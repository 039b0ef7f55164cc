"""Two people at once in the pages: what each typed is on the screen or in the database, never gone."""

import re

import pytest
from django.test import Client

from backend.schemes.catalogue.drafts import propose
from backend.schemes.models import Proposal
from tests.schemes.editing.typed import criterion, new_scheme
from tests.schemes.people import get_scheme, make_draft, make_editor
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PROPOSALS = "/administration/schemes/proposal/"


def browser(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def draft():
    return make_draft()


@pytest.fixture
def page(draft):
    return f"{PROPOSALS}{draft.pk}/modifier/"


@pytest.fixture
def author(draft):
    return browser(draft.author)


@pytest.fixture
def other(db):
    return browser(make_editor())


def hidden(response):
    """Return the fields that the page sends back by itself."""
    return {**dict(response.context["typed"]), "resolve": "1", "seen": response.context["proposal"].version}


def test_the_page_says_which_save_it_shows(author, page):
    assert 'name="version" value="1"' in author.get(page).content.decode()


def test_changes_of_different_fields_are_put_together_without_asking(author, other, page):
    author.post(page, new_scheme(version="1", summary="Écrit par la première personne."))
    answer = other.post(page, new_scheme(version="1", next_step="Appelez la seconde."), follow=True)
    assert "Les changements faits entre-temps sont gardés : résumé" in text_of(answer)
    record = Proposal.objects.get().record
    assert record["summary"] == "Écrit par la première personne."
    assert record["next_step"] == "Appelez la seconde."


def test_the_same_field_is_shown_side_by_side_and_all_that_was_typed_comes_back(author, other, draft, page):
    author.post(page, new_scheme(version="1", name="Nom de la première"))
    typed = new_scheme(version="1", name="Nom de la seconde", **criterion(0, "headcount", below="99", level="company"))
    answer = other.post(page, typed)
    text = text_of(answer)
    assert f"{draft.author} a enregistré ce brouillon pendant que vous l’écriviez" in text
    for said in ("Nom de la première", "Nom de la seconde", "Pass robot (essai)"):
        assert said in text
    html = answer.content.decode()
    assert re.findall(r'type="radio" name="keep-name" value="(\w+)"', html) == ["mine", "theirs", "base"]
    back = hidden(answer)
    assert (back["name"], back["criteria-0-below"], back["version"]) == ("Nom de la seconde", "99", "1")
    assert Proposal.objects.get().record["name"] == "Nom de la première"

    assert "Choisissez une version pour chaque champ" in text_of(other.post(page, back))
    other.post(page, {**back, "keep-name": "theirs"})
    record = Proposal.objects.get().record
    assert record["name"] == "Nom de la première"
    assert record["criteria"][0]["below"] == 99


@pytest.mark.slow
def test_a_third_save_meanwhile_asks_again(author, other, page):
    author.post(page, new_scheme(version="1", name="Un"))
    back = hidden(other.post(page, new_scheme(version="1", name="Deux")))
    author.post(page, new_scheme(version="2", name="Trois"))
    answer = other.post(page, {**back, "keep-name": "mine"})
    assert "Trois" in text_of(answer)
    assert Proposal.objects.get().record["name"] == "Trois"
    other.post(page, {**hidden(answer), "keep-name": "mine"})
    assert Proposal.objects.get().record["name"] == "Deux"


def test_what_was_sent_meanwhile_keeps_what_is_typed_in_a_draft_of_its_own(author, other, draft, page):
    propose(proposal=draft, author=draft.author)
    answer = other.post(page, new_scheme(version="1", name="Tapé trop tard"), follow=True)
    assert "ce que vous avez écrit est gardé dans un nouveau brouillon" in text_of(answer)
    assert Proposal.objects.get(state="draft").record["name"] == "Tapé trop tard"


@pytest.mark.cases(1)
@pytest.mark.parametrize("version", ["", "0", "99", "x", "²", "-1"])
def test_a_version_that_is_none_loses_nothing(author, page, version):
    author.post(page, new_scheme(version="1", name="Un"))
    answer = author.post(page, new_scheme(version=version, name="Deux"), follow=True)
    assert answer.status_code == 200
    assert Proposal.objects.get().record["name"] in ("Un", "Deux")
    assert "Deux" in text_of(answer)


def test_an_editor_is_told_of_the_drafts_of_others_on_the_same_scheme(other):
    mine = make_draft(scheme=get_scheme())
    shown = text_of(other.get(f"{PROPOSALS}add/?dispositif={get_scheme().pk}"))
    assert f"brouillon de {mine.author}" in shown
