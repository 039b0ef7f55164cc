"""What a team has in hand: who is away, how many files each holds and since when the oldest waits."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from backend.accounts.absences import team_of
from backend.accounts.models import Absence, User
from backend.matchmaking.models import Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person of a team, or one who left it and still holds files."""

    user: User
    n_held: int
    n_nowhere: int  # of them, those whose commune is not known: they are of no intercommunality
    waits_since: tuple[date, ...]  # of the files held whose review is awaited, the oldest first
    absences: tuple[Absence, ...]  # now or later

    def left_alone(self, absence: Absence) -> int:
        """Return how many of the files whose review is awaited have no stand-in while their officer is away."""
        stand_in = absence.stand_in or self.user.stand_in
        return 0 if stand_in and stand_in.is_active else len(self.waits_since)

    def absences_with_left(self) -> list[tuple[Absence, int]]:
        """Return each absence with how many files it leaves without a stand-in."""
        return [(absence, self.left_alone(absence)) for absence in self.absences]


def holders_led_by(user: User) -> QuerySet[User]:
    """Return who holds open files of the intercommunalities that someone leads, each with how many (``n_held``)."""
    here = Q(files__closed_at=None, files__erased_at=None, files__epci__in=list(user.led_epcis()))
    return User.objects.annotate(n_held=Count("files", filter=here)).filter(n_held__gt=0)


def team(user: User, *, on: date) -> list[Member]:
    """Return the officers whose absences someone may say, and all who hold files of an intercommunality they lead."""
    held = Submission.objects.visible_to(user).still_open()  # who moved holds others, of which nothing is said here
    here, holders = team_of(user).values("pk"), holders_led_by(user).values("pk")
    people = list(User.objects.filter(Q(pk__in=here) | Q(pk__in=holders)).select_related("stand_in"))
    files: dict[int, list[Submission]] = defaultdict(list)
    for file in held.filter(officer__in=people):
        files[file.officer_id or 0].append(file)
    absences: dict[int, list[Absence]] = defaultdict(list)
    for absence in Absence.objects.from_day(on).filter(user__in=people).select_related("stand_in"):
        absences[absence.user_id].append(absence)
    return [
        Member(
            user=person,
            n_held=len(files[person.pk]),
            n_nowhere=sum(file.epci_id is None for file in files[person.pk]),
            waits_since=tuple(sorted(file.waits_since for file in files[person.pk] if file.reviewed_at is None)),
            absences=tuple(absences[person.pk]),
        )
        for person in people
    ]
