"""Passwords that can be guessed are refused: zxcvbn counts the guesses, offline, with words of French beside its own.

zxcvbn brings 30,000 breached passwords and words of English; fixtures/passwords the words, first names and family
names of French, most frequent first. What somebody knows of the person and of the service is tried before all of them.
"""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import matching, zxcvbn

from backend.accounts.models import User
from backend.territories.models import ServedEpci

FRENCH = Path(settings.BASE_DIR) / "fixtures" / "passwords" / "language-fr-4.1.2"
LISTS = {"french": "commonWords", "french_first_names": "firstnames", "french_family_names": "lastnames"}
SERVICE_WORDS = ("jonction", "motdepasse", "territoire", "industrie", "entreprise", "compiegne", "oise", "agent")
KEYBOARD = ("azertyuiop", "qsdfghjklm", "azerty", "qsdfgh", "uiop", "qsdf", "wxcvbn", "ghjklm")  # zxcvbn knows qwerty
LEAST = 3  # of 4: a hundred million guesses
LEAST_LEFT = 8  # characters, once what is known of the person, the service and the keyboard is taken out
LONGEST = 72  # what zxcvbn looks at: it takes time that grows with the square
_one_at_a_time = Lock()  # zxcvbn keeps the words of a call in a global


class GuessableValidator:
    """A validator of Django for ``AUTH_PASSWORD_VALIDATORS``."""

    def validate(self, password: str, user: User | None = None) -> None:
        _load_french()
        known = sorted(set(_known_words(user)), key=len, reverse=True)
        # zxcvbn adds 10,000 guesses for each further part, however well known all of them are.
        if part := _given_away(password, known):
            raise ValidationError(_sentence("user_inputs", part), code="password_guessable")
        if part := _given_away(password, KEYBOARD):
            raise ValidationError(_sentence("spatial", part), code="password_guessable")
        with _one_at_a_time:
            found = zxcvbn(password[:LONGEST], user_inputs=known)
        if found["score"] < LEAST:
            raise ValidationError(_why(found), code="password_guessable")

    def get_help_text(self) -> str:
        return _(
            "Le plus simple à retenir et à taper : quatre mots sans rapport entre eux. Ni votre nom, ni celui du"
            " service, ni un mot de passe connu."
        )


def _given_away(password: str, words: Sequence[str]) -> str:
    """Return the first word that is in a password of which little is left without them; empty where enough is."""
    rest, first = password.lower(), ""
    for word in words:
        if word in rest:
            first, rest = first or word, rest.replace(word, "")
    return first if len(rest) < LEAST_LEFT else ""


def _why(found: dict[str, Any]) -> str:
    """Say what gives a password away: the longest part of it that follows a pattern."""
    parts = [part for part in found["sequence"] if part["pattern"] != "bruteforce"]
    if not parts:
        return _sentence("", "")
    part = max(parts, key=lambda each: len(each["token"]))
    return _sentence(part.get("dictionary_name", part["pattern"]), part["token"])


def _sentence(reason: str, part: str) -> str:
    reasons = {
        "": "",
        "spatial": _(" : « %(part)s » se suit sur le clavier"),
        "repeat": _(" : « %(part)s » se répète"),
        "sequence": _(" : « %(part)s » est une suite"),
        "date": _(" : « %(part)s » est une date"),
        "regex": _(" : « %(part)s » est une année"),
        "user_inputs": _(" : « %(part)s » vient de votre nom ou de celui du service"),
        "passwords": _(" : « %(part)s » est un mot de passe connu"),
    }
    why = reasons.get(reason, _(" : « %(part)s » est un mot ou un nom courant")) % {"part": part}
    return _("Ce mot de passe se devine trop vite%(why)s. Prenez quatre mots sans rapport entre eux.") % {"why": why}


@cache
def _load_french() -> None:
    matching.add_frequency_lists(
        {name: json.loads((FRENCH / f"{file}.json").read_text(encoding="utf-8")) for name, file in LISTS.items()}
    )


def _known_words(user: User | None) -> Iterator[str]:
    """What somebody knows of a person and of the service: in words, and written together."""
    texts = [*SERVICE_WORDS]
    if user is not None:
        texts += [user.email, user.first_name, user.last_name]
        if user.pk:
            texts += user.memberships.values_list("organisation__name", flat=True)
    for names in ServedEpci.objects.values_list("short_name", "usual_name"):
        texts += names
    for text in texts:
        words = [word for word in re.split(r"[^\w]+", text.lower()) if len(word) > 2]
        yield from words
        if len(words) > 1:
            yield "".join(words)
