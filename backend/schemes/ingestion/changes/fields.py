"""What a source changed, field by field, beside what our sheet says; and our sheet with some of it taken.

A field is named as in a record; the parts of a contact stand alone, and so does each condition: one that a source
puts in the place of another of the same kind is one change. What a source says of itself (its own sources, the needs
we read in it, how far it is verified) is no change for ours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, cast

from backend.schemes.catalogue.comparison import LABELS, lines_of
from backend.schemes.catalogue.criteria import sentence
from backend.schemes.catalogue.evidence import quotable
from backend.schemes.catalogue.record_types import CriterionRecord, SchemeRecord
from backend.schemes.catalogue.records import EVIDENCE, definition_of, digest_of, normalise, without_mark
from backend.schemes.models import Definition, Revision

CRITERION = "criterion:"  # before the digest of a condition
PRESENCE = "presence"  # whether the record is still in the file of its source
CONTACT = {"name": "Contact", "url": "Page de contact", "phone": "Téléphone du contact"}
NOT_COMPARED = {
    "owner", "confidence", "as_of", "review_by", "variant_of", "needs", "public_contact", "relations", "sources",
    "notes", "corrections",
}  # fmt: skip
TOGETHER = ("state", "opens_on", "closes_on")  # of a window: one without the others may contradict itself
LIKE = 0.5  # from how like two sentences are of which one takes the other's place

type Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One field that a source said, and says otherwise; ``None`` is nothing."""

    field: str
    was: Any
    now: Any

    @property
    def back(self) -> "Step":
        return Step(self.field, self.now, self.was)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a person decides on at once: one field, or a condition that takes another one's place."""

    steps: tuple[Step, ...]
    label: str
    before: Lines
    after: Lines
    ours: Lines
    is_taken: bool  # our sheet already says what the source says now
    ours_as_before: bool  # our sheet still says what the source said before

    @property
    def key(self) -> str:
        return "+".join(self.fields)

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(step.field for step in self.steps)


def changes(*, before: Mapping[str, SchemeRecord], after: SchemeRecord, ours: SchemeRecord) -> list[Change]:
    """Return what a source changed, in the order of a sheet.

    ``before`` gives what the source said when each field was decided last, by field; under ``""``, for all others.
    """
    after, ours = normalise(after), normalise(ours)
    before = {field: normalise(record) for field, record in before.items()}
    old = {field: _fields(record) for field, record in before.items()}
    new = _fields(after)
    names = dict.fromkeys(field for fields in (new, *old.values()) for field in fields)
    steps = [Step(field, old.get(field, old[""]).get(field), new.get(field)) for field in names]
    steps = [step for step in steps if step.was != step.now]

    def change(group: tuple[Step, ...]) -> Change:
        was = _lines(before.get(group[0].field, before[""]), [step for step in group if step.was is not None])
        now = _lines(after, [step for step in group if step.now is not None])
        return Change(
            steps=group,
            label=label_of(group[0].field),
            before=tuple(line for line in was if line not in now) or was,
            after=tuple(line for line in now if line not in was) or now,
            ours=_lines_of_ours(ours, group),
            is_taken=_put(ours, group, after) == ours,
            ours_as_before=_put(ours, tuple(step.back for step in group), before[""]) == ours,
        )

    order = list(LABELS)
    found = [change(group) for group in _groups(steps)]
    return sorted(found, key=lambda one: order.index(_name(one.steps[0].field)))


def gone(*, ours: SchemeRecord, on: str) -> Change:
    """Return the change of a record that left the file of its source: taking it closes our sheet."""
    ours = normalise(ours)
    step = Step(PRESENCE, True, None)
    return Change(
        steps=(step,),
        label=label_of(PRESENCE),
        before=("présente",),
        after=(f"absente depuis le {on}",),
        ours=lines_of(ours, "window"),
        is_taken=ours["window"]["state"] == Revision.WindowState.CLOSED,
        ours_as_before=False,
    )


def take(ours: SchemeRecord, taken: Iterable[Change], *, source: SchemeRecord) -> SchemeRecord:
    """Return our record with some changes of a source in it; what the source left as it was stays ours."""
    record = normalise(ours)
    for change in taken:
        record = _put(record, change.steps, source)
    if (amount := record["amount"]) and _figures(record) != _figures(ours):  # what was quoted said the amount before
        record["amount"] = {**amount, "source": None, "place": None, "excerpt": None}
    return record


def _figures(record: SchemeRecord) -> dict[str, object]:
    """Return an amount without where it was read."""
    return {name: value for name, value in (record["amount"] or {}).items() if value and name not in EVIDENCE}


def label_of(field: str) -> str:
    """Return the name of a field in French."""
    if field == PRESENCE:
        return "Présence dans la source"
    part, _, name = field.partition(".")
    return CONTACT[name] if name and part == "contact" else LABELS[_name(field)]


# -- reading


def _name(field: str) -> str:
    """Return the part of a record in which a field stands."""
    return "criteria" if field.startswith(CRITERION) else field.partition(".")[0]


def _fields(record: SchemeRecord) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in LABELS:
        if name == "contact":
            found.update({f"contact.{part}": (record["contact"] or {}).get(part) for part in CONTACT})
        elif name == "criteria":
            found.update({_criterion_field(row): definition_of(row) for row in record["criteria"]})
        elif name not in NOT_COMPARED:
            found[name] = record.get(name)
    return found


