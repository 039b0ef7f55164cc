"""What each e-mail says of what it is given: every value and every link of its three parts, from one table.

``said.yaml`` was read by a person: a value or a link that a template loses or gains differs from it.
"""

import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.notifications.rendering import render

TABLE = yaml.safe_load((Path(__file__).parent / "said.yaml").read_text())
NAMES = """
    absence access_url alarm alarms by caller closed closing colleague confirm_url contact days epci file_url files
    firm frequency fusion groups guest_url guides inviter kept key kind labels link matches message need news note
    note_url officer organisation partner person proposal queue_url reader remark result_url review schemes sentence
    share sheets sheets_url submission survey_url task to_review url user what when
""".split()  # noqa: SIM905 -- read as words
NUMBERS = """
    n_by_people n_failing n_matches n_more n_news n_promises n_rejected n_to_review n_waiting
""".split()  # noqa: SIM905 -- read as words
MANY, DAY = 7007, date(2031, 5, 17)


class Said:
    """A value that shows what it is called; what is asked of it is named after it."""

    def __init__(self, name: str, given: dict[str, Any] | None = None) -> None:
        self._name, self._given = name, given or {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("resolve_expression", "as_sql"):
            raise AttributeError(name)
        if name in self._given:
            return self._given[name]
        if name.endswith(("_on", "_at")):
            return DAY
        return MANY if name.startswith("n_") else Said(f"{self._name}.{name}")

    def __str__(self) -> str:
        return f"⟦{self._name}⟧"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self._name)

    def __iter__(self) -> Any:
        return iter([Said(f"{self._name}.0")])

    def __len__(self) -> int:
        return 2


def context_of(given: dict[str, Any]) -> dict[str, Any]:
    return {**{name: Said(name) for name in NAMES}, **dict.fromkeys(NUMBERS, MANY), **named(given)}


def named(given: Any) -> Any:
    """Return what the table gives: ``=name`` is a value that shows its name; ``=`` in a group names it."""
    match given:
        case {"=": name, **rest}:
            return Said(name, named(rest))
        case dict():
            return {key: named(value) for key, value in given.items()}
        case list():
            return [named(value) for value in given]
        case str() if given.startswith("="):
            return Said(given[1:])
    return given


SHOWN = re.compile(
    r"""(?P<link>href=["'](?:tel:|mailto:)?)?"""
    rf"(?:⟦(?P<name>[^⟧]*)⟧|(?P<number>{MANY})|(?P<day>17 mai 2031)|(?P<count>\d+ dossiers?)|(?P<time>\d\d:\d\d\b)"
    r"""|https?://[^/\s"'<]+(?P<path>/[^\s"'<]*)?)"""
)
WHY = re.compile(r"Vous (?:le )?recevez,? [^<\n]*\.")


def said(body: str) -> str:
    """Return what a body shows, in its order: values by their names, addresses of ours, numbers, days and counts."""
    shown = []
    for found in SHOWN.finditer(body):
        what = (
            found["name"]
            or found["path"]
            or found["count"]
            or found["time"]
            or next((each for each in ("number", "day") if found[each]), "the site")
        )
        shown.append(f"link {what}" if found["link"] else what)
    return ", ".join(shown)


@pytest.mark.parametrize("name", TABLE)
def test_an_email_says_all_that_it_is_given(name):
    for case in TABLE[name]:
        message = render(name, context_of(case.get("given", {})))
        shown = {part: said(getattr(message, part)) for part in ("subject", "text", "html")}
        assert shown == {part: case[part] for part in shown}, f"{name}, given {case.get('given', {})}"


@pytest.mark.parametrize("name", TABLE)
def test_both_parts_say_in_the_same_words_why_it_came(name):
    message = render(name, context_of(TABLE[name][0].get("given", {})))
    text, html = (WHY.findall(part) for part in (message.text, unescape(message.html).replace("\xa0", " ")))
    assert len(text) == 1
    assert text == html


def test_a_subject_is_one_line_of_two_hundred_characters_at_most():
    message = render(
        "receipt", context_of({"submission": {"sheet": {"name": "Tôlerie\n" * 50}, "reference": "J" * 99}})
    )
    assert message.subject.startswith("Tôlerie Tôlerie ")
    assert len(message.subject) == 200
