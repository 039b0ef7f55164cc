"""What people type that cannot be taken: one French sentence says why, and everything they typed is still there."""

import re
from html import escape

import pytest

from backend.companies.models import Fact
from backend.matchmaking.models import Submission
from backend.notifications.models import Notification
from backend.territories.models import Perimeter
from backend.territories.services import served_communes
from tests.factories import as_sent, make_officer, next_morning
from tests.neighbour import ours
from tests.web.conftest import CONTACT, FIRM, PROJECT, fill, text_of

pytestmark = pytest.mark.django_db
PREVIOUS = {"besoin": "", "entreprise": "besoin", "projet": "entreprise", "contact": "projet"}
OUT_OF_BAND = "Vous avez écrit 35 salariés : hors de cette tranche. Gardez l’un des deux."


def refuse(client, step, **changes):
    response = fill(client, upto=step, **{step: changes})
    assert response.status_code == 200
    assert response.context["form"].errors
    return response


def assert_still_there(response, values):
    """Every typed value is in the page, in its field."""
    html = response.content.decode()
    for name, value in values.items():
        if value in ("", "on"):
            continue
        written = escape(value)
        found = (
            re.search(rf'value="{re.escape(written)}"[^>]*(checked|selected)', html)
            or re.search(rf'name="{name}"[^>]*value="{re.escape(written)}"', html)
            or re.search(rf'value="{re.escape(written)}"[^>]*name="{name}"', html)
            or re.search(rf'<textarea[^>]*name="{name}"[^>]*>\s*{re.escape(written)}', html)
        )
        assert found, f"{name}={value!r} is lost"


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("999 999 956 0001A", "« 999 999 956 0001A » contient autre chose que des chiffres"),
        ("ABCDEFGHI", "« ABCDEFGHI » contient autre chose que des chiffres : un SIREN a 9 chiffres, un SIRET 14."),
        ("1234567", "« 1234567 » a 7 chiffres : un SIREN en a 9, un SIRET 14."),
        ("999 999 956 000", "« 999 999 956 000 » a 12 chiffres : un SIREN en a 9, un SIRET 14."),
        ("999999956000170", "« 999999956000170 » a 15 chiffres : un SIREN en a 9, un SIRET 14."),
        ("999 999 956 00018", "« 999 999 956 00018 » n’est pas un SIRET : il a bien 14 chiffres, mais sa clé de"),
        (
            "999 999 957",
            "« 999 999 957 » n’est pas un SIREN : il a bien 9 chiffres, mais sa clé de contrôle est fausse",
        ),
    ],
)
def test_a_wrong_number_is_told_which_rule_it_breaks(client, typed, sentence):
    response = refuse(client, "entreprise", number=typed)
    assert sentence in text_of(response)
    assert_still_there(response, {**FIRM, "number": typed})


@pytest.mark.cases(2)
@pytest.mark.parametrize("typed", ["999999956", "999 999 956", "999.999.956", "999\u00a0999\u00a0956"])
def test_a_siren_alone_is_taken(client, typed):
    fill(client, entreprise={"number": typed})
    sheet = ours(Submission).get().sheet
    assert (sheet.company.siren, sheet.establishment) == ("999999956", None)


def test_digits_of_another_script_are_kept_as_digits(client):
    fill(client, entreprise={"number": "９９９９９９９５６"})  # noqa: RUF001
    assert ours(Submission).get().sheet.company.siren == "999999956"


@pytest.mark.cases(2)
@pytest.mark.parametrize("typed", ["Atlantide", "00000", "99999", "Compiègne (75056)", "'; DROP TABLE", "%", "🔥"])
def test_an_unknown_commune_says_what_is_accepted(client, typed):
    response = refuse(client, "entreprise", commune=typed)
    assert f"« {typed} » ne correspond à aucune commune actuelle. Écrivez son nom" in text_of(response)
    assert_still_there(response, {**FIRM, "commune": typed})


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("compiegne", "60159"),
        ("COMPIÈGNE", "60159"),
        ("lacroix saint ouen", "60338"),
        ("Lacroix-St-Ouen", "60338"),
        ("60159", "60159"),
        ("Janville (60150)", "60323"),
        ("Janville (60323)", "60323"),
    ],
)
def test_a_commune_is_understood_however_it_is_written(client, typed, code):
    fill(client, entreprise={"commune": typed})
    assert ours(Submission).get().sheet.values()["commune"] == code


