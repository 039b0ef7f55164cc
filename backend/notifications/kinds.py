"""The registry of e-mail kinds: to whom each goes, which secret links it may carry, and how its reader opts out.

The outbox refuses a kind that is not here; ``tests/notifications/test_kinds.py`` has a row of expectations for each.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_noop as _


class Audience(StrEnum):
    FIRM = "firm"
    OFFICER = "officer"
    PARTNER = "partner"  # people of a chamber or the Region, about what is shared with it
    STAFF = "staff"  # whoever signs in: editors, administrators, and officers about their own account
    VISITOR = "visitor"
    OWNER = "owner"  # who looks after sheets of the catalogue, without an account
    COMMITTEE = "committee"  # who receives the note of the territory, without an account


class OptOut(StrEnum):
    """How the reader of an e-mail stops it."""

    NONE = "none"  # owed once, for something the reader did or that protects an account
    ONE_CLICK = "one_click"  # a list: by the header of RFC 8058 and a link, from the e-mail itself
    RESULT_PAGE = "result_page"  # correspondence about a file: refused there, and its officers telephone
    ACCOUNT_PAGE = "account_page"  # work: switched off by whoever signed in


class UnknownKind(ValueError):
    """An e-mail of a kind that the registry does not know."""


class UnknownLink(ValueError):
    """A secret link in an e-mail of a kind that may not carry it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailKind:
    """What holds for every e-mail of a kind.

    ``topic`` is what stops with it: a name, or a template of ``{about}``, the first thing the e-mail is about.
    ``links`` are the kinds of secret links it may carry; pages that ask to sign in are none. ``spacing`` is how many
    one address gets, and in how many seconds: those that anybody can have sent to it wait for their turn.
    ``is_capped``: each takes a turn among those of its address and firm, one a day (``frequency_cap``).
    """

    name: str
    label: str
    audience: Audience
    opt_out: OptOut = OptOut.NONE
    topic: str = ""
    links: frozenset[str] = frozenset()
    reply_to_author: bool = False  # else replies go to the sender's address of the service
    spacing: tuple[tuple[int, int], ...] = ()
    is_capped: bool = False

    def check_links(self, found: set[str]) -> None:
        """Raise ``UnknownLink`` where an e-mail carries a secret link that this kind may not carry."""
        if wrong := found - self.links:
            raise UnknownLink(f"An e-mail {self.name!r} carries {sorted(wrong)}; it may carry {sorted(self.links)}.")

    def topic_about(self, about: tuple[str, ...]) -> str:
        """Return the topic of an e-mail about something."""
        return self.topic.format(about=about[0]) if "{" in self.topic else self.topic


MINUTE, DAY = 60, 24 * 3600
CORRESPONDENCE = "{about}"
ALERTS = "alerts:{about}"
SURVEYS = "surveys:{about}"
OFFICER_NOTICES = "officer_notices"
CATALOGUE = "catalogue"
COMMITTEE_NOTE = "committee_note"
SHEETS = "sheets"
PARTNER_NOTICES = "partner_notices"


def _letter(
    name: str,
    label: str,
    *links: str,
    reply_to_author: bool = False,
    spacing: tuple[tuple[int, int], ...] = (),
) -> EmailKind:
    return EmailKind(
        name=name,
        label=label,
        audience=Audience.FIRM,
        opt_out=OptOut.RESULT_PAGE,
        topic=CORRESPONDENCE,
        links=frozenset(links),
        reply_to_author=reply_to_author,
        spacing=spacing,
    )


def _notice(name: str, label: str, *, reply_to_author: bool = False) -> EmailKind:
    return EmailKind(
        name=name,
        label=label,
        audience=Audience.OFFICER,
        opt_out=OptOut.ACCOUNT_PAGE,
        topic=OFFICER_NOTICES,
        reply_to_author=reply_to_author,
    )


def _catalogue(name: str, label: str) -> EmailKind:
    return EmailKind(name=name, label=label, audience=Audience.STAFF, opt_out=OptOut.ACCOUNT_PAGE, topic=CATALOGUE)


def _sheets(name: str, label: str) -> EmailKind:
    return EmailKind(name=name, label=label, audience=Audience.STAFF, opt_out=OptOut.ACCOUNT_PAGE, topic=SHEETS)


def _account(name: str, label: str, *links: str) -> EmailKind:
    return EmailKind(name=name, label=label, audience=Audience.STAFF, links=frozenset(links))


