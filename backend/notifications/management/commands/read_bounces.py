"""Record delivery reports and complaints: from a mail server's pipe, a file, or the mailbox of the settings."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from backend.notifications.bounce_mailbox import MailboxError, read_folder, read_imap
from backend.notifications.bounces import MOST_BYTES, record_report


class Command(BaseCommand):
    help = "Note les avis de non-remise et les signalements."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source",
            nargs="?",
            default="-",
            help="« - » : un message sur l’entrée standard ; un fichier mbox ou un dossier Maildir ; « imap » : la "
            "boîte de JONCTION_BOUNCE_IMAP",
        )

    def handle(self, *args: Any, source: str, **options: Any) -> None:
        try:
            if source == "-":  # all is read, so that the mail server that pipes it in meets no closed pipe
                raw = sys.stdin.buffer.read(MOST_BYTES)
                while sys.stdin.buffer.read(MOST_BYTES):
                    pass
                self.stdout.write(record_report(raw).sentence)
            elif source == "imap":
                if not settings.BOUNCE_IMAP:
                    raise MailboxError("JONCTION_BOUNCE_IMAP ne nomme aucune boîte.")
                work = read_imap(settings.BOUNCE_IMAP)
                self.stdout.write(f"{work.n_looked_at} messages lus, {work.n_changed} notés.")
            else:
                outcomes = list(read_folder(Path(source)))
                for number, outcome in enumerate(outcomes, start=1):
                    self.stdout.write(f"{number}. {outcome.sentence}")
                n_recorded = sum(outcome.is_recorded for outcome in outcomes)
                self.stdout.write(f"{len(outcomes)} messages lus, {n_recorded} notés.")
        except MailboxError as error:
            raise CommandError(str(error)) from error
