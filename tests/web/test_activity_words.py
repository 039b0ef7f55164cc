"""The trade that a firm writes in a word: taken where it is sure, asked everywhere else."""

import re

import pytest

from tests.web.conftest import FIRM, fill, text_of

pytestmark = pytest.mark.django_db


def test_an_activity_is_found_by_its_words_and_chosen_of_several(client):
    fill(client, upto="besoin")
    step = {**FIRM, "naf": "menuiserie", "division": ""}
    assert client.post("/demande/entreprise/", step)["Location"] == "/demande/entreprise/"
    page = client.get("/demande/entreprise/")
    assert "Plusieurs activités répondent à « menuiserie » : choisissez la vôtre." in text_of(page)
    assert "À corriger" not in text_of(page)  # nothing is wrong: a choice is asked
    assert "is-invalid" not in page.content.decode()
    assert "<title>Erreur" not in page.content.decode()
    assert 'href="#naf_choice"' in page.content.decode()
    assert 'id="naf_choice"' in page.content.decode()
    assert 'name="naf_choice"' in page.content.decode()
    assert "Travaux de menuiserie bois et PVC" in text_of(page)
    assert 'value="menuiserie"' in page.content.decode()
    assert client.post("/demande/entreprise/", {**step, "naf_choice": "16.23Z"})["Location"] != "/demande/entreprise/"
    form = client.get("/demande/entreprise/").context["form"]
    assert form.facts()["naf"] == "16.23Z"
    for wrong in ("01.11Z", "x" * 500, ""):  # of no word that was typed
        assert client.post("/demande/entreprise/", {**step, "naf_choice": wrong})["Location"] == "/demande/entreprise/"


def test_words_of_one_activity_are_enough_and_those_of_none_are_told(client):
    fill(client, upto="besoin")
    client.post("/demande/entreprise/", {**FIRM, "naf": "paysagiste", "division": ""})
    assert client.get("/demande/entreprise/").context["form"].facts()["naf"] == "81.30Z"
    client.post("/demande/entreprise/", {**FIRM, "naf": "zorbiliste", "division": ""})
    page = client.get("/demande/entreprise/")
    assert "Aucune activité ne répond à « zorbiliste »." in text_of(page)
    assert 'value="zorbiliste"' in page.content.decode()


@pytest.mark.slow
def test_the_one_label_that_a_word_finds_is_asked_and_may_be_refused(client):
    fill(client, upto="besoin")
    step = {**FIRM, "naf": "houille", "division": ""}
    assert client.post("/demande/entreprise/", step)["Location"] == "/demande/entreprise/"
    page = client.get("/demande/entreprise/")
    assert "Une activité répond à « houille » : dites si c’est la vôtre." in text_of(page)
    assert "Extraction de houille" in text_of(page)
    assert "Aucune de celles-ci" in text_of(page)
    assert client.post("/demande/entreprise/", {**step, "naf_choice": "none"})["Location"] != "/demande/entreprise/"
    page = client.get("/demande/entreprise/")
    assert not page.context["form"].facts()["naf"]
    assert 'value="houille"' in page.content.decode()
    client.post("/demande/entreprise/", {**step, "naf_choice": "05.10Z"})
    assert client.get("/demande/entreprise/").context["form"].facts()["naf"] == "05.10Z"


def test_a_word_of_many_activities_says_how_many_and_shows_the_nearest(client):
    fill(client, upto="besoin")
    client.post("/demande/entreprise/", {**FIRM, "naf": "fabrication", "division": ""})
    page = client.get("/demande/entreprise/")
    assert len(page.context["form"].activities) == 8
    assert re.search(r"\d{2,} activités répondent à « fabrication », dont voici les 8 plus proches", text_of(page))


@pytest.mark.parametrize(
    ("trade", "commonest"),
    [
        ("menuiserie", "43.32A"),
        ("boulangerie", "10.71C"),
        ("boucher", "47.22Z"),
        ("garage auto", "45.20A"),
        ("transport routier", "49.41A"),
    ],
)
def test_a_trade_of_several_activities_is_asked_about_calmly_and_all_else_stays(client, trade, commonest):
    fill(client, upto="besoin")
    step = {**FIRM, "naf": trade, "division": ""}
    client.post("/demande/entreprise/", step)
    page = client.get("/demande/entreprise/")
    form = page.context["form"]
    assert form.only_asks
    assert form.activities[0][0].code == commonest
    assert "Il reste un choix à faire" in text_of(page)
    assert form["company_name"].value() == FIRM["company_name"]
    assert form["legal_form"].value() == FIRM["legal_form"]
    page = client.post("/demande/entreprise/", {**step, "naf_choice": commonest}, follow=True)
    assert page.request["PATH_INFO"] != "/demande/entreprise/"


def test_what_is_wrong_beside_a_choice_is_still_said_as_wrong(client):
    fill(client, upto="besoin")
    client.post("/demande/entreprise/", {**FIRM, "naf": "menuiserie", "commune": "Atlantide"})
    page = client.get("/demande/entreprise/")
    assert "À corriger avant de continuer" in text_of(page)
    assert "Plusieurs activités répondent à « menuiserie » : choisissez la vôtre." in text_of(page)


def test_the_list_of_activities_begins_with_what_most_factories_do_and_mines_come_last(client):
    fill(client, upto="besoin")
    _unknown, (_industry, divisions), _others = (
        client.get("/demande/entreprise/").context["form"]["division"].field.choices
    )
    assert divisions[0] == ("10", "Industries alimentaires")
    assert divisions[-5][0] == "05"
