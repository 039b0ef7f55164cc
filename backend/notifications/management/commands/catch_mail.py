import asyncio
import logging
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.notifications.mail_server import serve


class Command(BaseCommand):
    help = "Reçoit les courriels d’une démonstration et les garde dans un dossier ; rien ne sort de cette machine."
    requires_system_checks = ()  # they load every page of the site

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Le récepteur de courriels est réservé aux démonstrations (JONCTION_DEMO=1).")
        if settings.CATCHER_DIR is None:
            raise CommandError("JONCTION_CATCHER_DIR doit dire dans quel dossier garder les courriels.")
        settings.CATCHER_DIR.mkdir(parents=True, exist_ok=True)
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes down every address
        server: Any = settings.MAILERS["default"]["OPTIONS"]
        self.stdout.write(f"Courriels reçus sur 127.0.0.1:{server['port']}, gardés dans {settings.CATCHER_DIR}")
        asyncio.run(serve(settings.CATCHER_DIR, host="127.0.0.1", port=server["port"]))
