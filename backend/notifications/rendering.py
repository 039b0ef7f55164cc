"""E-mails from templates: a subject, a text part and an HTML part with its styles inlined."""

from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string

from backend.notifications.kinds import KINDS, OptOut
from backend.notifications.services import Message, absolute_url


def render(name: str, context: dict[str, Any]) -> Message:
    """Render the three templates of an e-mail: ``<name>.subject.txt``, ``<name>.txt`` and ``<name>.html``."""
    context = {**context, **_opt_out_of(name), "public_url": settings.PUBLIC_URL}
    subject = " ".join(render_to_string(f"emails/{name}.subject.txt", context).split())
    text = render_to_string(f"emails/{name}.txt", context).strip() + "\n"
    html = css_inline.inline(render_to_string(f"emails/{name}.html", context), load_remote_stylesheets=False)
    return Message(subject=subject[:200], text=text, html=html)


def _opt_out_of(name: str) -> dict[str, Any]:
    """Return what the foot of an e-mail says of how not to receive more; a stop link comes with its alert."""
    kind = KINDS.get(name)
    opt_out = kind.opt_out if kind else OptOut.NONE
    return {
        "preferences_url": absolute_url("my_emails") if opt_out is OptOut.ACCOUNT_PAGE else "",
        "is_refused_on_page": opt_out is OptOut.RESULT_PAGE and kind is not None and "result" in kind.links,
    }
