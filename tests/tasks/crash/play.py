"""The play: e-mails leave, and everything is broken meanwhile, step by step."""

import os
import signal
import subprocess
import time
from collections.abc import Callable

from tests.tasks.crash import kernel
from tests.tasks.crash.keeper import GateKeeper, Letter, Moment
from tests.tasks.crash.programs import START_SECONDS, Program, kill, wait_until
from tests.tasks.crash.report import Doubled, Forced, Plan
from tests.tasks.crash.stage import Stage

FIRST_PART, LAST_PART = 0.1, 0.8  # of the e-mails: when the first step comes, when the last
TOGETHER = 2  # messages that must be leaving when a worker is killed, or everybody's connections are cut
WAITING = 20  # tasks in Redis before it is emptied: more than are taken out meanwhile


class Play:
    def __init__(self, *, owed: int, plan: Plan, keeper: GateKeeper, stage: Stage) -> None:
        self._owed, self._plan, self._keeper, self._stage = owed, plan, keeper, stage
        self.sigkills = 0
        self.senders_killed = 0
        self.beats_killed = 0
        self.forced: list[Forced] = []
        self.flushed: list[int] = []
        self.connections_cut = 0
        self.cut: list[str] = []  # Message-IDs of what was leaving meanwhile
        self.doubled: Doubled
        self._readers: list[subprocess.Popen[bytes]] = []
        self.seconds: float  # of sending
        self._worker: Program
        self._beats: list[Program]

    def run(self) -> None:
        steps = self._steps()
        self._beats = [self._stage.start_beat("first-beat"), self._stage.start_beat("second-beat")]
        self._stage.owe(self._owed)
        for beat in self._beats:
            beat.wait_for(lambda beat=beat: beat.ticks)
        started = time.monotonic()
        self._worker = self._stage.start_worker()  # its first tasks are a tick of each beat
        self._watch_two_beats()
        for number, step in enumerate(steps):
            self._wait_for_part(FIRST_PART + (LAST_PART - FIRST_PART) * number / len(steps))
            step()
        self._wait_while_some_are_left()
        self.seconds = time.monotonic() - started
        for program in (*self._beats, self._worker):  # gently: a copy too many that is on its way counts
            program.stop()
        for reader in self._readers:  # some of them lost their connection to the database
            reader.wait()
        if any(reader.wait() for reader in self._stage.read_reports()):
            raise RuntimeError(f"What came back could not be read: {self._stage.folder}/reports.log says why.")

    def _steps(self) -> list[Callable[[], None]]:
        """Kills that choose no e-mail come first: none may hit the second sending of one whose copies are counted."""
        plan = self._plan
        round_of_kills = [self._kill_before_it_is_kept, self._kill_before_the_answer, self._kill_before_the_commit]
        return [
            *[self._kill_some_sender] * plan.senders,
            self._kill_a_beat,
            *[self._kill_worker] * (plan.workers - 1),
            self._start_reading,
            self._empty_redis,
            self._kill_everything,
            self._cut_database,
            *round_of_kills * plan.rounds,
        ]

    # -- waiting

    def _wait_for_part(self, part: float) -> None:
        self._wait_while_it_grows(lambda: self._keeper.n_received, int(self._owed * part))

    def _wait_while_it_grows(self, number: Callable[[], int], wanted: int) -> None:
        while (seen := number()) < wanted:
            self._worker.wait_for(lambda seen=seen: number() > seen, seconds=START_SECONDS)

    def _wait_while_some_are_left(self) -> None:
        """Not all are sent: the claim of a dead sender whose e-mail came back meanwhile ends without a second copy."""
        n_left = self._stage.outbox.n_left
        while left := n_left():
            self._worker.wait_for(lambda left=left: n_left() < left, seconds=START_SECONDS)

    def _wait_for_tasks(self) -> None:
        self._worker.wait_for(lambda: self._stage.n_tasks() >= WAITING)

    # -- the steps

    def _start_reading(self) -> None:
        self._readers = self._stage.read_reports()

    def _watch_two_beats(self) -> None:
        """See e-mails handed out twice, and count before anything is killed: no copy has an excuse yet."""
        twice = 0

        def is_doubled() -> bool:
            nonlocal twice
            twice = max(twice, self._stage.n_tasks_twice())
            return twice >= WAITING

        self._worker.wait_for(is_doubled)
        self._wait_for_part(FIRST_PART)
        first, second = (beat.ticks for beat in self._beats)
        self.doubled = Doubled(
            ticks=(first, second),
            twice=twice,
            received=self._keeper.n_received,
            extras=self._keeper.n_extras,
        )

    def _kill_some_sender(self) -> None:
        """Whatever it does: each of them in turn."""
        senders = self._worker.children()
        self._kill_sender(senders[self.sigkills % len(senders)])

    def _kill_a_beat(self) -> None:
        self._beats.pop().kill()
        self.beats_killed += 1

    def _kill_worker(self) -> None:
        moment = list(Moment)[self.sigkills % len(Moment)]
        with self._keeper.hold(moment, count=TOGETHER):
            self._kill_whole_worker()
        self._worker = self._stage.start_worker()

    def _empty_redis(self) -> None:
        self._wait_for_tasks()
        with self._keeper.hold(Moment.KEPT):
            self._flush()

    def _cut_database(self) -> None:
        """Cut every connection while e-mails have left and are not recorded as sent."""
        with self._keeper.hold(Moment.KEPT, count=TOGETHER) as letters:
            self.connections_cut = self._stage.outbox.cut_connections()
            self.cut = [letter.message_id for letter in letters]

    def _kill_everything(self) -> None:
        self._wait_for_tasks()
        with self._keeper.hold(Moment.KEPT, count=TOGETHER):
            self._kill_whole_worker()
        self._kill_a_beat()
        self._flush()
        self._beats = [self._stage.start_beat("third-beat")]
        self._worker = self._stage.start_worker()

    def _kill_before_it_is_kept(self) -> None:
        self._kill_at(Moment.RECEIVED)

    def _kill_before_the_answer(self) -> None:
        self._kill_at(Moment.KEPT)

    def _kill_before_the_commit(self) -> None:
        """Stop a sender, let the server answer it 250, and kill it with the answer unread."""
        outbox = self._stage.outbox
        with self._keeper.hold(Moment.KEPT) as letters:
            letter = letters[0]
            sender = self._sender_of(letter)
            os.kill(sender, signal.SIGSTOP)
            wait_until(lambda: kernel.is_stopped(sender))
            before = outbox.row(letter.message_id)
        wait_until(lambda: self._socket_of(letter).unread)
        unread = self._socket_of(letter).unread
        self._kill_sender(sender)
        after = outbox.row(letter.message_id)
        self.forced.append(
            Forced(
                message_id=letter.message_id,
                unread=unread,
                is_claim_left=after is not None and after.state == "claimed" and after == before,
            )
        )

    # -- killing

    def _kill_at(self, moment: Moment) -> None:
        with self._keeper.hold(moment) as letters:
            self._kill_sender(self._sender_of(letters[0]))
            wait_until(lambda: letters[0] not in self._keeper.held)  # the server has noticed

    def _kill_sender(self, pid: int) -> None:
        kill(pid)
        self.sigkills += 1
        self.senders_killed += 1

    def _kill_whole_worker(self) -> None:
        self.senders_killed += len(self._worker.children())
        self._worker.kill()
        self.sigkills += 1

    def _flush(self) -> None:
        self.flushed.append(self._stage.n_tasks())
        self._stage.broker.flushall()

    def _socket_of(self, letter: Letter) -> kernel.Socket:
        return kernel.socket_at(letter.port, peer_port=self._stage.port)

    def _sender_of(self, letter: Letter) -> int:
        return kernel.owner(self._socket_of(letter), among=self._worker.children())
