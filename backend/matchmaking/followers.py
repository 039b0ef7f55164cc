"""Who follows a file for its firm on a day: its officer or, while they are away, who stands in for them."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from backend.accounts.models import Absence, User
from backend.common.days import day_in_words
from backend.matchmaking.models import Submission


@dataclass(frozen=True, slots=True)
class Follower:
    """The officer of a file; ``absence`` holds on the day that was asked of, ``stand_in`` until it ends."""

    officer: User
    absence: Absence | None = None
    stand_in: User | None = None

    @property
    def here(self) -> User | None:
        """Who is there: nobody, where the officer is away and no one stands in."""
        return self.stand_in if self.absence else self.officer

    @property
    def back_after(self) -> str:
        """The last day of the absence, in words."""
        return day_in_words(self.absence.ends_on) if self.absence else ""

    def __str__(self) -> str:
        if self.absence is None:
            return str(self.officer)
        words = {"officer": self.officer, "stand_in": self.stand_in, "day": self.back_after}
        if self.stand_in:
            return _("%(stand_in)s, à la place de %(officer)s jusqu’au %(day)s inclus") % words
        return _("%(officer)s, qui n’est pas là jusqu’au %(day)s inclus") % words


def follower_of(submission: Submission, *, on: date) -> Follower | None:
    """Return who follows a file on a day; none where nobody in post has it."""
    officer = submission.officer_in_post
    if officer is None:
        return None
    absence = _absence_of(officer, on)
    if absence is None:
        return Follower(officer)
    stand_in = absence.stand_in or officer.stand_in
    is_there = stand_in and stand_in.posts.covers(submission.epci_id) and not _absence_of(stand_in, on)
    return Follower(officer, absence, stand_in if is_there else None)


def _absence_of(user: User, on: date) -> Absence | None:
    """Return the absence that holds on a day, of those of somebody: a page that lists files reads them at once."""
    return next((row for row in user.absences.all() if row.holds_on(on)), None)
