"""The registry of e-mail kinds: to whom each goes, which secret links it may carry, and how its reader opts out.

The outbox refuses a kind that is not here; ``tests/notifications/test_kinds.py`` has a row of expectations for each.
"""

from dataclasses import dataclass
from enum import StrEnum


class Audience(StrEnum):
    FIRM = "firm"
    OFFICER = "officer"
    STAFF = "staff"  # whoever signs in: editors, administrators, and officers about their own account
    VISITOR = "visitor"


class OptOut(StrEnum):
    """How the reader of an e-mail stops it."""

    NONE = "none"  # owed once, for something the reader did or that protects an account
    ONE_CLICK = "one_click"  # a list: by the header of RFC 8058 and a link, from the e-mail itself
    RESULT_PAGE = "result_page"  # correspondence about a file: refused there, and its officers telephone
    ACCOUNT_PAGE = "account_page"  # work: switched off by whoever signed in


class UnknownKind(ValueError):
    """An e-mail of a kind that the registry does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailKind:
    """What holds for every e-mail of a kind.

    ``topic`` is what stops with it: a name, or a template of ``{about}``, the first thing the e-mail is about.
    ``links`` are the kinds of secret links it may carry; pages that ask to sign in are none.
    """

    name: str
    audience: Audience
    opt_out: OptOut = OptOut.NONE
    topic: str = ""
    links: frozenset[str] = frozenset()
    reply_to_author: bool = False  # else replies go to the sender's address of the service

    def topic_about(self, about: tuple[str, ...]) -> str:
        """Return the topic of an e-mail about something."""
        return self.topic.format(about=about[0]) if "{" in self.topic else self.topic


CORRESPONDENCE = "{about}"
ALERTS = "alerts:{about}"
OFFICER_NOTICES = "officer_notices"
CATALOGUE = "catalogue"


def _letter(name: str, *links: str, reply_to_author: bool = False) -> EmailKind:
    return EmailKind(
        name=name,
        audience=Audience.FIRM,
        opt_out=OptOut.RESULT_PAGE,
        topic=CORRESPONDENCE,
        links=frozenset(links),
        reply_to_author=reply_to_author,
    )


def _notice(name: str, *, reply_to_author: bool = False) -> EmailKind:
    return EmailKind(
        name=name,
        audience=Audience.OFFICER,
        opt_out=OptOut.ACCOUNT_PAGE,
        topic=OFFICER_NOTICES,
        reply_to_author=reply_to_author,
    )


def _catalogue(name: str) -> EmailKind:
    return EmailKind(name=name, audience=Audience.STAFF, opt_out=OptOut.ACCOUNT_PAGE, topic=CATALOGUE)


def _account(name: str, *links: str) -> EmailKind:
    return EmailKind(name=name, audience=Audience.STAFF, links=frozenset(links))


KINDS = {
    kind.name: kind
    for kind in (
        # to a firm, about its file
        _letter("confirm_address", "confirm"),
        _letter("receipt", "result"),
        _letter("reviewed", "result", reply_to_author=True),
        _letter("colleague", "result"),
        _letter("closed", "result"),
        EmailKind(
            name="alert",
            audience=Audience.FIRM,
            opt_out=OptOut.ONE_CLICK,
            topic=ALERTS,
            links=frozenset({"result", "stop"}),
        ),
        # to officers, about files
        _notice("officer_notice"),
        _notice("handed_over", reply_to_author=True),
        _notice("officer_unreachable"),
        _notice("link_proposed", reply_to_author=True),
        # to those who work on the catalogue
        _catalogue("proposal_notice"),
        _catalogue("proposal_decided"),
        _catalogue("proposal_remark"),
        _catalogue("proposal_sent_back"),
        _catalogue("proposal_urgent"),
        _catalogue("fusion_notice"),
        _catalogue("fusion_decided"),
        _catalogue("catalogue_task_closed"),
        _catalogue("catalogue_week"),
        # to whoever has an account
        _account("invitation", "password"),
        _account("password_reset", "password"),
        _account("account_changed"),
        _account("second_factor_reset"),
        _account("job_alarm"),
        EmailKind(name="public_report_answered", audience=Audience.VISITOR),
    )
}


def kind_of(name: str) -> EmailKind:
    """Return a kind by its name; raise ``UnknownKind`` where nothing is said of it."""
    if name not in KINDS:
        raise UnknownKind(f"Unknown kind of e-mail {name!r}. Known kinds: {', '.join(KINDS)}.")
    return KINDS[name]
