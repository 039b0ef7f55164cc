"""The feeds that Aides-territoires takes in: one reader, six tables, and what is broken in the real ones."""

import json
from datetime import date
from io import StringIO

import pytest
import yaml
from django.core.management import call_command

from backend.matchmaking import engine
from backend.schemes.ingestion.importers import feeds
from backend.schemes.ingestion.importers.faults import RowError
from backend.schemes.ingestion.importers.places import spelling
from backend.schemes.ingestion.importers.words import load_words, vocabulary
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 24)

ADEME = {
    "id": "1abc",
    "date_derniere_modification": "2023-01-09T14:40:19+01:00",
    "titre": "Études d’essai",
    "type": "GAG",
    "date_debut": "2023-01-01T00:00:00+01:00",
    "date_fin": "2023-12-31T23:59:59+01:00",
    "millesime": 2023,
    "description_longue": "<p>Deux clôtures : la première le 27/02/2023 et la seconde le 20/09/2023.<br></p>",
    "cible_projet": ["SCA3", "SCA2"],
    "sous_type_aap": None,
    "thematiques": ["ENR", "REEREP"],
    "couverture_geo": {"code": "1", "libelle": "National"},
    "regions": [],
    "url_agir": "https: //exemple.example/2023/essai",
}
AT_LIKE = {
    "id": 162,
    "slug": None,
    "name": "Conseil d’essai",
    "description": "OBJET<br><p>Aider</p>",
    "eligibility": None,
    "origin_url": "https://exemple.example/service",
    "targeted_audiences": ["Communes", "Entreprises privées"],
    "aid_types": ["Ingénierie technique"],
    "recurrence": "Permanente",
    "perimeter": "Drôme",
    "financers": "Conseil Départemental de la Drôme",
    "contact": "<p>Jeanne Dupont 04 75 00 00 00</p>",
    "categories": ["Alimentation"],
}
IDF = {
    "title": "Aide d’essai",
    "id": "/guide-des-aides/api/tenants/x/aides/S1Xj5qb5N",
    "reference": "S1Xj5qb5N",
    "entete": "Une aide.",
    "objectif": "Ce qu’elle vise :<br>- aider ;<br>- encore.",
    "publicsBeneficiaire": [{"title": "Professionnels"}],
    "publicsBeneficiairePrecision": "- les commerces ;<br>- les artisans.",
    "modalite": "50 % au plus",
    "demarches": 'Sur <a href="https://demarches.example/">demarches.example</a>.',
    "notes": "A DEFINIR APRES REPRISE",
    "dateOuvertureCampagne": "2019-06-02T22:00:00.000Z",
    "dateFinCampagne": "2019-07-07T22:00:00.000Z",
    "competences": [{"title": "Fret"}],
    "contact": "Jeanne Dupont : jeanne.dupont@exemple.example",
}
CULTURE = {
    "id": 303980,
    "modificationDate": "2022-07-28T11: 43: 35+02: 00",
    "url": "https: //exemple.example/culture",
    "title": "Aide d’essai",
    "deadline": "15 avril 2022",
    "type": [],
    "eztag_theme": ["Arts plastiques"],
    "eztag_region": ["- France entière -"],
    "public": "Associations, Entreprises privées, Particuliers",
    "amount": "Min. 3.000 € par projet",
    "link": None,
    "summary": "<p>Les &oelig;uvres</p>",
    "body": "<h2>Pr&eacute;sentation</h2><p>1 &oeliguvre",
}
WELCOME = {
    "ID": "42487",
    "post_title": "Appel d’essai",
    "permalink": "https://exemple.example/appel",
    "banner_chapeau": "Un appel.",
    "info_priories": "<ul>  <li>aider</li>  </ul>",
    "deadline1": "20230214",
    "dates_open-1": "20221108",
    "dates_open-2": "",
    "dates_deadline-2": "20230601",
    "filtres_sectors": "Commerce &amp; Industrie;Inconnu",
    "filtres_beneficiaries": "Association &amp; ONG;Pme &amp; Start-Up (&lt; 249 Salarié.es)",
    "info_categorie": "Appel à propositions",
    "info_info-regions": "Pays éligibles : <ul> <li>Ouganda</li> </ul>",
    "info_amount": "<ul> <li>Taux : 90 %</li> </ul>",
    "info_responsible": "Commission européenne",
    "info_contact": "quelqu.un@exemple.example",
}
MANCHE = {
    **AT_LIKE,
    "id": "36027",
    "name": "Aide d&rsquo;essai",
    "origin_url": "https://test.manche.fr/guide/essai/",
    "aid_types": ["Contrat de territoire"],
    "categories": ["Scolaire", "Cimetière / Enclos paroissiaux"],
    "date_updated": "2023-08-04T02: 30: 18.000Z",
    "contact": "durand jean - formulaire : https://exemple.example",
}
REAL = {
    "flux-ademe": ADEME,
    "flux-drome": AT_LIKE,
    "flux-manche": MANCHE,
    "flux-ile-de-france": IDF,
    "flux-culture": CULTURE,
    "flux-welcome-europe": WELCOME,
}


