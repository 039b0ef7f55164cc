"""The territory's figures, for those who lead: how far files get, and what nothing answers where."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from heapq import nlargest
from operator import itemgetter

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.accounts.models import User
from backend.common.days import current_day
from backend.common.text import fold
from backend.jobs.models import JobState
from backend.matchmaking.models import Submission
from backend.matchmaking.queue import NOWHERE, Tab
from backend.matchmaking.standing import Standing
from backend.steering.actions import Followed, actions_of, follow
from backend.steering.arrivals import Arrived, arrivals
from backend.steering.denominators import Denominators, denominators
from backend.steering.funnel import Funnel, Funnels, answers_before_a_name, funnels
from backend.steering.gap_map import Gap, Gaps, gaps
from backend.steering.models import Step
from backend.steering.scopes import Scope, scope_of
from backend.steering.success import SchemesAtWork, schemes_at_work
from backend.steering.targets import MonthAimed, Progress, progress
from backend.territories.outlines import size_of_map
from backend.web import charts
from backend.web.figures import as_file, format_of
from backend.web.forms.territory import FunnelForm, GapForm, SchemesForm
from backend.web.territory_map import CLASSES, Shown, areas
from backend.web.views.officer import signed_in


@login_required
@never_cache
@require_safe
def funnel(request: HttpRequest) -> HttpResponse:
    """Show how far files got and in how many working days; as a file where the address asks for one."""
    scope, on = scope_of(signed_in(request)), current_day()
    form = FunnelForm(request.GET, scope=scope)
    filters = form.filters(on=on)
    found, aims = funnels(scope, filters, on=on), progress(scope, filters, on=on)
    arrived = arrivals(scope, filters, found.total)
    if format_of(request) and not form.errors:
        return as_file(request, signed_in(request), "demandes", _funnel_rows(found, aims, arrived))
    filed = [
        (date_format(month.first, "m/y"), month.funnel.filed, month.funnel.answered.n) for month in found.by_month
    ]
    context = {
        "form": form,
        "found": found,
        "n_before_a_name": answers_before_a_name(scope, filters) if not filters.size else 0,
        "groups": _groups(found),
        "arrived": arrived,
        "way": charts.rows([(str(step.label), reached.n) for step, reached, _share in found.total.steps()]),
        "trend": charts.columns(filed),
        "months": [(_month_name(month.first), month.funnel) for month in reversed(found.by_month)],
        "aims": [(aim, *_months_of(aim, found)) for aim in aims],
        "counted_from": filters.since,
        "is_whole": scope.is_whole,
        "n_nowhere": 0 if scope.is_whole else _files_nowhere(signed_in(request)),
        "nowhere_list": urlencode({"etat": Tab.ALL, "epci": NOWHERE}),
        "counted_at": counted_at(),
    }
    return render(request, "web/territory/funnel.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_safe
def gap_map(request: HttpRequest) -> HttpResponse:
    """Show what is asked for and not answered: a map, and the same as tables; as a file where it is asked for."""
    scope = scope_of(signed_in(request))
    form = GapForm(request.GET, scope=scope)
    wants_file = bool(format_of(request)) and not form.errors
    found = gaps(scope, form.filters(), with_cells=wants_file)
    shown = Shown(form.chosen("montre"))
    register = None if form.chosen("taille") else denominators()  # the register is counted of all sizes together
    if wants_file:
        return as_file(request, signed_in(request), "besoins", _gap_rows(found, register))
    context = {
        "form": form,
        "found": found,
        "counted_at": counted_at(),
        "register": register,
        "has_size": bool(form.chosen("taille")),
        "tables": _gap_tables(form, found, register),
        "areas": [] if form.chosen("commune") else areas(found.by_commune, shown),  # of one place there is no map
        "map_size": size_of_map(),
        "shown": shown,
        "maps": [(key, words, _kept(form, "montre")) for key, words in form.SHOWN],
        "classes": [*enumerate(CLASSES[shown], 1)],
        "decides": form.chosen("detail"),
        "decided": _decided(scope, form.chosen("detail")),
        "subject": [rows[0].label for _name, rows in _narrowed(form, found) if rows],
        "lacking_most": list(lacking_most(found)),
        "kept": _kept(form),
        "everywhere": _kept(form, "commune"),
        "unmet_list": urlencode({"etat": Tab.ALL, "carte": _kept(form, *form.LEAVE_ALL) or "tout"}),
    }
    return render(request, "web/territory/gaps.html", context, status=422 if form.errors else 200)


@login_required
@never_cache
@require_safe
def schemes(request: HttpRequest) -> HttpResponse:
    """Show what came of schemes, why others were set aside and whose sheets mislead; as a file where asked for."""
    scope, on = scope_of(signed_in(request)), current_day()
    form = SchemesForm(request.GET, scope=scope)
    found = schemes_at_work(scope, form.filters(on=on))
    named = [one for one in found.schemes if fold(form.chosen("recherche")) in fold(one.name)]
    if format_of(request) and not form.errors:
        return as_file(request, signed_in(request), "dispositifs", _scheme_rows(replace(found, schemes=named)))
    success = found.success
    n_unanswered = found.asked - success.n
    way = [
        (_("demandées"), found.asked),
        (_("obtenues"), success.granted),
        (_("refusées"), success.refused),
        (_("sans réponse"), n_unanswered),
    ]
    context = {
        "form": form,
        "found": found,
        "page": Paginator(named, SCHEMES_PER_PAGE).get_page(request.GET.get("page")),
        "n_unanswered": n_unanswered,
        "way": charts.rows(way),
        "counted_at": counted_at(),
    }
    return render(request, "web/territory/schemes.html", context, status=422 if form.errors else 200)


def _scheme_rows(found: SchemesAtWork) -> Iterator[list[object]]:
    yield [
        "tableau",
        "dispositif ou raison",
        "demandés",
        "obtenus",
        "refusés",
        "taux",
        "de",
        "à",
        "dossiers répondus",
        "jours ouvrés, médiane de ceux-ci",
        "euros demandés",
        "euros obtenus",
        "aides chiffrées",
        "dossiers",
        "dossiers décidés",
        "tâches ouvertes",
        "tâches closes",
    ]
    for one in found.schemes:
        success, bounds = one.success, one.success.bounds or ("", "")
        rate = "" if success.percent is None else success.percent
        delay = [one.n_answered, one.median if one.n_answered else ""]
        firms = [one.asked, success.granted, success.refused, rate, *bounds, *delay]
        yield ["demandés", one.name, *firms, one.euros_asked, one.euros_granted, one.n_euros, *[""] * 4]
    for whose, reason, n in found.reasons:
        yield [_("écartés (%(whose)s)") % {"whose": whose}, reason, *[""] * 11, n, "", "", ""]
    for reason, n in found.refusals:
        yield [_("refusés"), reason, *[""] * 11, n, "", "", ""]
    for sheet in found.misleading:
        tasks = [sheet.n, sheet.n_decided, sheet.n_open, sheet.n_closed]
        yield ["condition fausse", sheet.name, *[""] * 11, *tasks]


def _files_nowhere(user: User) -> int:
    """Count the files of the pool, which the list of a lead shows and her figures leave out: they are everybody's."""
    return Submission.objects.visible_to(user).filter(epci=None).count()


