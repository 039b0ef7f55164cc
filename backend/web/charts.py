"""Charts drawn on the server as SVG: whole units, no style, and each beside the table that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LABELS = 340, 130, 18  # units: about pixels on a phone
ROW = 40  # of a bar with its words above


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A rectangle; ``label`` stands beside it, ``value`` is what it is of."""

    x: int
    y: int
    width: int
    height: int
    label: str = ""
    value: int = 0


def rows(values: Sequence[tuple[str, int]]) -> list[Bar]:
    """Return a bar a row, from the left, each as long as its share of the longest."""
    most = max((value for _label, value in values), default=0) or 1
    return [
        Bar(x=0, y=ROW * n + 18, width=round(WIDTH * value / most), height=16, label=label, value=value)
        for n, (label, value) in enumerate(values)
    ]


def columns(values: Sequence[tuple[str, int, int]]) -> tuple[list[Bar], list[Bar]]:
    """Return two bars a column, the second before the first; one label in so many that they do not touch."""
    most = max((first for _label, first, _second in values), default=0) or 1
    step = WIDTH / max(len(values), 1)
    every = -(-len(values) // 6)
    behind: list[Bar] = []
    before: list[Bar] = []
    for n, (label, first, second) in enumerate(values):
        said = label if n % every == 0 else ""
        for bars, value in ((behind, first), (before, second)):
            height = round((HEIGHT - LABELS) * value / most)
            bars.append(
                Bar(
                    x=round(step * n),
                    y=HEIGHT - LABELS - height,
                    width=max(1, round(step * 0.8)),
                    height=height,
                    label=said,
                    value=value,
                )
            )
    return behind, before


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A bar of a share, and where the line stands of what was aimed at; ``None`` where nothing was."""

    bar: Bar
    aimed_y: int | None
    end: int  # of the line, which starts with the bar


def shares(values: Sequence[tuple[str, int | None, int | None]]) -> list[Share]:
    """Return a column for each share in percent, of a whole height of 100 %; one not known has none."""
    step = WIDTH / max(len(values), 1)
    every = -(-len(values) // 6)
    found = []
    for n, (label, share, aimed) in enumerate(values):
        height = round((HEIGHT - LABELS) * (share or 0) / 100)
        bar = Bar(
            x=round(step * n),
            y=HEIGHT - LABELS - height,
            width=max(1, round(step * 0.8)),
            height=height,
            label=label if n % every == 0 else "",
            value=share or 0,
        )
        aimed_y = None if aimed is None else round((HEIGHT - LABELS) * (100 - aimed) / 100)
        found.append(Share(bar=bar, aimed_y=aimed_y, end=bar.x + bar.width))
    return found
