"""Every sentence a person reads of a criterion, a window or an amount."""

import re
from datetime import date
from decimal import Decimal

import pytest

from backend.schemes import typography
from backend.schemes.catalogue import criteria, revision_wording, wording
from backend.schemes.models import Criterion, Revision, Scheme

pytestmark = pytest.mark.django_db
SIZES = ("micro", "small", "medium", "intermediate", "large")
# Codes and English words that a French sentence never holds.
CODES = re.compile(r"\b(ZONE|REG|DEP|EPCI|COM)-\w|_|\bNone\b|\bnan\b|\binf\b|\{|\}|\[|\]")
ENGLISH = re.compile(
    r"\b(the|and|any|all|not|with|firm|scheme|small|medium|large|intermediate|headcount|turnover|spend|window|unknown"
    r"|permanent_|dated|closed|suspended|exhausted|true|false|project|establishment|group|officer|operator)\b",
    re.IGNORECASE,
)


def plain(text):
    return text.replace("\u00a0", " ")


def one(kind, **fields):
    return {"kind": kind, **fields}


@pytest.mark.parametrize(
    ("definition", "sentence"),
    [
        (one("in_territory", any_of=["REG-32"]), "Établissement situé dans : Hauts-de-France"),
        (
            one("in_territory", any_of=["EPCI-200067965", "DEP-60", "COM-60159"], level="project"),
            "Projet situé dans : Agglomération de la Région de Compiègne, Oise ou Compiègne",
        ),
        (
            one("in_territory", any_of=["REG-32"], none_of=["COM-60159"]),
            "Établissement situé dans : Hauts-de-France, et établissement situé hors de : Compiègne",
        ),
        (one("in_territory", none_of=["REG-11"]), "Établissement situé hors de : Île-de-France"),
        (one("activity", any_of=["C"]), "Activité : Industrie manufacturière (C)"),
        (one("activity", any_of=["2562B"]), "Activité : Mécanique industrielle (25.62B)"),
        (
            one("activity", any_of=["C"], none_of=["10"]),
            "Activité : Industrie manufacturière (C), sauf : Industries alimentaires (10)",
        ),
        (one("activity", none_of=["10"]), "Toute activité, sauf : Industries alimentaires (10)"),
        (one("legal_form", any_of=["57"]), "Forme juridique : SAS ou SASU"),
        (one("legal_form", none_of=["3"]), "Forme juridique autre que : personne morale de droit étranger"),
        (one("legal_form", none_of=["92", "1"]), "Forme juridique autre que : association loi 1901 ou assimilée ou"),
        (one("headcount", below=250), "Effectif de l’entreprise : moins de 250 salariés"),
        (one("headcount", at_most=49), "Effectif de l’entreprise : 49 salariés au plus"),
        (one("headcount", above=10), "Effectif de l’entreprise : plus de 10 salariés"),
        (one("headcount", at_least=1), "Effectif de l’entreprise : 1 salarié ou plus"),
        (one("headcount", at_least=10, at_most=49), "Effectif de l’entreprise : de 10 à 49 salariés"),
        (one("headcount", at_least=10, below=50), "Effectif de l’entreprise : 10 salariés ou plus et moins de 50"),
        (one("headcount", below=50, level="establishment"), "Effectif du site : moins de 50 salariés"),
        (one("headcount", below=5000, level="group"), "Effectif du groupe : moins de 5 000 salariés"),
        (one("turnover", below=50_000_000), "Chiffre d’affaires : moins de 50 M€"),
        (one("turnover", at_least=1_500_000_000), "Chiffre d’affaires : 1,5 Md€ ou plus"),
        (one("balance_sheet", at_most=43_000_000), "Total du bilan : 43 M€ au plus"),
        (one("spend", at_least=5_000, at_most=100_000), "Coût du projet hors taxes : de 5 000 € à 100 000 €"),
        (one("spend", above=1_234.5), "Coût du projet hors taxes : plus de 1 234,5 €"),
        (one("age_months", at_least=36), "Entreprise créée depuis 3 ans au moins"),
        (one("age_months", at_most=12), "Entreprise créée depuis 1 an au plus"),
        (
            one("age_months", at_least=6, at_most=18),
            "Entreprise créée depuis 6 mois au moins et depuis 18 mois au plus",
        ),
        (
            one("size_category", to="medium"),
            "Taille (groupe compris) : PME au sens européen, micro-entreprises",
        ),
        (
            one("size_category", **{"from": "intermediate"}),
            "Taille (groupe compris) : entreprise plus grande",
        ),
        (one("activity", any_of=["C", "2562B"], nomenclature="naf_2025"), "Activité (NAF 2025) : C ou 25.62B"),
        (one("activity", none_of=["C"], nomenclature="naf_2025"), "Toute activité (NAF 2025), sauf : C"),
        (one("turnover", at_most=2_000_000, level="group"), "Chiffre d’affaires du groupe : 2 M€ au plus"),
        (one("balance_sheet", below=43_000_000, level="group"), "Total du bilan du groupe : moins de 43 M€"),
        (one("turnover", at_most=2_000_000, level="company"), "Chiffre d’affaires : 2 M€ au plus"),
        (one("craft_register"), "Entreprise artisanale (immatriculée au secteur des métiers et de l’artisanat)"),
        (one("craft_register", expected=False), "Entreprise qui n’est pas artisanale"),
        (one("public_body"), "Être un organisme public"),
        (one("public_body", expected=False), "Ne pas être un organisme public"),
        (one("in_difficulty"), "L’entreprise est en difficulté (au sens européen)"),
        (one("in_difficulty", expected=False), "L’entreprise n’est pas en difficulté (au sens européen)"),
        (one("taxes_up_to_date"), "À jour de ses impôts et cotisations sociales"),
        (one("taxes_up_to_date", expected=False), "Pas à jour de ses impôts et cotisations sociales"),
        (one("tenure", any_of=["owner"]), "Être propriétaire des locaux"),
        (one("tenure", none_of=["tenant"]), "Ne pas être locataire des locaux"),
        (one("horizon", none_of=["later"]), "Projet prévu à un autre moment que : plus tard"),
        (
            one("spend_kind", any_of=["study"], none_of=["vehicle", "wages"]),
            "Le projet comprend au moins : une étude, et le projet ne comprend rien de ceci : un véhicule ou des sal",
        ),
        (one("age_months", below=96), "Entreprise créée depuis moins de 8 ans"),
        (one("horizon", any_of=["under_3_months", "later"]), "Projet prévu : dans les 3 mois ou plus tard"),
        (
            one("spend_kind", any_of=["equipment", "works"]),
            "Le projet comprend au moins : des équipements ou des travaux",
        ),
        (
            one("holds_scheme", any_of=["jonction:adie"], none_of=["jonction:acre"]),
            "Avoir obtenu d’abord : Microcrédit professionnel Adie, et ne pas avoir déjà : Aide à la création ou",
        ),
        (
            one("holds_scheme", none_of=["jonction:acre"]),
            "Ne pas avoir déjà : Aide à la création ou à la reprise d'entreprise (ACRE)",
        ),
        (one("micro_entrepreneur"), "Être micro-entrepreneur"),
        (one("micro_entrepreneur", expected=False), "Ne pas être micro-entrepreneur"),
        (one("project_not_started"), "Projet pas encore commencé"),
        (
            one("autonomous"),
            "N’être liée à aucune autre entreprise (ni part de 25 % ou plus, ni contrôle)",
        ),
        (one("manual", fact="x", sentence="avoir un plan.", ask="firm"), "Avoir un plan."),
        (
            one("all", of=[one("headcount", below=50), one("micro_entrepreneur", expected=False)]),
            "Effectif de l’entreprise : moins de 50 salariés ; et ne pas être micro-entrepreneur",
        ),
        (
            one("any", of=[one("legal_form", any_of=["57"]), one("manual", fact="x", sentence="TPE agréée.")]),
            "L’un ou l’autre : forme juridique : SAS ou SASU ; ou TPE agréée",
        ),
        (
            one("any", of=[one("micro_entrepreneur"), one("manual", fact="x", sentence="Bpifrance l’accepte.")]),
            "L’un ou l’autre : être micro-entrepreneur ; ou Bpifrance l’accepte",
        ),
        (one("not", of=one("micro_entrepreneur")), "Ne pas être micro-entrepreneur"),
        (one("not", of=one("in_difficulty")), "L’entreprise n’est pas en difficulté (au sens européen)"),
        (one("not", of=one("not", of=one("public_body"))), "Être un organisme public"),
        (one("not", of=one("headcount", below=250)), "Effectif de l’entreprise : 250 salariés ou plus"),
        (
            one("not", of=one("headcount", at_least=10, below=50)),
            "Ne pas être dans ce cas : effectif de l’entreprise : 10 salariés ou plus et moins de 50 salariés",
        ),
        (one("not", of=one("age_months", below=36)), "Entreprise créée depuis 3 ans au moins"),
        (one("not", of=one("legal_form", any_of=["57"])), "Forme juridique autre que : SAS ou SASU"),
        (
            one("not", of=one("size_category", to="medium")),
            "Taille (groupe compris) : entreprise plus grande qu’une PME au sens européen",
        ),
        (one("not", of=one("project_not_started")), "Projet déjà commencé (un devis ou un bon de commande est signé)"),
        (
            one("not", of=one("manual", fact="x", sentence="Avoir déjà été aidée.")),
            "Ne pas être dans ce cas : avoir déjà été aidée",
        ),
        (
            one("not", of=one("any", of=[one("legal_form", any_of=["92"]), one("public_body")])),
            "Aucun de ces cas : forme juridique : association loi 1901 ou assimilée ; être un organisme public",
        ),
        (
            one("not", of=one("any", of=[one("public_body"), one("in_difficulty"), one("taxes_up_to_date")])),
            "Aucun de ces cas : être un organisme public ; l’entreprise est en difficulté (au sens européen) ; à jour",
        ),
        (
            one("not", of=one("all", of=[one("headcount", below=10), one("public_body")])),
            "Pas tout à la fois : effectif de l’entreprise : moins de 10 salariés ; et être un organisme public",
        ),
        (one("window", state="permanent"), "Ouvert en permanence"),
        (one("window", state="permanent", opens_on="2026-01-01"), "Ouvert en permanence depuis le 1er janvier 2026"),
        (
            one("window", state="dated", opens_on="2026-03-02", closes_on="2026-12-31"),
            "Ouvert du 2 mars 2026 jusqu’au 31 décembre 2026 inclus",
        ),
        (one("window", state="dated", closes_on="2027-01-01"), "Ouvert jusqu’au 1er janvier 2027 inclus"),
        (
            one("window", state="dated", opens_on="2026-03-01", closes_on="2026-04-30", yearly=True),
            "Ouvert chaque année du 1er mars au 30 avril inclus",
        ),
        (one("window", state="closed"), "Fermé"),
        (one("window", state="closed", closes_on="2026-02-28"), "Fermé (jusqu’au 28 février 2026 inclus)"),
        (one("window", state="suspended"), "Suspendu par le porteur"),
        (one("window", state="exhausted"), "Enveloppe épuisée"),
        (one("window", state="unknown"), "Dates d’ouverture à confirmer"),
        (one("window"), "Dates d’ouverture à confirmer"),
    ],
)
def test_each_kind_of_criterion_has_its_sentence(definition, sentence):
    assert plain(criteria.sentence(definition)).startswith(sentence)


