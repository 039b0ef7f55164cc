"""Keeping how pages answer, and telling editors: of a page that failed on three days, moved, or says something else.

Days are counted, not attempts: a site that is down for an evening is nobody's work.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256

from django.db import transaction

from backend.common.work import Work
from backend.schemes.catalogue.quotes import follow_quotes, quotes_of, told_lost
from backend.schemes.catalogue.reports import report_by_job, settle_by_job
from backend.schemes.ingestion.links.examining import BUDGET_SECONDS, PAUSE_SECONDS, Sight, examine_all, host_of
from backend.schemes.ingestion.links.reading import Fingerprint, says_the_same
from backend.schemes.models import ANSWERS, CatalogueTask, Outcome, Page, PageCheck, Revision, Scheme
from backend.schemes.typography import NBSP
from backend.schemes.typography import day as day_in_words

JOB = CatalogueTask.Job.LINKS
GRACE_DAYS = 3  # failures, on as many days
KEPT = timedelta(days=90)
NETWORK = {Outcome.DNS, Outcome.CONNECTION, Outcome.TIMEOUT}
OUR_FAULT = 0.9  # share of hosts that cannot all be down at once
LEAST_HOSTS = 10
CONTACT = "page de contact"


class LinkCheckError(Exception):
    """Nothing can be told of the pages, and nothing was kept; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Use:
    """A published sheet that names a page, and as what."""

    scheme: Scheme
    role: str


def addresses_of(revision: Revision) -> dict[str, str]:
    """Return every address that a sheet names, without its fragment, and as what it is named first."""
    named = [(revision.url, "page du dispositif"), (revision.contact_url, CONTACT)]
    named += [(source.url, f"source{NBSP}{source.position}") for source in revision.sources.all()]
    found: dict[str, str] = {}
    for url, role in named:
        if plain := url.partition("#")[0].strip():
            found.setdefault(plain, role)
    return found


def pages_of(revision: Revision) -> list[tuple[str, Page]]:
    """Return the pages that a sheet names and that were asked for, each with its role."""
    roles = addresses_of(revision)
    pages = Page.objects.filter(url__in=roles, checked_on__isnull=False).in_bulk(field_name="url")
    return [(role, pages[url]) for url, role in roles.items() if url in pages]


def uses_in_force() -> dict[str, list[Use]]:
    """Return every address that our published sheets name, and who names it as what."""
    schemes = Scheme.objects.of_source(Scheme.OWN).published().select_related("current")
    found: dict[str, list[Use]] = defaultdict(list)
    for scheme in schemes.prefetch_related("current__sources", "current__criteria__source"):
        if scheme.current:
            for url, role in addresses_of(scheme.current).items():
                found[url].append(Use(scheme, role))
    return dict(found)


def check_pages(
    *,
    on: date,
    limit: int | None = None,
    host: str = "",
    pause: float = PAUSE_SECONDS,
    seconds: float = BUDGET_SECONDS,
) -> Work:
    """Ask for the pages that waited the longest, keep how they answered, and report and settle what follows."""
    uses = uses_in_force()
    _follow(uses)
    pages = [page for page in Page.objects.oldest_first() if not host or host_of(page.url) == host_of(f"//{host}")]
    chosen = {page.url: page for page in pages[:limit]}
    sights = examine_all(chosen, pause=pause, seconds=seconds)
    _refuse_our_own_fault(sights)
    n_changed = sum(record(chosen[sight.url], sight, uses[sight.url], on=on) for sight in sights)
    n_changed += _settle_gone(uses)
    PageCheck.objects.filter(on__lt=on - KEPT).delete()
    return Work(n_looked_at=len(sights), n_changed=n_changed)


def _follow(uses: Collection[str]) -> None:
    """Know every page that is named, and forget those that no published sheet names any more."""
    Page.objects.exclude(url__in=uses).delete()
    Page.objects.bulk_create([Page(url=url) for url in uses], ignore_conflicts=True)


def _refuse_our_own_fault(sights: Sequence[Sight]) -> None:
    hosts: dict[str, bool] = defaultdict(lambda: True)
    for sight in sights:
        hosts[host_of(sight.url)] &= sight.outcome in NETWORK
    n_down = sum(hosts.values())
    if len(hosts) >= LEAST_HOSTS and n_down >= OUR_FAULT * len(hosts):
        raise LinkCheckError(
            f"{n_down} sites sur {len(hosts)} ne répondent pas : c’est notre connexion qui manque, rien n’a été noté."
        )


@transaction.atomic
def record(page: Page, sight: Sight, uses: Sequence[Use], *, on: date) -> int:
    """Keep how a page answered on a day; return how many reports were made or settled."""
    columns = {
        "outcome": sight.outcome,
        "sentence": sight.sentence,
        "status": sight.status,
        "moved_to": sight.moved_to,
    }
    PageCheck.objects.update_or_create(page=page, on=on, defaults=columns)
    since = page.failing_since
    if sight.outcome in ANSWERS:
        page.failing_since = None
    elif since is None:
        page.failing_since = on
    for name, value in columns.items():
        setattr(page, name, value)
    page.checked_on = on
    n_changed = _settle_answering(page, since, on) if page.failing_since is None else _report_failing(page, uses, on)
    n_changed += _report_moved(page, uses, on)
    if sight.words:
        n_changed += _look_for_quotes(page, sight.words, uses, on)
    if sight.fingerprint:
        n_changed += _compare(page, sight.fingerprint, uses, on)
    page.save()
    return n_changed


# -- pages that fail


