"""What officers do with a file that arrived, through the services, at the pace of working days."""

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from random import Random
from typing import Any
from uuid import UUID

from django.utils.text import slugify

from backend.accounts.models import Membership, User
from backend.common.days import current_day
from backend.common.files import read_yaml
from backend.common.territory_files import territory_file
from backend.matchmaking.calls import Call, ask_call, end_call, file_call
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.follow_up import (
    answer_offers,
    close_step,
    offer_file,
    record_step,
    refer_file,
    take_file,
    write_note,
)
from backend.matchmaking.models import CallRequest, FollowUp, HandOver, Note, Review, Submission
from backend.matchmaking.referrals import may_answer
from backend.matchmaking.results import latest_result
from backend.matchmaking.reviews import Because, end_review, keep_scheme, set_aside
from backend.matchmaking.scheme_events import say
from backend.matchmaking.services import Filing, confirm_address, file_submission
from backend.matchmaking.transitions import State
from backend.notifications.models import Notification
from backend.notifications.suppression import record_delivery
from backend.privacy.consent import withdraw_consent
from backend.schemes.models import Scheme
from backend.territories.models import ServedEpci
from backend.web.management.territory.filings import Story

type Acts = Iterator[timedelta | int]  # what is waited for before the next act: see ``clock.later``

# How often; the shares of a file's acts.
UNCONFIRMED, DEAD, NOT_ENTITLED, WITHDRAWN = 0.08, 0.03, 0.015, 0.02
TAKEN, OFFERED, ACCEPTED, ELSEWHERE, NOTED, TOLD = 0.5, 0.06, 0.75, 0.02, 0.2, 0.3
APPLIED, ANSWERED, GRANTED, REFUSED, PARTNER_FOUND = 0.45, 0.8, 0.55, 0.25, 0.6
CALLED, CALL_FILED = 0.55, 0.3
# What is older has ended: the dead address was corrected, what was never confirmed is erased after thirty days.
DEAD_FOR, UNCONFIRMED_FOR = timedelta(days=60), timedelta(days=28)
N_LOOKED_AT = 8  # schemes that an officer decides on, from the top
REASONS = {
    Review.Reason.NOT_INTERESTED: 5, Review.Reason.NOT_WORTH_IT: 4, Review.Reason.ALREADY_HAS_IT: 3,
    Review.Reason.BETTER_ALTERNATIVE: 3, Review.Reason.PARTNER_FIRST: 3, Review.Reason.DEADLINE_TOO_CLOSE: 2,
    Review.Reason.PROJECT_STARTED: 2, Review.Reason.ASKED_AND_REFUSED: 2, Review.Reason.OTHER: 2,
    Review.Reason.WRONG_CRITERION: 1, Review.Reason.WRONG_FACT: 1,
}  # fmt: skip


@cache
def words() -> dict[str, Any]:
    """Return what officers write, drawn from the same file as the firms."""
    found: dict[str, Any] = read_yaml(territory_file("demo_territory.yaml"))
    return found


def officers() -> dict[int, list[User]]:
    """Return who reviews in each intercommunality, in the order of their accounts."""
    found: dict[int, list[User]] = {}
    for member in Membership.objects.reviewing().select_related("user", "organisation").order_by("user"):
        if member.organisation.epci_id:
            found.setdefault(member.organisation.epci_id, []).append(member.user)
    return found


def in_charge(of: Submission | CallRequest, draw: Random) -> User:
    """Draw an officer of the intercommunality of a file or call; of any for the pool."""
    everyone = [user for users in officers().values() for user in users]
    return draw.choice(officers().get(of.epci_id or 0, everyone))


def life_of(story: Story, draw: Random, *, now: datetime) -> Acts:
    """Ask what a firm asks, then do what officers do, an act each time the next is asked for."""
    if isinstance(story.asked, Filing):
        return _life_of_file(story.asked, draw, age=now - story.moment)
    return _life_of_call(story.asked, story.key, draw)


