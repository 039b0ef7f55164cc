"""What the engine refuses in a criterion, told in plain French with the field it is about."""

import re

import matching
from backend.schemes.vocabulary import CRITERION_KINDS, CRITERION_PARAMETERS, PARAMETER_TYPES

N_SHOWN = 60  # characters of what was given


def why_refused(error: matching.CriterionError) -> str:
    """Return what is wrong, what was given and what is accepted, after the place it stands in."""
    inside = error.place.partition(".")[2]
    place = place_in_words(inside.removesuffix("of") if error.reason == "list" else inside)
    text = _SENTENCES[error.reason].format_map(_words(error))
    text = f"{place} : {text}." if place else f"{text}."
    return text[:1].upper() + text[1:]


def refused_parameter(error: matching.CriterionError) -> str:
    """Return the parameter that an error is about; nothing where it is about several, or about a part of a group."""
    inner = [step for step in error.place.split(".") if step][1:]
    if any(step.startswith("of") for step in inner):
        return ""
    return error.parameter or (inner[-1].partition("[")[0] if inner else "")


def place_in_words(place: str) -> str:
    """Say where in a criterion: parts of groups by their rank, then the field, such as ``of[1].any_of[0]``."""
    found = []
    for name, index in re.findall(r"(\w+)(?:\[(\d+)\])?", place):
        if name == "of":
            found.append(f"partie {int(index) + 1} du groupe" if index else "critère inversé")
        else:
            found.append(f"« {CRITERION_PARAMETERS.get(name, name)} »")
    return ", ".join(found)


def _words(error: matching.CriterionError) -> dict[str, str]:
    """Return what a sentence may name of an error."""
    return {
        "given": _written(error.given),
        "parameter": CRITERION_PARAMETERS.get(error.parameter, error.parameter),
        "accepted": ", ".join(error.accepted) or "aucun",
        "kinds": ", ".join(f"{kind} ({name})" for kind, name in CRITERION_KINDS.items()),
        "types": " ou ".join(PARAMETER_TYPES.get(name, name) for name in error.accepted),
    }


def _written(given: object) -> str:
    """Write what was given as people read it."""
    if isinstance(given, (list, tuple)):
        return " et ".join(_written(part) for part in given if part is not None) or "rien"
    if given is None or given == "":
        return "rien"
    text = str(int(given)) if isinstance(given, float) and given.is_integer() else str(given)
    return f"« {text[:N_SHOWN]}{'…' if len(text) > N_SHOWN else ''} »"


_SENTENCES: dict[str, str] = {
    "object": "{given} n’est pas un critère ; attendu : son genre (kind) et ses limites",
    "kind": "{given} n’est pas un genre de critère ; attendu : {kinds}",
    "depth": "les groupes sont imbriqués trop profondément ; attendu : 20 niveaux au plus",
    "parameter": "« {parameter} » ne va pas avec ce genre de critère ; attendu : {accepted}",
    "missing": "il manque « {parameter} »",
    "list": "« critères du groupe » : {given} n’est pas une liste de critères",
    "type": "{given} n’est pas de la bonne nature ; attendu : {types}",
    "date": "{given} n’est pas une date ; attendu : une date comme 2026-11-24",
    "choice": "{given} n’est pas un choix possible pour « {parameter} » ; attendu : {accepted}",
    "empty": "il n’y a rien dedans ; attendu : au moins une valeur",
    "blank": "une des valeurs est vide ; attendu : des valeurs d’un caractère au moins",
    "code": (
        "{given} n’est pas un code de cette nomenclature ; attendu : un code NAF (une lettre de section, ou de 2 à 4 "
        "chiffres et une lettre) ou une catégorie juridique (de 1 à 4 chiffres)"
    ),
    "both": "{given} est à la fois demandé et exclu ; attendu : l’un ou l’autre",
    "incomplete": "une condition à vérifier demande sa phrase et le nom de sa réponse",
    "nature": "une appréciation ou un engagement ne va ni dans « au moins un » ni dans « aucun »",
    "no_bound": "il n’y a pas de limite ; attendu : au moins une limite, basse ou haute",
    "two_bounds": "il y a deux limites du même côté ({given}) ; attendu : une basse au plus, une haute au plus",
    "upside_down": "les limites sont à l’envers ({given}) ; attendu : la plus basse d’abord",
    "every_size": "toutes les tailles sont admises ; attendu : une limite, ou pas de critère",
    "no_end": "une ouverture entre deux dates demande son dernier jour",
    "yearly_days": "une ouverture qui revient chaque année demande son premier et son dernier jour",
    "seen_state": "« vu ouvert le » ne va qu’avec une ouverture à confirmer (unknown), pas avec {given}",
    "seen_days": "un constat demande le jour où l’on a vu ouvert, puis jusqu’à quand cela vaut ({given})",
    "yearly_length": "une ouverture qui revient chaque année dure moins d’un an ({given})",
}
