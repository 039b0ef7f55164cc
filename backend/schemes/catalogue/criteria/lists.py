"""Kinds whose definition lists what is wanted and what is excluded."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst

from backend.common.days import current_day
from backend.schemes.catalogue.criteria.base import Definition, Fields, Kind
from backend.schemes.catalogue.fields import ActivityList, LegalFormList, PlaceList, SchemeList
from backend.schemes.catalogue.wording import (
    activity_2025_name,
    activity_name,
    legal_name,
    perimeter_name,
    scheme_name,
)
from backend.schemes.typography import NBSP, join
from backend.schemes.vocabulary import HORIZONS, LEGAL_GROUPS, SPEND_KINDS, TENURES
from backend.territories.services import territory_codes

MOST_NAMES = 6  # in a brief sentence


class Listed(Kind):
    """What is wanted among some names, what is excluded, or both."""

    link = ", et "

    @abstractmethod
    def phrases(self, definition: Definition) -> tuple[str, str]:
        """Return how what is wanted and what is excluded are said, each with a place for the names."""

    @abstractmethod
    def name(self, code: str, definition: Definition) -> str:
        """Return what a code of the lists is called."""

    def phrase(self, definition: Definition) -> str:
        return self._phrase(definition, join)

    def brief(self, definition: Definition) -> str:
        ordered = {key: self.foremost(codes) for key, codes in definition.items() if key in ("any_of", "none_of")}
        return self._phrase({**definition, **ordered}, _first_names)

    def _phrase(self, definition: Definition, joined: Callable[[list[str]], str]) -> str:
        lists = (definition.get("any_of"), definition.get("none_of"))
        return self.link.join(
            text.format(joined([self.name(code, definition) for code in codes]))
            for text, codes in zip(self.phrases(definition), lists, strict=True)
            if codes
        )

    def foremost(self, codes: Sequence[str]) -> Sequence[str]:
        """Return the codes with those first that a brief sentence had better name."""
        return codes

    def contrary(self, definition: Definition) -> Definition | None:
        wanted, excluded = definition.get("any_of"), definition.get("none_of")
        if wanted and excluded:
            return None
        rest = {name: value for name, value in definition.items() if name not in ("any_of", "none_of")}
        return {**rest, "none_of": wanted} if wanted else {**rest, "any_of": excluded}

    def mistake(self, typed: Mapping[str, Any]) -> str:
        return "" if typed["any_of"] or typed["none_of"] else "Remplissez au moins une des deux listes."


class InTerritory(Listed):
    kind, fact = "in_territory", "commune"

    def phrases(self, definition: Definition) -> tuple[str, str]:
        whose = "projet situé" if definition.get("level") == "project" else "établissement situé"
        return f"{whose} dans{NBSP}: {{}}", f"{whose} hors de{NBSP}: {{}}"

    def name(self, code: str, definition: Definition) -> str:
        return perimeter_name(code)

    def foremost(self, codes: Sequence[str]) -> Sequence[str]:
        """Name those of our territory: a firm of it looks for them among the regions of France."""
        ours = territory_codes(on=current_day()).touching
        return sorted(codes, key=lambda code: code not in ours)

    def fields(self) -> Fields:
        help_text = "Noms ou codes, séparés par des virgules : Hauts-de-France, DEP-60, COM-60159."
        levels = [("establishment", "l’établissement"), ("project", "le projet")]
        return {
            "any_of": _list(PlaceList, "Dans", help_text),
            "none_of": _list(PlaceList, "Hors de", help_text),
            "level": forms.ChoiceField(label="Lieu de quoi", choices=levels),
        }


class Activity(Listed):
    kind, fact, link = "activity", "naf", ", "

    def phrases(self, definition: Definition) -> tuple[str, str]:
        which = " (NAF 2025)" if definition.get("nomenclature") == "naf_2025" else ""
        except_ = "sauf" if definition.get("any_of") else f"toute activité{which}, sauf"
        return f"activité{which}{NBSP}: {{}}", f"{except_}{NBSP}: {{}}"

    def name(self, code: str, definition: Definition) -> str:
        is_new = definition.get("nomenclature") == "naf_2025"
        return activity_2025_name(code) if is_new else activity_name(code)

    def fields(self) -> Fields:
        help_text = "Codes NAF, séparés par des virgules : C pour toute l’industrie, 25, 25.62B."
        nomenclatures = [
            ("naf_rev2", "NAF rév. 2 (jusqu’à fin 2026)"),
            ("naf_2025", "NAF 2025 (depuis le 1er janvier 2027)"),
        ]
        return {
            "any_of": _list(ActivityList, "Activité", help_text),
            "none_of": _list(ActivityList, "Sauf", help_text),
            "nomenclature": forms.ChoiceField(label="Dans quelle nomenclature", choices=nomenclatures),
        }


class LegalForm(Listed):
    kind, fact, link = "legal_form", "legal_category", ", "

    def phrases(self, definition: Definition) -> tuple[str, str]:
        return f"forme juridique{NBSP}: {{}}", f"forme juridique autre que{NBSP}: {{}}"

    def name(self, code: str, definition: Definition) -> str:
        return legal_name(code)

    def fields(self) -> Fields:
        known = ", ".join(f"{code} ({name})" for code, name in LEGAL_GROUPS.items())
        help_text = f"Catégories juridiques de l’Insee, séparées par des virgules : {known}."
        return {
            "any_of": _list(LegalFormList, "Forme juridique", help_text),
            "none_of": _list(LegalFormList, "Autre que", help_text),
        }


class HoldsScheme(Listed):
    kind = "holds_scheme"

    def phrases(self, definition: Definition) -> tuple[str, str]:
        return f"avoir obtenu d’abord{NBSP}: {{}}", f"ne pas avoir déjà{NBSP}: {{}}"

    def name(self, code: str, definition: Definition) -> str:
        return scheme_name(code)

    def fields(self) -> Fields:
        help_text = "Nom d’une fiche publiée, ou sa clé (jonction:acre) ; un par ligne."
        return {
            "any_of": _list(SchemeList, "Il faut avoir obtenu l’un de ceux-ci", help_text),
            "none_of": _list(SchemeList, "Il ne faut avoir aucun de ceux-ci", help_text),
        }

    def mistake(self, typed: Mapping[str, Any]) -> str:
        both = [one for one in typed["any_of"] if one in typed["none_of"]]
        return f"« {both[0]} » est dans les deux listes : gardez l’une des deux." if both else super().mistake(typed)


class FewAnswers(Listed):
    """A list among few answers, that an editor ticks."""

    names: Mapping[str, Any]
    labels: tuple[str, str]

    def name(self, code: str, definition: Definition) -> str:
        return str(self.names[code])

    def fields(self) -> Fields:
        wanted, excluded = self.labels
        return {"any_of": self._boxes(wanted), "none_of": self._boxes(excluded)}

    def _boxes(self, label: str) -> forms.Field:
        choices = [(key, capfirst(name)) for key, name in self.names.items()]
        return forms.MultipleChoiceField(
            label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple
        )


class SpendKind(FewAnswers):
    kind, fact, names = "spend_kind", "project.spend_kinds", SPEND_KINDS
    labels = ("Le projet comprend au moins l’un de", "Le projet ne comprend rien de")

    def phrases(self, definition: Definition) -> tuple[str, str]:
        return f"le projet comprend au moins{NBSP}: {{}}", f"le projet ne comprend rien de ceci{NBSP}: {{}}"


class ProjectHorizon(FewAnswers):
    kind, fact, names = "horizon", "project.horizon", HORIZONS
    labels = ("Projet prévu", "Sauf")

    def phrases(self, definition: Definition) -> tuple[str, str]:
        return f"projet prévu{NBSP}: {{}}", f"projet prévu à un autre moment que{NBSP}: {{}}"


class ProjectTenure(FewAnswers):
    kind, fact, names = "tenure", "project.tenure", TENURES
    labels = ("L’entreprise est", "L’entreprise n’est pas")

    def phrases(self, definition: Definition) -> tuple[str, str]:
        return "être {} des locaux", "ne pas être {} des locaux"


def _list(field: type[forms.CharField], label: str, help_text: str) -> forms.CharField:
    return field(label=label, required=False, help_text=help_text, max_length=4000, widget=forms.Textarea({"rows": 2}))


def _first_names(names: list[str]) -> str:
    if len(names) <= MOST_NAMES:
        return join(names)
    n_more = len(names) - MOST_NAMES + 1
    return f"{', '.join(names[: MOST_NAMES - 1])} ou l’un des {n_more} autres"
