"""Erasing a file: at once, everywhere, and so that no backup brings it back."""

import json
from collections.abc import Iterable, Mapping

from django.db import connection, transaction

from backend.accounts.models import User
from backend.common.days import current_day
from backend.journal.models import Kind
from backend.journal.services import record_event
from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import numbers_read
from backend.matchmaking.services import compute_results_of
from backend.notifications.kinds import topics_about
from backend.notifications.models import Stop
from backend.notifications.services import forget_stops
from backend.privacy import register
from backend.privacy.rows import rows_of
from backend.steering.facts import make_facts
from backend.steering.need_table import pack_needs

ON_REQUEST, AGAIN = "erasure", "erasure_after_restore"  # rules of a proof, beside those of fixtures/service.yaml


@transaction.atomic
def erase_rows(*, rule: str, rows: Mapping[str, Iterable[int | str]]) -> dict[str, int]:
    """Treat rows, given by their keys under the name of a treatment; return how many there were of each.

    The database does it in a function of its owner, which leaves a proof that names nobody.
    """
    given = json.dumps({name: list(keys) for name, keys in rows.items()})
    with connection.cursor() as cursor:
        cursor.execute("SELECT erase_rows(%s, %s::jsonb)", [rule, given])
        counts: dict[str, int] = json.loads(cursor.fetchone()[0])
    return counts


@transaction.atomic(durable=True)
def erase_submission(*, submission: Submission, rule: str = ON_REQUEST, by: User | None = None) -> dict[str, int]:
    """Erase what a file holds of its firm; what statistics count stays, and names nobody. Twice is once.

    The register of erased files is written last, and before the transaction commits: a file that it names may still
    be there, and is then erased after a restore; never the reverse. Raises ``RegisterError`` where it cannot be.
    """
    submission = Submission.objects.select_for_update(of=("self",)).get(pk=submission.pk)
    if submission.erased_at:
        return {}
    read_with_it = numbers_read(submission)
    make_facts([submission.pk])  # its size of firm, the last time that it is known
    rows = rows_of(submission)
    counts = erase_rows(rule=rule, rows=rows)
    pack_needs()
    forget_stops(topics=topics_about(submission.topic), of=Stop.objects.all())
    compute_results_of(read_with_it, on=current_day())
    record_event(kind=Kind.ERASURE, actor=by, submission_id=submission.pk, epci_id=submission.epci_id, detail=rule)
    if register.is_kept():
        register.note_erased(submission)
    return counts


def may_erase(*, officer: User, submission: Submission) -> bool:
    """Tell whether someone erases a file at the person's request: who leads its intercommunality, or the territory."""
    return officer.posts.leads_territory or submission.epci_id in officer.posts.led


def erase_again() -> int:
    """Erase the files of a restored backup that the register names; return how many there were."""
    left = Submission.objects.filter(erased_at=None).order_by("pk")
    back = register.noted(left)
    for submission in back:
        erase_submission(submission=submission, rule=AGAIN)
    return len(back)