def _life_of_file(filing: Filing, draw: Random, *, age: timedelta) -> Acts:
    submission = file_submission(filing, on=current_day())
    if age < UNCONFIRMED_FOR and draw.random() < UNCONFIRMED:
        return
    yield timedelta(minutes=draw.choice((2, 5, 12, 240, 1500)))
    confirm_address(submission=submission)
    if age < DEAD_FOR and draw.random() < DEAD:
        _bounce(submission)
    if draw.random() < NOT_ENTITLED:
        yield draw.randint(1, 6)
        close_unentitled(submission=submission, officer=in_charge(submission, draw), on=current_day())
        return
    yield from _review(submission, draw)
    submission.refresh_from_db()
    if draw.random() < WITHDRAWN:
        yield draw.randint(2, 60)
        withdraw_consent(submission=submission)
        return
    yield from _follow_up(submission, draw)


def _bounce(submission: Submission) -> None:
    """Let the receipt come back as it does from a server that does not know the address."""
    receipt = Notification.objects.about(submission.topic).filter(kind="receipt").get()
    Notification.objects.filter(pk=receipt.pk).update(state=Notification.State.SENT, ended_at=receipt.owed_at)
    record_delivery(
        notification=receipt, delivery=Notification.Delivery.DEAD, detail="550 5.1.1 User unknown in local table"
    )


def _review(submission: Submission, draw: Random) -> Acts:
    """Read a file within some working days: take it, offer it or send it elsewhere, decide, answer."""
    yield min(draw.choice((0, 1, 1, 2, 2, 3, 4, 6, 9)), 9)
    officer = in_charge(submission, draw)
    if draw.random() < TAKEN:
        take_file(submission=submission, officer=officer)
        yield draw.choice((0, 0, 1, 2, 5))
    if draw.random() < OFFERED:
        colleague = draw.choice([user for users in officers().values() for user in users if user != officer])
        note = draw.choice(words()["hand_over_notes"])
        offered = offer_file(submission=submission, by=officer, to=colleague, note=note)
        yield draw.choice((1, 2, 4, 8))
        if _answer(offered, colleague, accept=draw.random() < ACCEPTED):
            officer = colleague
            yield draw.choice((0, 1, 3))
    if draw.random() < ELSEWHERE:
        officer = yield from _send_elsewhere(submission, officer, draw)
    submission.refresh_from_db()
    n_decided = _decide(submission, officer, draw)
    message = draw.choice(words()["messages"]) if draw.random() < TOLD or not n_decided else ""
    end_review(submission=submission, officer=officer, on=current_day(), message=message)


def _answer(offer: HandOver, officer: User, *, accept: bool) -> bool:
    return bool(answer_offers(hand_overs=[offer], to=officer, accept=accept)) and accept


def _send_elsewhere(submission: Submission, officer: User, draw: Random) -> Generator[timedelta | int, None, User]:
    submission.refresh_from_db()
    other = draw.choice(list(ServedEpci.objects.exclude(pk=submission.epci_id or 0).order_by("pk")))
    offered = refer_file(submission=submission, epci=other, by=officer, note=draw.choice(words()["hand_over_notes"]))
    yield draw.choice((1, 1, 2, 3))
    there = draw.choice(officers()[other.pk])
    if may_answer(user=there, offer=offered, on=current_day()) and _answer(offered, there, accept=True):
        yield draw.choice((1, 2, 3))
        return there
    return officer


def _listed(submission: Submission) -> list[Scheme]:
    """Return the first schemes that answer a file."""
    matches = latest_result(submission, on=current_day()).matches.answering().select_related("scheme")
    return [match.scheme for match in matches[:N_LOOKED_AT]]


