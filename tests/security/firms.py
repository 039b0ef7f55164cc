"""Two firms, told apart by rare words: what one reads is searched for every word of the other."""

from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

from backend.matchmaking.follow_up import record_step, write_note
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import end_review
from backend.matchmaking.state_aid import declare_aid
from backend.notifications.models import Notification
from tests.factories import ARC, COMMUNES, DAY, decide, first_matches, link_to, make_officer, make_submission

SIREN, SIRET = "999999956", "99999995600017"
OTHER_SIREN, OTHER_SIRET = "999999907", "99999990700002"
PAGES = ("result", "open_schemes", "correct")


@dataclass
class Firm:
    """A firm and every word by which it would be known on a page or in an e-mail."""

    name: str
    contact: str
    email: str
    phone: str
    word: str  # in its text
    words: dict[str, str] = field(default_factory=dict)  # of officers about it, by what they are
    file: Submission = field(init=False)

    def files(self, *, epci: str = ARC, **changes: Any) -> Submission:
        """File a request, confirmed unless told otherwise."""
        self.file = make_submission(
            **{
                "confirmed": True,
                "company_name": self.name,
                "contact_name": self.contact,
                "email": self.email,
                "phone": self.phone,
                "text": f"Nous cherchons un soudeur pour notre {self.word}.",
                "wants_alerts": True,
                **changes,
                "facts": {"commune": COMMUNES[epci], **changes.get("facts", {})},
            }
        )
        return self.file

    @property
    def markers(self) -> list[str]:
        reference = [self.file.reference] if hasattr(self, "file") else []
        return [self.name, self.contact, self.email, self.phone, self.word, *reference, *self.words.values()]

    def is_reviewed(self, *, by: Any = None) -> list[int]:
        """Have its officer say all that one can, tell it, and return the schemes set aside for the firm as a whole."""
        officer = by or make_officer(self.file.epci.short_name)
        said = {
            name: f"{name}{self.word[::-1]}"
            for name in ("comment", "message", "end", "note", "firm", "step", "aid", "partner")
        }
        self.words = said
        had, refused, other, first = (match.scheme for match in first_matches(self.file, 4))
        words = {"comment": said["comment"], "message": said["message"]}
        decide(self.file, had, officer, "already_has_it", **words)
        decide(self.file, refused, officer, "asked_and_refused", **words)
        decide(self.file, other, officer, "not_worth_it", **words)
        decide(self.file, first, officer, "partner_first", partner=said["partner"], **words)
        write_note(submission=self.file, author=officer, audience="shared", text=said["note"])
        write_note(submission=self.file, author=officer, audience="firm", text=said["firm"])
        record_step(submission=self.file, officer=officer, step="contacted", note=said["step"])
        declare_aid(submission=self.file, on=DAY, granted_on=DAY, amount_eur=None, title=said["aid"])
        end_review(submission=self.file, officer=officer, on=DAY, message=said["end"])
        return [had.pk, refused.pk]


def victim() -> Firm:
    return Firm("Fonderie Quetzal", "Isaure Quetzalcoat", "isaure@quetzal.example", "03 44 11 22 33", "xylophone")


def stranger() -> Firm:
    return Firm("Négoce Wapiti", "Bernard Wapitel", "bernard@wapiti.example", "06 99 88 77 66", "ornithorynque")


def reads(client: Client, file: Submission) -> str:
    """Return all that a firm reads of its file: every page of it whole, and every e-mail to its address."""
    pages = []
    for name in PAGES:
        answer = client.get(reverse(name, args=[link_to(file)]), follow=True)
        assert answer.status_code == 200
        pages.append(answer.content.decode())
        if name == "result" and "page" in answer.context:
            for card in answer.context["page"].cards:
                told = client.get(reverse("firm_scheme", args=[link_to(file), card.match.scheme_id]))
                pages.append(told.content.decode())
    emails = Notification.objects.filter(recipient__iexact=file.contact.email)
    return "\n".join([*pages, *(f"{email.subject}\n{email.text}\n{email.html}" for email in emails)])


def shown_of(firm: Firm, text: str) -> list[str]:
    """Return the words of a firm that a text holds; nothing is expected."""
    return [marker for marker in firm.markers if marker.casefold() in text.casefold()]
