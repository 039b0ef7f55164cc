"""Who the firm is: one box, and its establishments in the State’s register."""

import csv
import re
from urllib.parse import quote

import pytest

from backend.companies.models import RegisteredEstablishment
from tests.companies.test_register import a_firm, a_site, answer
from tests.web.choosing import CHOOSE, SEARCH, SIRET, STEP, TYPING, choose, chosen, closed_one, file_it, sirets_in
from tests.web.conftest import FIRM, REGISTER, SECOND, text_of

pytestmark = pytest.mark.django_db


@pytest.mark.cases(2)
@pytest.mark.parametrize("typed", ["chaud bac", SIRET, "999 999 956 00017", "999 999 956", "Chaudronnérie du BAC"])
def test_a_name_or_a_number_finds_the_establishment_and_no_other_firm(drafting, copy, typed):
    page = drafting.get(SEARCH, {"q": typed})
    text = text_of(page)
    assert "CHAUDRONNERIE DU BAC" in text
    assert "Compiègne – siège, ouvert" in text
    assert "Mécanique industrielle" in text
    assert sirets_in(page) == {SIRET}
    assert SECOND not in text
    assert ("Jaux – fermé depuis le 27 février 2026" in text) == (typed not in (SIRET, "999 999 956 00017"))


def test_as_one_types_only_the_copy_is_asked_and_a_part_of_the_page_answers(drafting, copy, state):
    page = drafting.get(SEARCH, {"q": "chaud"}, **TYPING)
    assert "HX-Request" in page["Vary"]
    assert "<html" not in page.content.decode()
    assert "CHAUDRONNERIE DU BAC" in text_of(page)
    assert SECOND not in text_of(page)
    nothing = text_of(drafting.get(SEARCH, {"q": "zzzz"}, **TYPING))
    assert "Rien de tel dans le territoire. « Rechercher » cherche dans toute la France." in nothing
    assert state.asked == []


@pytest.mark.cases(2)
@pytest.mark.parametrize("typed", ["", " ", "c", "ch", "é!", "9999999", "\0", "99 999 997"])
def test_what_is_only_begun_is_answered_by_nothing(drafting, copy, state, typed):
    page = drafting.get(SEARCH, {"q": typed}, **TYPING)
    assert page.status_code == 200
    assert text_of(page) == ""
    assert state.asked == []


def test_where_there_is_no_copy_nothing_is_said_of_the_territory_while_one_types(drafting, state):
    assert text_of(drafting.get(SEARCH, {"q": "chaudronnerie"}, **TYPING)) == ""
    assert text_of(drafting.get(SEARCH, {"q": SIRET}, **TYPING)) == ""
    assert "Rechercher" in text_of(drafting.get(STEP))


def test_what_is_announced_is_one_line_and_no_list(drafting, copy):
    part = drafting.get(SEARCH, {"q": "chaud"}, **TYPING).content.decode()
    begin = '<p id="etablissements-dits" hx-swap-oob="innerHTML">'
    assert part.strip().startswith(begin)
    line, _, rest = part.strip().removeprefix(begin).partition("</p>")
    assert " ".join(line.replace("&nbsp;", " ").split()) == "2 établissements : choisissez le vôtre."
    assert "CHAUDRONNERIE DU BAC" in rest
    page = drafting.get(SEARCH, {"q": "chaud"}).content.decode()
    (line,) = re.findall(r'<p id="etablissements-dits" role="status">(.*?)</p>', page, re.S)
    assert "2 établissements" in line
    assert "CHAUDRONNERIE" not in line
    assert "aria-live" not in page


def test_others_than_are_shown_are_said(drafting, copy):
    said = {"name": "AGENCE", "search_name": " agence", "commune": "60159", "is_head_office": False, "is_open": True}

    def rows(numbers):
        return [RegisteredEstablishment(siret=f"41816609600{n:03}", **said) for n in numbers]

    others = "Il y en a d’autres : ajoutez un mot ou le SIRET."
    RegisteredEstablishment.objects.bulk_create(rows(range(10, 20)))
    for typed in ("agence", "418166096"):
        for more in ({}, TYPING):
            page = drafting.get(SEARCH, {"q": typed}, **more)
            assert "10 établissements" in text_of(page)
            assert others not in text_of(page)
    RegisteredEstablishment.objects.bulk_create(rows(range(20, 25)))
    for typed in ("agence", "418166096"):
        for more in ({}, TYPING):
            page = drafting.get(SEARCH, {"q": typed}, **more)
            assert others in text_of(page)
            assert len(sirets_in(page)) == 10


