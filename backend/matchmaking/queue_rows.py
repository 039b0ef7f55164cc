"""A file as the officers' lists show it, in two lines, read for a page of them by a fixed number of short queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Case, F, Min, Q, Value, When
from django.db.models.expressions import RawSQL
from django.utils.text import capfirst
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext

from backend.companies.models import Fact
from backend.matchmaking.correspondence import refusing_emails
from backend.matchmaking.fact_display import value_text
from backend.matchmaking.models import FollowUp, HandOver, Match, Need, Result, Submission
from backend.matchmaking.queue import HORIZON, SOON
from backend.schemes.catalogue.taxonomy import sub_needs
from backend.territories.services import served_communes, served_epcis

NEEDED = {
    Submission.Horizon.UNDER_3_MONTHS: _("sous 3 mois"),
    Submission.Horizon.FROM_3_TO_12_MONTHS: _("dans l’année"),
    Submission.Horizon.LATER: _("plus tard"),
}
READ_WITH = ("sheet__company", "sheet__establishment", "contact", "officer")
SHOWN = (  # of a file and of what is read with it: the rest is wide, and most of a list
    "consent_by", "confirmed_at", "filed_at", "reviewed_at", "reopened_at", "closed_at", "closed_reason", "unread_by",
    "many_of_company", "many_of_address", "sheet__name", "sheet__company__siren", "sheet__establishment__siret",
    "contact__phone", "contact__email", "epci", "officer__first_name", "officer__last_name",
    "officer__email",
)  # fmt: skip
NEED, STEP, OFFER = "need", "step", "offer"  # what hangs on a file
TO_COLLEAGUE, TO_EPCI = "colleague", "epci"  # to whom it is offered
OFFERED = {
    TO_COLLEAGUE: _("Proposée à un collègue"),
    TO_EPCI: _("Proposée à une autre intercommunalité"),
}
ANY_FILES: list[int] = []
N_NEEDS = 2  # named in a row; the others are counted
SAID_APART = {FollowUp.Step.DEAD_ADDRESS, FollowUp.Step.OUTCOME, FollowUp.Step.CALL_BACK}  # calls have their own tab


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A file as a list shows it, in two lines; ``closes_on`` is the nearest within thirty days."""

    submission: Submission
    since: datetime  # when it was opened again, else received
    age: int  # days that it has waited: until its answer or its closing, anew where it was opened again
    commune: str
    headcount: Any
    horizon: str | None
    all_needs: tuple[str, ...]
    closes_on: date | None
    is_answered: bool
    offered_to: str  # a key of ``OFFERED``, or nothing
    refuses_emails: bool
    steps: frozenset[str]  # that are to be done

    @property
    def is_dead_address(self) -> bool:
        return FollowUp.Step.DEAD_ADDRESS in self.steps

    @property
    def asks_outcome(self) -> bool:
        return FollowUp.Step.OUTCOME in self.steps

    @property
    def signs(self) -> Iterator[tuple[str, str]]:
        """Yield why it comes first or apart: what it weighs (``bad``, ``doubt`` or nothing), and the words."""
        file = self.submission
        if file.closed_at:
            yield "", str(_("Fermée") if file.is_barred else pgettext("file", "Close"))
        if self.asks_outcome:
            yield "doubt", str(_("Demander ce qui a été obtenu"))
        if call := self._why_call:
            phone = file.contact.phone.replace(" ", "\u00a0")
            number = _(" le %(phone)s") % {"phone": phone} if phone else ""
            yield "bad" if self.is_dead_address else "doubt", str(_("%(why)s\u00a0: appeler") % {"why": call}) + number
        for step in sorted(self.steps - SAID_APART):
            yield "doubt", capfirst(str(FollowUp.Step(step).label))
        if file.crowd_note:
            yield "bad", file.crowd_note
        if not self.is_answered:
            yield "bad", str(_("Rien ne répond"))
        if file.unread_by_id and not file.reviewed_at:
            yield "", str(_("Partie sans lecture"))
        if self.offered_to:
            yield "", str(OFFERED[self.offered_to])

    @property
    def _why_call(self) -> str:
        """Say why no e-mail reaches the firm; nothing where one does."""
        if self.is_dead_address:
            return str(_("Adresse morte"))
        if not self.submission.confirmed_at:
            return str(_("Adresse non confirmée"))
        return str(_("Pas de courriels")) if self.refuses_emails else ""

    @property
    def size(self) -> str:
        return str(_("effectif inconnu") if self.headcount is None else value_text("headcount", self.headcount))

    @property
    def needs(self) -> str:
        n_more = len(self.all_needs) - N_NEEDS
        more = f" (+ {n_more})" if n_more > 0 else ""
        return ", ".join(self.all_needs[:N_NEEDS]) + more if self.all_needs else str(_("en ses mots"))

    @property
    def waits(self) -> str:
        age, file = self.age, self.submission
        if file.reviewed_at:
            words = ngettext("relue en %(n)s jour", "relue en %(n)s jours", age) if age else _("relue le jour même")
        elif file.closed_at:
            words = _("n’attend plus")
        else:
            words = ngettext("%(n)s jour", "%(n)s jours", age) if age else _("aujourd’hui")
        return str(words) % {"n": age}

    @property
    def needed(self) -> str:
        return str(NEEDED.get(Submission.Horizon(self.horizon), "") if self.horizon else _("sans date"))


