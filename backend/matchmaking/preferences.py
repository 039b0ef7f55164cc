"""The preferences of a file: those that its text says, less those that the firm took away."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date

from backend.matchmaking import engine
from backend.matchmaking.models import Submission


@dataclass(frozen=True, slots=True)
class SaidPreference:
    """A preference as people read it, with the sentence that says it: none where it was given."""

    key: str
    sentence: str | None

    @property
    def label(self) -> str:
        return engine.preference_labels()[self.key]


type Preferences = tuple[list[SaidPreference], list[SaidPreference]]


def preferences_of(submission: Submission) -> Preferences:
    """Return the preferences of a file that hold, and those that the firm took away.

    What its text says of time is said on the day it was filed.
    """
    said = said_of(submission.text, engine.read_preferences(submission.text, on=submission.filed_on))
    return _apart(said, submission.preference_corrections.removed() if said else ())


def preferences_in(text: str, removed: Container[str], *, on: date) -> Preferences:
    """Return the preferences that a text of a day says, and those of them that were taken away."""
    return _apart(said_of(text, engine.read_preferences(text, on=on)), removed)


def _apart(said: list[SaidPreference], removed: Container[str]) -> Preferences:
    return [one for one in said if one.key not in removed], [one for one in said if one.key in removed]


def said_of(text: str, preferences: tuple[engine.Preference, ...]) -> list[SaidPreference]:
    """Put preferences with the sentences of a text."""
    return [
        SaidPreference(one.key, None if one.sentence is None else text[slice(*one.sentence)]) for one in preferences
    ]
