"""What is missing or contradictory in the published catalogue, worst first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from django.db.models import DateField, ExpressionWrapper, F, Value
from django.db.models.functions import Coalesce

from backend.common.text import fold
from backend.schemes.catalogue.evidence import is_internal, is_vouched_for
from backend.schemes.catalogue.relations import contradiction_in_force
from backend.schemes.catalogue.windows import TAKING, WindowOn, window_on
from backend.schemes.models import Revision, Scheme, ServedNeed, SubNeed
from backend.schemes.typography import NBSP, first_sentence
from backend.schemes.typography import day as day_in_words

REVIEW_DAYS = 180  # after this many days a sheet is to be read again, where it names no day itself
MONEY = {
    Revision.Kind.GRANT,
    Revision.Kind.LOAN,
    Revision.Kind.REPAYABLE_ADVANCE,
    Revision.Kind.GUARANTEE,
    Revision.Kind.TAX_RELIEF,
}


class Severity(IntEnum):
    """How much a firm may be misled."""

    SERIOUS = 3
    TO_MEND = 2
    TO_COMPLETE = 1


FIRST_SENTENCES = {"summary": 100, "amount_text": 100, "next_step": 110}  # characters; answers show no more of them
SEVERITY_NAMES = {Severity.SERIOUS: "grave", Severity.TO_MEND: "à corriger", Severity.TO_COMPLETE: "à compléter"}
SEVERITIES: dict[str, Severity] = {
    "window_past": Severity.SERIOUS,
    "no_source": Severity.SERIOUS,
    "verified_without_evidence": Severity.SERIOUS,
    "source_internal": Severity.SERIOUS,
    "no_need": Severity.SERIOUS,
    "duplicate_name": Severity.SERIOUS,
    "need_without_scheme": Severity.SERIOUS,
    "relation_unknown": Severity.TO_MEND,
    "relation_archived": Severity.TO_MEND,
    "relation_contradiction": Severity.TO_MEND,
    "sheet_old": Severity.TO_MEND,
    "no_owner": Severity.TO_MEND,
    "criterion_without_source": Severity.TO_MEND,
    "no_next_step": Severity.TO_MEND,
    "long_first_sentence": Severity.TO_COMPLETE,
    "no_contact": Severity.TO_MEND,
    "amount_missing": Severity.TO_MEND,
    "need_only_unconfirmed": Severity.TO_MEND,
    "window_unknown": Severity.TO_COMPLETE,
    "source_without_date": Severity.TO_COMPLETE,
    "no_criteria": Severity.TO_COMPLETE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend, of a scheme or of a sub-need."""

    code: str
    subject: str
    name: str
    text: str

    @property
    def severity(self) -> Severity:
        return SEVERITIES[self.code]


def review_day(revision: Revision, *, days: int = REVIEW_DAYS) -> date:
    """Return the day by which a sheet is to be read again: its own, or so many days after it was read."""
    return revision.review_by or revision.as_of + timedelta(days=days)


def is_overdue(revision: Revision, *, on: date) -> bool:
    """Tell whether a sheet was to be read again before a day."""
    return review_day(revision) < on


def review_column(*, of: str = "") -> Coalesce:
    """Return the same day as an expression; ``of`` is the path to the revision, such as ``current__``."""
    later = ExpressionWrapper(F(f"{of}as_of") + Value(REVIEW_DAYS), output_field=DateField())
    return Coalesce(F(f"{of}review_by"), later)


def check_catalogue(*, on: date, days: int = REVIEW_DAYS) -> list[Finding]:
    """Check every published scheme and every sub-need; worst subjects first, worst findings first."""
    schemes = list(
        Scheme.objects.of_source(Scheme.OWN)
        .published()
        .select_related("current")
        .prefetch_related(
            "current__sources",
            "current__criteria__source",
            "current__served_needs",
            "current__relations",
            "current__roles",
        )
    )
    states = dict(Scheme.objects.of_source(Scheme.OWN).values_list("source_key", "state"))
    found = [finding for scheme in schemes for finding in check_scheme(scheme, on=on, days=days, states=states)]
    found += _duplicates(schemes)
    found += _contradiction(schemes)
    found += _needs(on)
    return _worst_first(found)


def check_scheme(
    scheme: Scheme, *, on: date, days: int = REVIEW_DAYS, states: dict[str, str] | None = None
) -> list[Finding]:
    """Check one scheme; ``states`` are those of the schemes that it may name, read where they are not given."""
    if scheme.current is None:
        return []
    if states is None:
        states = dict(Scheme.objects.of_source(Scheme.OWN).values_list("source_key", "state"))
    revision = scheme.current
    parts = (
        _window(revision, on),
        _sources(revision),
        _evidence(revision, on),
        _content(revision),
        _age(revision, on, days),
        _relations(revision, states),
    )
    texts = [item for part in parts for item in part]
    return _worst_first(Finding(code, scheme.source_key, revision.name, text) for code, text in texts)


def _window(revision: Revision, on: date) -> Iterator[tuple[str, str]]:
    if revision.window_state != Revision.WindowState.CLOSED and revision.closes_on and revision.closes_on < on:
        yield "window_past", f"publié, mais fermé depuis le {day_in_words(revision.closes_on)}"
    if window_on(revision, on=on) == WindowOn.UNKNOWN:
        yield "window_unknown", "dates d’ouverture à confirmer"


def _sources(revision: Revision) -> Iterator[tuple[str, str]]:
    sources = list(revision.sources.all())
    undated = sum(not source.dated for source in sources)
    unsourced = sum(criterion.source_id is None for criterion in revision.criteria.all())
    if not sources:
        yield "no_source", "aucune source"
    if undated:
        yield "source_without_date", f"{_count(undated, 'source')} sans date"
    if unsourced:
        yield "criterion_without_source", f"{_count(unsourced, 'critère')} sans source"


