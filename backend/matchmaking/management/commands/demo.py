import time
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import QuerySet

from backend.accounts.models import User
from backend.common.days import current_day
from backend.links.models import Kind
from backend.links.services import make_link
from backend.matchmaking.management.demonstration import read_demonstration
from backend.matchmaking.models import Submission
from backend.matchmaking.results import latest_result
from backend.matchmaking.services import Filing, confirm_address, file_submission
from backend.matchmaking.shortlist import shortlist_of
from backend.notifications.models import Notification
from backend.notifications.services import absolute_url

PATIENCE_SECONDS = 60


class Command(BaseCommand):
    help = "Dépose la demande de démonstration, attend ses courriels et montre ce que l’entreprise obtient."

    def handle(self, *args: Any, **options: Any) -> None:
        demonstration = read_demonstration()
        submission = self._file(demonstration["submission"])
        self._say(f"Demande {submission.reference} de {submission.sheet.name} :")
        self._say(f"« {submission.text} »")
        self._print_matches(submission)
        self._print_emails(submission)
        self._print_addresses(submission)
        self._print_accounts(demonstration)

    def _file(self, content: dict[str, Any]) -> Submission:
        key = UUID(content.pop("filing_key"))
        filing = Filing(filing_key=key, **{**content, "needs": tuple(content["needs"])})
        return confirm_address(submission=file_submission(filing, on=current_day()))

    def _print_matches(self, submission: Submission) -> None:
        page = shortlist_of(submission, latest_result(submission, on=current_day()))
        self._title(f"Les {len(page.cards)} premiers dispositifs, sur {page.n_possible}")
        for position, card in enumerate(page.cards, 1):
            self._say(f"{position}. {card.revision.name} – {card.standing.label}")
            for line in card.reasons:
                self._say(f"   {line.symbol} {line.sentence}")

    def _print_emails(self, submission: Submission) -> None:
        emails = emails_of(submission)
        wait_until_sent(emails)
        self._title("Courriels envoyés")
        for email in emails.order_by("owed_at", "pk"):
            self._say(f"{email.subject} → {email.recipient}")

    def _print_addresses(self, submission: Submission) -> None:
        self._title("Adresses")
        token = make_link(kind=Kind.RESULT, object_id=submission.pk)
        self._say(f"Accueil : {settings.PUBLIC_URL}/")
        self._say(f"Résultat de l’entreprise : {absolute_url('result', token)}")
        self._say(f"Développeurs économiques : {absolute_url('officer_queue')}")
        self._say(f"Courriels reçus : {absolute_url('mailbox')}")

    def _print_accounts(self, demonstration: dict[str, Any]) -> None:
        self._title(f"Comptes de démonstration (mot de passe : {demonstration['password']})")
        for email in (account["email"] for account in demonstration["accounts"]):
            self._say(f"{email} – {describe(User.objects.get(email=email))}")

    def _title(self, text: str) -> None:
        self._say(f"\n{text}")

    def _say(self, text: str) -> None:
        self.stdout.write(text)


def emails_of(submission: Submission) -> QuerySet[Notification]:
    """Return the e-mails about a submission, to the firm and to its officers."""
    return Notification.objects.about(submission.topic)


def wait_until_sent(emails: QuerySet[Notification]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while emails.exclude(state=Notification.State.SENT).exists():
        if time.monotonic() > deadline:
            raise CommandError(
                f"Les courriels de la demande ne sont pas partis en {PATIENCE_SECONDS} secondes : "
                "la tâche de fond (worker, beat) ou le récepteur de courriels ne tourne pas."
            )
        time.sleep(0.2)


def describe(user: User) -> str:
    """Say who someone is and for whom they work."""
    roles = [
        f"{one.get_role_display()}, {one.organisation}" for one in user.memberships.select_related("organisation")
    ]
    return f"{user} ({' ; '.join(roles) or 'administration'})"
