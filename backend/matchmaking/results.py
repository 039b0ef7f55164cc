"""Asking the engine, keeping its answer, and asking again."""

import json
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from psycopg import sql

from backend.accounts.models import User
from backend.companies.packing import rows_of
from backend.matchmaking import engine
from backend.matchmaking.denials import spoken_by
from backend.matchmaking.held import held_by, may_hold
from backend.matchmaking.models import Alert, Cause, Match, Need, NeedCorrection, Result, Submission
from backend.matchmaking.ownership import (
    Readings,
    known_values_of,
    numbers_read,
    packed_files,
    readings_of,
)
from backend.matchmaking.preferences import preferences_of
from backend.matchmaking.unmet import record_unmet
from backend.schemes.catalogue.definitions import manual_facts
from backend.schemes.models import Criterion


def set_needs(*, submission: Submission, ticked: Iterable[str], text: str) -> None:
    """Read the needs again from boxes and words; what officers corrected holds, unless the firm ticks it since."""
    added, removed = corrected_needs(submission)
    submission.needs.all().delete()
    ticked = set(ticked)
    reading = engine.understand(text, ticked.union(added))
    write_needs(reading, submission=submission, ticked=ticked, added=added, removed=removed)


def write_needs(
    reading: engine.Reading,
    *,
    submission: Submission,
    ticked: Collection[str],
    added: Collection[str],
    removed: Collection[str],
) -> list[Need]:
    """Write the needs of a file that has none, as they were read, and as they were corrected."""
    return Need.objects.bulk_create(
        Need(
            submission=submission,
            sub_need_id=need.sub_need,
            ticked=need.sub_need in ticked,
            added=need.sub_need in added,
            weight=need.weight,
            probability=need.probability,
            evidence=list(need.evidence),
            sentence=need.sentence and list(need.sentence),
        )
        for need in reading.needs
        if need.sub_need in ticked or need.sub_need not in removed
    )


def corrected_needs(submission: Submission) -> tuple[set[str], set[str]]:
    """Return the sub-needs that officers added, and those that they removed."""
    changes = dict(submission.need_corrections.standing().values_list("sub_need", "change"))
    added = {sub_need for sub_need, change in changes.items() if change == NeedCorrection.Change.ADDED}
    return added, changes.keys() - added


def record_corrections(
    submission: Submission, changes: Mapping[str, str], *, ticked: Container[str] = (), officer: User | None = None
) -> None:
    """Record what somebody said of sub-needs, by key; without an officer, the firm."""
    now = timezone.now()
    NeedCorrection.objects.bulk_create(
        NeedCorrection(
            submission=submission,
            sub_need_id=sub_need,
            change=change,
            was_ticked=change == NeedCorrection.Change.REMOVED and sub_need in ticked,
            officer=officer,
            made_at=now,
        )
        for sub_need, change in changes.items()
    )


def facts_of(submission: Submission) -> dict[str, Any]:
    """Return the facts of a firm as the engine takes them: known, derived, and the schemes that it has."""
    return facts_of_all([submission])[0]