def _report_failing(page: Page, uses: Sequence[Use], on: date) -> int:
    since = page.failing_since
    n_days = page.n_days_failing(on)
    if since is None or n_days < GRACE_DAYS:
        return 0
    text = (
        f"{page.sentence}. En échec depuis le {day_in_words(since)}, les {n_days} jours où elle a été demandée. "
        "Cherchez sa nouvelle adresse, ou retirez-la de la fiche."
    )
    return _report(page, uses, f"down:{since}:{page.url}", text)


def _settle_answering(page: Page, since: date | None, on: date) -> int:
    if since is None:
        return 0
    answer = f"La page répond de nouveau le {day_in_words(on)}."
    return settle_by_job(job=JOB, subject=f"down:{since}:{page.url}", answer=answer)


# -- pages that moved for good


def _report_moved(page: Page, uses: Sequence[Use], on: date) -> int:
    """Propose the new address of a page that sent there on three days; settle it once it no longer does."""
    subject = f"moved:{sha256(page.moved_to.encode()).hexdigest()[:10]}:{page.url}"
    others = CatalogueTask.objects.from_job(JOB).waiting().filter(subject__startswith="moved:")
    stale = others.filter(subject__endswith=f":{page.url}").exclude(subject=subject)
    n_settled = 0
    if page.failing_since is None:
        for old in set(stale.values_list("subject", flat=True)):
            n_settled += settle_by_job(job=JOB, subject=old, answer="La page ne renvoie plus à cette adresse.")
    if page.outcome != Outcome.MOVED:
        return n_settled
    last = list(page.checks.filter(on__lte=on).order_by("-on")[:GRACE_DAYS])
    if len(last) < GRACE_DAYS or any(check.moved_to != page.moved_to for check in last):
        return n_settled
    text = (
        f"La page a déménagé pour toujours{NBSP}: {page.moved_to}. Vérifiez que c’est bien elle, "
        "et proposez cette adresse dans la fiche."
    )
    return n_settled + _report(page, uses, subject, text)


# -- pages that say something else


def _look_for_quotes(page: Page, words: str, uses: Sequence[Use], on: date) -> int:
    """Report the sentences that a page says no more to each sheet that quotes them; the page itself is one report."""
    quoted = {use: quotes_of(use.scheme.current).get(page.url, set()) for use in uses if use.scheme.current}
    lost = follow_quotes(page, words, set().union(*quoted.values()), on=on)
    n_reported = 0
    for use, excerpts in quoted.items():
        theirs = [one for one in lost if one.excerpt in excerpts]
        if theirs and not _waits_for_reading(page, use.scheme):
            text = (
                f"{told_lost(theirs)} Relisez la fiche d’après elle, et proposez-la avec sa nouvelle date, même "
                "inchangée : elle est dite « à vérifier » d’ici là."
            )
            n_reported += _report(page, [use], f"changed:{on}:{page.url}", text)
    return n_reported


def _compare(page: Page, seen: Fingerprint, uses: Sequence[Use], on: date) -> int:
    """Report a text that changed once two days agree on the new one: a page that changes each day says nothing."""
    before, other = page.reading, page.next_reading
    if before is None or page.seen_on is None or says_the_same(before, seen):
        page.reading, page.seen_on = before or seen, on
        page.next_reading = page.next_seen_on = None
        return 0
    is_known = other is not None and says_the_same(other, seen)
    if not is_known or page.next_seen_on is None or page.next_seen_on >= on:
        page.next_seen_on = page.next_seen_on if is_known else on
        page.next_reading = seen
        return 0
    text = _what_changed(before, seen, between=(page.seen_on, page.next_seen_on))
    page.reading, page.seen_on = seen, on
    page.next_reading = page.next_seen_on = None
    watched = [use for use in uses if use.role != CONTACT and not _waits_for_reading(page, use.scheme)]
    return _report(page, watched, f"changed:{on}:{page.url}", text)


def _what_changed(old: Fingerprint, new: Fingerprint, *, between: tuple[date, date]) -> str:
    before, after = set(old["figures"]), set(new["figures"])
    first, last = (day_in_words(day) for day in between)
    parts = [f"La page a changé entre le {first} et le {last}."]
    if gone := sorted(before - after)[:8]:
        parts.append(f"N’y figure plus{NBSP}: {', '.join(gone)}.")
    if come := sorted(after - before)[:8]:
        parts.append(f"Y figure maintenant{NBSP}: {', '.join(come)}.")
    return " ".join([*parts, "Relisez la fiche d’après elle."])


def _waits_for_reading(page: Page, scheme: Scheme) -> bool:
    """Whether an earlier change of this page still waits for its reader, who will read the page as it is."""
    waiting = CatalogueTask.objects.from_job(JOB).waiting().filter(scheme=scheme)
    return waiting.filter(subject__startswith="changed:", subject__endswith=f":{page.url}").exists()


# -- telling


def _report(page: Page, uses: Sequence[Use], subject: str, text: str) -> int:
    made = (
        report_by_job(scheme=use.scheme, job=JOB, subject=subject, text=f"{_named(use)} {page.url}{NBSP}: {text}")
        for use in uses
    )
    return sum(task is not None for task in made)


def _named(use: Use) -> str:
    return use.role.capitalize()


def _settle_gone(uses: Mapping[str, Sequence[Use]]) -> int:
    """Settle reports on addresses that their sheet, corrected or archived, no longer names."""
    named = {(use.scheme.pk, url) for url, of_url in uses.items() for use in of_url}
    n_settled = 0
    for task in CatalogueTask.objects.from_job(JOB).waiting().select_related("scheme"):
        url = task.subject.split(":", 2)[2]
        if (task.scheme_id, url) not in named:
            answer = "La fiche publiée ne donne plus cette adresse."
            n_settled += settle_by_job(job=JOB, subject=task.subject, answer=answer, scheme=task.scheme)
    return n_settled
