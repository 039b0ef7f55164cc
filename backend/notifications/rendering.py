"""E-mails from templates: a subject, a text part and an HTML part with its styles inlined."""

from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string

from backend.notifications.services import Message


def render(name: str, context: dict[str, Any]) -> Message:
    """Render the three templates of an e-mail: ``<name>.subject.txt``, ``<name>.txt`` and ``<name>.html``."""
    context = {**context, "public_url": settings.PUBLIC_URL}
    subject = " ".join(render_to_string(f"emails/{name}.subject.txt", context).split())
    text = render_to_string(f"emails/{name}.txt", context).strip() + "\n"
    html = css_inline.inline(render_to_string(f"emails/{name}.html", context), load_remote_stylesheets=False)
    return Message(subject=subject[:200], text=text, html=html)
