"""A form that anybody may send without an account: it knows when its page was opened, and whether it came before."""

import time
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing

SALT = "web.report"
MAX_AGE_SECONDS = 24 * 3600


class VisitorForm(forms.Form):
    """``opened`` says when the page was opened."""

    opened = forms.CharField(widget=forms.HiddenInput, required=False)

    @property
    def has_trap(self) -> bool:
        """Whether its page has a trap for robots: not where it had already been sent once."""
        return self._opened().get("again") is not True

    def came_too_fast(self) -> bool:
        """Whether nobody types so fast; a page whose time cannot be read has just been opened."""
        return time.time() - float(self._opened().get("at", time.time())) < settings.REPORT_SECONDS

    def _opened(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = signing.loads(self.data.get("opened", ""), salt=SALT, max_age=MAX_AGE_SECONDS)
        except signing.BadSignature:
            return {}
        return found


def opened_now(*, again: bool = False) -> str:
    """Return what says, signed, that a page is opened now."""
    return signing.dumps({"at": time.time(), "again": again}, salt=SALT)
