"""Who is away, who stands in for them, and who may say so."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.accounts.models import Absence, Membership, User
from backend.notifications.rendering import render
from backend.notifications.services import absolute_url, enqueue_email

MOST_DAYS = 366


class AbsenceError(ValueError):
    """An absence or a stand-in that cannot be, with a sentence for who declares it."""


def officers() -> QuerySet[User]:
    """Return everybody who reviews files, each once."""
    return User.objects.filter(pk__in=Membership.objects.reviewing().values("user"))


def team_of(user: User) -> QuerySet[User]:
    """Return the officers of whom someone says when they are away: oneself, and those one leads."""
    if user.memberships.whole_territory().exists():
        return officers()
    led = Membership.objects.reviewing().filter(organisation__epci__in=user.led_epcis())
    return officers().filter(Q(pk=user.pk) | Q(pk__in=led.values("user")))


def colleagues_of(user: User) -> QuerySet[User]:
    """Return the officers somebody works with: of the same intercommunalities, or all for who leads them all."""
    if user.memberships.whole_territory().exists():
        return officers()
    same = Membership.objects.reviewing().filter(organisation__epci__in=user.epcis())
    return officers().filter(pk__in=same.values("user"))


@transaction.atomic
def declare_absence(*, user: User, starts_on: date, ends_on: date, stand_in: User | None, by: User) -> Absence:
    """Say that an officer is away from one day to another, both included; the same one said twice is one.

    Who stands in is told at once, but of what they declared themselves.

    Raises ``AbsenceError`` with a sentence, ``PermissionDenied`` where it is not for this person to say.
    """
    _check_may_say(by, user)
    if ends_on < starts_on:
        raise AbsenceError(
            f"L’absence finirait le {ends_on:%d/%m/%Y}, avant de commencer le {starts_on:%d/%m/%Y} : "
            "inversez les dates."
        )
    if (ends_on - starts_on).days >= MOST_DAYS:
        raise AbsenceError("Une absence dure un an au plus : au-delà, confiez les dossiers à quelqu’un d’autre.")
    _check_stand_in(user, stand_in)
    if away := Absence.objects.from_day(ends_on).filter(user=stand_in, starts_on__lte=starts_on).first():
        raise AbsenceError(
            f"{stand_in} est absent du {away.starts_on:%d/%m/%Y} au {away.ends_on:%d/%m/%Y} : "
            "choisissez quelqu’un qui est là."
        )
    User.objects.select_for_update().get(pk=user.pk)  # two absences that are said at once
    standing = Absence.objects.filter(user=user, cancelled_at__isnull=True)
    same = standing.filter(starts_on=starts_on, ends_on=ends_on, stand_in=stand_in).first()
    if same:
        return same
    if other := standing.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).first():
        raise AbsenceError(
            f"{user} est déjà noté absent du {other.starts_on:%d/%m/%Y} au {other.ends_on:%d/%m/%Y} : "
            "annulez d’abord cette absence."
        )
    absence = Absence.objects.create(
        user=user,
        starts_on=starts_on,
        ends_on=ends_on,
        stand_in=stand_in,
        declared_by=by,
        declared_at=timezone.now(),
    )
    if stand_in and stand_in != by:
        _enqueue_stand_in(absence, stand_in, by)
    return absence


def _enqueue_stand_in(absence: Absence, stand_in: User, by: User) -> None:
    context = {"absence": absence, "by": by, "queue_url": absolute_url("officer_queue")}
    enqueue_email(
        kind="stand_in_named",
        key=f"stand_in:{absence.pk}",
        recipient=stand_in.email,
        message=render("stand_in_named", context),
        reply_to=by.email,
    )


@transaction.atomic
def cancel_absence(*, absence: Absence, by: User) -> None:
    """Take an absence back. Raises ``PermissionDenied`` where it is not for this person to say."""
    _check_may_say(by, absence.user)
    Absence.objects.filter(pk=absence.pk, cancelled_at__isnull=True).update(cancelled_at=timezone.now())


@transaction.atomic
def name_stand_in(*, user: User, stand_in: User | None, by: User) -> None:
    """Say who is told when a file of an officer waits too long.

    Raises ``AbsenceError`` with a sentence, ``PermissionDenied`` where it is not for this person to say.
    """
    _check_may_say(by, user)
    _check_stand_in(user, stand_in)
    user.stand_in = stand_in
    user.save(update_fields=["stand_in"])


def _check_may_say(by: User, user: User) -> None:
    if not team_of(by).filter(pk=user.pk).exists():
        raise PermissionDenied


def _check_stand_in(user: User, stand_in: User | None) -> None:
    if stand_in is None:
        return
    if stand_in == user:
        raise AbsenceError("On ne se supplée pas soi-même : choisissez quelqu’un d’autre.")
    if not stand_in.is_officer:
        raise AbsenceError(f"{stand_in} ne relit pas de demandes : choisissez un développeur économique en poste.")
    if not colleagues_of(user).filter(pk=stand_in.pk).exists():
        raise AbsenceError(f"{stand_in} ne voit pas les dossiers de {user} : choisissez quelqu’un de son service.")
