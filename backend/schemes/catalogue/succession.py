"""Where the address of a sheet leads since it gave way to another one: straight to the last of them.

There is no circle: what gave way takes nobody's place, and comes back only when its fusion is undone.
"""

from backend.schemes.models import Fusion, Scheme


def successors() -> dict[int, int]:
    """Return the scheme that each one that gave way leads to."""
    steps = dict(Fusion.objects.done().values_list("gone", "stays"))
    return {gone: _last(gone, steps) for gone in steps}


def _last(scheme: int, steps: dict[int, int]) -> int:
    while scheme in steps:
        scheme = steps[scheme]
    return scheme


def successor_of(scheme: Scheme) -> Scheme | None:
    """Return the scheme that one leads to, or nothing where it did not give way."""
    last = successors().get(scheme.pk)
    return Scheme.objects.select_related("current__scheme").get(pk=last) if last else None


def why_gone(key: str) -> str:
    """Say that a sheet of ours gave way to another one; empty where it did not."""
    scheme = Scheme.objects.of_source(Scheme.OWN).filter(source_key=key).first()
    last = successor_of(scheme) if scheme else None
    return f"Cette fiche est réunie à « {last} » : modifiez celle-là, ou défaites la fusion." if last else ""


def keys_that_lead_to() -> dict[str, str]:
    """Return the same by key."""
    found = successors()
    keys = {row.pk: row.key for row in Scheme.objects.filter(pk__in={*found, *found.values()})}
    return {keys[gone]: keys[last] for gone, last in found.items()}