def read(source, **changes):
    return feeds.Reader(source).read({**REAL[source], **changes}, on=DAY)


def record(source, **changes):
    return read(source, **changes).record


@pytest.mark.cases(2)
@pytest.mark.parametrize("source", feeds.FEEDS)
def test_a_record_of_each_feed_goes_in_twice_as_one_draft(source, tmp_path):
    name = load_words(source)["records"]
    path = tmp_path / "feed.json"
    path.write_text(json.dumps({name: [REAL[source]]} if name else [REAL[source]]), encoding="utf-8")
    for expected in ("created 1, updated 0, unchanged 0", "created 0, updated 0, unchanged 1"):
        output = StringIO()
        call_command("import_schemes", source, path, dated="2026-11-24", stdout=output)
        assert output.getvalue().endswith(f"{expected}, rejected 0\n")


def test_a_feed_without_its_envelope_is_read_as_a_list(tmp_path):
    path = tmp_path / "feed.json"
    path.write_text(json.dumps([ADEME]), encoding="utf-8")
    output = StringIO()
    call_command("import_schemes", "flux-ademe", path, dated="2026-11-24", stdout=output)
    assert output.getvalue().endswith("created 1, updated 0, unchanged 0, rejected 0\n")


@pytest.mark.parametrize("source", feeds.FEEDS)
def test_every_label_of_a_table_becomes_one_of_aides_territoires(source):
    table = yaml.safe_load((ROOT / "fixtures" / "importers" / f"{source}.yaml").read_text())
    known = engine.vocabularies()[source]
    for category in table["categories"].get("labels", {}):
        assert f"category:{category}" in known
    read = {spelling(audience) for audience in table["audiences"].get("labels", {})}
    assert read <= vocabulary().firms | vocabulary().others


@pytest.mark.parametrize(
    ("source", "key"),
    [("flux-drome", "162"), ("flux-manche", "36027"), ("flux-culture", "303980"), ("flux-ile-de-france", "S1Xj5qb5N")],
)
def test_an_identifier_is_a_text_whether_it_came_as_one_or_as_a_number(source, key):
    assert record(source)["key"] == key


@pytest.mark.parametrize(
    ("source", "opens", "closes"),
    [
        ("flux-ademe", "2023-01-01", "2023-12-31"),
        ("flux-ile-de-france", "2019-06-03", "2019-07-08"),  # midnight in Paris is 22:00 the day before
        ("flux-culture", None, "2022-04-15"),
        ("flux-welcome-europe", "2022-11-08", "2023-06-01"),
    ],
)
def test_dates_of_every_writing_are_days_of_paris(source, opens, closes):
    window = record(source)["window"]
    assert (window["opens_on"], window["closes_on"], window["state"]) == (opens, closes, "dated")


def test_an_edition_and_the_closings_in_its_text_are_noted():
    note = record("flux-ademe")["window"]["note"].split("\n")
    assert note == [
        "Édition 2023 : rien ne dit qu’une autre suit.",
        "Deux clôtures : la première le 27/02/2023 et la seconde le 20/09/2023.",
    ]


@pytest.mark.parametrize(
    ("source", "url"),
    [
        ("flux-ademe", "https://exemple.example/2023/essai"),
        ("flux-culture", "https://exemple.example/culture"),
        ("flux-manche", None),  # a trial site
        ("flux-ile-de-france", None),
    ],
)
def test_a_broken_address_is_mended_and_that_of_a_trial_site_left_out(source, url):
    assert record(source)["url"] == url


def test_an_address_left_out_is_told():
    assert "https://test.manche.fr/guide/essai/" in read("flux-manche").contradictions[0]


def test_a_feed_without_addresses_sends_to_where_one_asks():
    found = record("flux-ile-de-france")
    assert found["next_step"] == "Faites la demande en ligne : https://demarches.example/"
    assert found["contact"]["url"] == "https://demarches.example/"


