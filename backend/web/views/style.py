"""The design system as pages use it, in a demonstration: made of their own templates, on an invented firm's answer."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.common.days import current_day
from backend.matchmaking.deadlines import dates_of, in_order
from backend.matchmaking.standing import Standing
from backend.schemes.models import Scheme
from backend.territories.models import ServedEpci
from backend.territories.outlines import map_of
from backend.territories.services import served_communes
from backend.web.drafts import OPTIONAL, Draft, Stated, stated
from backend.web.forms.filing.contact import ContactForm
from backend.web.forms.filing.project import ProjectForm
from backend.web.timeline import timeline
from backend.web.views.filing import step_context

NEED = "Je ne trouve pas de soudeurs et je voudrais un robot."
TOKEN = re.compile(r"--([a-z-]+): (#[0-9a-f]{6});")
# Which colour is read on which.
PAIRS = (
    ("ink", "paper"), ("ink", "ground"), ("muted", "paper"), ("muted", "ground"), ("primary", "paper"),
    ("primary-dark", "primary-tint"), ("paper", "primary"), ("paper", "primary-dark"), ("good", "good-tint"),
    ("bad", "bad-tint"), ("doubt", "doubt-tint"), ("focus", "paper"), ("edge", "paper"),
)  # fmt: skip
N_DATES = 5


@never_cache
@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """Show type, colours, components and forms; outside a demonstration there is no such page."""
    if not settings.DEMO:
        raise Http404
    return render(request, "web/dev/style.html", {**_answer(), **_dates(), **_form(), "pairs": contrasts()})


def contrasts() -> list[dict[str, Any]]:
    """Return the colours that are read on each other, with their contrast (WCAG 2.2, relative luminance)."""
    found = finders.find("web/site.css")
    colours = dict(TOKEN.findall(Path(str(found)).read_text("utf-8")))
    return [
        {"text": text, "ground": ground, "ink": colours[text], "paper": colours[ground], "ratio": round(ratio, 1)}
        for text, ground in PAIRS
        if (ratio := _contrast(colours[text], colours[ground]))
    ]


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    shares = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _answer() -> dict[str, Any]:
    commune = next((str(commune.official_code) for commune in served_communes()), "")
    draft = Draft(steps={"besoin": {"text": [NEED]}, "entreprise": {"commune": [commune], "naf": ["25.62B"]}})
    said = stated(draft)
    if not isinstance(said, Stated):
        return {}
    page = said.read.page()
    return {
        "draft": draft,
        "page": page,
        "said": said.read.said_back(),
        "asked": said.asked(but=page.asked, rather=page.presumed),
        "standings": list(Standing),
        "needs_url": reverse("draft_needs"),
        "question_url": reverse("draft_question"),
        "answer_url": reverse("draft_condition"),
    }


def _dates() -> dict[str, Any]:
    on = current_day()
    schemes = Scheme.objects.of_source(Scheme.OWN).select_related("current")
    deadlines = in_order(day for scheme in schemes for day in dates_of(scheme, scheme.current, on=on))[:N_DATES]
    epcis = ServedEpci.objects.all()
    line = timeline([one.on for one in deadlines], on=on) if deadlines else None
    return {"on": on, "deadlines": deadlines, "line": line, "last": deadlines[-1:], "map": map_of(epcis)}


def _form() -> dict[str, Any]:
    steps = step_context(OPTIONAL, ProjectForm(), None)
    return {**steps, "wrong": ContactForm({"contact_name": "Camille Roux", "email": "camille"})}
