"""Of what each fact is said: of the company and its group, of its site, or of the project (all that is not listed)."""

from backend.companies.models import Fact
from backend.facts.yes_no import YES_NO

COMPANY = frozenset(
    {
        "headcount",
        "turnover",
        "balance_sheet",
        "previous_years",
        "group",
        "insee_category",
        "legal_category",
        "created_on",
        *YES_NO,
        Fact.AIDS_COMPLETE,
    }
)
SITE = frozenset({"commune", "naf", "naf_2025"})


def is_shared(name: str, *, same_site: bool) -> bool:
    """Tell whether another file that is read together says a fact too; what is of a project never leaves its file."""
    return name in COMPANY or name.startswith(Fact.SCHEME) or (same_site and name in SITE)