def counted_at() -> datetime | None:
    """Return when all files were last counted; ``None`` before the first time: what is older than a day is missing."""
    counted_at = JobState.objects.filter(name="steering.rebuild").values_list("succeeded_at", flat=True).first()
    return counted_at and timezone.localtime(counted_at)


def _decided(scope: Scope, sub_need: str) -> list[Followed]:
    """Return what was decided about the need one looks at, the last first, with what the need has become since."""
    return (
        follow(scope, actions_of(scope).filter(sub_need=sub_need).order_by("-decided_on", "-pk")) if sub_need else []
    )


def _kept(form: GapForm, *without: str) -> str:
    """Return what was chosen as the end of an address."""
    return urlencode({name: form.chosen(name) for name in form.fields if name not in without and form.chosen(name)})


def _narrowed(form: GapForm, found: Gaps) -> list[tuple[str, list[Gap]]]:
    """Return what one click narrowed the page to: a need, a commune, or both."""
    return [
        (name, rows) for name, rows in (("detail", found.by_need), ("commune", found.by_commune)) if form.chosen(name)
    ]


def lacking_most(found: Gaps) -> Iterator[tuple[str, list[tuple[str, int, int]]]]:
    """Yield for what and where most needs have no scheme, and of what most are to specify, each with its numbers."""
    for title, rows, name in (
        (_("Sans dispositif, d’abord"), found.by_need, "unmet"),
        (_("Où"), found.by_commune, "unmet"),
        (_("À préciser, d’abord"), found.by_need, "to_specify"),
    ):
        counted = [(gap.label, getattr(gap, name), gap.demand) for gap in rows]
        most = [row for row in nlargest(MOST_SAID, counted, key=itemgetter(1)) if row[1]]
        if len(rows) > 1 and most:
            yield title, most


MOST_SAID = 3
SCHEMES_PER_PAGE = 10
FIRST = 4  # lines of the map's first table that stand under it; the others are folded
ORDERS = {"": None, "besoins": lambda gap: (-gap.demand, gap.label), "nom": lambda gap: gap.label}


type GapRow = tuple[Gap, float | None]  # a line, and files for 100 establishments of its commune


def _gap_tables(form: GapForm, found: Gaps, register: Denominators | None) -> list[tuple[str, str, list[GapRow]]]:
    """Return the tables: the first lines of the first one, which stand open, then what is folded."""
    order = ORDERS[form.chosen("tri")]
    rate = register.rate if register else (lambda _n_files, _commune: None)

    def rows(gaps: list[Gap]) -> list[GapRow]:
        return [(gap, rate(gap.n_files, gap.key[0])) for gap in (sorted(gaps, key=order) if order else gaps)]

    tables = [
        ("detail", _("Par besoin"), rows(found.by_need)),
        ("commune", _("Par commune"), rows(found.by_commune)),
        ("taille", _("Par taille"), rows(found.by_size)),
    ]
    tables.sort(key=lambda table: len(table[2]) < 2)  # one line says no more than the words above the tables
    (name, title, lines), *others = tables
    rest = _("%(title)s, la suite (%(n)s)") % {"title": title, "n": len(lines) - FIRST}
    followed = [(name, rest, lines[FIRST:])] if len(lines) > FIRST else []
    return [(name, title, lines[:FIRST]), *followed, *others]


