"""What the schemes that drawn firms are listed say, in the words they read: how often the catalogue can say yes."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from random import Random
from typing import Any, NamedTuple

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.matchmaking.standing import Standing, asked_of_the_firm, standing
from backend.schemes.catalogue.definitions import manual_parts
from backend.schemes.catalogue.revision_cache import read_revisions
from backend.schemes.catalogue.wording import nature
from backend.schemes.models import Criterion, Revision, Scheme
from backend.web.forms.filing import STEPS
from backend.web.management.simulation import Firm, answers_to

YES_SHARE = 0.75  # of the conditions that a firm answers
FORM, ANSWERS, FACTS = "the form", "the form and its own conditions", "every fact and its own conditions"

type Words = Mapping[str, Counter[Standing]]


class Listed(NamedTuple):
    """A scheme on the list of a firm."""

    item: engine.Ranked
    revision: Revision
    word: Standing


def conditions_of_firms() -> tuple[str, ...]:
    """Return the names of the conditions that published sheets ask of the firm itself."""
    published = Scheme.objects.of_source(Scheme.OWN).published().values("current")
    definitions = Criterion.objects.filter(revision__in=published).values_list("definition", flat=True)
    return tuple(sorted(_conditions_of_the_firm(definitions)))


def words_of(firms: Sequence[Firm], *, seed: int, on: date) -> Words:
    """Count the words of what is listed to each firm for the first of its needs, by what is known of the firm."""
    form = asked_by_the_form()
    conditions = conditions_of_firms()
    counts: dict[str, Counter[Standing]] = {name: Counter() for name in (FORM, ANSWERS, FACTS)}
    for number, firm in enumerate(firms):
        answers = _answers(conditions, f"{seed}-{number}")
        asked = answers_to(form, firm)
        ways = {FORM: asked, ANSWERS: {**asked, **answers}, FACTS: {**firm.facts, **answers}}
        for name, facts in ways.items():
            counts[name].update(one.word for one in listed(facts, next(iter(firm.needs)), on=on))
    return counts


def held(firms: Iterable[Firm], *, on: date) -> Counter[tuple[str, tuple[str, ...]]]:
    """Count what the form leaves *À préciser*, by the key of a sheet and what it asks that is open."""
    form = asked_by_the_form()
    counts: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for firm in firms:
        for one in listed(answers_to(form, firm), next(iter(firm.needs)), on=on):
            if one.word == Standing.TO_SPECIFY:
                counts[one.item.scheme_key, _open(one)] += 1
    return counts


def _open(one: Listed) -> tuple[str, ...]:
    """Return what holds a sheet; of the conditions that it asks, all: the engine counts them as one fact."""
    names: list[str] = []
    for fact in asked_of_the_firm(one.item):
        if fact == "manual.firm":
            definitions = [row.definition for row in one.revision.criteria.all()]
            names += _conditions_of_the_firm(definitions)
        elif fact not in (one.item.presumed or ()):
            names.append(fact)
    return tuple(names)


def asked_by_the_form() -> set[str]:
    """Return the names of the facts that the form asks."""
    return {fact for _, step in STEPS for fact in step.fields_of_fact}


def _conditions_of_the_firm(definitions: Iterable[Mapping[str, Any]]) -> set[str]:
    parts = [part for definition in definitions for part in manual_parts(dict(definition))]
    return {part["fact"] for part in parts if part.get("ask") == "firm" and nature(part) == "condition"}


def _answers(conditions: Iterable[str], draw: str) -> dict[str, bool]:
    """Draw an answer by condition: one more condition changes no other answer."""
    return {f"{Fact.ANSWER}{name}": Random(f"{draw}-{name}").random() < YES_SHARE for name in conditions}  # noqa: S311


def listed(facts: Mapping[str, Any], need: str, *, on: date) -> list[Listed]:
    """Return what a firm that ticks one need is listed, in order, with the word that it reads."""
    request = engine.Request(facts=dict(facts), on=on, needs={need: 1.0}, ticked=frozenset({need}), stated=True)
    (ranked,) = engine.rank([request])
    shown = [item for item in ranked if item.addresses and _is_possible(item)]
    revisions = read_revisions([item.revision_id for item in shown])
    found = [(item, revisions[item.revision_id]) for item in shown]
    return [Listed(item, revision, standing(item, revision)) for item, revision in found]


def _is_possible(item: engine.Ranked) -> bool:
    return item.is_possible or item.opens_later


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