def test_every_kind_that_a_criterion_may_have_can_be_worded():
    kinds = {kind for row in Criterion.objects.values_list("definition", flat=True) for kind in kinds_of(row)}
    assert kinds <= criteria.KINDS.keys()
    assert len(kinds) >= 13


def kinds_of(definition):
    yield definition["kind"]
    parts = definition.get("of", [])
    for part in parts if isinstance(parts, list) else [parts]:
        yield from kinds_of(part)


@pytest.mark.parametrize("smallest", SIZES)
@pytest.mark.parametrize("largest", SIZES)
def test_every_pair_of_sizes_is_named_in_french(smallest, largest):
    if SIZES.index(smallest) > SIZES.index(largest):
        return
    sentence = criteria.sentence(one("size_category", **{"from": smallest, "to": largest}))
    assert not ENGLISH.search(sentence)


def test_no_sentence_of_the_catalogue_holds_a_code_or_an_english_word():
    sentences = [criteria.sentence(row.definition) for row in Criterion.objects.all()]
    assert len(sentences) > 300
    for sentence in sentences:
        assert not CODES.search(sentence), sentence
        assert not ENGLISH.search(sentence), sentence
        assert sentence[0].isupper() or not sentence[0].isalpha(), sentence
        assert "  " not in sentence, sentence


