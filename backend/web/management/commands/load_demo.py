from datetime import datetime, time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

from backend.accounts.models import Membership, Organisation, User
from backend.common.days import current_day
from backend.common.processes import processors
from backend.companies.establishments import is_copied
from backend.jobs.management.commands.run_job import told
from backend.jobs.running import run
from backend.matchmaking.management.demonstration import read_demonstration
from backend.territories.models import ServedEpci
from backend.web.management.territory.committee import decide
from backend.web.management.territory.loading import load_territory

REGISTER = settings.BASE_DIR / "fixtures" / "register"
STOCK_FILES = ("etablissements.csv", "unites.csv")
MOST_FILES, MOST_YEARS = 50_000, 20


class Command(BaseCommand):
    help = (
        "Charge les organisations, les comptes et le registre de démonstration et, avec --files, un territoire"
        " inventé : des entreprises qui déposent au fil des ans, et ce que les développeurs en font. Idempotent."
    )
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--files", type=int, default=0, metavar="N", help="Demandes à inventer (aucune).")
        parser.add_argument("--years", type=int, default=5, metavar="N", help="Sur combien d'années (5).")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="Graine du tirage (1).")
        parser.add_argument(
            "--processes", type=int, default=processors(), metavar="N", help="Processus (un par processeur)."
        )

    def handle(self, *, files: int, years: int, seed: int, processes: int, **options: Any) -> None:
        if not 0 <= files <= MOST_FILES or not 1 <= years <= MOST_YEARS or processes < 1:
            raise CommandError(
                f"--files attend un nombre de 0 à {MOST_FILES}, --years de 1 à {MOST_YEARS}, --processes au moins 1 ;"
                f" reçu : {files}, {years}, {processes}."
            )
        demonstration = read_demonstration()
        load_accounts(demonstration)
        self.stdout.write(f"{Organisation.objects.count()} organisations, {User.objects.count()} comptes")
        if not is_copied():  # a copy of the real register stays
            call_command("load_establishments", *(REGISTER / name for name in STOCK_FILES), stdout=self.stdout)
        if files:
            now = datetime.combine(current_day(), time.min, tzinfo=timezone.get_current_timezone())
            loaded = load_territory(seed=seed, n_files=files, years=years, now=now, processes=processes)
            n_new = sum(tqdm(loaded, unit=" entreprises", disable=None, leave=False))
            told(
                run(name="steering.rebuild", on=current_day())
            )  # raises where it failed; else nothing until the night
            decide(on=current_day())
            self.stdout.write(f"Territoire inventé : {n_new} demandes de plus")


@transaction.atomic
def load_accounts(demonstration: dict[str, Any]) -> None:
    for organisation in demonstration["organisations"]:
        load_organisation(**organisation)
    for account in demonstration["accounts"]:
        load_account(password=demonstration["password"], **account)


def load_organisation(*, name: str, epci: str = "", **fields: str) -> None:
    served = ServedEpci.objects.filter(perimeter__code=f"EPCI-{epci}").first() if epci else None
    if epci and served is None:
        raise CommandError(
            f"demo.yaml : l’intercommunalité {epci} de « {name} » n’est pas servie ici ; "
            "donnez au territoire un demo.yaml à lui (docs/howto/serve-another-territory.md)."
        )
    Organisation.objects.update_or_create(name=name, defaults={"epci": served, **fields})


def load_account(
    *,
    email: str,
    password: str,
    organisation: str = "",
    role: str = "",
    administrator: bool = False,
    **fields: str,
) -> None:
    """Load an account; one that exists keeps its password. Who keeps the catalogue does it in the administration."""
    user = User.objects.filter(email=email).first() or User.objects.create_user(email, password)
    is_staff = administrator or role in (Membership.Role.EDITOR, Membership.Role.APPROVER)
    User.objects.filter(pk=user.pk).update(is_staff=is_staff, is_superuser=administrator, **fields)
    if organisation:
        place = Organisation.objects.get(name=organisation)
        Membership.objects.get_or_create(user=user, organisation=place, role=role)
