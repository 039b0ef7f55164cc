"""What the suite counted, what it planned, and what does not hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

ANSWER = len(b"250 OK\r\n")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many kills: of senders and workers whatever they do, then, in each round, one sender at each moment.

    The moments are: the message received and not kept, kept and not answered, answered and not committed.
    """

    senders: int
    workers: int
    rounds: int

    @property
    def sigkills(self) -> int:
        return self.senders + self.workers + 3 * self.rounds


FULL = Plan(senders=4, workers=4, rounds=5)
SHORT = Plan(senders=1, workers=2, rounds=2)


@dataclass(frozen=True, kw_only=True)
class Forced:
    """A sender killed between the server's 250 and our commit; ``unread`` bytes of answer were waiting for it."""

    message_id: str
    unread: int
    is_claim_left: bool  # after the kill, the row says what it said before: claimed, by this attempt
    extras: int = 0

    @property
    def holds(self) -> bool:
        return self.unread == ANSWER and self.is_claim_left and self.extras == 1

    def __str__(self) -> str:
        claim = "left" if self.is_claim_left else "not left"
        return f"{self.message_id}: {self.unread} bytes of answer unread, claim {claim}, {self.extras} extra copies"


@dataclass(frozen=True, kw_only=True)
class Doubled:
    """What two beats did before anything was killed."""

    ticks: tuple[int, int]
    twice: int  # e-mails that waited twice in Redis at the same time
    received: int
    extras: int


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """What arrived, held against what was owed."""

    owed: int
    received: int
    missing: int
    strangers: int
    changed: int

    @property
    def distinct(self) -> int:
        return self.owed - self.missing

    @property
    def extras(self) -> int:
        return self.received - self.distinct - self.strangers

    @classmethod
    def count(cls, received: list[tuple[str, tuple[str, str]]], owed: Mapping[str, tuple[str, str]]) -> Self:
        """Compare messages with those owed: pairs of a Message-ID and of what it holds."""
        found = {message_id for message_id, _ in received}
        return cls(
            owed=len(owed),
            received=len(received),
            missing=len(owed.keys() - found),
            strangers=sum(message_id not in owed for message_id, _ in received),
            changed=sum(message_id in owed and owed[message_id] != content for message_id, content in received),
        )


@dataclass(frozen=True, kw_only=True)
class Dead:
    """What became of the addresses that refuse what they are sent, or from which it comes back."""

    addresses: int
    put_off: int  # e-mails refused for a while at first
    known: int  # addresses that are suppressed
    others: int  # e-mails to other addresses that something came back of
    with_a_task: int
    tasks: int


@dataclass(frozen=True, kw_only=True)
class Report:
    plan: Plan
    arrivals: Arrivals
    sigkills: int
    senders_killed: int
    claims_cut: int
    forced: tuple[Forced, ...]
    doubled: Doubled
    dead: Dead
    beats_killed: int
    flushed: tuple[int, ...]  # tasks that were waiting in Redis at each FLUSHALL
    connections_cut: int
    extras_of_cut: int  # of e-mails that were leaving when connections to the database were cut
    seconds: float
    seconds_of_sending: float

    @property
    def faults(self) -> list[str]:
        arrivals = self.arrivals
        found = {
            f"{arrivals.missing} e-mails never arrived": arrivals.missing > 0,
            f"{arrivals.strangers} copies are of no e-mail owed": arrivals.strangers > 0,
            f"{arrivals.changed} copies differ from what is owed": arrivals.changed > 0,
            f"{arrivals.extras} extra copies for {self.senders_killed} sending processes killed": (
                arrivals.extras > self.senders_killed
            ),
            f"{self.sigkills} SIGKILLs of {self.plan.sigkills} planned": self.sigkills < self.plan.sigkills,
            f"{len(self.forced)} forced kills of {self.plan.rounds} planned": len(self.forced) < self.plan.rounds,
            f"two beats cost {self.doubled.extras} extra copies": self.doubled.extras > 0,
            "two beats handed no e-mail out twice": not (all(self.doubled.ticks) and self.doubled.twice),
            "Redis was not emptied twice with tasks in it": sum(tasks > 0 for tasks in self.flushed) < 2,
            "no connection to the database was cut": self.connections_cut == 0,
            f"{self.dead.known} of {self.dead.addresses} dead addresses are suppressed": (
                self.dead.known != self.dead.addresses
            ),
            f"{self.dead.with_a_task} of {self.dead.addresses} dead addresses have a task": (
                self.dead.with_a_task != self.dead.addresses
            ),
            f"{self.dead.tasks - self.dead.with_a_task} tasks too many": self.dead.tasks > self.dead.with_a_task,
            f"{self.dead.others} e-mails to living addresses came back": self.dead.others > 0,
            "no address was dead, or no e-mail put off": not (self.dead.addresses and self.dead.put_off),
            f"cutting the connections cost {self.extras_of_cut} extra copies": self.extras_of_cut > 0,
        }
        broken = [str(forced) for forced in self.forced if not forced.holds]
        return [fault for fault, is_true in found.items() if is_true] + broken

    def __str__(self) -> str:
        arrivals, doubled = self.arrivals, self.doubled
        claimed = sum(forced.is_claim_left for forced in self.forced)
        lines = (
            f"{arrivals.owed} e-mails owed, {arrivals.distinct} distinct Message-IDs received, "
            f"{arrivals.missing} missing, {arrivals.strangers} strangers, {arrivals.changed} changed",
            f"{arrivals.extras} extra copies for {self.senders_killed} sending processes killed by {self.sigkills} "
            f"SIGKILLs, {self.plan.workers} of them to whole workers; {self.claims_cut} claims cut",
            f"{len(self.forced)} of the SIGKILLs forced between the server's 250 and our commit: {claimed} rows still "
            f"claimed after the kill, extra copies {' '.join(str(forced.extras) for forced in self.forced)}",
            f"2 beats at once, {doubled.ticks[0]} and {doubled.ticks[1]} ticks: {doubled.twice} e-mails waited twice, "
            f"{doubled.received} received, {doubled.extras} extra copies; then {self.beats_killed} beats killed",
            f"{len(self.flushed)} FLUSHALL, with {' and '.join(map(str, self.flushed))} tasks in Redis; "
            f"{self.connections_cut} database connections cut, {self.extras_of_cut} extra copies",
            f"{self.dead.put_off} e-mails put off at first; {self.dead.addresses} dead addresses: {self.dead.known} "
            f"suppressed, {self.dead.with_a_task} with a task, {self.dead.tasks} tasks",
            f"{self.seconds:.0f} s, {self.seconds_of_sending:.0f} s of them sending: "
            f"{arrivals.owed / self.seconds_of_sending:.0f} e-mails a second",
            "; ".join(self.faults) or "holds",
        )
        return "\n".join(f"crash: {line}" for line in lines)
