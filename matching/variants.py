"""A national scheme and its local variants: where a firm may have the variant, it is not shown the parent as well.

A variant never changes a verdict nor a score: it only takes its parent out of what is listed.
"""

from collections.abc import Mapping

from matching.bits import Words
from matching.index import Index


def hidden_by(index: Index, possible: Words) -> dict[int, Words]:
    """Return the parents that are hidden, each with the variants that hide it.

    Parameters
    ----------
    index : Index
    possible : ndarray of uint64
        The schemes without a condition that is not met, as a row.

    Returns
    -------
    dict of int to ndarray of uint64
        By position of the parent, the variants of it that are possible, as a row.
    """
    hiding = ((parent, variants & possible) for parent, variants in index.variants.items())
    return {parent: row for parent, row in hiding if row.any()}


def chain_in(parents: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return a variant of a variant, as (variant, its parent, the parent of that); nothing where there is none.

    A circle is a chain too, and a scheme that is its own variant the shortest one.

    >>> chain_in({"local": "national"}) is None, chain_in({"local": "regional", "regional": "national"})
    (True, ('local', 'regional', 'national'))
    """
    for variant in sorted(parents):
        parent = parents[variant]
        if parent in parents:
            return variant, parent, parents[parent]
    return None