@pytest.mark.parametrize(
    ("source", "codes"),
    [("flux-drome", ["DEP-26"]), ("flux-manche", ["DEP-50"]), ("flux-ile-de-france", ["REG-11"])],
)
def test_a_place_is_the_feed_s_own_or_what_it_names(source, codes):
    assert [row["any_of"] for row in record(source)["criteria"] if row["kind"] == "in_territory"] == [codes]


@pytest.mark.parametrize(
    ("source", "changes", "kinds"),
    [
        ("flux-ademe", {}, []),
        ("flux-ademe", {"couverture_geo": {"libelle": "Régional"}, "regions": ["Grand Est"]}, ["in_territory"]),
        ("flux-ademe", {"couverture_geo": {"libelle": "Régional"}}, ["manual"]),
        ("flux-culture", {}, []),
        ("flux-culture", {"eztag_region": ["Mayotte"]}, ["in_territory"]),
        ("flux-welcome-europe", {}, ["manual"]),
    ],
)
def test_everywhere_some_regions_and_what_is_not_known_are_told_apart(source, changes, kinds):
    assert [row["kind"] for row in record(source, **changes)["criteria"]] == kinds


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ("flux-ademe", {"cible_projet": ["SCA1", "SCA2"]}),
        ("flux-drome", {"targeted_audiences": ["Communes"]}),
        ("flux-manche", {"targeted_audiences": ["Particulier"]}),
        ("flux-ile-de-france", {"publicsBeneficiaire": [{"title": "Associations"}]}),
        ("flux-culture", {"public": "Associations, Écoles d'enseignement supérieur Culture"}),
        ("flux-welcome-europe", {"filtres_beneficiaries": "Association &amp; ONG"}),
    ],
)
def test_what_is_not_for_firms_is_refused_in_every_feed(source, changes):
    with pytest.raises(RowError, match="Pas pour les entreprises"):
        record(source, **changes)


def test_labels_of_one_text_are_cut_after_its_entities_are_read():
    found = read("flux-welcome-europe")
    assert found.record["notes"] == "Ouverte aussi à\u00a0: Associations"
    assert found.labels == (
        "category:Développement économique / production et consommation / Industrie",
        "category:Développement économique / production et consommation / Commerces et services",
    )
    assert found.nuances == ("« filtres_sectors » : « Inconnu » n’est pas dans notre table",)


def test_a_reuse_is_filed_as_recycling_and_not_as_employment():
    assert "category:Énergies / Déchets / Recyclage et valorisation des déchets" in read("flux-ademe").labels
    assert not any("Emploi" in label for label in read("flux-ademe").labels)


def test_entities_that_lost_their_end_are_letters_again():
    assert record("flux-culture")["summary"] == "Les œuvres\n\nPrésentation\n1 œuvre"
    assert record("flux-manche")["name"] == "Aide d’essai"


def test_a_list_of_beneficiaries_is_one_condition_and_a_placeholder_says_nothing():
    found = record("flux-ile-de-france")
    assert [row["excerpt"] for row in found["criteria"]][1:] == ["- les commerces ;\n- les artisans."]
    assert "A DEFINIR" not in json.dumps(found, default=str)


@pytest.mark.parametrize("source", feeds.FEEDS)
def test_nobody_s_name_address_or_number_comes_in(source):
    shown = json.dumps(record(source), default=str, ensure_ascii=False)
    for name in ("Dupont", "durand", "@", "04 75"):
        assert name not in shown


@pytest.mark.parametrize(
    ("source", "changes", "told"),
    [
        ("flux-manche", {"description": ""}, "ni texte ni adresse utilisable"),
        ("flux-manche", {"description": "Lorem ipsum dolor"}, "Fiche d’essai"),
        ("flux-drome", {"name": None}, "« name » vaut null"),
        ("flux-drome", {"id": None}, "« id » vaut null"),
        ("flux-drome", {"id": "../etc"}, "« id » vaut"),
        ("flux-ademe", {"date_fin": "fin d’année"}, "« date_fin » vaut"),
        ("flux-ademe", {"thematiques": "ENR"}, r"« thematiques » vaut"),
        ("flux-ademe", {"couverture_geo": "National"}, "« couverture_geo"),
        ("flux-ile-de-france", {"competences": ["Fret"]}, "« competences"),
        ("flux-culture", {"title": 12}, "« title » vaut 12"),
    ],
)
def test_a_broken_record_is_refused_with_its_reason(source, changes, told):
    with pytest.raises(RowError, match=told):
        record(source, **changes)
