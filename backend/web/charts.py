"""Charts drawn on the server as SVG: whole units, no style, and each beside the table that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, cycle, pairwise

WIDTH, HEIGHT, LABELS = 340, 130, 18  # units: about pixels on a phone
ROW = 40  # of a bar with its words above
STACKED = 30  # the same, where there are many
UNSAID = 14  # of a part that is no number, with what keeps it apart from the next
COLOURS = ("#0b3b46", "#2f8191", "#8cc5cf", "#c7801e")  # of parts; a PDF takes none from a style sheet


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Columns, each series of them one path, and labels with where they start: sixty months weigh what twelve do."""

    behind: str
    before: str = ""
    aimed: str = ""
    labels: list[tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Bars in parts, a row each: ``series`` are the name, colour and path of a part; ``labels`` where words stand.

    What is no number is outlined: ``outlines`` are a colour and a path, ``unsaid`` what they are, in words.
    """

    series: list[tuple[str, str, str]]
    outlines: list[tuple[str, str]]
    labels: list[tuple[int, str]]
    unsaid: list[str]
    height: int


def stack(names: Sequence[str], values: Sequence[tuple[str, Sequence[int | str]]]) -> Stack:
    """Return a bar a row, from the left, in a part for each name, each as long as its share of the longest bar.

    A part that is words in place of a number is outlined, always as wide: its width tells nothing.
    """
    numbers = [[0 if isinstance(part, str) else part for part in parts] for _label, parts in values]
    most = max(map(sum, numbers), default=0) or 1
    left = WIDTH - UNSAID * max((sum(isinstance(part, str) for part in parts) for _label, parts in values), default=0)
    paths, outlines = [""] * len(names), [""] * len(names)
    for row, (_label, parts) in enumerate(values):
        y, moved = STACKED * row + 17, 0
        ends = [round(left * end / most) for end in accumulate(numbers[row], initial=0)]
        for place, (part, (start, end)) in enumerate(zip(parts, pairwise(ends), strict=True)):
            if isinstance(part, str):
                outlines[place] += f"M{start + moved + 1} {y}h{UNSAID - 2}v9h{2 - UNSAID}z"
                moved += UNSAID
            elif start < end:
                paths[place] += f"M{start + moved} {y}h{end - start}v9h{start - end}z"
    return Stack(
        series=list(zip(names, cycle(COLOURS), paths, strict=False)),
        outlines=[(colour, path) for colour, path in zip(cycle(COLOURS), outlines, strict=False) if path],
        labels=[(STACKED * row + 13, label) for row, (label, _parts) in enumerate(values)],
        unsaid=list(dict.fromkeys(part for _label, parts in values for part in parts if isinstance(part, str))),
        height=STACKED * len(values),
    )


def columns(values: Sequence[tuple[str, int, int]]) -> Columns:
    """Return two bars a column, the second before the first."""
    most = max((first for _label, first, _second in values), default=0) or 1
    return Columns(
        behind=_bars([first / most for _label, first, _second in values]),
        before=_bars([second / most for _label, _first, second in values]),
        labels=_labels([label for label, _first, _second in values]),
    )


def shares(values: Sequence[tuple[str, int | None, int | None]]) -> Columns:
    """Return a bar for each share in percent, of a whole height of 100 %, and a line where what was aimed at stands.

    A share that is not known has no bar, and what was not aimed at no line.
    """
    lines = (
        f"M{x} {HEIGHT - LABELS - _height(aimed / 100)}h{width}"
        for (x, width), (_label, _share, aimed) in zip(_places(len(values)), values, strict=True)
        if aimed is not None
    )
    return Columns(
        behind=_bars([(share or 0) / 100 for _label, share, _aimed in values]),
        aimed="".join(lines),
        labels=_labels([label for label, _share, _aimed in values]),
    )


def _places(n: int) -> list[tuple[int, int]]:
    """Return where each of some columns starts, and how wide it is."""
    step = WIDTH / max(n, 1)
    return [(round(step * place), max(1, round(step * 0.8))) for place in range(n)]


def _height(part: float) -> int:
    return round((HEIGHT - LABELS) * part)


def _bars(parts: Sequence[float]) -> str:
    """Return a path of bars, each of a part of the whole height."""
    sizes = ((x, width, _height(part)) for (x, width), part in zip(_places(len(parts)), parts, strict=True))
    return "".join(f"M{x} {HEIGHT - LABELS}v-{height}h{width}v{height}z" for x, width, height in sizes if height)


def _labels(words: Sequence[str]) -> list[tuple[int, str]]:
    """Return one label in so many that they do not touch, with where it starts."""
    every = max(1, -(-len(words) // 6))
    return [(x, word) for (x, _width), word in list(zip(_places(len(words)), words, strict=True))[::every]]