@pytest.mark.parametrize("on", [date(2026, 11, 24), date(2027, 1, 2)])
def test_no_amount_nor_deadline_of_the_catalogue_holds_a_code_or_an_english_word(on):
    schemes = Scheme.objects.published().select_related("current")
    assert len(schemes) == 246
    for scheme in schemes:
        for text in (revision_wording.amount(scheme.current), revision_wording.deadline(scheme.current, on=on)):
            assert not CODES.search(text), (scheme, text)
            assert not ENGLISH.search(text), (scheme, text)
            assert ".." not in text.replace("...", ""), (scheme, text)


@pytest.mark.parametrize(
    ("known", "text"),
    [
        ("", ""),
        ("2025", "2025"),
        ("2025-02", "février 2025"),
        ("2025-12-01", "1er décembre 2025"),
        ("2025-12-31", "31 décembre 2025"),
    ],
)
def test_a_date_says_no_more_than_is_known(known, text):
    assert typography.partial_day(known) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0,5"),
        (1, "1"),
        (999, "999"),
        (1_000, "1 000"),
        (1_234_567, "1 234 567"),
        (12.345, "12,35"),
        (35.0, "35"),
    ],
)
def test_a_number_is_written_as_the_french_write_it(value, text):
    assert plain(typography.number(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 €"),
        (999_999, "999 999 €"),
        (1_000_000, "1 M€"),
        (2_500_000, "2,5 M€"),
        (1_500_000_000, "1,5 Md€"),
        (180_000.0, "180 000 €"),
        (1_234.56, "1 234,56 €"),
    ],
)
def test_an_amount_is_written_as_people_say_it(value, text):
    assert plain(typography.euros(value)) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("De 4 500 € à 1 250 000 €", "De 4_500_€ à 1_250_000_€"),
        ("80 % sur 36 mois, 2,5 M€ au plus", "80_% sur 36_mois, 2,5_M€ au plus"),
        ("Appelez le 0 800 02 60 80 ou le 03 53 01 10 00.", "Appelez le 0_800_02_60_80 ou le 03_53_01_10_00."),
        ("du 1er janvier au 31 mars 2027", "du 1er_janvier au 31_mars 2027"),
        ("« Étude » : qui ? 12 août, 12 maisons", "«_Étude_»_: qui_? 12_août, 12 maisons"),
        ("Opco (< 50 salariés), effectif ≥ 10", "Opco (<_50_salariés), effectif ≥_10"),
    ],
)
def test_no_line_parts_a_number_from_its_unit(written, text):
    assert typography.unbroken(written) == text.replace("_", typography.NBSP)