def test_homonyms_are_offered_and_the_choice_is_taken(client):
    response = refuse(client, "entreprise", commune="Janville")
    assert "Plusieurs communes répondent à « Janville » : choisissez la vôtre." in text_of(response)
    assert_still_there(response, {**FIRM, "commune": "Janville"})
    offered = re.findall(r'name="commune_choice"\s+value="(\w+)"', response.content.decode())
    assert offered[0] == "60323"  # the one of the territory comes first
    assert len(offered) > 1
    fill(client, entreprise={"commune": "Janville", "commune_choice": "60323"})
    assert ours(Submission).get().sheet.values()["commune"] == "60323"


def test_a_choice_among_homonyms_survives_an_error_elsewhere(client):
    response = refuse(client, "entreprise", commune="Janville", commune_choice="60323", naf="99.99Z")
    assert "Plusieurs communes" not in text_of(response)
    assert_still_there(response, {"commune": "Janville", "commune_choice": "60323"})


def offered_for(client, typed):
    response = fill(client, upto="entreprise", entreprise={"commune": typed})
    assert f"Plusieurs communes répondent à « {typed} »" in text_of(response)
    return [commune.name for commune, _ in response.context["form"].choices_of["commune"]]


def test_a_postcode_is_never_read_as_the_insee_code_of_another_commune(client):
    fill(client, entreprise={"commune": "60200"})  # the INSEE code of Domfront, 60420
    assert ours(Submission).get().sheet.values()["commune"] == "60159"


def test_the_communes_of_a_postcode_are_offered_those_of_the_territory_first(client):
    offered = offered_for(client, "60280")
    assert offered[0] == "Margny-lès-Compiègne"
    served = {commune.name for commune in served_communes()}
    assert [name in served for name in offered] == sorted((name in served for name in offered), reverse=True)


@pytest.mark.parametrize("code", ["60350", "51300"])
def test_every_commune_of_a_postcode_is_offered(client, code):
    of_code = Perimeter.objects.communes().filter(postcodes__contains=[code]).values_list("name", flat=True)
    assert len(of_code) > 12
    assert set(of_code) == set(offered_for(client, code))


def test_a_choice_for_another_name_is_not_taken(client):
    fill(client, entreprise={"commune": "Compiègne", "commune_choice": "60323"})
    assert ours(Submission).get().sheet.values()["commune"] == "60159"


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"naf": "99.99X"}, "« 99.99X » n’est pas un code de la NAF : quatre chiffres et une lettre, comme 25.62B."),
        ({"naf": "soudure"}, "Plusieurs activités répondent à « soudure » : choisissez la vôtre."),
        ({"naf": "25.62Q"}, "« 25.62Q » n’est pas un code de la NAF"),
        ({"naf": "25.62B", "division": "10"}, "Le code 25.62B n’est pas dans l’activité choisie (10)."),
        ({"naf": "25.62B", "division": "G"}, "Le code 25.62B n’est pas dans l’activité choisie (G)."),
        ({"created_on": "2026-11-25"}, "Le 25 novembre 2026 est dans l’avenir."),
        ({"created_on": "2027-01-01"}, "Le 1er janvier 2027 est dans l’avenir."),
        ({"created_on": "31/02/2020"}, "Cette date n’existe pas. Écrivez-la comme 31/12/2015."),
        ({"created_on": "l’an dernier"}, "Cette date n’existe pas. Écrivez-la comme 31/12/2015."),
        ({"created_on": "0015-03-16"}, "L’année 15 est sans doute une erreur."),
    ],
)
def test_a_wrong_answer_about_the_firm_says_why(client, changes, sentence):
    response = refuse(client, "entreprise", **changes)
    assert sentence in text_of(response)
    assert_still_there(response, {**FIRM, **changes})


def test_a_code_of_the_naf_2025_is_taken_where_the_old_one_is_asked(client):
    fill(client, entreprise={"naf": "2553y"})
    submission = ours(Submission).get()
    values = submission.sheet.values()
    assert (values.get("naf"), values["naf_2025"]) == (None, "25.53Y")
    assert "naf" not in submission.results.get().matches.get(scheme__source_key="hdf-pme-plus-volet1").unknown


