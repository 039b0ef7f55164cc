"""A nation of made-up firms in the tables of the service: real communes, real activities, bands of headcount."""

import json
from datetime import date
from pathlib import Path

import psycopg
from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from backend.accounts.models import User
from backend.companies.models import FactSheet
from backend.companies.services import rebuild_snapshots
from backend.matchmaking import alerts
from backend.matchmaking.models import Alert, ReviewPolicy, Submission
from backend.schemes.models import SubNeed, TaxonomyNeed
from backend.territories.models import Nomenclature, Perimeter

SQL = Path(__file__).parent
HEADCOUNTS = (1.0, [3, 5], [6, 9], [10, 19], [20, 49], 35.0, [50, 99], [100, 199], [200, 249], [240, 260], 1200.0)
WHOLE = 6  # characters of a whole code of activity, such as 25.62B


def fill(n_firms: int, n_subscribers: int, *, on: date) -> None:
    """Write firms that filed one demand each; some of them ask to be told of what is new, and were told today."""
    activities = Nomenclature.objects.filter(system=Nomenclature.System.NAF_REV2).order_by("code")
    communes = Perimeter.objects.communes().order_by("code").values_list("code", flat=True)
    first = 1 + (FactSheet.objects.aggregate(last=Max("pk"))["last"] or 0)
    values = {
        "first": first,
        "last": first + n_firms - 1,
        "on": on,
        "communes": [code.removeprefix("COM-") for code in communes],
        "activities": [code for code in activities.values_list("code", flat=True) if len(code) == WHOLE],
        "headcounts": json.dumps(HEADCOUNTS),
        "needs": list(SubNeed.objects.order_by("key").values_list("key", flat=True)),
    }
    with (
        transaction.atomic(),
        psycopg.ClientCursor(connection.connection) as cursor,
    ):  # several statements, with values
        cursor.execute((SQL / "firms.sql").read_text(), values)
    rebuild_snapshots()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    chosen = Submission.objects.filter(pk__in=range(first, first + n_firms, n_firms // n_subscribers))
    chosen.update(unread_by=_let_leave())  # nobody read them: their alerts leave all the same
    for submission in chosen:
        alerts.subscribe(submission=submission, frequency=Alert.Frequency.IMMEDIATE, paused_until=None, on=on)
    Alert.objects.update(checked_at=F("asked_at"), checked_on=on)


def _let_leave() -> ReviewPolicy:
    by = User.objects.create_user(f"lead-{User.objects.count()}@jonction.example")
    return ReviewPolicy.objects.create(
        need=TaxonomyNeed.objects.first(), mode=ReviewPolicy.Mode.AUTO, least=50, set_by=by, set_at=timezone.now()
    )
