"""One run: a nation files, a scheme is published, workers are killed, and what is kept is that of a quiet run."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from backend.common.days import current_day
from backend.matchmaking import alerts, engine
from backend.matchmaking.models import Alert, Rematch, Shard, Submission, VerdictMove
from backend.matchmaking.rematching import rematch
from backend.matchmaking.results import packed_facts_of
from backend.notifications.models import Notification
from backend.schemes.catalogue.records import read_record
from backend.schemes.models import Scheme
from backend.territories.models import Containment
from benchmarks.served import server_seconds
from tests.tasks.crash.programs import Program
from tests.tasks.rematch import scheme
from tests.tasks.rematch.firms import SQL, fill

KILLS = 2
LINK = re.compile(r"https?://\S+")  # each has a signature with the second it was made in
PATIENCE_SECONDS = 1800


@dataclass
class Report:
    """What was kept, by whom, and how long each stage took."""

    n_firms: int
    n_subscribers: int
    seconds: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)  # seconds of this process and of PostgreSQL
    n_shards: int = 0
    n_moves: int = 0
    n_owed: int = 0
    kills: list[int] = field(default_factory=list)  # shards that were done when the workers were killed
    faults: list[str] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started, spent = time.perf_counter(), _processor_seconds()
        yield
        self.seconds[name] = time.perf_counter() - started
        self.processor[name] = _processor_seconds() - spent

    @property
    def ratio(self) -> float:
        peer = self.processor["SQL, table and indexes"] + self.processor["SQL, moves"]
        return self.processor["quiet, taking in"] / peer

    def expect(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.faults.append(f"{what} differ")

    def __str__(self) -> str:
        lines = [f"{self.n_firms} firms in PostgreSQL, {self.n_subscribers} subscribers, {self.n_shards} shards"]
        spent = {name: f", {seconds:.3f} of the processor" for name, seconds in self.processor.items()}
        lines += [f"{name}: {seconds:.3f} s{spent.get(name, '')}" for name, seconds in self.seconds.items()]
        lines += [
            f"{self.n_moves} firms moved, {self.n_owed} alerts owed",
            f"workers killed {len(self.kills)} times, with {' and '.join(map(str, self.kills))} shards done",
            f"taking in takes {self.ratio:.1f} times the processor of SQL with the making of its table",
            *self.faults,
        ]
        return "\n".join(f"rematch: {line}" for line in [*lines, "holds" if not self.faults else "DOES NOT HOLD"])


def _processor_seconds() -> float:
    """Return ours and that of PostgreSQL, where it is on this machine; its processes may end while they are read."""
    try:
        return time.process_time() + server_seconds()
    except (FileNotFoundError, ProcessLookupError):
        return time.process_time()


def run_rematch(n_firms: int, n_subscribers: int, *, target: scheme.Target, folder: Path, is_loaded: bool) -> Report:
    """Play it on the database of the settings, whose tables are made here where they are not loaded."""
    report = Report(n_firms=n_firms, n_subscribers=n_subscribers)
    on = current_day()
    if not is_loaded:
        with report.stage("tables and reference data"):
            call_command("migrate", verbosity=0)
            call_command("load_reference", verbosity=0)
    with report.stage("filing"):
        fill(n_firms, n_subscribers, on=on)
    scheme.publish(folder / "scheme", target)
    _time_a_shard(report, on)
    quiet = _play_quietly(report, on)
    _play_peer(report, quiet["moves"], target)
    kept = _play_killing(report, folder)
    for what, wanted in quiet.items():
        report.expect(f"{what} of the killed and of the quiet run", kept[what], wanted)
    report.n_moves, report.n_owed = len(kept["moves"]), len(kept["alerts owed"])
    return report


def _kept() -> dict[str, Any]:
    """Return all that a rematch leaves, so that two runs may be compared row by row."""
    moves = VerdictMove.objects.order_by("submission").values_list("submission", "before", "after")
    owed = Notification.objects.filter(kind="alert").order_by("dedupe_key")
    told = Alert.objects.order_by("pk").values_list("pk", "sent_on", "told_on", "told__on", "told__catalogue")
    return {
        "moves": list(moves),
        "alerts owed": [
            (key, to, LINK.sub("", text)) for key, to, text in owed.values_list("dedupe_key", "recipient", "text")
        ],
        "alerts": list(told),
    }


def _time_a_shard(report: Report, on: date) -> None:
    """Time the parts of one shard."""
    with report.stage("one shard, reading"):
        first = Submission.objects.confirmed().order_by("pk").values_list("pk", flat=True)[0]
        _, facts = packed_facts_of(Submission.objects.filter(pk__range=(first, first + settings.SHARD_FILES - 1)))
    with report.stage("one shard, columns"):
        firms = engine.Firms(facts, on=on)
    record = read_record(Scheme.objects.of_source(Scheme.OWN).get(source_key=scheme.KEY).current)
    with report.stage("one shard, verdicts"):
        firms.verdicts(record)


def _play_quietly(report: Report, on: date) -> dict[str, Any]:
    """Take all in here, with nobody killed; what is written is compared later and taken back."""
    with transaction.atomic():
        with report.stage("quiet, taking in"):
            rematch(on=on)
        with report.stage("quiet, alerts"):
            for pk in alerts.due(on=on):
                alerts.tell(pk=pk, on=on)
        kept = _kept()
        transaction.set_rollback(True)
    return kept


def _play_peer(report: Report, moves: list[tuple[int, str, str]], target: scheme.Target) -> None:
    """Answer the same by SQL that was written for this one scheme, on a table made for it."""
    regions = [f"REG-{region}" for region in target.regions]
    inside = Containment.objects.filter(outer__code__in=regions, holds=True, inner__code__startswith="COM-")
    communes = [code.removeprefix("COM-") for code in inside.values_list("inner__code", flat=True)]
    with connection.cursor() as cursor:
        with report.stage("SQL, table and indexes"):
            cursor.execute((SQL / "peer.sql").read_text())
        with report.stage("SQL, moves"):
            values = {"communes": communes, "trades": [f"{division}%" for division in target.divisions]}
            cursor.execute((SQL / "peer_moves.sql").read_text(), values)
        cursor.execute("SELECT firm, 'absent', verdict FROM peer_move ORDER BY firm")
        report.expect("moves and those of SQL", moves, cursor.fetchall())


def _play_killing(report: Report, folder: Path) -> dict[str, Any]:
    """Let Celery do it, and kill every worker process each time another third of the shards is done."""
    environment = {**os.environ, "JONCTION_ALERT_SECONDS": "2", "JONCTION_OUTBOX_SECONDS": "3600"}

    def start(name: str, *command: str) -> Program:
        celery = ("-m", "celery", "-A", "tasks.app", *command)
        return Program(name, *celery, folder=folder, environment=environment)

    def start_worker() -> Program:
        return start("worker", "worker", "--without-gossip", "--without-mingle", "--concurrency", "2")

    started = time.perf_counter()
    beat = start("beat", "beat", "--pidfile=", "--schedule", str(folder / "beat-schedule"))
    worker = start_worker()
    try:
        worker.wait_for(Shard.objects.exists, seconds=PATIENCE_SECONDS)
        report.n_shards = Shard.objects.count()
        for part in range(1, KILLS + 1):
            least = report.n_shards * part // (KILLS + 1)
            worker.wait_for(lambda least=least: _n_done() >= least, seconds=PATIENCE_SECONDS)
            worker.kill()
            report.kills.append(_n_done())
            worker = start_worker()
        worker.wait_for(_is_taken_in, seconds=PATIENCE_SECONDS)
        report.seconds["killed, taking in"] = time.perf_counter() - started
        worker.wait_for(_is_told, seconds=PATIENCE_SECONDS)
        report.seconds["killed, alerts owed"] = time.perf_counter() - started
    finally:
        beat.stop()
        worker.stop()
    if max(report.kills) >= report.n_shards:
        report.faults.append("the workers were done before they were killed")
    return _kept()


def _n_done() -> int:
    return Shard.objects.filter(done_at__isnull=False).count()


def _is_taken_in() -> bool:
    return not Rematch.objects.filter(done_at__isnull=True).exists()


def _is_told() -> bool:
    return not VerdictMove.objects.unheard().filter(submission__alerts__isnull=False).exists()
