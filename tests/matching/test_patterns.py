"""Patterns that are given as data: a sentence that is not searched holds nothing that would be found."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from matching.patterns import PatternTable, patterns_of
from tests.reference import ROOT


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "fixtures" / name).read_text())
    return content


FIGURES, PREFERENCES, SPOKEN = _read("figures.yaml"), _read("preferences.yaml"), _read("spoken_facts.yaml")
LANGUAGE = _read("language.yaml")
# What is searched for, by name, and the words that its patterns may name.
SEARCHED = [
    (PREFERENCES["preferences"], PREFERENCES, ("dates", "numbers", "units")),
    (FIGURES["facts"], FIGURES, ("numbers", "scales")),
    ({f"{at} {row['fact']}": row for at, row in enumerate(SPOKEN["statements"])}, SPOKEN, ("months",)),
    (LANGUAGE["openings"], LANGUAGE, ()),
]
PATTERNS = {
    name: (row["about"], patterns)
    for rows, content, words in SEARCHED
    for (name, row), patterns in zip(
        rows.items(),
        patterns_of(
            {name: row["patterns"] for name, row in rows.items()},
            parts=content["parts"],
            words={word: content[word] for word in words},
        ).values(),
        strict=True,
    )
}


@pytest.mark.parametrize("name", PATTERNS)
@given(data=st.data())
def test_what_a_pattern_finds_holds_something_of_what_it_is_about(name: str, data: st.DataObject) -> None:
    about, patterns = PATTERNS[name]
    pattern = data.draw(st.sampled_from(patterns))
    found = pattern.search(data.draw(st.from_regex(pattern)))
    assert found is not None
    assert any(word in found[0] for word in about)


def test_a_sentence_is_searched_for_what_it_may_say() -> None:
    patterns = {"loan": ["pas de prêt"], "age": [r"\d+ ans"]}
    table = PatternTable(patterns, parts={}, words={}, about={"loan": ["prêt", "crédit"]})
    assert [name for name, _ in table.of("pas de crédit")] == ["loan", "age"]
    assert [name for name, _ in table.of("rien")] == ["age"]
