"""Whose figures somebody reads: exact ones of the intercommunality one leads, or of the whole territory."""

from dataclasses import dataclass, replace
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from backend.accounts.models import User
from backend.territories.models import ServedEpci
from backend.territories.services import served_epcis


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The intercommunalities that somebody leads, by name; ``is_whole`` adds files of which the place is not known."""

    epcis: tuple[ServedEpci, ...]
    is_whole: bool

    def rows(self, column: str) -> Q:
        """Return the rows of the scope, by the column that says their intercommunality."""
        return Q() if self.is_whole else Q(**{f"{column}__in": self.epcis})


def whole_territory() -> Scope:
    return Scope(epcis=served_epcis(), is_whole=True)


def scope_of(user: User) -> Scope:
    """Return what somebody leads; raise ``PermissionDenied`` where that is nothing."""
    if user.posts.leads_territory:
        return whole_territory()
    if not user.posts.leads:
        raise PermissionDenied
    epcis = tuple(epci for epci in served_epcis() if epci.pk in user.posts.led)
    if not epcis:  # of an organisation without one
        raise PermissionDenied
    return Scope(epcis=epcis, is_whole=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What figures are of; what is empty filters nothing."""

    epci: ServedEpci | None = None
    commune: str = ""
    need: str = ""
    sub_need: str = ""
    sub_needs: tuple[str, ...] = ()  # those of a lens: any of them
    size: str = ""
    since: date | None = None

    def decided_by(self, scope: Scope) -> "Filters":
        """Return the same for a decision, which is of one intercommunality unless its lead leads them all.

        Raises ``PermissionDenied`` for another's, and where none of several was chosen.
        """
        if self.epci is None and not scope.is_whole and len(scope.epcis) == 1:
            return replace(self, epci=scope.epcis[0])
        if (self.epci is None and scope.is_whole) or self.epci in scope.epcis:
            return self
        raise PermissionDenied
