"""The French of the words that criteria and facts are made of, each written once."""

from django.utils.translation import gettext_lazy as _

from backend.facts.yes_no import YES_NO

# What a project is spent on. Read after "comprend": an article comes with each.
SPEND_KINDS = {
    "equipment": _("des équipements"),
    "works": _("des travaux"),
    "real_estate": _("de l’immobilier (terrain, bâtiment)"),
    "software": _("des logiciels"),
    "study": _("une étude"),
    "advice": _("du conseil"),
    "training": _("de la formation"),
    "wages": _("des salaires"),
    "research": _("de la recherche et du développement"),
    "trade_fair": _("un salon professionnel"),
    "certification": _("une certification"),
    "vehicle": _("un véhicule"),
    "working_capital": _("de la trésorerie"),
}
TENURES = {"owner": _("propriétaire"), "tenant": _("locataire")}
HORIZONS = {
    "under_3_months": _("dans les 3 mois"),
    "3_to_12_months": _("entre 3 et 12 mois"),
    "later": _("plus tard"),
}
HOLDERS = {
    "company": _("une entreprise ou une personne"),
    "public_body": _("un organisme public"),
    "exempt_investor": _("un fonds de capital-risque, une université ou une petite collectivité"),
}
SIZE_NAMES = {
    ("micro", "micro"): "micro-entreprise (moins de 10 salariés et 2 M€ de chiffre d’affaires ou de bilan au plus)",
    ("micro", "small"): "petite entreprise (moins de 50 salariés et 10 M€ de chiffre d’affaires ou de bilan au plus)",
    ("micro", "medium"): (
        "PME au sens européen, micro-entreprises comprises (moins de 250 salariés, et 50 M€ de chiffre d’affaires"
        " ou 43 M€ de bilan au plus)"
    ),
    ("micro", "intermediate"): (
        "PME ou entreprise de taille intermédiaire (moins de 5 000 salariés, et 1,5 Md€ de chiffre d’affaires"
        " ou 2 Md€ de bilan au plus)"
    ),
    ("intermediate", "large"): "entreprise plus grande qu’une PME au sens européen",
    ("small", "medium"): "PME au sens européen, hors micro-entreprises",
}
ONE_SIZE = {
    "micro": "micro-entreprise",
    "small": "petite entreprise",
    "medium": "entreprise moyenne",
    "intermediate": "entreprise de taille intermédiaire",
    "large": "grande entreprise",
}
INSEE_CATEGORIES = {
    "PME": _("petites et moyennes entreprises"),
    "ETI": _("entreprises de taille intermédiaire"),
    "GE": _("grandes entreprises"),
}
LEGAL_GROUPS = {
    "1": "entrepreneur individuel",
    "3": "personne morale de droit étranger",
    "5": "société commerciale",
    "54": "SARL ou EURL",
    "55": "SA à conseil d’administration",
    "56": "SA à directoire",
    "57": "SAS ou SASU",
    "65": "société civile",
    "92": "association loi 1901 ou assimilée",
}
# The kinds of criteria that an editor can choose from, and what each parameter is called on the screen.
CRITERION_KINDS = {
    "in_territory": "Lieu de l’établissement ou du projet",
    "activity": "Activité (code NAF)",
    "size_category": "Taille d’entreprise (micro, PME, ETI…)",
    "autonomous": "Entreprise liée à aucune autre",
    "headcount": "Effectif",
    "turnover": "Chiffre d’affaires",
    "balance_sheet": "Total du bilan",
    "spend": "Coût du projet",
    "age_months": "Âge de l’entreprise",
    "legal_form": "Forme juridique",
    **{name: fact.criterion for name, fact in YES_NO.items()},
    "holds_scheme": "Autre dispositif déjà obtenu, ou à ne pas avoir",
    "project_not_started": "Projet pas encore commencé",
    "spend_kind": "Ce que le projet comprend (équipements, conseil…)",
    "horizon": "Pour quand est le projet",
    "tenure": "Propriétaire ou locataire des locaux",
    "manual": "Phrase à laquelle une personne répond",
    "any": "Groupe : au moins un de ceux-ci",
    "all": "Groupe : tous ceux-ci ensemble",
    "not": "Groupe : aucun de ceux-ci",
    "window": "Période d’ouverture",
}
# What the answer to a sentence decides: a verdict, or nothing that anybody can tell beforehand.
NATURES = {
    "condition": "une condition : sans elle, c’est non",
    "appraisal": "ce que le porteur apprécie quand il choisit",
    "undertaking": "ce que l’entreprise fera ou s’engage à faire",
}
NATURE_TITLES = {"undertaking": _("à faire"), "appraisal": _("ce que le porteur regarde")}
CRITERION_PARAMETERS = {
    "any_of": "valeurs admises",
    "none_of": "valeurs exclues",
    "level": "de quoi",
    "nomenclature": "nomenclature",
    "at_least": "ou plus",
    "above": "plus de",
    "at_most": "au plus",
    "below": "moins de",
    "from": "plus petite taille",
    "to": "plus grande taille",
    "expected": "réponse attendue",
    "sentence": "ce qui doit être vrai",
    "ask": "qui peut répondre",
    "nature": "ce que la phrase décide",
    "fact": "nom de la réponse",
    "state": "ouverture",
    "opens_on": "ouvre le",
    "closes_on": "ferme le",
    "yearly": "revient chaque année",
    "seen_on": "vu ouvert le",
    "seen_until": "vu ouvert, valable jusqu’au",
    "of": "critères du groupe",
}
PARAMETER_TYPES = {
    "float": "un nombre",
    "int": "un nombre entier",
    "bool": "vrai ou faux (true, false)",
    "date": "une date comme 2026-11-24",
    "str": "un texte",
    "tuple": "une liste de textes",
    "null": "rien",
}