KINDS = {
    kind.name: kind
    for kind in (
        # to a firm, about its file
        _letter("confirm_address", _("Confirmation de l’adresse"), "confirm", spacing=((1, 10 * MINUTE), (6, DAY))),
        _letter("receipt", _("Accusé de réception et lien"), "result", spacing=((5, 10 * MINUTE), (20, DAY))),
        _letter("reviewed", _("Réponse"), "result", reply_to_author=True),
        _letter("officer_wrote", _("Message d’un développeur économique"), "result", reply_to_author=True),
        _letter("colleague", _("Un collègue a déposé"), "result"),
        _letter("closed", _("Demande fermée"), "result"),
        _letter("partner_consent", _("Accord demandé pour un partage"), "result", reply_to_author=True),
        _letter("partner_noted", _("Accord noté pour un partage"), "result", reply_to_author=True),
        EmailKind(
            name="alert",
            label=_("Alerte"),
            audience=Audience.FIRM,
            opt_out=OptOut.ONE_CLICK,
            topic=ALERTS,
            links=frozenset({"result", "stop"}),
            is_capped=True,
        ),
        EmailKind(
            name="survey",
            label=_("Question sur la suite"),
            audience=Audience.FIRM,
            opt_out=OptOut.ONE_CLICK,
            topic=SURVEYS,
            links=frozenset({"survey", "stop"}),
            is_capped=True,
        ),
        EmailKind(
            name="access_link",
            label=_("Lien de 30 minutes"),
            audience=Audience.FIRM,
            links=frozenset({"access"}),
            spacing=((3, 10 * MINUTE), (20, DAY)),
        ),
        EmailKind(
            name="guest_invitation",
            label=_("Invitation d’un contact"),
            audience=Audience.FIRM,
            links=frozenset({"guest"}),
            spacing=((1, 10 * MINUTE), (5, DAY)),
        ),
        # to officers, about files
        _notice("waiting_digest", _("Ce qui arrive et ce qui attend, chaque matin")),
        _notice("consent_withdrawn", _("Consentement retiré")),
        _notice("handed_over", _("Dossier proposé ou transmis"), reply_to_author=True),
        _notice("file_moved", _("Dossier passé à un collègue"), reply_to_author=True),
        _notice("stand_in_named", _("Absence d’un collègue que je supplée"), reply_to_author=True),
        _notice("officer_unreachable", _("Adresse d’un agent qui ne répond plus")),
        _notice("link_proposed", _("Lien proposé entre deux dossiers"), reply_to_author=True),
        # to a partner's people
        EmailKind(
            name="file_shared",
            label=_("Un dossier est partagé avec vous"),
            audience=Audience.PARTNER,
            opt_out=OptOut.ACCOUNT_PAGE,
            topic=PARTNER_NOTICES,
            reply_to_author=True,
        ),
        # to the project committee
        EmailKind(
            name="note_confirm",
            label=_("Note au comité : accord à donner"),
            audience=Audience.COMMITTEE,
            links=frozenset({"note"}),
            spacing=((1, 10 * MINUTE), (3, DAY)),
        ),
        EmailKind(
            name="committee_note",
            label=_("Note au comité"),
            audience=Audience.COMMITTEE,
            opt_out=OptOut.ONE_CLICK,
            topic=COMMITTEE_NOTE,
            links=frozenset({"note", "stop"}),
        ),
        # to those who look after sheets of the territory, and who lead them
        _sheets("sheets_to_confirm", _("Fiches à confirmer")),
        EmailKind(
            name="sheets_by_link",
            label=_("Fiches à confirmer, sans compte"),
            audience=Audience.OWNER,
            opt_out=OptOut.ONE_CLICK,
            topic=SHEETS,
            links=frozenset({"sheets", "stop"}),
        ),
        _sheets("sheets_silent", _("Fiches que personne ne confirme")),
        # to those who work on the catalogue
        _catalogue("proposal_notice", _("Fiche à relire")),
        _catalogue("proposal_decided", _("Décision sur une proposition")),
        _catalogue("proposal_remark", _("Remarque d’un porteur")),
        _catalogue("proposal_sent_back", _("Publication annulée")),
        _catalogue("proposal_urgent", _("Fermeture à relire")),
        _catalogue("fusion_notice", _("Fusion à relire")),
        _catalogue("fusion_decided", _("Décision sur une fusion")),
        _catalogue("catalogue_task_closed", _("Réponse à un signalement")),
        _catalogue("catalogue_week", _("Semaine du catalogue")),
        # to whoever has an account
        _account("invitation", _("Invitation"), "password"),
        _account("password_reset", _("Nouveau mot de passe"), "password"),
        _account("account_changed", _("Compte modifié")),
        _account("second_factor_reset", _("Second facteur retiré")),
        _account("job_alarm", _("Tâche automatique en panne")),
        _account("api_key_expiring", _("Clé d’API qui se termine")),
        _account("webhook_off", _("Webhook d’un partenaire arrêté")),
        EmailKind(name="public_report_answered", label=_("Réponse à un visiteur"), audience=Audience.VISITOR),
    )
}


def kind_of(name: str) -> EmailKind:
    """Return a kind by its name; raise ``UnknownKind`` where nothing is said of it."""
    if name not in KINDS:
        raise UnknownKind(f"Unknown kind of e-mail {name!r}. Known kinds: {', '.join(KINDS)}.")
    return KINDS[name]


def topics_about(about: str) -> list[str]:
    """Return all that can be stopped of one thing that e-mails are about, such as a file."""
    return sorted({kind.topic_about((about,)) for kind in KINDS.values() if "{" in kind.topic})
