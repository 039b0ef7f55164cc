"""A local variant of a national scheme: a whole sheet, in which what differs from the parent is the variant's own.

The variant is listed in place of its parent wherever a firm may have it; that is the engine's. Here is what makes a
variant well formed among the others, and how it follows a change of its parent.
"""

from collections.abc import Iterable

from django.db.models import QuerySet

from backend.schemes.catalogue.merging import put_together
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import normalise
from backend.schemes.catalogue.wording import scheme_name
from backend.schemes.models import Revision, Scheme, chain_in
from backend.schemes.typography import NBSP


def variants_of(scheme: Scheme) -> QuerySet[Scheme]:
    """Return the published variants of a scheme."""
    return Scheme.objects.of_source(scheme.source).published().filter(current__variant_of=scheme.source_key)


def in_force(scheme: Scheme) -> Revision:
    """Return the revision in force of a scheme that has one."""
    if scheme.current is None:
        raise Revision.DoesNotExist(f"{scheme.key} has no revision in force.")
    return scheme.current


def parents_in_force() -> dict[str, str]:
    """Return the key of the parent of each variant, archived ones left out."""
    rows = Scheme.objects.of_source(Scheme.OWN).described().exclude(state=Scheme.State.ARCHIVED)
    return dict(rows.exclude(current__variant_of="").values_list("source_key", "current__variant_of"))


def chain_with(record: SchemeRecord) -> str:
    """Say which variant would be one of a variant if a record were in force; empty where none would."""
    key, parent = record["key"], record.get("variant_of") or ""
    parents = {variant: of for variant, of in parents_in_force().items() if variant != key}
    near = {variant: of for variant, of in parents.items() if of == key or variant == parent}
    return told_chain(chain_in({**near, key: parent} if parent else {}), {key: record["name"]})


def told_chain(chain: tuple[str, str, str] | None, names: dict[str, str] | None = None) -> str:
    """Say in French what a chain of variants is, and what to do about it."""
    if chain is None:
        return ""
    variant, parent, above = (
        f"«{NBSP}{(names or {}).get(key) or scheme_name(f'{Scheme.OWN}:{key}')}{NBSP}»" for key in chain
    )
    return (
        f"{variant} serait une variante de {parent}, qui est lui-même une variante de {above}. Une variante a pour "
        "parent un dispositif qui n’en est pas une."
    )


def followed(variant: SchemeRecord, *, before: SchemeRecord, after: SchemeRecord) -> tuple[SchemeRecord, list[str]]:
    """Return a variant that follows a change of its parent, and the labels of what both say in their own way.

    What the variant said like its parent follows; what it said otherwise stays.
    """
    both = put_together(base=before, mine=variant, theirs=after)
    merged = both.record()
    # What a parent says of its variant is nothing that the variant says of itself.
    merged["relations"] = [row for row in merged["relations"] if row["scheme"] != merged["key"]]
    return merged, [conflict.label for conflict in both.conflicts]


def why_followed(parent: Revision, conflicts: Iterable[str]) -> str:
    """Say to those who decide why a variant is proposed to change."""
    text = (
        f"Le dispositif parent «{NBSP}{parent}{NBSP}» a changé (version {parent.number}){NBSP}: ce que la variante "
        "dit comme lui suit, ce qu’elle dit autrement reste."
    )
    both = ", ".join(conflicts)
    return f"{text} Changés par le parent et dits autrement par la variante{NBSP}: {both}." if both else text


def is_same(one: SchemeRecord, other: SchemeRecord) -> bool:
    """Tell whether two records say the same."""
    return bool(normalise(one) == normalise(other))
