"""What the territory's firms need and nothing answers, for those who lead; small counts of others are not shown."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from backend.accounts.models import User
from backend.matchmaking.models import Submission, UnmetNeed
from backend.schemes.vocabulary import CRITERION_KINDS
from backend.territories.models import Perimeter

LEAST = 5  # files: fewer, elsewhere than in one's own intercommunality, could name a firm
type Place = tuple[int | None, str]  # intercommunality, commune


@dataclass(frozen=True, slots=True)
class Gap:
    """A need that nothing answers: since when, why (the most frequent reason first), and for how many files where."""

    label: str
    since: date
    reasons: tuple[str, ...]
    places: tuple[tuple[str, int], ...]

    @property
    def n_files(self) -> int:
        return sum(count for _place, count in self.places)


def gaps_for(user: User) -> list[Gap]:
    """Return what nothing answers, the oldest first.

    Files of one's own intercommunality count one by one. Those of others count by commune from ``LEAST`` on, else
    together with those of other communes from ``LEAST`` on; what is left is in no sum: nothing can be subtracted.
    """
    leads_all = user.memberships.whole_territory().exists()
    own = {None, *(epci.pk for epci in user.epcis())}
    cells: defaultdict[str | None, defaultdict[Place, list[UnmetNeed]]] = defaultdict(lambda: defaultdict(list))
    rows = UnmetNeed.objects.filter(submission__in=Submission.objects.counted())
    for row in rows.select_related("sub_need", "submission"):
        cells[row.sub_need_id][row.submission.epci_id, row.commune].append(row)
    names = _names({commune for places in cells.values() for _epci, commune in places})
    gaps = []
    for places in cells.values():
        shown, others = [], []
        for (epci, commune), found in places.items():
            if leads_all or epci in own or len(found) >= LEAST:
                shown.append((names.get(commune, str(_("commune inconnue"))), found))
            else:
                others += found
        if len(others) >= LEAST:
            shown.append((str(_("ailleurs sur le territoire")), others))
        if shown:
            gaps.append(_gap(shown))
    return sorted(gaps, key=lambda gap: (gap.since, gap.label))


def why(row: UnmetNeed) -> str:
    """Say why nothing answers, with what excludes the firm."""
    kind = CRITERION_KINDS.get(row.blocking, "")
    return f"{row.get_reason_display()} ({kind[:1].lower()}{kind[1:]})" if kind else row.get_reason_display()


def _gap(places: list[tuple[str, list[UnmetNeed]]]) -> Gap:
    known = [row for _place, rows in places for row in rows]
    need = known[0].sub_need
    reasons = Counter(why(row) for row in known)
    return Gap(
        label=need.label if need else str(_("Demandes non comprises")),
        since=min(row.since for row in known),
        reasons=tuple(sorted(reasons, key=lambda reason: (-reasons[reason], reason))),
        places=tuple(sorted(((place, len(rows)) for place, rows in places), key=lambda pair: (-pair[1], pair[0]))),
    )


def _names(communes: set[str]) -> dict[str, str]:
    rows = Perimeter.objects.filter(code__in=[f"COM-{code}" for code in communes]).values_list("code", "name")
    return {code.removeprefix("COM-"): name for code, name in rows}
