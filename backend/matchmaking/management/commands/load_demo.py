from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from backend.accounts.models import Membership, Organisation, User
from backend.matchmaking.management.demonstration import read_demonstration
from backend.territories.models import ServedEpci


class Command(BaseCommand):
    help = "Charge les organisations et les comptes de démonstration ; idempotent."
    requires_system_checks = ()  # they load every page of the site

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        demonstration = read_demonstration()
        for organisation in demonstration["organisations"]:
            load_organisation(**organisation)
        for account in demonstration["accounts"]:
            load_account(password=demonstration["password"], **account)
        self.stdout.write(f"{Organisation.objects.count()} organisations, {User.objects.count()} comptes")


def load_organisation(*, name: str, epci: str = "", **fields: str) -> None:
    served = ServedEpci.objects.get(perimeter__code=f"EPCI-{epci}") if epci else None
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
