"""What the schemes that drawn firms are listed say, in the words they read: how often the catalogue can say yes."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.models import Match
from backend.matchmaking.standing import Standing, standing
from backend.schemes.definitions import manual_parts
from backend.schemes.models import Criterion, Scheme
from backend.schemes.revision_cache import read_revisions
from backend.schemes.wording import nature
from backend.web.forms.filing import STEPS
from backend.web.management.simulation import Firm, answers_to

YES_SHARE = 0.75  # of the conditions that a firm answers
FORM, ANSWERS, FACTS = "the form", "the form and its own conditions", "every fact and its own conditions"

type Words = Mapping[str, Counter[Standing]]


def conditions_of_firms() -> tuple[str, ...]:
    """Return the names of the conditions that published sheets ask of the firm itself."""
    published = Scheme.objects.of_source(Scheme.OWN).published().values("current")
    definitions = Criterion.objects.filter(revision__in=published).values_list("definition", flat=True)
    parts = [part for definition in definitions for part in manual_parts(definition)]
    return tuple(sorted({part["fact"] for part in parts if part.get("ask") == "firm" and nature(part) == "condition"}))


def words_of(firms: Sequence[Firm], *, seed: int, on: date) -> Words:
    """Count the words of what is listed to each firm for the first of its needs, by what is known of the firm."""
    form = {fact for _, step in STEPS for fact in step.fields_of_fact}
    conditions = conditions_of_firms()
    counts: dict[str, Counter[Standing]] = {name: Counter() for name in (FORM, ANSWERS, FACTS)}
    for number, firm in enumerate(firms):
        answers = _answers(conditions, f"{seed}-{number}")
        asked = answers_to(form, firm)
        ways = {FORM: asked, ANSWERS: {**asked, **answers}, FACTS: {**firm.facts, **answers}}
        for name, facts in ways.items():
            counts[name].update(_listed(facts, next(iter(firm.needs)), on=on))
    return counts


def _answers(conditions: Iterable[str], draw: str) -> dict[str, bool]:
    """Draw an answer by condition: one more condition changes no other answer."""
    return {f"{Fact.ANSWER}{name}": Random(f"{draw}-{name}").random() < YES_SHARE for name in conditions}  # noqa: S311


def _listed(facts: Mapping[str, Any], need: str, *, on: date) -> Iterable[Standing]:
    request = engine.Request(facts=dict(facts), on=on, needs={need: 1.0}, ticked=frozenset({need}), stated=True)
    (ranked,) = engine.rank([request])
    shown = [item for item in ranked if item.addresses and _is_possible(item)]
    revisions = read_revisions([item.revision_id for item in shown])
    return [standing(item, revisions[item.revision_id]) for item in shown]


def _is_possible(item: engine.Ranked) -> bool:
    return item.eligibility != Match.Verdict.INELIGIBLE or item.opens_later


def table(days: Collection[tuple[date, Words]]) -> list[str]:
    """Write the shares as Markdown."""
    words = [word for word in Standing if word != Standing.INELIGIBLE]
    return [
        "| Day | Known | listed | " + " | ".join(str(word.label) for word in words) + " |",
        "|---|---|---|" + "---|" * len(words),
        *(
            f"| {day} | {name} | {count.total()} | "
            + " | ".join(f"{count[word] / max(count.total(), 1):.1%}" for word in words)
            + " |"
            for day, several in days
            for name, count in several.items()
        ),
    ]
