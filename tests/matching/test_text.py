"""A text read in pieces between white space, against the whole of it read at once."""

import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from matching import tokens
from matching.text import MOST_KEPT, fold, stem, words

# What may join letters, or keep them apart: spaces of all kinds, marks that combine, compatibility forms, ligatures.
ODD = "\t\n\x0b\x1c\x1f\x85\xa0\u1680\u2000\u2001\u200b\u2028\u202f\u3000\ufeff"
MARKS = "\u0300\u0301\u0308\u0327\u0344\u0345\u0f71\u0f72\u3099\u1161\u11a8"
LETTERS = "aeiouçÉœŒﬁßİ\u0131\u0661²½①\uff21ªK\u1100가อ_.'’-09sx"
written = st.text(st.one_of(st.sampled_from(ODD + MARKS + LETTERS), st.characters()), max_size=40)


def plainly(text: str) -> list[tuple[str, str]]:
    found = re.findall(r"[^\W_]+(?:[.][0-9]+)?", unicodedata.normalize("NFC", text))
    return [(each, stem(word)) for each in found for word in re.findall(r"[a-z0-9]+(?:[.][0-9]+)?", fold(each))]


@given(written)
@example("e \u0301t\u00e9")
@example("2.5\u20002.\u00a05")
@example("\u2001\u0344a\u0f71\u3000\u0f72")
def test_no_word_goes_across_white_space(text: str) -> None:
    assert words(text) == plainly(text)
    assert tokens(text) == [stem for _, stem in plainly(text)]


def test_more_chunks_than_are_kept_are_read_all_the_same() -> None:
    text = " ".join(f"mots{number}" for number in range(MOST_KEPT + 10))
    assert words(text) == words(text) == plainly(text)


def test_a_chunk_too_long_to_be_kept_is_read_all_the_same() -> None:
    text = ",".join(["soudeurs"] * 1_000)
    assert tokens(text) == tokens(text) == ["soud"] * 1_000
