"""Every column of the national schema is read as it is meant, or told; what no column says stays unknown."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError

from backend.matchmaking import engine
from backend.schemes.catalogue.national.published import read_published
from backend.schemes.catalogue.records import normalise, read_record
from backend.schemes.ingestion.importers import national_schema, transition_ecologique_csv
from backend.schemes.models import OperatorRole, Revision, Scheme
from backend.schemes.open_data.exports import sidecar_of, write_csv
from tests.factories import DAY
from tests.schemes.ingestion.importers.rows import UUID, as_csv, current, import_file, last_line, make_row

pytestmark = pytest.mark.django_db
SOURCE = national_schema.SOURCE
TEE = transition_ecologique_csv.SOURCE


@pytest.fixture
def run(tmp_path):
    def run(*rows, source=SOURCE, **options):
        path = tmp_path / "dispositifs.csv"
        path.write_text(as_csv(list(rows)), encoding="utf-8")
        return import_file(source, path, **options)

    return run


def definitions(revision, kind=None):
    rows = [row.definition for row in revision.criteria.all()]
    return [row for row in rows if kind is None or row["kind"] == kind]


def read(run, **changes):
    output = run(make_row(**changes))
    assert last_line(output) == "created 1, updated 0, unchanged 0, rejected 0", output
    return current(SOURCE)


def read_each(run, several):
    """Import a file of one row for each of several changes, and return what became of them, in their order."""
    rows = [make_row(f"fiche-{n}", **changes) for n, changes in enumerate(several)]
    output = run(*rows)
    assert last_line(output) == f"created {len(rows)}, updated 0, unchanged 0, rejected 0", output
    return [current(SOURCE, row["id"]) for row in rows]


def why_rejected(run, *several):
    """Import a file of one row for each of several changes, none of which goes in, and return why."""
    rows = [make_row(f"fiche-{n}") | changes for n, changes in enumerate(several)]
    output = run(*rows, make_row("bon"))
    assert last_line(output) == f"created 1, updated 0, unchanged 0, rejected {len(rows)}"
    return output


# -- what each column becomes


def test_every_column_is_read(run):
    revision = read(
        run,
        types_aides="prêt",
        porteurs='[{"nom": "Région", "siren": "200053742", "roles": ["financeur", "diffuseur"]}]',
        programmes_parents="Fonds Chaleur|Règlement de minimis",
        cibles="professionnels|associations",
        eligibilite="• Le devis n’est pas signé ;\n• Avoir un toit",
        eligibilite_geographique="REG-32",
        eligibilite_geographique_exclusions="COM-60159",
        date_ouverture="2026-01-01",
        date_cloture="2026-12-31",
        base_juridique='[{"libelle": "Arrêté n° 1", "lien": "https://exemple.example/arrete"}]',
        eligibilite_effectif_minimal="10",
        eligibilite_effectif_maximal="249",
        eligibilite_categorie_taille_entreprise="MIC|PME",
        eligibilite_annees_existence_minimal="2",
        eligibilite_forme_juridique="SAS|SARL",
        eligibilite_forme_juridique_exclusions="SA|Microentrepreneur",
        ciblage_secteur_activite="industrie",
        ciblage_naf="C|62.01Z",
        ciblage_naf_exclusions="10.11Z",
        chainage_paiement="DSP000123",
    )
    assert (revision.name, revision.kind, revision.level) == ("Aide d’essai", "loan", "regional")
    assert revision.summary == "Essayez une aide\n\nUne aide inventée."
    assert (revision.window_state, revision.opens_on, revision.closes_on) == (
        "dated",
        date(2026, 1, 1),
        date(2026, 12, 31),
    )
    roles = [(role.operator.name, role.operator.siren, role.role) for role in revision.roles.order_by("role")]
    assert roles == [("Région", "200053742", "distributor"), ("Région", "200053742", "funder")]
    assert revision.state_aid_regime == "Règlement de minimis"
    assert revision.legal_basis == "Arrêté n° 1 (https://exemple.example/arrete)"
    assert revision.as_of == date(2026, 5, 1)
    for told in ("Fonds Chaleur", "associations", "industrie", "DSP000123", "10.11Z"):
        assert told in revision.notes
    stated = [row.definition for row in revision.criteria.filter(from_text=False)]
    assert stated == [
        {"kind": "headcount", "at_least": 10, "at_most": 249},
        {"kind": "size_category", "from": "micro", "to": "medium"},
        {"kind": "age_months", "at_least": 24},
        {"kind": "legal_form", "any_of": ["57", "54"]},
        {"kind": "legal_form", "none_of": ["55", "56"]},
        {"kind": "micro_entrepreneur", "expected": False},
        {"kind": "in_territory", "any_of": ["REG-32"], "none_of": ["COM-60159"]},
    ]
    manual = revision.criteria.filter(from_text=True)
    assert [row.excerpt for row in manual] == ["Le devis n’est pas signé ;", "Avoir un toit"]
    assert Scheme.objects.get(source=SOURCE).labels == ["nature:prêt"]


def test_what_an_imported_row_says_can_be_read_again(run):
    record = read_record(read(run, eligibilite="- Être loin", eligibilite_effectif_maximal="49"))
    assert normalise(record) == record


OPERATORS = [
    ('[{"nom":"ADEME","siren":"385290309","roles":["financeur"]}]', [("ADEME", "funder")]),
    ("[{ nom: 'ADEME', siren: '385290309', roles: [ 'instructeur' ]}]", [("ADEME", "assessor")]),
    ("{nom: 'L\\'ADEME', roles: 'diffuseur'}", [("L'ADEME", "distributor")]),
    ('[{"nom":"A","roles":[]},{"nom":"B","roles":["financeur"]}]', [("A", "distributor"), ("B", "funder")]),
]


def test_operators_are_read_as_json_and_as_the_example_writes_them(run):
    revisions = read_each(run, [{"porteurs": text} for text, _ in OPERATORS])
    for revision, (text, operators) in zip(revisions, OPERATORS, strict=True):
        assert [(role.operator.name, role.role) for role in revision.roles.all()] == operators, text


def test_an_operator_s_role_or_number_that_does_not_exist_is_told(run):
    output = run(make_row(porteurs='[{"nom":"A","siren":"385290300","roles":["chef"]}]'))
    assert "« A » a un rôle inconnu" in output
    assert "385290300" in output
    role = OperatorRole.objects.get(operator__name="A")
    assert (role.role, role.operator.siren) == ("distributor", "")


KINDS = [
    ("financement", "grant"),
    ("étude", "advisory"),
    ("financement|étude", "mixed"),
    ("financement|subvention", "grant"),
    ("troc", ""),
    ("financement|troc", ""),
    ("financement|étude|troc", "mixed"),
]


def test_a_type_of_aid_that_we_do_not_know_says_no_form(run):
    revisions = read_each(run, [{"types_aides": types} for types, _ in KINDS])
    assert [revision.kind for revision in revisions] == [kind for _, kind in KINDS]


def test_an_unknown_type_of_aid_is_told_once(run):
    output = run(make_row(types_aides="troc"), make_row("deux", types_aides="troc"))
    assert f"Type d’aide inconnu : « troc » (2) : {UUID}, deux" in output


# -- where


PLACES = [  # inside, but, what is asked, the level
    ("PAYS-99100", "", None, "national"),
    ("PAYS-99100", "REG-84|DEP-01", {"none_of": ["REG-84", "DEP-01"]}, "national"),
    ("DEP-2A", "COM-2A004", {"any_of": ["DEP-2A"], "none_of": ["COM-2A004"]}, "departmental"),
    ("COM-2B033", "", {"any_of": ["COM-2B033"]}, "local"),
    ("EPCI-200067965|COM-60159", "", {"any_of": ["EPCI-200067965", "COM-60159"]}, "local"),
    ("REG-32|REG-11", "", {"any_of": ["REG-32", "REG-11"]}, "national"),
    ("COM-987", "", {"any_of": ["REG-987"]}, "regional"),
    ("reg-32 | reg-32", "", {"any_of": ["REG-32"]}, "regional"),
]


def test_codes_say_where_a_scheme_holds(run):
    several = [
        {"eligibilite_geographique": codes, "eligibilite_geographique_exclusions": but} for codes, but, *_ in PLACES
    ]
    for revision, (codes, _, criterion, level) in zip(read_each(run, several), PLACES, strict=True):
        expected = [] if criterion is None else [{"kind": "in_territory", **criterion}]
        assert definitions(revision) == expected, codes
        assert revision.level == level, codes


def test_an_exclusion_wins(run):
    read(run, eligibilite_geographique="REG-32", eligibilite_geographique_exclusions="COM-60159")
    compiled = engine.catalogue(SOURCE)
    for commune, typed in (("60159", "ineligible"), ("60157", "eligible"), ("75056", "ineligible")):
        request = engine.Request(facts={"commune": commune}, on=DAY)
        ((match,),) = engine.rank([request], compiled=compiled)
        assert match.typed != "eligible" if typed == "ineligible" else match.typed != "ineligible", commune


def test_a_place_that_we_do_not_know_and_the_whole_country_left_out_refuse_the_row(run):
    unknown = ["", "COM-99999", "REG-22", "PAYS-99109", "Oise", "32", "EPCI-1"]
    several = [{"eligibilite_geographique": codes} for codes in unknown]
    told = why_rejected(run, *several, {"eligibilite_geographique_exclusions": "PAYS-99100"})
    reasons = re.findall(r"^  (?:(\d+) fiches, dont la )?fiche \d+ \([^)]*\) : (.*)$", told, re.MULTILINE)
    of_place = [int(n or 1) for n, why in reasons if "« eligibilite_geographique »" in why]
    assert sum(of_place) == len(unknown), told
    assert "ouvert nulle part" in told


# -- when


DAYS = [  # the first day, the last one, what is read
    ("", "", ("unknown", None, None)),
    ("2025-12-31T23:00:00.000Z", "", ("unknown", date(2026, 1, 1), None)),
    ("2026-06-30T22:00:00Z", "2026-07-01T21:59:00Z", ("dated", date(2026, 7, 1), date(2026, 7, 1))),
    ("", "2026-12-31T00:00:00+01:00", ("dated", None, date(2026, 12, 31))),
    ("2026-01-01", "31/12/2026", ("dated", date(2026, 1, 1), date(2026, 12, 31))),
    ("", "2099-12-31", ("permanent", None, None)),
    ("2026-01-01", "9999-12-31T23:59:59Z", ("permanent", date(2026, 1, 1), None)),
    ("", "2025-10-15T15:00:00Z", ("dated", None, date(2025, 10, 15))),
]


def test_days_are_those_of_paris_and_no_last_day_is_not_open(run):
    revisions = read_each(run, [{"date_ouverture": opens, "date_cloture": closes} for opens, closes, _ in DAYS])
    for revision, (opens, closes, window) in zip(revisions, DAYS, strict=True):
        assert (revision.window_state, revision.opens_on, revision.closes_on) == window, (opens, closes)


BAD_ROWS = [
    ({"date_ouverture": "2026-02-02", "date_cloture": "2026-02-01"}, "Dates inversées"),
    ({"date_cloture": "2026-02-31"}, "« date_cloture »"),
    ({"date_cloture": "bientôt"}, "« date_cloture »"),
    ({"cibles": "particuliers|associations"}, "Pas pour les entreprises"),
    ({"cibles": ""}, "Pas pour les entreprises"),
    ({"id": ""}, "« id »"),
    ({"id": "a b"}, "« id »"),
    ({"titre": ""}, "« titre »"),
    ({"porteurs": "ADEME"}, "« porteurs »"),
    ({"porteurs": '["ADEME"]'}, "« porteurs »"),
    ({"porteurs": '[{"siren": "385290309"}]'}, "« nom »"),
    ({"base_juridique": "arrêté"}, "« base_juridique »"),
    ({"eligibilite_effectif_minimal": "dix"}, "« eligibilite_effectif_minimal »"),
    ({"eligibilite_effectif_minimal": "9.5"}, "« eligibilite_effectif_minimal »"),
    ({"eligibilite_effectif_minimal": "50", "eligibilite_effectif_maximal": "10"}, "Effectifs inversés"),
    ({"eligibilite_categorie_taille_entreprise": "TPE"}, "MIC, PME, ETI, GE"),
    ({"eligibilite_annees_existence_minimal": "-1"}, "« eligibilite_annees_existence_minimal »"),
    ({"eligibilite_annees_existence_minimal": "2000"}, "jusqu’à 150"),
    ({"description": "", "promesse": "", "url_source": ""}, "ni texte ni adresse"),
]


def test_a_row_that_cannot_be_read_is_told_and_the_others_go_in(run):
    output = why_rejected(run, *(changes for changes, _ in BAD_ROWS))
    told = {int(row): why for row, why in re.findall(r"fiche (\d+)(?: \([^)]*\))? : (.*)", output)}
    for row, (changes, reason) in enumerate(BAD_ROWS, start=1):
        assert reason in told.get(row, output), changes  # alike ones are told with the first of them


# -- who


SIZES = [
    ("MIC|PME|ETI|GE", []),
    ("PME", [{"kind": "size_category", "from": "small", "to": "medium"}]),
    ("GE|ETI", [{"kind": "size_category", "from": "intermediate", "to": "large"}]),
    (
        "MIC|GE",
        [
            {
                "kind": "any",
                "of": [
                    {"kind": "size_category", "from": "micro", "to": "micro"},
                    {"kind": "size_category", "from": "large", "to": "large"},
                ],
            }
        ],
    ),
]


def test_categories_of_size_are_those_of_insee(run):
    revisions = read_each(run, [{"eligibilite_categorie_taille_entreprise": sizes} for sizes, _ in SIZES])
    assert [definitions(revision) for revision in revisions] == [expected for _, expected in SIZES]


def test_a_staff_of_zero_asks_nothing(run):
    assert definitions(read(run, eligibilite_effectif_minimal="0")) == []
    (staff,) = definitions(current_after(run, eligibilite_effectif_maximal="0"))
    assert staff == {"kind": "headcount", "at_most": 0}


def current_after(run, **changes):
    run(make_row(**changes))
    return current(SOURCE)


def test_a_form_with_no_category_of_its_own_is_asked_unless_the_one_around_it_is_listed(run):
    (both,) = definitions(read(run, eligibilite_forme_juridique="SARL|EURL"))
    assert both == {"kind": "legal_form", "any_of": ["54"]}
    (alone,) = definitions(current_after(run, eligibilite_forme_juridique="SA|SASU|Coopérative|Microentrepreneur"))
    forms, micro, asked = alone["of"]
    assert forms == {"kind": "legal_form", "any_of": ["55", "56"]}
    assert micro == {"kind": "micro_entrepreneur", "expected": True}
    assert (asked["kind"], asked["ask"]) == ("manual", "firm")
    assert "SASU, Coopérative" in asked["sentence"]
    (but,) = definitions(current_after(run, eligibilite_forme_juridique_exclusions="EURL"))
    assert but["kind"] == "manual"
    assert "aucune de ces formes juridiques : EURL" in but["sentence"].replace("\N{NO-BREAK SPACE}", " ")


ACTIVITIES = [  # aimed at, but, what is read
    ("C", "", ["C"]),
    ("C|56.1|74.10|10.11Z", "", ["C", "56.1", "74.10", "10.11Z"]),
    ("10.1", "10.11Z", ["10.12", "10.13"]),
    ("10.1", "10.13A", ["10.11", "10.12", "10.13B"]),
    ("A|B", "A", ["B"]),
    ("C", "C", []),
]


def test_activities_are_aimed_at_and_exclude_nobody_and_exclusions_win(run):
    several = [{"ciblage_naf": codes, "ciblage_naf_exclusions": but} for codes, but, _ in ACTIVITIES]
    for revision, (codes, but, targeted) in zip(read_each(run, several), ACTIVITIES, strict=True):
        assert revision.targeted_naf == targeted, (codes, but)
        assert not definitions(revision)


def test_a_code_that_is_not_of_the_naf_is_told(run):
    output = run(make_row(ciblage_naf="4949C|C"))
    assert "ne sont pas de la NAF rév. 2 : 4949C" in output
    assert current(SOURCE).targeted_naf == ["C"]


# -- texts


def test_each_bullet_is_a_condition_and_a_list_stays_with_what_opens_it(run):
    text = "Critères d'éligibilité :\n• Un\n suite de un\n• L’une de ces conditions :\n- deux\n- trois\n\nou quatre"
    revision = read(run, eligibilite=text)
    assert [row.excerpt for row in revision.criteria.all()] == [
        "Un\nsuite de un",
        "L’une de ces conditions :\ndeux\ntrois\nou quatre",
    ]


def test_a_sentence_that_was_reviewed_is_typed(run):
    revision = read(run, eligibilite="- Être un artisan\n- Être loin")
    assert [row.definition["kind"] for row in revision.criteria.all()] == ["craft_register", "manual"]
    assert all(row.from_text for row in revision.criteria.all())


def test_a_long_description_is_kept_whole_and_told(run):
    output = run(make_row(description="Aide. " * 1000))
    assert "« description » de plus de 5000 caractères, gardé entier" in output
    assert len(current(SOURCE).summary) > 5900


def test_nobody_s_address_is_kept(run):
    revision = read(
        run,
        description="Écrivez à prenom.nom@etat.example, 03 44 00 00 00.",
        eligibilite="- Appeler M. Prénom Nom",
        url_source="mailto:prenom.nom@etat.example",
    )
    record = json.dumps(read_record(revision), ensure_ascii=False)
    assert "@" not in record
    assert "Prénom" not in record
    assert "03 44" not in record


def test_the_page_loses_what_follows_people(run):
    assert read(run, url_source="https://a.example/x?utm_campaign=o ").url == "https://a.example/x"


# -- the file


def test_the_core_schema_alone_is_read(tmp_path):
    path = tmp_path / "core.csv"
    path.write_text(as_csv([make_row()], names=national_schema.CORE))
    assert last_line(import_file(SOURCE, path)).startswith("created 1,")


def test_a_file_without_the_columns_is_refused(tmp_path):
    path = tmp_path / "autre.csv"
    path.write_text("id,titre\n1,a\n")
    with pytest.raises(Exception, match="n’a pas les colonnes attendues"):
        import_file(SOURCE, path)


def test_the_same_rows_change_nothing_and_a_new_day_alone_is_no_news(run):
    rows = [make_row(), make_row("deux", eligibilite="- Être loin", ciblage_naf="C")]
    run(*rows)
    again = run(*[row | {"date_mise_a_jour": "2026-06-01"} for row in rows], dated="2026-09-01")
    assert last_line(again) == "created 0, updated 0, unchanged 2, rejected 0"
    changed = run(rows[0] | {"titre": "Autre"}, rows[1])
    assert last_line(changed) == "created 0, updated 1, unchanged 1, rejected 0"


def test_an_imported_row_is_matched_by_its_source_at_once_and_is_a_draft(run):
    revision = read(run, date_cloture="2099-12-31")
    assert (revision.scheme.state, revision.confidence) == (Scheme.State.DRAFT, Revision.Confidence.TO_VERIFY)
    ((match,),) = engine.rank([engine.Request(facts={}, on=DAY)], compiled=engine.catalogue(SOURCE))
    assert (match.scheme_key, match.typed) == (f"{SOURCE}:{UUID}", "eligible")


# -- the export of Transition écologique des entreprises


TEE_ELIGIBILITY = """\
Eligibilité Sectorielle : Artisan
Secteurs principalement concernés par le dispositif : C|F
Eligibilité en fonction du nombre de salariés: Toutes tailles
Eligibilité lié à la durée d'existence de l'entreprise : Au moins 2 ans d’activité
Aires géographiques éligibles : Hauts-de-France
Non éligible aux micro entreprises

 Autres conditions d'éligibilité :