def test_others_than_are_shown_of_the_service_are_said(drafting, state):
    firms = [a_firm(nom_raison_sociale=f"AGENCE {n}", siege=a_site(siret=f"41816609600{n:03}")) for n in range(10, 21)]
    state.page("/search", answer(*firms))
    page = drafting.get(SEARCH, {"q": "agence"})
    assert "Il y en a d’autres" in text_of(page)
    assert len(sirets_in(page)) == 10
    state.page("/search", answer(*firms[1:]))
    assert "Il y en a d’autres" not in text_of(drafting.get(SEARCH, {"q": "agence de dix"}))


def test_what_was_sent_is_asked_of_the_copy_first_then_of_the_service(drafting, copy, state):
    drafting.get(SEARCH, {"q": "chaudronnerie"})
    assert state.asked == []
    everywhere = drafting.get(SEARCH, {"q": "chaudronnerie", "partout": "1"})
    assert len(state.asked) == 1
    text = text_of(everywhere)
    assert text.index("CHAUDRONNERIE DU BAC") < text.index(SECOND)
    assert "Beauvais, hors du territoire" in text
    state.page("/search", answer(a_firm(siege=a_site(siret="41816609600069", commune="75102"))))
    assert "Paris, hors du territoire" in text_of(drafting.get(SEARCH, {"q": "41816609600069"}))


def test_the_service_answers_a_siret_with_that_site_alone(drafting, state):
    branch = a_site(siret="99999995600033", commune="60325")
    state.page("/search", answer(a_firm(sites=[branch])))
    assert sirets_in(drafting.get(SEARCH, {"q": "99999995600033"})) == {"99999995600033"}
    closed = {**branch, "siret": "99999995600041", "etat_administratif": "F", "date_fermeture": None}
    state.page("/search", answer(a_firm(sites=[closed])))
    page = drafting.get(SEARCH, {"q": "99999995600041"})
    assert "cet établissement est fermé." in text_of(page)
    assert sirets_in(page) == {SIRET}


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Écrivez un nom, ou un numéro"),
        ("ab", "« ab » est trop court"),
        ("123456789012", "a 12 chiffres : un SIREN en a 9, un SIRET 14"),
        ("99999995600018", "sa clé de contrôle est fausse"),
        ("999999957", "sa clé de contrôle est fausse"),
    ],
)
def test_what_cannot_be_looked_for_is_said_and_kept(drafting, copy, state, typed, said):
    page = drafting.get(SEARCH, {"q": typed})
    assert page.status_code == 200
    assert said in text_of(page)
    assert page.context["search_form"]["q"].value() == typed
    assert "Remplir à la main" in text_of(page)
    assert state.asked == []


@pytest.mark.cases(2)
@pytest.mark.parametrize("odd", ["a\0bc", "%%%", "<b>x</b>", "🙂🙂🙂", "é" * 300, "' OR 1=1 --", "‮abc", "\ud800"])
def test_anything_may_be_typed(drafting, copy, odd):
    query = quote(odd, errors="surrogatepass")
    for more in ({}, TYPING):
        assert drafting.get(f"{SEARCH}?q={query}", **more).status_code == 200


def test_a_number_that_lacks_digits_is_not_looked_up_as_a_name(drafting, copy):
    assert "« 83 293 20 » a 7 chiffres : un SIREN en a 9, un SIRET 14." in text_of(
        drafting.get(SEARCH, {"q": "83 293 20"})
    )
    assert "aucun établissement" in text_of(drafting.get(SEARCH, {"q": "1664"}))


def test_who_is_not_found_goes_on_by_hand_with_what_was_typed(drafting, copy):
    page = drafting.get(SEARCH, {"q": "Inconnue du Bois"})
    assert "Nous ne cherchons que dans le territoire, et n’y trouvons aucun" in text_of(page)
    assert "ne souhaite pas y paraître" in text_of(page)
    assert page.context["form"]["company_name"].value() == "Inconnue du Bois"
    assert '<details class="fold" open>' in page.content.decode()
    page = drafting.get(SEARCH, {"q": "418 166 096"})
    assert page.context["form"]["number"].value() == "418166096"
    assert drafting.post(STEP, FIRM)["Location"] == "/demande/reponse/"


def test_where_the_service_was_asked_the_register_is_said_to_show_nothing(drafting, copy, state):
    state.page("/search", answer())
    text = text_of(drafting.get(SEARCH, {"q": "Inconnue du Bois"}))
    assert "Le registre ne montre aucun établissement à ce nom" in text
    assert "que dans le territoire" not in text


