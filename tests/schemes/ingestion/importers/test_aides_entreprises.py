"""Aids of Aides-entreprises: the official file, a third party's rendering of it, and the traps of both."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from backend.schemes.ingestion.importers.aides_entreprises import SOURCE, Reader
from backend.schemes.ingestion.importers.faults import RowError
from backend.schemes.models import Scheme

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)


def make_official(*, territories=(("1", "FRANCE"),), natures=("Subvention",), funders=("ADEME",), **changes):
    """Make an aid with the keys of the official file."""
    return {
        "id_aid": "12756",
        "aid_nom": "Aide d&rsquo;essai",
        "aid_objet": '<div align="justify">Soutenir l&rsquo;&eacute;conomie.</div>',
        "aid_operations_el": "",
        "aid_conditions": "",
        "aid_montant": "Subvention.%mini%",
        "aid_benef": "<ul><li>PME</li><li>ETI</li></ul>",
        "aid_validation": "2026-07-17",
        "couverture_geo": "2",
        "date_fin": "0000-00-00 00:00:00",
        "status": "1",
        "effectif": "2,3,4,5",
        "age_entreprise": "",
        "duree_projet": "",
        "complements": {
            "source": [{"texte": "Page", "lien": "https://exemple.example/aide", "date": ""}],
            "formulaire": [{"texte": "Formulaire", "lien": "https://exemple.example/formulaire"}],
        },
        "cache_indexation": {
            "territoires": [{"id_ter": number, "ter_libelle": name} for number, name in territories],
            "natures": [{"id_typ": "1", "typ_libelle": name} for name in natures],
            "financeurs": [{"id_org": "1", "org_nom": name} for name in funders],
            "contacts": [{"nom": "Jeanne Dupont", "tel": "03 44 00 00 00"}],
            "profils": [{"id_tut": "4"}],
            "projets": [{"proj_libelle": "Toutes les aides"}, {"proj_libelle": "Financement global"}],
        },
        **changes,
    }


def make_rendered(**changes):
    """Make an aid with the keys of the third party."""
    return {
        "id": "12756",
        "nom": "Aide d’essai",
        "objet": "Soutenir l’économie.",
        "operations": "",
        "conditions": "",
        "montant": "",
        "benef": "Entreprises.",
        "geo": "aide territoriale",
        "fin": "0000-00-00 00:00:00",
        "projets": ["Toutes les aides", "Toutes les aides", "Financement global"],
        "profils": ["PME tous secteurs"],
        "effectif": "-5, -10, 10-49, 50-249, 250 et plus",
        "deps": ["60"],
        "local": True,
        "source": "https://exemple.example/aide",
        "_quality": {"issues": [], "score": 100},
        "_live": {"modified": "", "validation": "2026-07-17", "status": "1"},
        **changes,
    }


def read(given):
    return Reader().read(given, on=DAY)


def record(given):
    return read(given).record


def places(given):
    return [row["any_of"] for row in record(given)["criteria"] if row["kind"] == "in_territory"]


def doubt(given):
    """Return the conditions on the place that are left to a person."""
    return [row["sentence"] for row in record(given)["criteria"] if row.get("fact", "").endswith(".place")]


def test_the_official_shape_is_read(tmp_path):
    found = record(make_official())
    assert (found["name"], found["summary"]) == ("Aide d’essai", "Soutenir l’économie.")
    assert (found["kind"], found["level"]) == ("grant", "national")
    assert found["url"] == "https://exemple.example/aide"
    assert found["sources"][0]["url"] == "https://www.aides-entreprises.fr/aide/12756"
    assert found["next_step"] == "Faites la demande avec le formulaire : https://exemple.example/formulaire"
    assert [row["excerpt"] for row in found["criteria"]] == ["- PME\n- ETI"]
    assert read(make_official()).labels == ("category:Financement global",)
    assert "Dupont" not in json.dumps(found, default=str)


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    "content",
    [
        {"data": [make_official()]},
        {"updated": "2026-09-27", "aides": [make_rendered()]},
        [make_official()],
        make_official(),
    ],
    ids=["official", "third party", "list", "alone"],
)
def test_both_files_go_in_twice_under_one_source_and_key(content, tmp_path):
    path = tmp_path / "aides.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    for expected in ("created 1, updated 0, unchanged 0", "created 0, updated 0, unchanged 1"):
        output = StringIO()
        call_command("import_schemes", SOURCE, path, dated="2026-11-24", stdout=output)
        assert output.getvalue().endswith(f"{expected}, rejected 0\n")
    assert Scheme.objects.of_source(SOURCE).get().source_key == "12756"


# -- the macro, the dates, the money


def test_the_macro_is_the_sentence_on_de_minimis_aid():
    found = record(make_official())
    assert found["state_aid_regime"] == "de minimis"
    assert found["amount"]["text"].startswith("Subvention.Aide soumise au règlement de minimis")
    assert "%" not in found["amount"]["text"]


def test_another_macro_is_told():
    assert "« %maxi% »" in read(make_rendered(montant="%maxi%")).contradictions[0].replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("end", "state", "day"),
    [
        ("0000-00-00 00:00:00", "unknown", None),
        ("2027-12-31", "dated", "2027-12-31"),
        ("2027-04-06 00:00:00", "dated", "2027-04-06"),
        (None, "unknown", None),
    ],
)
def test_the_zero_date_is_none_and_no_end_is_not_open(end, state, day):
    window = record(make_rendered(fin=end))["window"]
    assert (window["state"], window["closes_on"], window["recurring"]) == (state, day, None)


def test_a_deadline_in_words_is_a_note_and_no_date():
    window = record(make_rendered(objet="Aider. La date limite est fixée au 30 septembre 2026."))["window"]
    assert (window["closes_on"], window["note"]) == (None, "La date limite est fixée au 30 septembre 2026.")


def test_an_inactive_aid_is_closed():
    window = record(make_official(status="0"))["window"]
    assert (window["state"], window["note"]) == ("closed", "Le fichier la dit inactive.")


def test_no_amount_is_read_out_of_a_sentence_and_a_misprint_is_told():
    found = read(make_rendered(montant="Subvention entre 200 000 et 500 0000 €."))
    assert found.record["amount"] == {"text": "Subvention entre 200 000 et 500 0000 €.", "duration": None}
    assert [line.replace("\u00a0", " ") for line in found.contradictions] == ["Le montant « 500 0000 » est mal écrit."]


@pytest.mark.parametrize(("deps", "is_told"), [(["988"], True), (["60"], False)])
def test_francs_of_the_pacific_are_no_euros(deps, is_told):
    told = read(make_rendered(deps=deps, montant="50 %, plafonné à 1 000 000 F.")).contradictions
    assert ("Les montants sont en francs CFP, pas en euros." in told) is is_told


# -- where


@pytest.mark.parametrize(
    ("deps", "geo", "codes"),
    [
        (["60"], "aide territoriale", [["DEP-60"]]),
        (["974"], "aide territoriale", [["REG-04"]]),
        (["02", "59", "60", "62", "80"], "aide territoriale", [["REG-32"]]),
        (["ALL"], "aide nationale", []),
    ],
)
def test_departments_are_read_and_a_whole_region_is_one(deps, geo, codes):
    given = make_rendered(deps=deps, geo=geo)
    assert (places(given), doubt(given)) == (codes, [])


@pytest.mark.parametrize("deps", [[], None, ["99"]])
def test_no_department_is_not_known_rather_than_nowhere_or_everywhere(deps):
    given = make_rendered(deps=deps)
    assert places(given) == []
    assert len(doubt(given)) == 1


@pytest.mark.parametrize(
    "given",
    [
        make_rendered(deps=["59", "62"]),  # the region of 2015, whatever the text says
        make_rendered(deps=["59"], benef="Entreprises implantées en Hauts-de-France."),
        make_official(territories=[("5", "Nord"), ("6", "Pas-de-Calais")], couverture_geo="1"),
        make_official(territories=[("5", "NORD-PAS-DE-CALAIS")], couverture_geo="1"),
        make_official(territories=[("5", "Nord")], couverture_geo="1", funders=["Région Hauts-de-France"]),
    ],
)
def test_a_region_cut_as_in_2015_is_never_hidden_from_the_oise(given):
    assert places(given) == [["REG-32"]]
    assert len(doubt(given)) == 1
    row = next(row for row in record(given)["criteria"] if row["kind"] == "in_territory")
    assert row["level"] == "project"


def test_a_department_of_its_own_stays_one():
    given = make_rendered(deps=["59"], benef="Entreprises du Nord.")
    assert (places(given), doubt(given)) == ([["DEP-59"]], [])


@pytest.mark.parametrize(
    "given", [make_rendered(geo="aide nationale"), make_rendered(deps=["ALL"]), make_official(couverture_geo="1")]
)
def test_a_coverage_that_contradicts_the_places_is_left_to_a_person(given):
    assert places(given) == []
    assert len(doubt(given)) == 1
    assert "ses lieux sont" in read(given).contradictions[0]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("Grand-Est", ["REG-44"]),
        ("Région Sud", ["REG-93"]),
        ("REUNION", ["REG-04"]),
        ("Pays-de-la-Loire", ["REG-52"]),
        ("Oise", ["DEP-60"]),
    ],
)
def test_regions_are_known_as_the_official_file_writes_them(name, codes):
    assert places(make_official(territories=[("9", name)], couverture_geo="1")) == [codes]


def test_a_territory_with_a_number_only_is_not_known():
    given = make_official(couverture_geo="1", cache_indexation={"territoires": [{"id_ter": "50007"}]})
    assert places(given) == []
    assert "territoire 50007" in doubt(given)[0]


# -- for whom


def test_an_aid_for_authorities_only_is_refused():
    with pytest.raises(RowError, match="Pas pour les entreprises : « profils » vaut"):
        read(make_rendered(profils=["Collectivités territoriales*"]))


def test_an_aid_for_authorities_too_goes_in_and_says_so():
    found = record(make_rendered(profils=["PME tous secteurs", "Collectivités territoriales*"]))
    assert "Ouverte aussi aux collectivités territoriales." in found["notes"]
    assert found["targeted_naf"] == []


@pytest.mark.parametrize(
    ("staff", "asked"),
    [
        ("-5, -10, 10-49, 50-249, 250 et plus", None),
        ("2,3,4,5,6", None),
        ("", None),
        ("250 et plus", "250 et plus"),
        ("3,4", "de 10 à 49, de 50 à 249"),
    ],
)
def test_coarse_bands_of_staff_are_a_question_and_never_a_rule(staff, asked):
    criteria = record(make_rendered(effectif=staff))["criteria"]
    assert not [row for row in criteria if row["kind"] == "headcount"]
    found = [row["sentence"] for row in criteria if row.get("fact") == "ae.12756.staff"]
    assert [sentence.rpartition(": ")[2].rstrip(".") for sentence in found] == ([asked] if asked else [])


def test_alternatives_stay_together_so_that_one_of_them_never_is_all_of_them():
    benef = "Entreprises remplissant un critère :\n\nsoit la surface ;\nsoit l’effectif.\n\n \n"
    benef += "Secteurs non éligibles :\n\nbanque ;\nmines."
    found = [row["excerpt"] for row in record(make_rendered(benef=benef))["criteria"] if row.get("from_text")]
    assert found == [
        "Entreprises remplissant un critère :\nsoit la surface ;\nsoit l’effectif.",
        "Secteurs non éligibles :\nbanque ;\nmines.",
    ]


# -- sentences that somebody has read


def criteria(**changes):
    annotations = ("source", "note", "excerpt", "from_text")
    found = [row for row in record(make_rendered(**changes))["criteria"] if row.get("from_text")]
    return [{name: value for name, value in row.items() if name not in annotations} for row in found]


def test_an_exact_sentence_is_typed_and_one_that_names_every_firm_asks_nothing():
    benef = "Entreprises de toutes tailles.\nLes PME et les start-up sont prioritaires."
    found = criteria(benef=benef, conditions="Le coût total du projet doit être de 500 000 € minimum.")
    assert found == [{"kind": "spend", "at_least": 500000}]


def test_of_a_list_the_head_is_typed_and_the_rest_is_left_to_a_person():
    found = criteria(benef="Entreprises jusqu'à 500 salariés :\n\nsaines et de plus de 3 ans ;\nimplantées ici.")
    assert found[0] == {"kind": "headcount", "at_most": 500}
    assert (found[1]["kind"], len(found)) == ("manual", 2)
    assert found[1]["sentence"].endswith("implantées ici\u00a0».")


def test_the_ceiling_of_de_minimis_aid_in_a_sentence_is_the_regime():
    sentence = "Vous devez être en mesure de recevoir une aide d'Etat relevant du régime « de minimis »"
    assert criteria(benef="", conditions=sentence) == []
    assert record(make_rendered(conditions=sentence))["state_aid_regime"] == sentence


# -- what may be written in several ways


@pytest.mark.parametrize(
    ("complements", "url"),
    [
        (None, "https://www.aides-entreprises.fr/aide/12756"),
        ("", "https://www.aides-entreprises.fr/aide/12756"),
        ([], "https://www.aides-entreprises.fr/aide/12756"),
        ("https://exemple.example/a", "https://exemple.example/a"),
        ([{"lien": "https://exemple.example/b"}], "https://exemple.example/b"),
        ('{"source": [{"lien": "https://exemple.example/c"}]}', "https://exemple.example/c"),
        ({"source": [{"lien": "exemple"}, {"lien": "https://exemple.example/d"}]}, "https://exemple.example/d"),
    ],
)
def test_complements_may_be_nothing_a_list_a_text_or_an_object(complements, url):
    assert record(make_official(complements=complements))["url"] == url


def test_what_is_indexed_may_be_written_as_a_text():
    given = make_official()
    assert record({**given, "cache_indexation": json.dumps(given["cache_indexation"])}) == record(given)


@pytest.mark.parametrize(
    ("natures", "kind"),
    [
        (["Prêt"], "loan"),
        (["Avance récupérable"], "repayable_advance"),
        (["Subvention", "Prêt"], "mixed"),
        (["Participation au capital"], None),
        ([], None),
    ],
)
def test_natures_say_the_form_or_nothing_does(natures, kind):
    assert record(make_official(natures=natures))["kind"] == kind


def test_a_nature_that_nobody_knows_is_told():
    assert read(make_official(natures=["Cadeau"])).nuances == ("Nature inconnue : « Cadeau »",)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (make_rendered(id=""), "« id » vaut"),
        (make_rendered(nom=""), "« nom » vaut"),
        (make_rendered(geo="aide mondiale"), "« couverture_geo » vaut"),
        (make_rendered(effectif="beaucoup"), "« effectif » vaut"),
        (make_rendered(fin="31 brumaire"), "« fin » vaut"),
        (make_rendered(deps="60"), "« deps » vaut"),
        (make_official(cache_indexation="{"), "« cache_indexation » vaut"),
        (make_rendered(objet="", source=""), "ni texte ni adresse"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(given, told):
    with pytest.raises(RowError, match=told):
        read(given)