def facts_of_all(submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    """Return the same of many files at once, in their order; their sheets are read with them."""
    return _facts(submissions, readings_of(submissions), engine.catalogue())


def _facts(submissions: Sequence[Submission], readings: Readings, compiled: engine.Catalogue) -> list[dict[str, Any]]:
    values = known_values_of(submissions, readings)
    held = held_by({file.pk: readings[file.pk] for file in submissions if readings[file.pk] or may_hold(file)})
    table = compiled.correspondence
    return [engine.with_correspondents({**values[file.pk], **held.get(file.pk, {})}, table) for file in submissions]


def packed_facts_of(files: QuerySet[Submission]) -> tuple[list[int], engine.PackedFacts]:
    """Return the numbers of thousands of files, in order, and the same of each, in four queries for all of them.

    A fifth where a firm has a scheme whose sheet gave way to another one. What an activity is in the other
    nomenclature is not in it: the engine looks it up once for each code.
    """
    packed = packed_files(files)
    held = held_by(packed.shared, among=files)
    rests = dict(packed.rests)
    for place, pk in enumerate(packed.keys) if held else ():
        if pk in held:
            rests[place] = {**rests.get(place, {}), **held[pk]}
    return packed.keys, engine.PackedFacts(rows_of(packed.rows), rests)


def request_of(submission: Submission, *, on: date) -> engine.Request:
    """Return what the engine is asked for a submission."""
    rows, reading = submission.needs.all(), engine.in_force().understand(submission.text)
    return _request(submission, facts_of(submission), rows, reading, on=on)


def _request(
    submission: Submission, facts: engine.Facts, rows: Iterable[Need], reading: engine.Reading, *, on: date
) -> engine.Request:
    rows = list(rows)
    needs = {need.sub_need_id: need.weight for need in rows}
    return engine.Request(
        facts=facts,
        on=on,
        needs=needs,
        stated=bool(needs) or bool(submission.text.strip()),
        ticked=frozenset(need.sub_need_id for need in rows if need.is_certain),
        probabilities={need.sub_need_id: need.probability for need in rows},
        closeness=reading.closeness,
        elsewhere=reading.elsewhere,
        foreign=reading.foreign,
        preferences=frozenset(one.key for one in preferences_of(submission)[0]),
        spoken_activities=spoken_by(submission),
    )


@transaction.atomic(savepoint=False)
def compute_result(
    *,
    submission: Submission,
    on: date,
    rules: engine.InForce | None = None,
    needs: Iterable[Need] | None = None,
    reading: engine.Reading | None = None,
    first: Mapping[str, Any] | None = None,
) -> Result:
    """Ask the engine again and keep its answer, with all it takes to replay it.

    ``rules``, ``needs`` and ``reading`` are what is in force, what the file needs and how its words were read, where
    the caller has just read them;
    ``first`` is what is known of a file just made, which reads no other and has no earlier result.
    """
    rules = rules or engine.in_force()
    catalogue, readings = rules.compiled, readings_of([submission])
    if first is None:
        (facts,) = _facts([submission], readings, catalogue)
    else:
        facts = engine.with_correspondents(first, catalogue.correspondence)
    request = _request(
        submission,
        facts,
        submission.needs.all() if needs is None else needs,
        reading or rules.understand(submission.text),
        on=on,
    )
    (found,) = engine.answer([request], compiled=catalogue, weights=rules.weights, ranker=rules.ranker)
    answer = engine.with_presumed(found, request, compiled=catalogue, weights=rules.weights, ranker=rules.ranker)
    result = Result.objects.create(
        submission=submission,
        computed_at=timezone.now(),
        on=on,
        facts=request.facts,
        needs=request.needs,
        ticked=sorted(request.ticked),
        stated=request.stated,
        probabilities=dict(request.probabilities),
        elsewhere=request.elsewhere,
        preferences=sorted(request.preferences),
        spoken_activities=sorted(request.spoken_activities),
        reply=answer.decision.reply,
        cause=answer.decision.cause or "",
        served=dict(answer.decision.served),
        weights_id=rules.weights.version,
        ranker_id=rules.ranker_id,
        catalogue=catalogue.digest,
        read_files=[other.pk for other in readings[submission.pk]],
    )
    _insert_matches(
        {"result_id": result.pk, "scheme_id": catalogue.schemes_by_key[item.scheme_key], **columns_of(item)}
        for item in answer.ranked
    )
    record_unmet(submission, result, answer.ranked, catalogue, is_first=first is not None)
    return result


def _insert_matches(rows: Iterable[dict[str, Any]]) -> None:
    """Insert matches by COPY: as one INSERT, their three thousand values were half the time of a filing.

    They go as they are: asking each field of Django to prepare its own took twice as long as all the rest.
    """
    fields = [field for field in Match._meta.concrete_fields if not field.primary_key]
    names = [field.attname for field in fields]
    arrays = [field.attname for field in fields if isinstance(field, ArrayField)]
    in_order = itemgetter(*names)
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(Match._meta.db_table), columns)
    # Django wraps no errors of ``copy``, and who files catches its own.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            as_text = {name: _array(row[name]) for name in arrays if row[name] is not None}
            copy.write_row(in_order({**row, **as_text, "parts": _JSON.encode(row["parts"]) if row["parts"] else "{}"}))


def _array(values: Sequence[str]) -> str:
    """Write keys or names of facts as PostgreSQL reads an array of them, which quotes as JSON does.

    What psycopg asks of each item takes longer.
    """
    return f"{{{_JSON.encode(values)[1:-1]}}}" if values else "{}"


_JSON = json.JSONEncoder(ensure_ascii=False)


