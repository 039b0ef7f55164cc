"""How many establishments there are in each commune, in our copy of the State's register: what rates are of.

Those that oppose being shown are not in the copy (Insee, ``statutDiffusionEtablissement``), so rates are too high.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Subquery

from backend.companies.models import RegisterCopy, RegisteredEstablishment
from backend.territories.services import served_communes


@dataclass(frozen=True, slots=True, kw_only=True)
class Denominators:
    """Open establishments that may be shown, by commune, of all sizes and activities, as the register was on a day."""

    dated: date
    by_commune: Mapping[str, int]

    def rate(self, n_files: int, commune: str) -> float | None:
        """Return files for 100 establishments; ``None`` for a commune that is not of the territory, or not known."""
        n_establishments = self.by_commune.get(commune)
        return 100 * n_files / n_establishments if n_establishments else None


def denominators() -> Denominators | None:
    """Return what rates are of; ``None`` before a full file was loaded.

    One that leaves a commune of the territory without any open establishment is an extract or an invented one: its
    rates would be of something else.
    """
    newest = RegisterCopy.objects.order_by("-pk").values("dated")[:1]
    rows = RegisteredEstablishment.objects.filter(is_open=True).order_by().values("commune")
    found = list(rows.annotate(n=Count("pk"), dated=Subquery(newest)).values_list("commune", "n", "dated"))
    by_commune = {commune: n for commune, n, _dated in found}
    if (
        not found
        or found[0][2] is None
        or any(commune.official_code not in by_commune for commune in served_communes())
    ):
        return None
    return Denominators(dated=found[0][2], by_commune=by_commune)
