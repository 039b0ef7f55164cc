"""The needs that firms tick, read once by each process: they change with a release only. To be read, never changed."""

from functools import lru_cache

from backend.schemes.models import SubNeed, TaxonomyNeed


@lru_cache(maxsize=1)
def families() -> tuple[TaxonomyNeed, ...]:
    """Return the needs in their order, each with its sub-needs."""
    return tuple(TaxonomyNeed.objects.prefetch_related("sub_needs"))


@lru_cache(maxsize=1)
def sub_needs() -> dict[str, SubNeed]:
    """Return the sub-needs in their order, by key, each with its need."""
    return {one.key: one for family in families() for one in family.sub_needs.all()}


def clear_caches() -> None:
    """Forget them: after the taxonomy was loaded again in this process."""
    families.cache_clear()
    sub_needs.cache_clear()