- Être loin
- Être un artisan"""
TEE_DESCRIPTION = """\
Profitez d’un accompagnement.

Projets liés au dispositif d'aide :
Plan de transition bas carbone

Montant de l'aide ou cout: 29 000 € HT

Durée de l'aide: 39 jours

Contact public pour les questions sur le dispositif: prenom.nom@etat.example

Etapes pour activer le dispositif :
Complétez le formulaire.
Liens liés à l'étape : [Inscription](https://exemple.example/inscription)
Échangez.


Lien externe de présentation de l'aide https://exemple.example/page """


def test_under_a_mere_heading_each_condition_stands_alone(run):
    conditions = "• Pour être éligible, l'entreprise doit :\n• Être un artisan\n• Avoir un toit"
    kinds = [row["kind"] for row in definitions(read(run, eligibilite=conditions))]
    assert kinds == ["craft_register", "manual"]


def test_the_steps_of_the_export_ask_what_those_of_the_site_ask(run):
    step = "Déposez le dossier. À ce stade, votre projet ne doit pas avoir commencé !"
    run(make_row(description=f"Une aide.\n\nEtapes pour activer le dispositif :\n{step}"), source=TEE)
    assert definitions(current(TEE)) == [{"kind": "project_not_started"}]


def test_the_parts_of_the_export_s_texts_are_read_as_the_site_holds_them(run):
    row = make_row(
        eligibilite=TEE_ELIGIBILITY,
        description=TEE_DESCRIPTION,
        eligibilite_geographique="REG-32",
        types_aides="étude",
    )
    output = run(row, source=TEE)
    assert "« Toutes tailles » : l’export le dit de toutes ses fiches" in output
    assert "À vérifier" not in output
    revision = current(TEE)
    assert revision.summary == "Essayez une aide\n\nProfitez d’un accompagnement."
    assert (revision.amount_text, revision.duration) == ("29 000 € HT", "39 jours")
    assert revision.next_step == "Complétez le formulaire.\nÉchangez."
    assert revision.targeted_naf == ["C", "F"]
    assert "Plan de transition bas carbone" in revision.notes
    assert "@" not in json.dumps(read_record(revision))
    kinds = [(row.definition["kind"], row.from_text) for row in revision.criteria.all()]
    assert kinds == [
        ("in_territory", False),
        ("craft_register", True),
        ("age_months", True),
        ("manual", True),
        ("micro_entrepreneur", True),
    ]