def _decide(submission: Submission, officer: User, draw: Random) -> int:
    """Keep the first schemes and set some of the next ones aside; return on how many that decides."""
    schemes, n_kept = _listed(submission), draw.choice((0, 1, 1, 1, 2, 2, 3))
    kept, others = schemes[:n_kept], schemes[n_kept:]
    aside = others[: draw.choice((0, 0, 0, 1, 1, 2))]
    for scheme in kept:
        keep_scheme(submission=submission, scheme=scheme, officer=officer, on=current_day())
    for scheme in aside:
        because = _because(submission, scheme, others, draw)
        set_aside(submission=submission, scheme=scheme, officer=officer, because=because, on=current_day())
    return len(kept) + len(aside)


def _because(submission: Submission, scheme: Scheme, others: list[Scheme], draw: Random) -> Because:
    """Draw a reason, with what it asks for."""
    known = sorted(name for name, value in submission.sheet.values().items() if value is not None)
    preferred = others[-1]
    possible = {
        reason: weight
        for reason, weight in REASONS.items()
        if not (reason == Review.Reason.BETTER_ALTERNATIVE and preferred == scheme)
        and not (reason == Review.Reason.WRONG_FACT and "turnover" not in known)
    }
    reason = draw.choices(list(possible), list(possible.values()))[0]
    comments = "comments_on_criteria" if reason == Review.Reason.WRONG_CRITERION else "comments"
    return Because(
        reason=reason,
        comment=draw.choice(words()[comments]),
        message=draw.choice(words()["words_to_the_firm"]) if draw.random() < TOLD else "",
        fact="turnover" if reason == Review.Reason.WRONG_FACT else "",
        alternative=preferred if reason == Review.Reason.BETTER_ALTERNATIVE else None,
        partner=draw.choice(words()["partners"]) if reason == Review.Reason.PARTNER_FIRST else "",
    )


def _follow_up(submission: Submission, draw: Random) -> Acts:
    """Call the firm, then follow what it applies for until it is answered."""
    officer = submission.officer
    if officer is None:
        return
    if draw.random() < NOTED:
        text, audience = draw.choice(words()["notes"]), draw.choice((Note.Audience.INTERNAL, Note.Audience.SHARED))
        write_note(submission=submission, author=officer, audience=audience, text=text)
    yield draw.choice((1, 2, 3, 5, 8, 15))
    record_step(submission=submission, officer=officer, step=FollowUp.Step.CONTACTED)
    for step in FollowUp.objects.to_do().filter(submission=submission, step=FollowUp.Step.PARTNER).order_by("pk"):
        if draw.random() < PARTNER_FOUND:
            yield draw.randint(10, 60)
            close_step(follow_up=step, officer=officer)
    for review in submission.reviews.latest_by_scheme().values():
        if review.verdict != Review.Verdict.KEPT or draw.random() >= APPLIED:
            continue
        yield draw.randint(3, 25)
        record = partial(say, submission=submission, officer=officer, scheme=review.scheme)
        record(state=State.APPLIED, on=current_day())
        if draw.random() < ANSWERED:
            yield draw.randint(20, 90)
            outcome = draw.random()
            granted = State.GRANTED if outcome < GRANTED else State.REFUSED
            record(state=granted if outcome < GRANTED + REFUSED else State.GIVEN_UP, on=current_day())


def _life_of_call(asked: Call, key: UUID, draw: Random) -> Acts:
    """Ask for a call, then let an officer call, and open a file where the firm agrees."""
    call = ask_call(key=key, call=asked, on=current_day())
    if draw.random() >= CALLED:
        return
    yield draw.choice((0, 1, 1, 2))
    officer = in_charge(call, draw)
    if draw.random() >= CALL_FILED:
        end_call(call=call, officer=officer)
        return
    name, firm = call.name, call.company_name or call.name
    file_call(
        call=call,
        officer=officer,
        name=name,
        email=f"{slugify(name)}@{slugify(firm)}.example",
        phone=call.phone,
        company_name=firm,
        on=current_day(),
    )