def _evidence(revision: Revision, on: date) -> Iterator[tuple[str, str]]:
    criteria, sources = revision.criteria.all(), revision.sources.all()
    is_verified = revision.confidence == Revision.Confidence.VERIFIED
    if is_verified and not is_vouched_for(criteria, sources, on=on):
        yield "verified_without_evidence", "vérifié, mais une condition n’a ni texte officiel ni porteur pour source"
    internal = sum(is_internal(source.title) for source in sources)
    if internal:
        yield "source_internal", f"{_count(internal, 'source')} du nom d’un fichier"


def _content(revision: Revision) -> Iterator[tuple[str, str]]:
    if not revision.served_needs.all():
        yield "no_need", "aucun besoin servi : aucune entreprise ne le verra"
    if not revision.criteria.all():
        yield "no_criteria", "aucun critère : ouvert à toutes les entreprises"
    if revision.kind in MONEY and not _has_amount(revision):
        yield "amount_missing", f"montant absent, alors que c’est de l’argent ({revision.get_kind_display()})"
    if not (revision.contact_name or revision.contact_url or revision.contact_phone):
        yield "no_contact", "aucun contact"
    if revision.level in Revision.OF_TERRITORY and not revision.owner:
        yield "no_owner", "locale ou départementale, et aucune organisation ne la suit"
    if not revision.next_step:
        yield "no_next_step", "aucune première démarche"
    for field, limit in FIRST_SENTENCES.items():
        if len(first_sentence(getattr(revision, field))) > limit:
            name = getattr(Revision, field).field.verbose_name
            yield (
                "long_first_sentence",
                f"{name} : la première phrase dépasse {limit} caractères, les réponses la coupent",
            )


def _has_amount(revision: Revision) -> bool:
    figures = (revision.rate_max_pct, *revision.rates.values(), revision.floor_eur, revision.ceiling_eur)
    return bool(revision.amount_text) or any(figure is not None for figure in figures)


def _age(revision: Revision, on: date, days: int) -> Iterator[tuple[str, str]]:
    due = review_day(revision, days=days)
    if due < on:
        read_on, age = day_in_words(revision.as_of), (on - revision.as_of).days
        yield "sheet_old", f"relu pour la dernière fois le {read_on}, il y a {age} jours{_own_day(revision)}"


def _own_day(revision: Revision) -> str:
    return f"{NBSP}; à revoir avant le {day_in_words(revision.review_by)}" if revision.review_by else ""


def _relations(revision: Revision, states: dict[str, str]) -> Iterator[tuple[str, str]]:
    for relation in revision.relations.all():
        link = f"« {relation.get_kind_display()} {relation.other_key} »"
        state = states.get(relation.other_key)
        if state is None:
            yield "relation_unknown", f"le lien {link} mène à un dispositif qui n’existe pas"
        elif state == Scheme.State.ARCHIVED:
            yield "relation_archived", f"le lien {link} mène à un dispositif archivé"


def _contradiction(schemes: Iterable[Scheme]) -> Iterator[Finding]:
    """Report links that were in force before anything refused them; one at a time, as they are mended."""
    found = contradiction_in_force()
    names = {scheme.source_key: str(scheme) for scheme in schemes}
    if found:
        key = next((key for key in found.schemes if key in names), found.schemes[0])
        yield Finding("relation_contradiction", key, names.get(key, key), f"liens{NBSP}: {found.text}")


def _duplicates(schemes: Iterable[Scheme]) -> Iterator[Finding]:
    by_name: dict[str, list[Scheme]] = defaultdict(list)
    for scheme in schemes:
        by_name[" ".join(fold(str(scheme)).split())].append(scheme)
    for same in by_name.values():
        for scheme in same[1:]:
            text = f"porte le même nom que {same[0].source_key}"
            yield Finding("duplicate_name", scheme.source_key, str(scheme), text)


def _needs(on: date) -> Iterator[Finding]:
    """Check that each sub-need has a scheme, and one whose window is known to be open or to open."""
    served = ServedNeed.objects.filter(revision__in=Scheme.objects.of_source(Scheme.OWN).published().values("current"))
    known = {need.sub_need_id for need in served.select_related("revision") if _is_sure(need.revision, on=on)}
    some = {need.sub_need_id for need in served}
    for sub_need in SubNeed.objects.all():
        if sub_need.key not in some:
            yield Finding("need_without_scheme", sub_need.key, sub_need.label, "aucun dispositif publié")
        elif sub_need.key not in known:
            text = "aucun dispositif dont l’ouverture soit sûre"
            yield Finding("need_only_unconfirmed", sub_need.key, sub_need.label, text)


def _is_sure(revision: Revision, *, on: date) -> bool:
    """Tell whether a scheme surely takes applications, or will from a day that its sheet states."""
    found = window_on(revision, on=on)
    return found in TAKING or (found == WindowOn.UPCOMING and revision.window_state != Revision.WindowState.UNKNOWN)


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings by how bad their subject is, then by how bad each is."""
    findings = list(findings)
    by_subject: dict[str, list[int]] = defaultdict(list)
    for finding in findings:
        by_subject[finding.subject].append(finding.severity)
    ranks = {subject: (-max(values), -sum(values), subject) for subject, values in by_subject.items()}
    return sorted(findings, key=lambda finding: (*ranks[finding.subject], -finding.severity, finding.code))


def _count(count: int, noun: str) -> str:
    return f"{count}{NBSP}{noun}{'s' if count > 1 else ''}"
