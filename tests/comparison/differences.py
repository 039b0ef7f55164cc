"""Where two answers differ, as lines that a person can read."""

from collections.abc import Iterator
from difflib import unified_diff
from math import isclose
from typing import Any

CLOSE = 1e-9
NAMES = ("scheme", "key", "fact", "id", "code")  # what tells the items of a list apart


def differences(old: Any, new: Any, at: str = "") -> Iterator[str]:
    """Yield what differs between two JSON values; a number may move by 1e-9, and the order of keys counts."""
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_objects(old, new, at)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(old, new, at)
    elif _is_number(old) and _is_number(new):
        if not isclose(old, new, rel_tol=CLOSE, abs_tol=CLOSE):
            yield f"{at}: {old} → {new}"
    elif type(old) is not type(new) or old != new:
        yield f"{at}: {_short(old)} → {_short(new)}"


def page_differences(old: str, new: str) -> Iterator[str]:
    """Yield the lines of a page that went and came."""
    for line in unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=0):
        if not line.startswith(("---", "+++", "@@")):
            yield line


def _of_objects(old: dict[str, Any], new: dict[str, Any], at: str) -> Iterator[str]:
    for name in old.keys() - new.keys():
        yield f"{at}/{name}: {_short(old[name])} → nothing"
    for name in new.keys() - old.keys():
        yield f"{at}/{name}: nothing → {_short(new[name])}"
    both = [name for name in old if name in new]
    if both != [name for name in new if name in old]:
        yield f"{at}: names in another order"
    for name in both:
        yield from differences(old[name], new[name], f"{at}/{name}")


def _of_lists(old: list[Any], new: list[Any], at: str) -> Iterator[str]:
    name = next((name for name in NAMES if _names(old, name) and _names(new, name)), None)
    if name is None:
        if len(old) != len(new):
            yield f"{at}: {len(old)} → {len(new)} items"
        for place, (before, after) in enumerate(zip(old, new, strict=False)):
            yield from differences(before, after, f"{at}/{place}")
        return
    olds, news = ({item[name]: item for item in items} for items in (old, new))
    if list(olds) != list(news):
        yield f"{at}: {_order(list(olds), list(news))}"
    for key, item in olds.items():
        if key in news:  # where one is missing, that the ranks after it moved is no news
            moved = {"rank"} if list(olds) != list(news) else set()
            before, after = ({k: v for k, v in one.items() if k not in moved} for one in (item, news[key]))
            yield from differences(before, after, f"{at}/{key}")


def _names(items: list[Any], name: str) -> bool:
    """Whether each item has a name of its own."""
    values = [item.get(name) if isinstance(item, dict) else None for item in items]
    return bool(values) and None not in values and len({str(value) for value in values}) == len(values)


def _order(old: list[Any], new: list[Any]) -> str:
    place = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    gone, come = [key for key in old if key not in set(new)], [key for key in new if key not in set(old)]
    first = f"{_at(old, place)} → {_at(new, place)} at {place + 1}"
    return f"order: {first}; gone {_short(gone)}, come {_short(come)}"


def _at(keys: list[Any], place: int) -> Any:
    return keys[place] if place < len(keys) else "nothing"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
