"""Firms drawn by chance that are asked the next best question until nothing is left to ask, against the whole form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import exp, log
from random import Random
from typing import Any

from backend.matchmaking import engine
from backend.matchmaking.models import Match
from backend.matchmaking.questions import efforts, likely
from backend.schemes.models import SubNeed
from backend.schemes.vocabulary import SPEND_KINDS
from backend.territories.models import Nomenclature
from backend.territories.services import served_communes
from backend.web.forms.answers import BALANCE_BANDS, HEADCOUNT_BANDS, LEGAL_FORMS, MONEY_BANDS, band
from backend.web.forms.fact_fields import FORM_OF_FACT
from backend.web.forms.facts import TOLD_WITH

GIVEN = "commune"  # with the need, all that a firm says before it is asked anything
# The years before the last one correct a size rather than complete it: without them, the last year stands.
NEVER_ASKED = frozenset({GIVEN, "window", "previous_years"})

# How often a firm is of a kind: small industrial firms are what the territory is made of.
SIZES = ((0, 0, 12), (1, 9, 46), (10, 19, 15), (20, 49, 13), (50, 99, 6), (100, 249, 5), (250, 499, 2), (500, 5500, 1))
FORMS_OF_FIRMS = {"57": 50, "54": 28, "10-micro": 6, "10": 7, "55": 4, "65": 2, "92": 3}
INDUSTRY_SHARE = 0.7
INDEPENDENT_SHARE = 0.72
MADE_FOR = 0.6  # weight of a need from which a scheme is made for it


@dataclass(frozen=True, slots=True)
class Firm:
    """Everything a firm would answer, and what it wants."""

    facts: Mapping[str, Any]
    needs: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Interview:
    """How one firm was asked: the questions in order, and the share of verdicts known after each, by way of asking."""

    asked: tuple[str, ...]
    same_result: bool
    curves: Mapping[str, tuple[float, ...]]


def questions_of_the_form() -> tuple[str, ...]:
    """Return what the form asks, in its order, of the facts that typed conditions read."""
    read = engine.typed_facts()
    return tuple(fact for fact in FORM_OF_FACT if fact in read - NEVER_ASKED - TOLD_WITH.keys())


class Draw:
    """Draws firms from rough shares, always the same ones for a seed."""

    def __init__(self, seed: int, *, on: date) -> None:
        self._random = Random(seed)  # noqa: S311
        self._on = on
        self._communes = [commune.official_code for commune in served_communes()]
        self._needs = list(SubNeed.objects.order_by("key").values_list("key", flat=True))
        classes = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2, level="subclass")
        codes = list(classes.order_by("code").values_list("code", flat=True))
        self._industry = [code for code in codes if "05" <= code[:2] <= "39"]
        self._others = [code for code in codes if not "05" <= code[:2] <= "39"]

    def firm(self) -> Firm:
        draw = self._random
        low, high, _ = draw.choices(SIZES, [share for *_, share in SIZES])[0]
        headcount = draw.randint(low, high)
        turnover = max(headcount, 1) * exp(draw.gauss(log(150_000), 0.6))
        form = draw.choices(list(FORMS_OF_FIRMS), list(FORMS_OF_FIRMS.values()))[0]
        if headcount > 2 and form.startswith("10"):
            form = "54"
        months = int(draw.expovariate(1 / 140))
        codes = self._industry if draw.random() < INDUSTRY_SHARE else self._others
        facts = {
            GIVEN: draw.choice(self._communes),
            "naf": draw.choice(codes),
            "headcount": float(headcount) if draw.random() < 0.7 else in_band(headcount, HEADCOUNT_BANDS),
            "turnover": in_band(turnover, MONEY_BANDS),
            "balance_sheet": in_band(turnover * exp(draw.gauss(log(0.7), 0.4)), BALANCE_BANDS),
            "created_on": (self._on - timedelta(days=30 * months + draw.randint(0, 29))).isoformat(),
            **LEGAL_FORMS[form][1],
            "project.started": draw.random() < 0.15,
            "project.spend": round(exp(draw.gauss(log(60_000), 1.3)), -2),
            "group": self._group(),
            "craft_register": headcount <= 10 and draw.random() < 0.35,
            "public_body": draw.random() < 0.01,
            "in_difficulty": draw.random() < 0.05,
            "taxes_up_to_date": draw.random() < 0.95,
            "project.spend_kinds": draw.sample(list(SPEND_KINDS), draw.choice([1, 1, 2])),
            "project.tenure": draw.choice(["owner", "tenant"]),
            "project.horizon": draw.choice(["under_3_months", "3_to_12_months", "later"]),
        }
        needs = dict.fromkeys(draw.sample(self._needs, draw.choices((1, 2, 3), (60, 30, 10))[0]), 1.0)
        return Firm(facts, needs)

    def _group(self) -> list[dict[str, Any]]:
        """Draw the enterprises that a firm is tied to: none, most often."""
        draw = self._random
        if draw.random() < INDEPENDENT_SHARE:
            return []
        headcount = round(exp(draw.gauss(log(40), 1.6)))
        turnover = headcount * 180_000.0
        figures = {"headcount": headcount, "turnover": turnover, "balance_sheet": 0.7 * turnover}
        return [{"share": draw.choice([30, 60, 100, 100]), **figures}]


def in_band(value: float, bands: Iterable[tuple[str, Any]]) -> list[int | None]:
    """Return the band of the form that holds a number; a number between two bands is in the lower one."""
    limits = [limit for limit in (band(key) for key, _label in bands) if limit]
    return next((limit for limit in reversed(limits) if limit[0] is None or limit[0] <= value), limits[0])


def interview(firm: Firm, form: Sequence[str], *, on: date, draw: Random) -> Interview:
    """Ask a firm until nothing is left that could change a typed verdict, then compare with the whole form."""
    asking = _Asking(firm, form, on=on)
    asked: list[str] = []
    while question := asking.next_question(asked):
        asked.append(question)
    orders = {"next best": asked, "form": list(form), "random": draw.sample(list(form), len(form))}
    full, reached = asking.verdicts([form, asked])
    return Interview(tuple(asked), reached == full, {name: asking.curve(order) for name, order in orders.items()})


def answers_to(questions: Iterable[str], firm: Firm) -> dict[str, Any]:
    """Return the facts that a firm states when it is asked, those told with them included."""
    told = {*questions}
    told |= {fact for fact, first in TOLD_WITH.items() if first in told}
    return {name: value for name, value in firm.facts.items() if name in told}


class _Asking:
    """One firm, and the schemes that serve its needs."""

    def __init__(self, firm: Firm, form: Sequence[str], *, on: date) -> None:
        self._firm, self._form, self._on = firm, form, on
        self._given = {GIVEN: firm.facts[GIVEN]}
        self._catalogue = engine.catalogue()
        (ranked,) = self._rank([self._given])
        # What is made for its needs: what only helps with them is not worth its questions.
        made_for = {
            scheme.key
            for scheme in self._catalogue.schemes
            if any(scheme.needs.get(need, 0.0) >= MADE_FOR for need in firm.needs)
        }
        self._catalogue = self._catalogue.only(
            {item.scheme_key for item in ranked if item.addresses and item.scheme_key in made_for}
        )

    def next_question(self, asked: Sequence[str]) -> str | None:
        known = self._known(asked)
        (ranked,) = self._rank([known])
        undecided = [item for item in ranked if item.typed == Match.Verdict.UNDECIDED]
        worth = engine.worth((item.scheme_key, item.score, item.parts) for item in undecided)
        found = engine.next_questions(
            known,
            worth,
            on=self._on,
            efforts=efforts(),
            likely=likely(),
            skip=asked,
            told_with=TOLD_WITH,
            compiled=self._catalogue,
        )
        return next((question.name for question in found if question.name in self._form), None)

    def verdicts(self, several: Iterable[Sequence[str]]) -> list[dict[str, str]]:
        """Return the typed verdicts by scheme, for each list of questions answered."""
        answers = self._rank([self._known(asked) for asked in several])
        return [{item.scheme_key: item.typed for item in ranked} for ranked in answers]

    def curve(self, order: Sequence[str]) -> tuple[float, ...]:
        """Return the share of the verdicts of the whole form that are known after 0, 1, … all questions."""
        *steps, full = self.verdicts([*(order[:n] for n in range(len(order) + 1)), self._form])
        decided = [key for key, verdict in full.items() if verdict != Match.Verdict.UNDECIDED]
        shares = [sum(step[key] == full[key] for key in decided) / max(len(decided), 1) for step in steps]
        shares = shares if decided else [1.0]
        return (*shares, *[shares[-1]] * (len(self._form) + 1 - len(shares)))

    def _known(self, asked: Iterable[str]) -> dict[str, Any]:
        return {**self._given, **answers_to(asked, self._firm)}

    def _rank(self, several: Sequence[engine.Facts]) -> list[list[engine.Ranked]]:
        asked = engine.Request(
            facts={}, on=self._on, needs=self._firm.needs, ticked=frozenset(self._firm.needs), stated=True
        )
        return engine.rank([replace(asked, facts=facts) for facts in several], compiled=self._catalogue)
