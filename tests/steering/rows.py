"""Files as figures count them, written row by row: a hundred times as quick as filing one.

That what is filed makes these rows is in ``test_facts.py`` and ``test_gaps.py``, and what happens to a file since.
"""

from datetime import date, datetime, time

from django.utils import timezone

from backend.common.days import add_working_days
from backend.companies.models import Company, Contact, FactSheet
from backend.matchmaking.models import Submission
from backend.steering.models import FileFact, NeedFact, Step, StepFact
from backend.steering.step_counts import add_up, month_of
from backend.territories.models import ServedEpci
from tests.factories import ARC, COMMUNES

FAMILIES = ("competences", "numerique")


def at_noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=timezone.get_current_timezone())


def count_file(
    epci: str = ARC,
    *,
    filed_on: date,
    needs: tuple[str, ...] = FAMILIES,
    size: str = "10_to_49",
    siren: str = "",
    confirmed: bool = True,
    **days: int,
) -> FileFact:
    """Count a file that got to some steps, named by their words, so many working days after it was filed."""
    moment = at_noon(filed_on)
    firm = Company.objects.get_or_create(siren=siren)[0] if siren else None
    sheet = FactSheet.objects.create(name="Atelier secret", company=firm)
    contact = Contact.objects.create(name="Camille Roux", email=f"atelier{sheet.pk}@firm.example")
    served = ServedEpci.objects.get(short_name=epci) if epci else None
    submission = Submission.objects.create(
        sheet=sheet,
        contact=contact,
        epci=served,
        filed_at=moment,
        consented_at=moment,
        confirmed_at=moment if confirmed else None,
    )
    commune = COMMUNES[epci] if epci else ""
    fact = FileFact.objects.create(
        submission=submission, filed_on=filed_on, epci=served, commune=commune, size=size, needs=list(needs)
    )
    reached = {
        Step.FILED: 0,
        **({Step.CONFIRMED: 0} if confirmed else {}),
        **{Step(name): n for name, n in days.items()},
    }
    StepFact.objects.bulk_create(
        StepFact(file=fact, step=step, on=add_working_days(filed_on, n), working_days=n) for step, n in reached.items()
    )
    return fact


def add_all_up() -> None:
    """Add up the months of all files, as is done whenever a fact is written."""
    add_up({month_of(day) for day in FileFact.objects.values_list("filed_on", flat=True)})


def ask(fact: FileFact, sub_need: str, *, standing: str = "") -> NeedFact:
    """Say that a file has a sub-need, and at best which standing; without one, no scheme serves it."""
    return NeedFact.objects.create(file=fact, sub_need_id=sub_need, standing=standing)