def test_places_of_the_export_that_differ_from_its_codes_are_told(run):
    text = TEE_ELIGIBILITY.replace("Hauts-de-France", "Bretagne")
    output = run(make_row(eligibilite=text, eligibilite_geographique="REG-32"), source=TEE)
    assert "« Bretagne », mais les données citent" in output


# -- our own export and its sidecar


def write_export(tmp_path, *, every=1):
    """Write one in so many sheets of our catalogue at the national schema, and the sidecar of all."""
    path, sidecar = tmp_path / "catalogue.csv", tmp_path / "complement.json"
    found = read_published(on=DAY)
    rows = found.rows[::every]
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(rows, file)
    sidecar.write_text(json.dumps(sidecar_of(found)), encoding="utf-8")
    return path, sidecar, len(rows)


@pytest.mark.slow
def test_our_export_and_its_sidecar_are_read_twice_and_say_what_ours_say(tmp_path):
    path, sidecar, n_schemes = write_export(tmp_path)
    came = import_file(SOURCE, path, sidecar=sidecar)  # known by their identifiers as what we say today
    assert last_line(came) == f"created 0, updated 0, unchanged {n_schemes}, rejected 0"
    again = import_file(SOURCE, path, sidecar=sidecar, dated="2026-09-01")
    assert last_line(again) == f"created 0, updated 0, unchanged {n_schemes}, rejected 0"
    for scheme in Scheme.objects.of_source(Scheme.OWN).published().select_related("current__scheme"):
        ours, theirs = read_record(scheme.current), read_record(current(SOURCE, str(scheme.uuid)))
        for name in (
            "name",
            "kind",
            "level",
            "amount",
            "window",
            "state_aid_regime",
            "needs",
            "targeted_naf",
            "sources",
        ):
            assert ours[name] == theirs[name], (scheme, name)
        assert len(ours["criteria"]) == len(theirs["criteria"])