@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 mois"), (11, "11 mois"), (12, "1 an"), (18, "18 mois"), (24, "2 ans"), (0, "0 mois")]
)
def test_months_are_years_where_they_are_whole(count, text):
    assert typography.months(count) == text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, ""),
        ({"amount_text": "50 % au plus."}, "50 % au plus"),
        ({"rate_max_pct": Decimal("30.00")}, "Jusqu’à 30 %"),
        ({"rate_max_pct": Decimal("12.50"), "ceiling_eur": Decimal("40000")}, "Jusqu’à 12,5 % ; 40 000 € au plus"),
        (
            {"floor_eur": Decimal("5000"), "ceiling_eur": Decimal("40000"), "amount_unit": "hire"},
            "De 5 000 € à 40 000 € par embauche",
        ),
        ({"floor_eur": Decimal("5000"), "amount_unit": "project"}, "5 000 € au moins par projet"),
        ({"cost_left_eur": Decimal(0)}, "Gratuit pour l’entreprise"),
        (
            {"rate_small_pct": Decimal(30), "rate_micro_pct": Decimal(30), "rate_medium_pct": Decimal("17.5")},
            "30 % (micro-entreprise ou petite entreprise), 17,5 % (entreprise moyenne)",
        ),
        ({"rate_max_pct": Decimal(40), "rate_micro_pct": Decimal(40)}, "40 % (micro-entreprise)"),
        (
            {"rate_max_pct": Decimal(50), "spend_min_eur": Decimal(2000), "spend_max_eur": Decimal(50000)},
            "Jusqu’à 50 % ; dépense retenue : de 2 000 € à 50 000 €",
        ),
        ({"spend_max_eur": Decimal(50000)}, "Dépense retenue : 50 000 € au plus"),
        ({"spend_min_eur": Decimal(2000)}, "Dépense : 2 000 € au moins"),
        ({"in_kind": True}, "En nature, pas en argent"),
        (
            {"amount_text": "Selon la taille.", "rate_large_pct": Decimal(10)},
            "Selon la taille ; 10 % (grande entreprise)",
        ),
        ({"cost_left_eur": Decimal("1200")}, "Reste à votre charge : 1 200 €"),
        ({"duration": "3 jours."}, "Durée : 3 jours"),
        ({"amount_text": "gratuit", "cost_left_eur": Decimal(0), "duration": "3 mois"}, "Gratuit ; durée : 3 mois"),
    ],
)
def test_an_amount_says_only_what_a_source_says(fields, text):
    assert plain(revision_wording.amount(Revision(**fields))) == text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"amount_text": "Prêt de 10 000 €. Sans garantie.", "duration": "3 ans"}, "Prêt de 10 000 €"),
        ({"amount_text": "gratuit en Hauts-de-France. Payant ailleurs."}, "Gratuit en Hauts-de-France"),
        ({"rate_max_pct": Decimal(40), "ceiling_eur": Decimal(5000)}, "Jusqu’à 40 % ; 5 000 € au plus"),
        ({"duration": "3 jours"}, ""),
    ],
)
def test_a_list_says_the_first_sentence_of_an_amount_and_no_duration(fields, text):
    assert plain(revision_wording.brief_amount(Revision(**fields))) == text


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (91, "Ouvert jusqu’au 24 novembre 2026 inclus"),
        (90, "Ouvert jusqu’au 24 novembre 2026 inclus (encore 90 jours)"),
        (1, "Ouvert jusqu’au 24 novembre 2026 inclus (encore 1 jour)"),
        (0, "Ouvert jusqu’au 24 novembre 2026 inclus (dernier jour : aujourd’hui)"),
        (-1, "Fermé depuis le 24 novembre 2026"),
    ],
)
def test_a_deadline_that_comes_near_is_counted(days, text):
    closes_on = date(2026, 11, 24)
    revision = Revision(window_state="dated", closes_on=closes_on)
    on = date.fromordinal(closes_on.toordinal() - days)
    assert plain(revision_wording.deadline(revision, on=on)) == text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"window_state": "dated", "opens_on": date(2026, 11, 25), "closes_on": date(2026, 12, 31)},
            "Ouvre le 25 novembre 2026, jusqu’au 31 décembre 2026 inclus",
        ),
        (
            {"window_state": "dated", "opens_on": date(2026, 1, 1), "closes_on": date(2027, 6, 30)},
            "Ouvert jusqu’au 30 juin 2027 inclus",
        ),
        ({"window_state": "unknown", "opens_on": date(2027, 1, 4)}, "Ouvre le 4 janvier 2027 (à confirmer)"),
        ({"window_state": "permanent", "closes_on": date(2026, 11, 26)}, "Ouvert en permanence (encore 2 jours)"),
        ({"window_state": "exhausted"}, "Enveloppe épuisée"),
        (
            {"window_state": "exhausted", "recurring": True},
            "Enveloppe épuisée ; revient chaque année, sans date annoncée",
        ),
        (
            {"window_state": "exhausted", "recurring": True, "opens_on": date(2026, 1, 15)},
            "Enveloppe épuisée (du 15 janvier 2026) ; de nouveau attendu vers janvier 2027",
        ),
        (
            {"window_state": "dated", "recurring": True, "opens_on": date(2026, 3, 1), "closes_on": date(2026, 6, 30)},
            "Fermé depuis le 30 juin 2026 ; de nouveau attendu vers mars 2027",
        ),
        (
            {"window_state": "dated", "recurring": True, "opens_on": date(2025, 7, 1), "closes_on": date(2026, 6, 1)},
            "Fermé depuis le 1er juin 2026 ; revient chaque année, sans date annoncée",
        ),
        (
            {"window_state": "dated", "recurring": None, "opens_on": date(2026, 3, 1), "closes_on": date(2026, 6, 30)},
            "Fermé depuis le 30 juin 2026",
        ),
        ({"window_state": "suspended", "recurring": True, "opens_on": date(2026, 3, 1)}, "Suspendu par le porteur"),
    ],
)
def test_a_window_is_told_as_it_is_on_the_day(fields, text):
    assert plain(revision_wording.deadline(Revision(**fields), on=date(2026, 11, 24))) == text


