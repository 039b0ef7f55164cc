import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backend.notifications.catcher import serve


class Command(BaseCommand):
    help = "Reçoit les e-mails d’une démonstration et les garde dans un dossier ; rien ne sort de cette machine."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Le récepteur d’e-mails est réservé aux démonstrations (JONCTION_DEMO=1).")
        if settings.CATCHER_DIR is None:
            raise CommandError("JONCTION_CATCHER_DIR doit dire dans quel dossier garder les e-mails.")
        settings.CATCHER_DIR.mkdir(parents=True, exist_ok=True)
        port = settings.MAILERS["default"]["OPTIONS"]["port"]
        self.stdout.write(f"E-mails reçus sur 127.0.0.1:{port}, gardés dans {settings.CATCHER_DIR}")
        asyncio.run(serve(settings.CATCHER_DIR, host="127.0.0.1", port=port))
