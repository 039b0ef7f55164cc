"""What firms do not want: a sentence that is not searched holds nothing that would be found."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from matching.patterns import patterns_of
from tests.reference import ROOT

CONTENT: dict[str, Any] = yaml.safe_load((ROOT / "fixtures" / "preferences.yaml").read_text())
PATTERNS = patterns_of(
    {key: row["patterns"] for key, row in CONTENT["preferences"].items()},
    parts=CONTENT["parts"],
    words={name: CONTENT[name] for name in ("dates", "numbers", "units")},
)


@pytest.mark.parametrize("preference", PATTERNS)
@given(data=st.data())
def test_what_a_pattern_finds_holds_something_of_what_it_is_about(preference: str, data: st.DataObject) -> None:
    pattern = data.draw(st.sampled_from(PATTERNS[preference]))
    found = pattern.search(data.draw(st.from_regex(pattern)))
    assert found is not None
    assert any(word in found[0] for word in CONTENT["preferences"][preference]["about"])
