"""One run of the suite, from the first e-mail owed to the report."""

import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from backend.notifications import catcher
from tests.tasks.crash.keeper import GateKeeper
from tests.tasks.crash.play import Play
from tests.tasks.crash.report import Arrivals, Plan, Report
from tests.tasks.crash.stage import SENDERS, set_stage

# The mail server takes the e-mails in so many seconds at least, and no more than so many a second: kills find some
# leaving however fast the machine, and thousands take minutes.
LEAST_SECONDS = 4
MOST_A_SECOND = 100
# A sweep hands out hundreds of e-mails, even those already in Redis: one every second would leave a worker time for
# little else.
SWEEP_SECONDS = 4
FEW = 800  # e-mails: a part of them may be swept in a part of that time


def run_crash(owed: int, plan: Plan, *, folder: Path, copied: str | None = None) -> Report:
    """Owe e-mails, play ``plan`` while they leave, and count what arrived in ``folder``.

    Tables are made first, or copied with a database of the same server.
    """
    started = time.monotonic()
    mail = folder / "mail"
    mail.mkdir()
    keeper = GateKeeper(mail, slowness=SENDERS / min(owed / LEAST_SECONDS, MOST_A_SECOND) / 2)
    with set_stage(keeper, sweep_seconds=SWEEP_SECONDS * min(owed / FEW, 1), folder=folder, copied=copied) as stage:
        play = Play(owed=owed, plan=plan, keeper=keeper, stage=stage)
        play.run()
        expected, claims_cut, dead = stage.outbox.owed(), stage.outbox.n_claims_cut(), stage.outbox.dead()

    received = [(one.message_id, (one.recipient, one.text.strip())) for one in catcher.messages(mail)]
    copies = Counter(message_id for message_id, _ in received)
    return Report(
        plan=plan,
        arrivals=Arrivals.count(received, expected),
        sigkills=play.sigkills,
        senders_killed=play.senders_killed,
        claims_cut=claims_cut,
        forced=tuple(replace(forced, extras=copies[forced.message_id] - 1) for forced in play.forced),
        doubled=play.doubled,
        dead=dead,
        beats_killed=play.beats_killed,
        flushed=tuple(play.flushed),
        connections_cut=play.connections_cut,
        extras_of_cut=sum(copies[message_id] - 1 for message_id in play.cut),
        seconds=time.monotonic() - started,
        seconds_of_sending=play.seconds,
    )
