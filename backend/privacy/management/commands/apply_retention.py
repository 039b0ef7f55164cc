from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backend.common.days import current_day
from backend.privacy.register import RegisterError
from backend.privacy.retention import apply_retention, due_on
from backend.privacy.rules import RuleError


class Command(BaseCommand):
    help = "Efface ce qui a dépassé sa durée (fixtures/service.yaml), ou dit seulement ce que ce serait."
    requires_system_checks = ()  # they load every page of the site

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Ne rien effacer.")

    def handle(self, *args: Any, **options: Any) -> None:
        on = current_day()
        try:
            due = due_on(on)
            if not options["dry_run"]:
                apply_retention(on=on)
        except (RuleError, RegisterError) as error:
            raise CommandError(str(error)) from None
        for found in due:
            rule = found.rule
            oldest = f", depuis le {timezone.localtime(found.oldest):%d/%m/%Y}" if found.oldest else ""
            decided = "" if rule.is_decided else f" [{rule.decided}]"
            self.stdout.write(f"{len(found.keys):>8}  {rule.name} ({rule.kept_for}){oldest}{decided}")
        n_rows = sum(len(found.keys) for found in due)
        self.stdout.write(f"{n_rows} {'à effacer, rien ne l’a été' if options['dry_run'] else 'effacées'}.")