@pytest.mark.cases(1)
@pytest.mark.parametrize("every", [12, 1])
def test_our_export_alone_is_read_by_its_columns(tmp_path, every):
    path, _, n_schemes = write_export(tmp_path, every=every)
    output = import_file(SOURCE, path)
    taken = sum(int(part.split()[1]) for part in last_line(output).split(", ") if not part.startswith("rejected"))
    rejected = [line for line in output.split("\n") if line.startswith("  fiche ")]
    assert taken + len(rejected) == n_schemes
    assert all("Pas pour les entreprises" in line for line in rejected), rejected
    assert taken > 0.7 * n_schemes


def test_a_scheme_of_the_sidecar_that_is_not_taken_leaves_nothing(tmp_path):
    path, sidecar, n_schemes = write_export(tmp_path, every=12)
    lines = path.read_text(encoding="utf-8-sig").replace("professionnels", "particuliers")
    path.write_text(lines, encoding="utf-8")
    output = import_file(SOURCE, path, sidecar=sidecar)
    assert f"rejected {n_schemes}" in last_line(output)
    assert not Scheme.objects.of_source(SOURCE).exists()


def test_only_the_national_schema_has_a_sidecar(tmp_path):
    sidecar = tmp_path / "complement.json"
    sidecar.write_text('{"version": "1", "schemes": []}')
    with pytest.raises(CommandError, match="n’a pas de complément"):
        import_file("csv", Path(__file__).parent / "tables" / "libreoffice.csv", sidecar=sidecar)