def _gap_rows(found: Gaps, register: Denominators | None) -> Iterator[list[object]]:
    """Yield a line for each commune, need and size; the last columns of each are of its whole commune."""
    rates = {gap.key[0]: _rate_of(gap, register) for gap in found.by_commune}
    standings = [word.label for word in Standing]
    yield [
        "commune",
        "besoin",
        "taille",
        "besoins exprimés",
        *standings,
        "avec un dispositif",
        "à préciser",
        "sans dispositif",
        "dont avec un conseil seul",
        "bloque seul",
        "dispositif",
        "demandes",
        "demandes répondues",
        "jours ouvrés, médiane de celles-ci",
        "commune : demandes",
        "commune : établissements",
        "commune : demandes pour 100 établissements",
    ]
    for cell in found.cells:
        blocker = cell.blocker
        alone = [blocker.condition, blocker.scheme, blocker.n_files] if blocker else ["", "", ""]
        delay = [cell.n_answered, cell.median if cell.n_answered else ""]
        answers = [cell.demand, *cell.counts.values(), cell.met, cell.to_specify, cell.unmet, cell.advised]
        yield [*cell.key, *answers, *alone, *delay, *rates[cell.key[0]]]


def _rate_of(gap: Gap, register: Denominators | None) -> list[object]:
    """Return the files of a commune, its establishments and their rate; nothing of the last two where not known."""
    rate = register.rate(gap.n_files, gap.key[0]) if register else None
    if register is None or rate is None:
        return [gap.n_files, "", ""]
    return [gap.n_files, register.by_commune[gap.key[0]], round(rate, 1)]


def _groups(found: Funnels) -> list[tuple[str, list[Funnel]]]:
    groups = [(_("Intercommunalité"), found.by_epci), (_("Besoin"), found.by_need), (_("Taille"), found.by_size)]
    return [(title, rows) for title, rows in groups if len(rows) > 1]


@cache
def _month_name(first: date) -> str:
    """Return a month as tables say it: a page has hundreds of them."""
    name: str = date_format(first, "F Y").capitalize()
    return name


def _months_of(aim: Progress, found: Funnels) -> tuple[charts.Columns, list[tuple[str, MonthAimed]]]:
    """Return what is attained of a target month by month: as a chart, and as rows."""
    rows = [aim.in_month(month.first) for month in found.by_month]
    drawn = [(date_format(row.first, "m/y"), row.attained.percent, row.share) for row in rows]
    return charts.shares(drawn), [(_month_name(row.first), row) for row in reversed(rows)]


def _aim_rows(aims: list[Progress], found: Funnels) -> Iterator[list[object]]:
    """Yield the target of each step, and what is attained of it, beside the columns of the funnel.

    A month stands beside the target of then; where there was none, beside the days alone within which it is counted.
    """
    for aim in aims:
        now = aim.target.working_days, aim.target.share
        rows = [(_("Total"), "", aim.total, *now)]
        rows += [(_("Intercommunalité"), name, attained, *now) for name, attained in aim.by_epci.items()]
        for month in (aim.in_month(month.first) for month in found.by_month):
            rows.append((_("Mois"), f"{month.first:%Y-%m}", month.attained, month.working_days, month.share))
        for title, label, attained, *numbers in rows:
            said = ["" if number is None else number for number in (*numbers, attained.percent)]
            yield [_("Objectif : %s") % title, label, aim.target.get_step_display(), attained.n_due, "", "", *said]


def _funnel_rows(found: Funnels, aims: list[Progress], arrived: list[Arrived]) -> Iterator[list[object]]:
    yield [
        "par",
        "groupe",
        "étape",
        "demandes",
        "jours ouvrés, médiane de celles-ci",
        "jours ouvrés, 9 sur 10 de celles-ci",
        "objectif, jours ouvrés",
        "objectif, part visée",
        "part atteinte",
    ]
    months = [(_("Mois"), [(f"{month.first:%Y-%m}", month.funnel) for month in found.by_month])]
    named = [(title, [(row.label, row) for row in rows]) for title, rows in _groups(found)]
    for title, rows in [(_("Total"), [("", found.total)]), *named, *months]:
        for label, row in rows:
            for step in Step:
                if reached := row.reached.get(step):
                    yield [title, label, step.label, reached.n, reached.median, reached.ninth, "", "", ""]
            yield [title, label, _("en attente de réponse"), row.waiting, *[""] * 5]
    for one in arrived:
        for step, n in ((Step.FILED, one.filed), (Step.CONFIRMED, one.confirmed)):
            yield [_("Par où elles arrivent"), one.site or _("directement"), step.label, n, *[""] * 5]
    yield from _aim_rows(aims, found)