@pytest.mark.parametrize(
    "changes", [{"created_on": "2026-11-24"}, {"naf": "62.01Z", "division": "J"}, {"naf": "2562b"}]
)
def test_answers_at_the_edge_are_taken(client, changes):
    assert fill(client, upto="entreprise", entreprise=changes).status_code == 302  # on to the project


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"headcount_band": "10,19"}, OUT_OF_BAND),
        ({"headcount_band": "50,99"}, OUT_OF_BAND),
        ({"headcount": "-1"}, "Un effectif ne peut pas être négatif."),
        ({"headcount": "une trentaine"}, "Écrivez un nombre de salariés, comme 35, ou laissez vide."),
        ({"headcount": "NaN"}, "Écrivez un nombre de salariés, comme 35, ou laissez vide."),
        ({"headcount": "8000000000"}, "inférieure ou égale à 1000000"),
        ({"spend": "-180000"}, "Un coût ne peut pas être négatif."),
        ({"spend": "beaucoup"}, "Écrivez un montant en euros, comme 180000, 180 k€ ou 1,5 M€, ou laissez vide."),
        ({"spend": "250 x"}, "Écrivez un montant en euros"),
        ({"spend": "k€"}, "Écrivez un montant en euros"),
        ({"spend": "entre 100 et 200 k"}, "Écrivez un montant en euros"),
        ({"spend": "-2 k€"}, "Un coût ne peut pas être négatif."),
        ({"spend": "25 Md€"}, "inférieure ou égale à 10000000000"),
        ({"spend": "1e400"}, "inférieure ou égale à 10000000000"),
        ({"project_place": "elsewhere", "project_commune": "Atlantide"}, "ne correspond à aucune commune actuelle"),
        ({"project_place": "elsewhere", "project_commune": ""}, "Dites dans quelle commune"),
    ],
)
def test_a_wrong_answer_about_the_project_says_why(client, changes, sentence):
    response = refuse(client, "projet", **changes)
    assert sentence in text_of(response)
    assert_still_there(response, {**PROJECT, **changes})


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("typed", "euros"),
    [
        ("180 000 €", 180_000.0),
        ("180\u202f000\u00a0€", 180_000.0),
        ("180000", 180_000.0),
        ("1 234,50", 1234.5),
        ("0", 0.0),
        ("250 k€", 250_000.0),
        ("250K", 250_000.0),
        ("250 000 euros HT", 250_000.0),
        ("2,5 M", 2_500_000.0),
        ("2.5M€", 2_500_000.0),
        ("1,2 million d’euros", 1_200_000.0),
        ("3 millions", 3_000_000.0),
        ("0,5 M€", 500_000.0),
        ("180.000 €", 180_000.0),
        ("1.250.000", 1_250_000.0),
        ("1.250,50", 1250.5),
        ("1 234,5", 1234.5),
    ],
)
def test_an_amount_is_read_as_the_french_write_it(client, typed, euros):
    fill(client, projet={"spend": typed})
    assert ours(Submission).get().sheet.values()["project.spend"] == euros


@pytest.mark.parametrize(("typed", "band"), [("20", "20,49"), ("49", "20,49"), ("0", "0,0"), ("5000", "5000,")])
def test_a_headcount_at_the_edge_of_its_band_is_no_contradiction(client, typed, band):
    assert (
        fill(client, upto="projet", projet={"headcount": typed, "headcount_band": band})["Location"]
        == "/demande/reponse/"
    )


def test_ten_thousand_characters_are_counted_and_kept(client):
    text = "Je cherche un soudeur. " * 435
    response = refuse(client, "besoin", text=text)
    assert f"Votre texte compte {len(text.strip())} caractères ; 5000 au plus sont acceptés" in text_of(response)
    assert text.strip() in text_of(response)


def test_five_thousand_characters_are_taken(client):
    assert fill(client, upto="besoin", besoin={"text": "é" * 5000}).status_code == 302


def test_a_page_of_a_megabyte_is_refused_in_french(client):
    client.get("/demande/")
    response = client.post("/demande/besoin/", {"text": "a" * 1_000_000})
    assert response.status_code == 400
    assert "Nous n’avons pas compris cette demande" in text_of(response)


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_a_need_is_ticked_or_written(client, text):
    response = refuse(client, "besoin", needs=[], text=text)
    assert "Cochez au moins un besoin, ou décrivez-le avec vos mots." in text_of(response)


