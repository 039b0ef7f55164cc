"""Errors of the engine: each says what was wrong, what was given and what is accepted."""

from typing import ClassVar


class MatchingError(ValueError):
    """Base of every error the engine raises on purpose."""


class CriterionError(MatchingError):
    """A criterion is not well formed.

    Parameters
    ----------
    message : str
        What is wrong, what was given, what is accepted.
    place : str
        Where in the definition, such as ``criteria[2].of[0]``.
    reason : str
        What is wrong in one word, for who words it in another language: one of ``REASONS``.
    parameter : str
        Which one is wrong, where the place does not say it.
    given : object
        What was given.
    accepted : tuple of str
        The words accepted in its place, where they are few.
    """

    REASONS: ClassVar[tuple[str, ...]] = (
        "object", "kind", "depth", "parameter", "missing", "list", "type", "date",
        "choice", "empty", "blank", "code", "both", "incomplete", "nature",
        "no_bound", "two_bounds", "upside_down", "every_size", "no_end", "yearly_days", "yearly_length",
        "seen_state", "seen_days",
    )  # fmt: skip

    def __init__(
        self,
        message: str,
        *,
        place: str = "",
        reason: str = "",
        parameter: str = "",
        given: object = None,
        accepted: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.message = message
        self.place = place
        self.reason = reason
        self.parameter = parameter
        self.given = given
        self.accepted = accepted

    def inside(self, place: str) -> "CriterionError":
        """Return the same error, its place told from further up."""
        return CriterionError(
            self.message,
            place=f"{place}.{self.place}" if self.place else place,
            reason=self.reason,
            parameter=self.parameter,
            given=self.given,
            accepted=self.accepted,
        )


class FactError(MatchingError):
    """A fact of a profile has an impossible value, such as an interval upside down."""


class RelationError(MatchingError):
    """Relations between schemes cannot all hold.

    Parameters
    ----------
    message : str
        What is wrong, what was given, what is accepted.
    reason : str
        ``kind``, ``cap``, ``itself``, ``cycle``, ``contradiction`` or ``both`` (excluded and cumulable).
    schemes : tuple of str
        Whom it is about: of a cycle, each scheme before the one that comes first for it, the first again at the end;
        of a contradiction, the scheme, then the two it needs (itself perhaps) that exclude each other; else the two.
    """

    def __init__(self, message: str, *, reason: str, schemes: tuple[str, ...]) -> None:
        super().__init__(message)
        self.reason = reason
        self.schemes = schemes
