"""How long what takes a scheme away from a firm holds: one table for officers' reasons, the firm's, and outcomes."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from backend.schemes.models import Revision


class Ending(models.TextChoices):
    """When a reason holds no more."""

    NEVER = "never", _("ne revient pas")
    WINDOW = "window", _("revient quand le dispositif ouvre de nouveau")
    AMOUNT = "amount", _("revient quand son montant change")
    PROJECT = "project", _("pour cette demande seule")  # each request is a project: it holds in that one only


# By the reason for setting a scheme aside (``Review.Reason``, ``SchemeEvent.Reason``), or what came of a request.
ENDINGS = {
    "wrong_criterion": Ending.PROJECT,
    "wrong_fact": Ending.PROJECT,
    "already_has_it": Ending.NEVER,
    "asked_and_refused": Ending.WINDOW,
    "project_started": Ending.PROJECT,
    "deadline_too_close": Ending.WINDOW,
    "not_worth_it": Ending.AMOUNT,
    "not_interested": Ending.NEVER,
    "better_alternative": Ending.PROJECT,
    "partner_first": Ending.PROJECT,
    "outside_perimeter": Ending.PROJECT,  # of old reviews
    "other": Ending.PROJECT,
    "other_project": Ending.PROJECT,
    "has_it": Ending.NEVER,
    "granted": Ending.NEVER,
    "refused": Ending.WINDOW,
    "given_up": Ending.PROJECT,
}
EVERYWHERE = frozenset({Ending.NEVER, Ending.WINDOW})  # what holds for the firm, whatever else it files
AMOUNTS = ("amount_text", "rate_max_pct", "floor_eur", "ceiling_eur", "spend_min_eur", "spend_max_eur")


def has_ended(why: str, before: Revision | None, now: Revision | None) -> bool:
    """Tell whether a reason, given on what one revision of a scheme said, holds no more on what another one says.

    Where either revision is not known, it holds.
    """
    if before is None or now is None or now.pk == before.pk:
        return False
    if ENDINGS[why] == Ending.WINDOW:
        return _has_reopened(before, now)
    return ENDINGS[why] == Ending.AMOUNT and any(getattr(before, name) != getattr(now, name) for name in AMOUNTS)


def _has_reopened(before: Revision, now: Revision) -> bool:
    permanent = Revision.WindowState.PERMANENT
    if now.window_state == permanent:
        return before.window_state != permanent
    return now.closes_on is not None and (before.closes_on is None or now.closes_on > before.closes_on)