def test_without_a_register_there_is_no_box_and_the_form_by_hand_is_open(drafting):
    for page in (drafting.get(STEP), drafting.get(SEARCH), drafting.get(SEARCH, {"q": "chaudronnerie"})):
        assert page.status_code == 200
        text, html = text_of(page), page.content.decode()
        assert "Rechercher" not in text
        assert "que dans le territoire" not in text
        assert 'id="id_q"' not in html
        assert '<details class="fold" open>' in html
    drafting.post(STEP, FIRM)
    assert file_it(drafting).sheet.name == FIRM["company_name"]


def test_the_box_opens_on_no_error(drafting, copy):
    choose(drafting)
    assert "Ce n’est pas le mien" in text_of(drafting.get(STEP))
    page = drafting.get(SEARCH)
    assert "Écrivez un nom" not in text_of(page)
    assert "<title>Erreur" not in page.content.decode()
    assert not page.context["search_form"].errors


def test_who_opposes_is_as_unknown_as_who_does_not_exist(drafting, copy, state):
    state.page("/search", answer(a_firm(statut_diffusion="P", nom_raison_sociale="GARAGE DE LA FORET")))
    hidden = text_of(drafting.get(SEARCH, {"q": "Garage de la foret"}))
    assert "GARAGE DE LA FORET" not in hidden
    state.page("/search", answer())
    unknown = text_of(drafting.get(SEARCH, {"q": "Garage du desert"}))
    assert hidden.replace("foret", "") == unknown.replace("desert", "").replace("Garage du", "Garage de la")
    with (REGISTER / "etablissements.csv").open() as lines:
        (row,) = [row for row in csv.DictReader(lines) if row["statutDiffusionEtablissement"] == "P"]
    assert sirets_in(choose(drafting, row["siret"])) == set()
    assert not chosen(drafting)


@pytest.mark.cases(1)
@pytest.mark.parametrize("wrong", [{"status": 503}, {"status": 429}, {"body": "<html>"}])
def test_where_the_register_is_down_the_firm_files_by_hand(drafting, state, wrong):
    state.page("/search", wrong.get("body", ""), status=wrong.get("status", 200))
    for text in ("chaudronnerie", SIRET):
        page = drafting.get(SEARCH, {"q": text})
        assert "ne répond pas en ce moment. Remplissez à la main : rien n’est perdu." in text_of(page)
        assert page.context["by_hand"]
    response = drafting.post(CHOOSE, {"siret": SIRET}, follow=True)
    assert "ne répond pas" in text_of(response)
    drafting.post(STEP, FIRM)
    assert file_it(drafting).sheet.name == FIRM["company_name"]


def test_one_network_does_not_ask_for_all(drafting, state, settings):
    settings.THROTTLES = {"register.network": (1, 3600)}
    assert "CHAUDRONNERIE" in text_of(drafting.get(SEARCH, {"q": "chaudronnerie"}))
    assert "ne répond pas en ce moment" in text_of(drafting.get(SEARCH, {"q": "tolerie"}))
    assert len(state.asked) == 1


def test_without_a_draft_a_part_of_the_page_leads_the_whole_page_away(client, copy):
    response = client.get(SEARCH, {"q": "chaud"}, **TYPING)
    assert (response.status_code, response["HX-Redirect"], response.content) == (200, "/demande/", b"")


def test_without_a_draft_nothing_is_looked_for(client, copy, state):
    for response in (client.get(SEARCH, {"q": "chaud"}), client.post(CHOOSE, {"siret": SIRET})):
        assert response["Location"] == "/demande/"
    assert state.asked == []


# -- a closed establishment


def test_a_closed_establishment_is_said_with_its_day_and_the_open_ones_are_offered(drafting, copy):
    page = drafting.get(SEARCH, {"q": closed_one()})
    text = text_of(page)
    assert "cet établissement est fermé depuis le 27 février 2026" in text
    assert "Choisissez un établissement ouvert de la même entreprise" in text
    assert sirets_in(page) == {SIRET}
    assert SECOND not in text
    again = choose(drafting, closed_one())
    assert "fermé depuis le 27 février 2026" in text_of(again)
    assert not chosen(drafting)


def test_a_firm_that_has_nothing_open_is_told_so(drafting, copy):
    (closed,) = RegisteredEstablishment.objects.filter(name__startswith="VERRERIE")
    text = text_of(drafting.get(SEARCH, {"q": closed.siret}))
    assert "fermé depuis le 29 mai 2026" in text
    assert "Nous ne trouvons pas d’autre établissement ouvert de cette entreprise." in text