def test_a_need_that_does_not_exist_is_refused(client):
    assert "n’en fait pas partie" in text_of(refuse(client, "besoin", needs=["besoin.inconnu"]))


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"consent": ""}, "Sans votre accord, personne ne peut lire la demande : cochez la case."),
        ({"email": "camille@"}, "Cette adresse n’est pas complète. Elle ressemble à prenom.nom@entreprise.fr."),
        ({"email": "camille roux"}, "Cette adresse n’est pas complète."),
        ({"email": "camille@Gmial.com"}, "« gmial.com » : vouliez-vous écrire « gmail.com » ?"),
        ({"email": "camille@fonderie.con"}, "« fonderie.con » : vouliez-vous écrire « fonderie.com » ?"),
        ({"phone": "12"}, "« 12 » n’est pas un numéro de téléphone. Exemple : 03 44 00 00 00."),
        ({"phone": "appelez-moi"}, "« appelez-moi » n’est pas un numéro de téléphone."),
        ({"phone": "0344000000 ext 1234567"}, "n’est pas un numéro de téléphone."),
        ({"contact_name": ""}, "Dites-nous qui demander."),
        ({"contact_name": "a" * 121}, "120"),
    ],
)
def test_a_wrong_contact_says_why_and_files_nothing(client, changes, sentence):
    response = refuse(client, "contact", **changes)
    assert sentence in text_of(response)
    assert_still_there(response, {**CONTACT, **changes})
    assert not ours(Submission).exists()
    assert not ours(Notification).exists()


def test_the_summary_of_errors_does_not_say_the_whole_of_a_box_again(client):
    summary = text_of(refuse(client, "contact", consent="", contact_name="")).partition("Par quoi commencer")[0]
    assert "Votre nom : Dites-nous qui demander. Sans votre accord, personne ne peut lire" in " ".join(summary.split())
    assert "J’accepte" not in summary


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0353016099", "03 53 01 60 99"),
        ("+33 3 53 01 60 99", "03 53 01 60 99"),
        ("+32 2 555 12 12", "+32 2 555 12 12"),
    ],
)
def test_a_telephone_number_is_kept_in_one_spelling(client, typed, kept):
    fill(client, contact={"phone": typed})
    assert ours(Submission).get().contact.phone == kept


@pytest.mark.cases(2)
@pytest.mark.parametrize("field", ["company_name", "commune", "naf", "number"])
def test_a_null_character_is_no_crash(client, field):
    assert fill(client, upto="entreprise", entreprise={field: "a\0b"}).status_code in (200, 302)


@pytest.mark.parametrize("text", ["Besoin\u00a0: « souder » 🔥", "Famille 👨‍👩‍👧 Œuvre ﬁn", "Deux\r\nlignes\t!"])
def test_signs_and_emoji_are_kept(client, text):
    fill(client, besoin={"text": text}, entreprise={"company_name": "L’Œuf\u00a0& fils 🔥"})
    submission = ours(Submission).get()
    assert submission.text == text.replace("\r", "")
    assert submission.sheet.name == "L’Œuf\u00a0& fils 🔥"


def test_html_is_shown_as_it_was_typed_and_runs_nowhere(client):
    typed = '<script>alert(1)</script> & "soudeurs" <b>vite</b>'
    officer = make_officer()
    response = fill(
        client,
        besoin={"text": typed},
        entreprise={"company_name": typed},
        contact={"contact_name": typed},
    )
    page = client.get(response["Location"])
    submission = ours(Submission).get()
    assert submission.text == typed
    confirm = ours(Notification).get(kind="confirm_address")
    path = re.search(r"(/confirmer/\S+)", as_sent(confirm).text).group(1)
    client.post(path)
    client.force_login(officer)
    file = client.get(f"/agent/{submission.pk}/")
    next_morning()
    notice = ours(Notification).get(kind="waiting_digest")
    receipt = ours(Notification).get(kind="receipt")
    for html in (page.content.decode(), file.content.decode(), notice.html, receipt.html):
        assert "<script>alert" not in html
        assert "<b>vite" not in html
        assert "&lt;script&gt;alert(1)" in html
    for text in (notice.text, receipt.text):
        assert typed in text
    assert typed not in confirm.text + confirm.html
    assert "\n" not in notice.subject


def test_an_answer_left_out_is_unknown_and_not_a_fact(client):
    fill(
        client,
        entreprise=dict.fromkeys(FIRM, ""),
        projet=dict.fromkeys(PROJECT, ""),
        contact={"phone": ""},
    )
    assert not ours(Fact).exists()
    assert ours(Submission).get().epci is None