def _criterion_field(row: CriterionRecord) -> str:
    return f"{CRITERION}{digest_of(definition_of(row))[:16]}"


def _groups(steps: list[Step]) -> list[tuple[Step, ...]]:
    """Put together a condition that left and the one of its kind that came, the likest first."""
    others = [(step,) for step in steps if not step.field.startswith(CRITERION)]
    conditions = [step for step in steps if step.field.startswith(CRITERION)]
    left = [step for step in conditions if step.now is None]
    came = [step for step in conditions if step.was is None]
    pairs = sorted(
        ((_similarity(one.was, two.now), one, two) for one in left for two in came),
        key=lambda pair: (-pair[0], pair[1].field, pair[2].field),
    )
    replaced: list[tuple[Step, ...]] = []
    alone = {step.field: step for step in conditions}
    for similarity, one, two in pairs:
        if similarity >= LIKE and one.field in alone and two.field in alone:
            replaced.append((alone.pop(one.field), alone.pop(two.field)))
    return [*others, *replaced, *((step,) for step in alone.values())]


def _similarity(one: Definition, two: Definition) -> float:
    """Return how likely a condition takes another one's place, in [0, 1]: only of the same kind and level."""
    if (one["kind"], one.get("level")) != (two["kind"], two.get("level")):
        return 0.0
    similarity = SequenceMatcher(None, sentence(one), sentence(two), autojunk=False).ratio()
    return similarity if one["kind"] == "manual" else max(similarity, LIKE)


def _lines(record: SchemeRecord, steps: Iterable[Step]) -> Lines:
    found: list[str] = []
    for step in steps:
        if step.field.startswith(CRITERION):
            rows = [row for row in record["criteria"] if _criterion_field(row) == step.field]
            found += [_condition(row) for row in rows] or [sentence(step.was or step.now)]
        elif _name(step.field) == "contact":
            contact: Mapping[str, Any] = record["contact"] or {}
            found += filter(None, [contact.get(step.field.partition(".")[2])])
        else:
            found += lines_of(record, step.field)
    return tuple(found)


def _lines_of_ours(ours: SchemeRecord, group: tuple[Step, ...]) -> Lines:
    """Return what our sheet says of the same: of a condition, all of ours of its kind."""
    if not group[0].field.startswith(CRITERION):
        return _lines(ours, group)
    kinds = {(step.was or step.now)["kind"] for step in group}
    return tuple(_condition(row) for row in ours["criteria"] if row["kind"] in kinds)


def _condition(row: CriterionRecord) -> str:
    excerpt = f" [phrase de la source : {row['excerpt']}]" if row["excerpt"] else ""
    return f"{sentence(definition_of(row))}{excerpt}"


# -- writing


def _put(record: SchemeRecord, steps: tuple[Step, ...], source: SchemeRecord) -> SchemeRecord:
    """Return a record after some steps; a person's words are never written over by what the source did not change."""
    if steps[0].field.startswith(CRITERION):
        return normalise(_put_conditions(record, steps, normalise(source)))
    found: dict[str, Any] = {**record}
    for step in steps:
        name, _, part = step.field.partition(".")
        if step.field == PRESENCE:
            found["window"] = {
                **record["window"],
                "state": Revision.WindowState.CLOSED.value,
                "opens_on": None,
                "closes_on": None,
            }
        elif part:
            found[name] = {**(found[name] or {}), part: step.now}
        elif isinstance(step.was, dict) or isinstance(step.now, dict):
            found[name] = {**(found[name] or {}), **_changed_parts(step)}
        else:
            found[name] = step.now
    return normalise(cast("SchemeRecord", found))


def _changed_parts(step: Step) -> dict[str, Any]:
    was, now = step.was or {}, step.now or {}
    changed = {name for name in {**was, **now} if was.get(name) != now.get(name)}
    if step.field == "window" and not changed.isdisjoint(TOGETHER):
        changed.update(TOGETHER)
    return {name: now.get(name) for name in changed}


def _put_conditions(record: SchemeRecord, steps: tuple[Step, ...], source: SchemeRecord) -> SchemeRecord:
    """Take conditions away and put others in their place; one that comes names the source it was read in."""
    record = {**record, "criteria": list(record["criteria"]), "sources": list(record["sources"])}
    held = [_criterion_field(row) for row in record["criteria"]]
    place = len(held)
    for step in steps:
        if step.now is None and step.field in held:
            place = held.index(step.field)
            del record["criteria"][place], held[place]
    for step in steps:
        if step.now is not None and step.field not in held:
            rows = [row for row in source["criteria"] if _criterion_field(row) == step.field]
            record["criteria"].insert(place, _as_ours(rows[0] if rows else step.now, record, source))
            held.insert(place, step.field)
    return record


def _as_ours(row: CriterionRecord, record: SchemeRecord, source: SchemeRecord) -> CriterionRecord:
    """Return a condition of a source as our sheet holds it; a person has read it, wherever it came from."""
    kept: CriterionRecord = {**without_mark(row), "excerpt": quotable(row, source["sources"])}
    number = row.get("source")
    if number is None:
        return kept
    read_in = source["sources"][number - 1]
    known = [(one["title"], one["url"]) for one in record["sources"]]
    if (read_in["title"], read_in["url"]) in known:
        return {**kept, "source": known.index((read_in["title"], read_in["url"])) + 1}
    record["sources"].append(read_in)
    return {**kept, "source": len(record["sources"])}