def rows_of(keys: Iterable[int], *, on: date) -> list[Row]:
    """Return files in the order given, with all that a row of the list shows, by short queries."""
    keys = list(keys)
    found = Submission.objects.select_related(*READ_WITH).only(*SHOWN).in_bulk(keys)
    epcis = {epci.pk: epci for epci in served_epcis()}
    for file in found.values():
        if file.epci_id and file.epci_id in epcis:
            file.epci = epcis[file.epci_id]
    refusing = refusing_emails(found.values())
    hanging = _hanging_on(keys)
    facts, closing = _facts_shown(file.sheet_id for file in found.values()), _answers(keys, on)
    communes: dict[Any, str] = {commune.official_code: commune.name for commune in served_communes()}
    return [
        Row(
            submission=file,
            since=_since(file),
            age=_days_waited(file, on),
            commune=communes.get(facts.get((file.sheet_id, "commune"), ""), ""),
            headcount=facts.get((file.sheet_id, "headcount")),
            horizon=facts.get((file.sheet_id, HORIZON)),
            all_needs=tuple(sub_needs()[key].short for key in hanging[NEED, file.pk]),
            closes_on=closing.get(file.pk),
            is_answered=file.pk in closing,
            offered_to=next(iter(hanging[OFFER, file.pk]), ""),
            refuses_emails=file.pk in refusing,
            steps=frozenset(hanging[STEP, file.pk]),
        )
        for file in (found[key] for key in keys if key in found)
    ]


def _days_waited(file: Submission, on: date) -> int:
    until = file.reviewed_at or file.closed_at
    return max(0, ((localdate(until) if until else on) - localdate(_since(file))).days)


def _since(file: Submission) -> datetime:
    return file.reopened_at or file.confirmed_at or file.filed_at


def _hanging_on(keys: list[int]) -> Mapping[tuple[str, int], list[str]]:
    """Return what is needed in some files, surest first, to do and offered, in one query."""
    sql, params = _hanging_on_any()
    with connection.cursor() as cursor:
        cursor.execute(sql, [keys if value is ANY_FILES else value for value in params])
        rows = cursor.fetchall()
    places = {key: place for place, key in enumerate(sub_needs())}
    found: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    for *_sure, kind, key, what in sorted(rows, key=lambda row: (*row[:2], places.get(row[-1], 0))):
        found[kind, key].append(what)
    return found


@cache
def _hanging_on_any() -> tuple[str, tuple[Any, ...]]:
    """Return the SQL for ``ANY_FILES`` and its parameters: Django writes it slower than PostgreSQL answers it."""
    of_files = {"submission__in": RawSQL("SELECT unnest(%s::bigint[])", [ANY_FILES])}
    needs, steps, offers = (
        rows.filter(**of_files).order_by()
        for rows in (Need.objects.all(), FollowUp.objects.to_do(), HandOver.objects.waiting())
    )
    sure, unsaid = (-F("probability"), -F("weight")), (Value(0.0), Value(0.0))
    to = Case(When(to_epci=None, then=Value(TO_COLLEAGUE)), default=Value(TO_EPCI))
    rows = needs.values_list(*sure, Value(NEED), "submission", "sub_need").union(
        steps.values_list(*unsaid, Value(STEP), "submission", "step"),
        offers.values_list(*unsaid, Value(OFFER), "submission", to),
        all=True,
    )
    return rows.order_by().query.sql_with_params()


def _facts_shown(sheets: Iterable[int]) -> dict[tuple[int, str], Any]:
    """Return the newest value of what a row shows of a firm, by sheet and name; nothing where it was taken back."""
    facts = Fact.objects.filter(sheet__in=list(sheets), name__in=("commune", "headcount", HORIZON))
    rows = facts.order_by("recorded_at", "pk").values_list("sheet", "name", "value")
    return {(sheet, name): value for sheet, name, value in rows}


def _answers(keys: list[int], on: date) -> dict[int, date | None]:
    """Return which files something answers, by their newest result, with the first of it that closes soon."""
    newest = Result.objects.filter(submission__in=keys).order_by("submission_id", "-computed_at", "-pk")
    soon = Min("revision__closes_on", filter=Q(revision__closes_on__range=(on, on + SOON)))
    rows = (
        Match.objects.answering()
        .filter(result__in=newest.distinct("submission_id").values("pk"))
        .order_by()
        .values("result__submission")
    )
    return dict(rows.annotate(soon=soon).values_list("result__submission", "soon"))
