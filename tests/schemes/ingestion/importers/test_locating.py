"""Where a record of another site holds: by name and scale, and never by guess."""

import pytest

from backend.schemes.ingestion.importers.locating import Locator
from backend.schemes.ingestion.importers.words import load_words

pytestmark = pytest.mark.django_db


@pytest.fixture
def locator():
    return Locator(load_words("aides-territoires"), prefix="at")


def locate(locator, label, scale="", *operators):
    return locator.locate(label, scale, operators=operators, key="1")


@pytest.mark.parametrize(
    ("label", "scale", "codes"),
    [
        ("Hauts-de-France", "Région", ["REG-32"]),
        ("hauts de france", "", ["REG-32"]),
        ("Région Grand-Est", "", ["REG-44"]),
        ("Oise", "Département", ["DEP-60"]),
        ("Oise", "", ["DEP-60"]),
        ("La Réunion", "Département", ["DEP-974"]),
        ("La Réunion", "", ["REG-04"]),  # the same place; the larger name
        ("Compiègne", "Commune", ["COM-60159"]),
        ("Saint-Denis (93)", "Commune", ["COM-93066"]),
        ("Communauté de communes de la Dombes", "EPCI", ["EPCI-200069193"]),
        ("Seine-Normandie", "Bassin hydrographique", ["ZONE-bassin-seine-normandie"]),
        ("Bassin Artois-Picardie", "Bassin hydrographique", ["ZONE-bassin-artois-picardie"]),
        ("Normandie, Centre-Val de Loire", "", ["REG-28", "REG-24"]),
    ],
)
def test_a_name_is_found_by_its_scale(locator, label, scale, codes):
    where = locate(locator, label, scale)
    assert (where.codes, where.everywhere, where.conditions) == (codes, False, [])


@pytest.mark.parametrize(
    ("label", "scale"),
    [
        ("Communes littorales", "Ad-hoc"),
        ("Hauts-de-France", "Ad-hoc"),  # an ad hoc perimeter may be called anything
        ("Compiègne", ""),  # without a scale a small name may be several places
        ("Saint-Denis", "Commune"),  # several communes
        ("Dombes", "EPCI"),
        ("Loire-Bretagne", "Bassin hydrographique"),  # a basin that we do not hold
        ("Hauts-de-France, Ailleurs", ""),  # one of two
        ("Ouganda", "Pays"),
    ],
)
def test_a_name_that_is_none_or_several_is_quoted_to_a_person_and_never_everywhere(locator, label, scale):
    where = locate(locator, label, scale)
    assert (where.codes, where.everywhere) == ([], False)
    (row,) = where.criteria(label)
    assert (row["kind"], row["fact"], row["excerpt"]) == ("manual", "at.1.place", label)
    assert f"« {label} »".replace(" ", "") in row["sentence"].replace("\u00a0", "").replace(" ", "")


def test_no_name_at_all_is_not_known_rather_than_everywhere(locator):
    (row,) = locate(locator, "").criteria("")
    assert row["sentence"] == "L’entreprise ou son projet est là où l’aide s’applique, ce que le fichier ne dit pas."


@pytest.mark.parametrize(
    ("label", "scale", "level"),
    [("France", "Pays", "national"), ("Europe", "Continent", "eu"), ("NATIONAL", "", "national")],
)
def test_the_whole_country_is_no_condition(locator, label, scale, level):
    where = locate(locator, label, scale)
    assert (where.everywhere, where.criteria(label), where.level) == (True, [], level)


def test_the_mainland_is_its_thirteen_regions(locator):
    assert len(locate(locator, "France métropolitaine", "Métropole").codes) == 13


REGIONS = "Normandie, Île-de-France, Grand Est, Bourgogne-Franche-Comté"


@pytest.mark.parametrize("label", [REGIONS, ""])
def test_regions_cut_out_of_a_basin_never_hide_a_water_agency_from_the_oise(locator, label):
    where = locate(locator, label, "", "Agence de l'eau  Seine Normandie")
    assert where.codes == ["ZONE-bassin-seine-normandie"]
    (row,) = where.criteria(label)
    assert (row["level"], row["excerpt"]) == ("project", label or None)
    assert "bassin" in where.told[0]


def test_a_basin_that_we_do_not_hold_is_left_to_a_person(locator):
    where = locate(locator, "Bretagne, Pays de la Loire", "", "Agence de l'Eau Loire-Bretagne")
    assert where.codes == []
    assert "bassin de Agence de l'Eau Loire-Bretagne" in where.conditions[0]["sentence"]


def test_a_water_agency_that_pays_with_others_says_nothing_of_the_place(locator):
    assert locate(locator, "Normandie", "", "Agence de l'eau Seine-Normandie", "ADEME").codes == ["REG-28"]


@pytest.mark.parametrize(
    ("label", "operators", "codes", "doubted"),
    [
        ("Occitanie", ["Conseil régional d'Occitanie"], ["REG-76"], False),
        (
            "Normandie, Bretagne",
            ["Conseil régional de Normandie", "Conseil régional de Bretagne"],
            ["REG-28", "REG-53"],
            False,
        ),
        ("Nouvelle-Aquitaine", ["Conseil régional d'Occitanie"], [], True),  # not its territory at all
        ("France", ["Conseil régional des Hauts-de-France"], [], True),
        ("Nord, Pas-de-Calais", ["Région Hauts-de-France"], ["REG-32"], True),  # widened: never hidden from the Oise
        ("Pays de la Loire", ["Conseil départemental de la Vendée"], ["REG-52"], True),  # narrower than it says
        ("Vendée", ["Conseil départemental de la Vendée"], ["DEP-85"], False),
        ("Bourgogne-Franche-Comté", ["Communauté de communes de la Dombes"], [], True),  # it is in another region
        ("Auvergne-Rhône-Alpes", ["Communauté de communes de la Dombes"], ["REG-84"], True),
        ("Hauts-de-France", ["Grand Beauvaisis (PETR)"], ["REG-32"], True),  # local, and no perimeter of ours
        ("France", ["Bpifrance"], [], False),
        ("Grand Est", ["Commission européenne"], ["REG-44"], False),
    ],
)
def test_a_place_that_is_not_the_operator_s_is_left_to_a_person(locator, label, operators, codes, doubted):
    where = locate(locator, label, "", *operators)
    assert where.codes == codes
    assert bool(where.conditions) is doubted


@pytest.mark.parametrize(
    ("label", "operators", "level"),
    [
        ("Oise", [], "departmental"),
        ("Hauts-de-France", ["ADEME"], "regional"),
        ("", ["Conseil régional d'Occitanie"], "regional"),
        ("", ["Commission européenne"], "eu"),
        ("", ["ADEME", "Bpifrance"], "national"),
        ("", ["ADEME", "Conseil départemental du Tarn"], ""),
        ("Hauts-de-France", ["Grand Beauvaisis (PETR)"], "local"),
        ("Occitanie", ["DDT du Tarn"], "departmental"),
        ("", ["Une fondation"], ""),
        ("", [], ""),
    ],
)
def test_the_level_is_that_of_the_place_else_of_the_operators_else_unsaid(locator, label, operators, level):
    assert locate(locator, label, "", *operators).level == level