@pytest.mark.parametrize(
    ("code", "name"),
    [("C", "Industrie manufacturière (C)"), ("25.62B", "Mécanique industrielle (25.62B)"), ("99.99Z", "99.99Z")],
)
def test_an_activity_has_its_name_at_every_level(code, name):
    assert wording.activity_name(code) == name


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("57", "SAS ou SASU"),
        ("5710", "SAS, société par actions simplifiée (5710)"),
        ("10", "entrepreneur individuel"),  # of a level that our list has no name for
        ("5498", "SARL ou EURL"),  # not in our list
        ("99", "99"),
    ],
)
def test_a_legal_form_has_its_name(code, name):
    assert wording.legal_name(code) == name


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        ([], ""),
        ([("on", "from", date(2027, 3, 1))], "à partir du 1er mars 2027"),
        ([("project.spend", "at_least", 20_000.0)], "si le projet coûtait au moins 20 000 €"),
        ([("project.spend", "above", 20_000.0)], "si le projet coûtait plus de 20 000 €"),
        ([("project.spend", "at_most", 2_000_000.0)], "si le projet coûtait au plus 2 M€"),
        ([("project.spend", "below", 20_000.0)], "si le projet coûtait moins de 20 000 €"),
        ([("headcount", "at_least", 5.0)], "si l’entreprise comptait au moins 5 salariés"),
        ([("project.commune", "in", "DEP-60")], "si le projet se faisait ailleurs (dans : Oise)"),
        (
            [("headcount", "at_least", 5.0), ("on", "from", date(2027, 3, 1)), ("project.spend", "at_least", 9.0)],
            "à partir du 1er mars 2027, si l’entreprise comptait au moins 5 salariés et si le projet coûtait au moins"
            " 9 €",
        ),
    ],
)
def test_what_would_change_a_no_is_one_sentence(several, expected):
    assert wording.changes(several).replace(typography.NBSP, " ") == expected


def test_a_long_list_names_our_region_first_and_in_a_few_words():
    regions = ["REG-84", "REG-27", "REG-53", "REG-24", "REG-44", "REG-32", "REG-11", "REG-28"]
    text = criteria.brief_sentence({"kind": "in_territory", "any_of": regions})
    assert plain(text) == (
        "Établissement situé dans : Hauts-de-France, Auvergne-Rhône-Alpes, Bourgogne-Franche-Comté, Bretagne,"
        " Centre-Val de Loire ou l’un des 3 autres"
    )
    whole = criteria.sentence({"kind": "in_territory", "any_of": regions})
    assert plain(whole).startswith("Établissement situé dans : Auvergne-Rhône-Alpes")
    assert whole.endswith("ou Normandie")
    either = {"kind": "any", "of": [{"kind": "in_territory", "any_of": regions}, one("headcount", below=250)]}
    assert "l’un des 3 autres ; ou effectif" in criteria.brief_sentence(either)
    few = {"kind": "in_territory", "any_of": regions[:5]}
    assert criteria.brief_sentence(few) == criteria.sentence(few)
    size = one("headcount", below=250)
    assert criteria.brief_sentence(size) == criteria.sentence(size)
