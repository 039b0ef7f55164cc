"""A catalogue of thousands of schemes in the database: our published sheets again and again, under other keys.

Words, sources and amounts are those of our sheets, in turn. Conditions, needs and windows are those that
:mod:`benchmarks.synthetic` draws, of eight attributes, so that the ORM can be asked the same questions.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from itertools import cycle

from django.db import transaction

import matching
from backend.matchmaking.engine.tagging import transversal_needs
from backend.schemes.models import Criterion, Revision, Scheme, SchemeTexts, ServedNeed, Source
from benchmarks.single import load_sheets, share_connection
from benchmarks.synthetic import DAY, Country, Sheet, scheme, sheets

READ_AGAIN = date(2036, 1, 1)  # no sheet of the benchmark is overdue


@transaction.atomic
def publish(country: Country, n: int) -> list[Sheet]:
    """Put a catalogue of ``n`` schemes in the place of ours, and the same as a table for the ORM; return its rows."""
    country.sub_needs = sorted(set(country.sub_needs) - set(transversal_needs()))  # what guides is of no other tool
    ours = list(Scheme.objects.of_source(Scheme.OWN).published().order_by("pk").select_related("current"))
    Scheme.objects.filter(source=Scheme.OWN).update(state=Scheme.State.ARCHIVED)
    drawn = [
        replace(
            sheet,
            key=f"{one.key}-{number:04}",
            kind=one.current.kind,
            opens_on=sheet.opens_on and min(sheet.opens_on, DAY),
        )
        for number, (sheet, one) in enumerate(zip(sheets(country, n), cycle(ours), strict=False))
    ]
    copies = Scheme.objects.bulk_create(
        [Scheme(source_key=sheet.key.partition(":")[2], state=Scheme.State.PUBLISHED) for sheet in drawn]
    )
    said = dict(SchemeTexts.objects.filter(scheme__in=ours).values_list("scheme", "sentences"))
    SchemeTexts.objects.bulk_create(
        SchemeTexts(scheme=row, sentences=said[one.pk])
        for row, one in zip(copies, cycle(ours), strict=False)
        if one.pk in said
    )
    revisions = Revision.objects.bulk_create(
        [_revision(one.current, row, sheet) for row, sheet, one in zip(copies, drawn, cycle(ours), strict=False)]
    )
    for row, revision in zip(copies, revisions, strict=True):
        row.current = revision
    Scheme.objects.bulk_update(copies, ["current"], batch_size=1000)
    _describe(ours, revisions, drawn)
    load_sheets(share_connection(), drawn, temporary=False)
    return drawn


def _revision(of: Revision, row: Scheme, sheet: Sheet) -> Revision:
    again = copy(of)
    again._state = copy(of._state)
    again.pk, again.scheme, again.level = None, row, sheet.reach
    again.confidence = Revision.Confidence.VERIFIED if sheet.verified else Revision.Confidence.PARTLY_VERIFIED
    again.window_state, again.opens_on, again.closes_on = sheet.state, sheet.opens_on, sheet.closes_on
    again.seen_on, again.seen_until, again.seen_by, again.seen_url = None, None, "", ""
    again.targeted_naf, again.targeted_naf_2025, again.variant_of = [], [], ""
    again.preparation_days, again.applicants, again.review_by = None, [Revision.Applicant.FIRM], READ_AGAIN
    return again


def _describe(ours: Sequence[Scheme], revisions: Sequence[Revision], drawn: Sequence[Sheet]) -> None:
    """Write conditions, each with the source and the sentence of one of ours, and needs."""
    told = {one.current_id: list(one.current.criteria.select_related("source")) for one in ours}
    sources, criteria, needs = [], [], []
    for revision, sheet, one in zip(revisions, drawn, cycle(ours), strict=False):
        for position, criterion in enumerate(scheme(sheet).criteria):
            row = Criterion(
                revision=revision,
                position=position,
                definition=matching.dump_criterion(criterion),
                note="",
                excerpt="",
            )
            if position < len(told[one.current_id]):
                like = told[one.current_id][position]
                row.note, row.excerpt = like.note, like.excerpt
                if like.source:
                    row.source = Source(
                        revision=revision, position=position, title=like.source.title, url=like.source.url,
                        dated=like.source.dated,
                    )  # fmt: skip
                    sources.append(row.source)
            criteria.append(row)
        needs += [ServedNeed(revision=revision, sub_need_id=need, weight=w) for need, w in sheet.needs.items()]
    Source.objects.bulk_create(sources)
    Criterion.objects.bulk_create(criteria)
    ServedNeed.objects.bulk_create(needs)