def columns_of(item: engine.Ranked) -> dict[str, Any]:
    """Return what a match keeps of an answer, by column, its scheme apart."""
    return {
        "revision_id": item.revision_id,
        "rank": item.rank,
        "score": item.score,
        "eligibility": item.eligibility,
        "typed": item.typed,
        "targeted": item.targeted,
        "opens_later": item.opens_later,
        "addresses": item.addresses,
        "hidden_by": list(item.hidden_by),
        "closeness": item.closeness,
        "guide": item.guide,
        "need_id": item.need or None,
        "unknown": list(item.unknown),
        "to_confirm": list(item.to_confirm),
        "presumed": list(item.presumed),
        "parts": dict(item.parts.items()),
    }


def latest_result(submission: Submission, *, on: date, rules: engine.InForce | None = None) -> Result:
    """Return the newest result, computed again where what it was computed with is not what holds today."""
    rules, result = rules or engine.in_force(), submission.results.select_related("weights").first()
    if result and is_current(result, on=on, rules=rules):
        return result
    return compute_result(submission=submission, on=on, rules=rules)


def is_current(result: Result, *, on: date, rules: engine.InForce | None = None) -> bool:
    """Tell whether asking the engine again would use the same day, catalogue, weights, ranker, files and facts.

    A result that reads a file that is not read with its own any more is never current.
    """
    rules, readings = rules or engine.in_force(), readings_of([result.submission])
    return (
        result.on == on
        and result.catalogue == rules.compiled.digest
        and result.weights_id == rules.weights.version
        and result.ranker_id == rules.ranker_id
        and result.read_files == [other.pk for other in readings[result.submission_id]]
        and result.facts == _facts([result.submission], readings, rules.compiled)[0]
    )


def may_be_shown(result: Result) -> bool:
    """Tell whether a firm may still read an answer: all the files that it read are still read with its own."""
    return result.read_files is not None and set(result.read_files) <= set(numbers_read(result.submission))


def mark_shown(*, submission: Submission, result: Result) -> None:
    """Note that who reads a file has this result before their eyes, or in an e-mail: to them it is no news any more.

    That is its contact, or the guest who opened it; the others are told by their own alerts.
    """
    Alert.objects.of_reader(submission).update(told=result)


class Pruned(ValueError):
    """An answer whose matches were erased by a release that kept nothing of them: its revisions are not known."""


def replay(result: Result) -> list[str]:
    """Ask the engine the same question again, of the same revisions, weights and day; return what differs, or nothing.

    This is what a dispute needs: whatever changed since, an old answer can be had again and explained. Where its
    matches were erased, on which nothing rested, the reply alone is compared. Raises ``Pruned`` where what was kept
    of them is not enough.
    """
    matches = {match.scheme_id: match for match in result.matches.all()}
    closeness = {match.revision_id: match.closeness for match in matches.values()} or _kept_of_pruned(result)
    catalogue = engine.catalogue_of(closeness)
    request = engine.Request(
        facts=result.facts,
        on=result.on,
        needs=result.needs,
        ticked=frozenset(result.ticked),
        stated=result.stated,
        probabilities=result.probabilities,
        elsewhere=result.elsewhere,
        foreign=result.cause == Cause.OTHER_LANGUAGE,
        preferences=frozenset(result.preferences),
        spoken_activities=frozenset(result.spoken_activities),
        closeness={key: closeness[revision] for key, revision in catalogue.revisions.items()},
    )
    weights, ranker = engine.weights_of(result.weights), engine.ranker_of(result.ranker)
    (found,) = engine.answer([request], compiled=catalogue, weights=weights, ranker=ranker)
    answer = engine.with_presumed(found, request, compiled=catalogue, weights=weights, ranker=ranker)
    told = {"reply": answer.decision.reply, "cause": answer.decision.cause or "", "served": answer.decision.served}
    differences = [name for name, value in told.items() if getattr(result, name) != value]
    for item in answer.ranked if matches else ():
        match = matches.pop(catalogue.schemes_by_key[item.scheme_key])
        columns = columns_of(item)
        if match.presumed is None:  # of a release that presumed nothing
            del columns["presumed"]
        different = [name for name, value in columns.items() if getattr(match, name) != value]
        if different:
            differences.append(f"{item.scheme_key} : {', '.join(different)}")
    return [*differences, *(f"{match.scheme_id} : absent" for match in matches.values())]


def _kept_of_pruned(result: Result) -> dict[int, float]:
    if not result.pruned:
        raise Pruned(result.pk)
    return {int(revision): closeness for revision, closeness in result.pruned.items()}


def conditions_of(result: Result) -> set[str]:
    """Return the names of the conditions that the schemes of a result leave to a person."""
    rows = Criterion.objects.filter(revision__matches__result=result).values_list("definition", flat=True)
    return {name for definition in rows for name in manual_facts(definition)}
