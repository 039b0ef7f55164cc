"""What a person who does not see an e-mail, or sees it badly, needs of its HTML part."""

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

import tinyhtml5

BLACK, WHITE = "#000000", "#ffffff"
LEAST_CONTRAST = 4.5  # RGAA 3.2, for letters of any size
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
UNSEEN = ("style", "title", "head", "script")
NOT_SAID = {"ici", "cliquez ici", "lien", "en savoir plus", "lire la suite"}


def assert_readable(html: str, text: str) -> None:
    """Check language, title, order of headings, what links say, contrast, and that the text part leads as far."""
    root = tinyhtml5.parse(html, namespace_html_elements=False)
    assert root.get("lang") == "fr"
    assert words_of(root.find("head/title"))
    levels = [int(heading.tag[1]) for heading in root.iter() if heading.tag in HEADINGS]
    assert levels[:1] == [1], levels
    assert levels.count(1) == 1, levels
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    said: dict[str, str] = {}
    for link in root.iter("a"):
        words, address = words_of(link), link.get("href", "")
        assert words, address
        assert words.casefold() not in NOT_SAID, words
        assert re.match(r"(https?|mailto|tel):", address), address
        assert said.setdefault(words, address) == address, f"two links say {words}"
        assert address in text or not address.startswith("http"), address
    for table in root.iter("table"):  # of figures: none lays out
        headers = list(table.iter("th"))
        assert headers, words_of(table)
        assert all(header.get("scope") for header in headers), words_of(table)
    assert not [image for image in root.iter("img") if "alt" not in image.attrib]
    for words, letters, ground in seen(root, BLACK, WHITE):
        assert contrast(letters, ground) >= LEAST_CONTRAST, (words, letters, ground)


def words_of(element: Element | None) -> str:
    return " ".join("".join(element.itertext()).split()) if element is not None else ""


def seen(element: Element, letters: str, ground: str) -> Iterator[tuple[str, str, str]]:
    """Yield the words of an e-mail, each with the colours of its letters and of what is behind them."""
    if element.tag in UNSEEN or not isinstance(element.tag, str):
        return
    style = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", element.get("style", "")))
    letters, ground = style.get("color", letters).strip(), style.get("background", ground).strip()
    for words in (element.text, *(child.tail for child in element)):
        if words and words.strip():
            yield words.strip(), letters, ground
    for child in element:
        yield from seen(child, letters, ground)


def contrast(letters: str, ground: str) -> float:
    """Return the contrast of two colours written ``#rrggbb`` (WCAG 2.2, contrast ratio)."""
    low, high = sorted((luminance(letters), luminance(ground)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
