"""The page of three buttons a sheet, for who has an account and for who has a link; and the page that names them."""

import pytest
from django.urls import reverse

from backend.accounts.models import Membership
from backend.schemes.models import Caretaker, CatalogueTask, SheetAnswer, SheetOwner, WindowObservation
from tests.factories import ARC, CCLO, make_lead, make_officer, make_submission, sheets_link
from tests.schemes.people import get_scheme
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
OURS, OTHER, THEIRS = "arc-parcs-activites", "lamotte-plateforme", "cci-oise"
PAGE = "/agent/fiches/"


@pytest.fixture
def lead(client):
    user = make_officer(ARC, role=Membership.Role.EPCI_LEAD)
    make_officer(CCLO, role=Membership.Role.EPCI_LEAD)
    client.force_login(user)
    return user


def rows():
    return [model.objects.count() for model in (SheetAnswer, WindowObservation, CatalogueTask, Caretaker)]


def test_opening_a_page_changes_nothing_and_shows_only_ones_own(client, lead):
    make_submission(confirmed=True)
    before = rows()
    page = text_of(client.get(PAGE))
    assert str(get_scheme(OURS)) in page
    assert "Toujours juste" in page
    assert str(get_scheme(OTHER)) not in page
    assert rows() == before


@pytest.mark.slow
def test_of_many_sheets_the_text_is_folded_and_who_looks_after_what_is_one_touch_away(client, lead):
    few = client.get(PAGE).content.decode()
    assert few.count('<details class="fold" open>') == 2
    client.force_login(make_lead())
    many = client.get(PAGE).content.decode()
    assert '<details class="fold" open>' not in many
    assert many.count("Ce que dit la fiche") > 3
    assert many.index('href="#qui-suit-quoi"') < many.index("Ce que dit la fiche") < many.index('id="qui-suit-quoi"')
    assert str(get_scheme(OURS)) not in text_of(client.get(PAGE))


def test_a_button_answers_and_says_so(client, lead):
    page = client.post(PAGE, {"scheme": get_scheme(OURS).pk, "says": "true"}, follow=True)
    assert "C’est noté, merci." in text_of(page)
    assert "Dernière réponse, le 24 novembre 2026 : toujours juste." in text_of(page)
    assert SheetAnswer.objects.get().by == lead


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choisissez une des trois réponses."),
        ({"says": "peut-être"}, "Choisissez une des trois réponses."),
        ({"says": "changed"}, "Dites en quelques mots ce qui a changé"),
        ({"says": "changed", "words": "é" * 1001}, "1000"),
    ],
)
def test_what_says_too_little_gets_a_sentence_and_what_was_typed_stays(client, lead, sent, sentence):
    page = client.post(PAGE, {"scheme": get_scheme(OURS).pk, **sent})
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert f'value="{sent.get("words", "")}"' in page.content.decode()
    assert not SheetAnswer.objects.exists()


@pytest.mark.cases(2)
@pytest.mark.parametrize("scheme", ["", "abc", "99999999", "9" * 40])
def test_a_sheet_that_is_not_theirs_does_not_exist(client, lead, scheme):
    for wrong in (scheme, get_scheme(OTHER).pk):
        assert client.post(PAGE, {"scheme": wrong, "says": "true"}).status_code == 404
    assert not SheetAnswer.objects.exists()


def test_who_has_no_account_answers_by_their_link(client):
    path = f"/porteur/{sheets_link()}/"
    before = rows()
    page = client.get(path)
    assert (page["X-Robots-Tag"], rows()) == ("noindex, nofollow", before)
    assert str(get_scheme(THEIRS)) in text_of(page)
    assert str(get_scheme(OTHER)) not in text_of(page)
    assert "Qui suit quoi" not in text_of(page)
    sent = {"scheme": get_scheme(THEIRS).pk, "says": "changed", "words": "Autre téléphone."}
    assert "C’est noté" in text_of(client.post(path, sent, follow=True))
    assert SheetAnswer.objects.get().by is None
    assert client.post(path, {**sent, "scheme": get_scheme(OTHER).pk}).status_code == 404


def test_a_link_ends_with_the_word_that_named_its_reader(client):
    path = f"/porteur/{sheets_link()}/"
    client.force_login(make_lead())
    client.post(reverse("sheet_caretaker", args=[get_scheme(THEIRS).pk]), {"email": "autre@cci.example"})
    assert client.get(path).status_code in (404, 410)
    assert list(SheetOwner.objects.values_list("email", flat=True)) == ["autre@cci.example"]


def test_a_lead_names_an_officer_who_then_answers(client, lead):
    officer = make_officer(ARC)
    page = client.post(reverse("sheet_caretaker", args=[get_scheme(OURS).pk]), {"user": officer.pk}, follow=True)
    assert f"Suivie par {officer}" in text_of(page)
    client.force_login(officer)
    page = text_of(client.get(PAGE))
    assert str(get_scheme(OURS)) in page
    assert str(get_scheme("tic-reseau-bus")) not in page


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (lambda: {"user": make_officer(CCLO).pk}, "Sélectionnez un choix valide"),
        (lambda: {"email": "pas une adresse"}, "Cette adresse n’est pas complète"),
        (lambda: {"email": make_officer(ARC).email}, "choisissez cette personne dans la liste"),
        (lambda: {"user": make_officer(ARC).pk, "email": "a@b.example"}, "pas les deux"),
    ],
)
def test_who_cannot_be_named_gets_a_sentence(client, lead, sent, sentence):
    typed = sent()
    page = client.post(reverse("sheet_caretaker", args=[get_scheme(OURS).pk]), typed)
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert typed.get("email", "") in page.content.decode()
    assert not Caretaker.objects.exists()


def test_nobody_names_for_another_organisation_and_who_looks_after_nothing_has_no_page(client, lead):
    assert client.post(reverse("sheet_caretaker", args=[get_scheme(OTHER).pk]), {}).status_code == 404
    client.force_login(make_officer(ARC))
    assert client.get(PAGE).status_code == 404
