"""Published sheets whose day has come: closed, about to close with nothing to follow, or to be read again."""

from collections.abc import Iterable
from datetime import date, timedelta

from backend.common.work import Work
from backend.schemes.catalogue.quality import is_overdue, review_day
from backend.schemes.catalogue.reports import report_all
from backend.schemes.catalogue.windows import expected_again
from backend.schemes.models import CatalogueTask, Proposal, Revision, Scheme
from backend.schemes.typography import NBSP
from backend.schemes.typography import day as day_in_words

SOON = timedelta(days=30)


def published() -> list[Scheme]:
    return list(Scheme.objects.of_source(Scheme.OWN).published().select_related("current"))


def closed_on(schemes: Iterable[Scheme], *, on: date) -> list[Scheme]:
    """Return the schemes whose last day is over and whose sheet does not say so."""
    return [scheme for scheme in schemes if (end := _end(scheme)) and end < on]


def closing_without_follow_up(schemes: Iterable[Scheme], *, on: date) -> list[Scheme]:
    """Return the schemes that close within thirty days, are not known to come back, and have no proposal under way.

    One that is approved for a later day is what follows, and known.
    """
    followed = set(Proposal.objects.open().filter(scheme__isnull=False).values_list("scheme", flat=True))
    return [
        scheme
        for scheme in schemes
        if (end := _end(scheme))
        and on <= end <= on + SOON
        and scheme.pk not in followed
        and not (scheme.current and scheme.current.recurring)
    ]


def _end(scheme: Scheme) -> date | None:
    """Return the last day of a scheme; none where its sheet says closed already."""
    revision = scheme.current
    if revision is None or revision.window_state == Revision.WindowState.CLOSED:
        return None
    return revision.closes_on


def overdue(*, on: date) -> list[Scheme]:
    """Return the schemes whose sheet was to be read again before a day, the longest overdue first."""
    found = [scheme for scheme in published() if scheme.current and is_overdue(scheme.current, on=on)]
    return sorted(found, key=lambda scheme: review_day(scheme.current) if scheme.current else on)


# -- the jobs


def check_expiry(*, on: date) -> Work:
    """Report what closed, and what closes within thirty days with nothing to follow; settle what was mended."""
    schemes = published()
    found = {scheme: {f"expired:{_end(scheme)}": _closed(scheme, on)} for scheme in closed_on(schemes, on=on)}
    for scheme in closing_without_follow_up(schemes, on=on):
        found[scheme] = {f"closing:{_end(scheme)}": _closing(scheme)}
    n_changed = report_all(
        job=CatalogueTask.Job.EXPIRY, found=found, why_settled=lambda task: _why_settled(task, on=on)
    )
    return Work(n_looked_at=len(schemes), n_changed=n_changed)


def check_reviews(*, on: date) -> Work:
    """Report the sheets that are overdue for reading, each once for its day; settle those that were read."""
    schemes = published()
    found = {
        scheme: {f"review:{review_day(scheme.current)}": _to_review(scheme.current)}
        for scheme in schemes
        if scheme.current and is_overdue(scheme.current, on=on)
    }
    n_changed = report_all(job=CatalogueTask.Job.REVIEW, found=found, why_settled=_why_reviewed)
    return Work(n_looked_at=len(schemes), n_changed=n_changed)


# -- in words


def _closed(scheme: Scheme, on: date) -> str:
    end = day_in_words(_end(scheme) or on)
    return f"Fermé depuis le {end}, et la fiche est encore publiée. {what_next(scheme, on)}"


def what_next(scheme: Scheme, on: date) -> str:
    """Say what an editor does with a scheme that closed: it depends on whether it comes back, if that is known."""
    revision = scheme.current
    if revision is None or revision.recurring is None:
        return "On ne sait pas s’il revient : vérifiez, puis complétez ses dates ou archivez-le."
    if not revision.recurring:
        return "Il ne revient pas : proposez de l’archiver."
    again = expected_again(revision, on=on)
    around = f" vers le {day_in_words(again)}" if again else ""
    return f"Il revient{NBSP}: nouvelle ouverture attendue{around}. Complétez ses dates dès qu’elles sont publiées."


def _closing(scheme: Scheme) -> str:
    end = _end(scheme)
    said = f"Ferme le {day_in_words(end)}" if end else "Ferme"
    return f"{said}, et aucune suite n’est connue. Vérifiez s’il est prolongé, remplacé ou s’il s’arrête."


def _to_review(revision: Revision) -> str:
    return (
        f"À relire depuis le {day_in_words(review_day(revision))}{NBSP}: l’état de la fiche est du "
        f"{day_in_words(revision.as_of)}. Relisez ses sources, et proposez-la avec sa nouvelle date, même inchangée."
    )


def _why_settled(task: CatalogueTask, *, on: date) -> str:
    kind, _, told = task.subject.partition(":")
    end = _end(task.scheme)
    if not _is_published(task.scheme):
        return "Le dispositif n’est plus publié."
    if end is None or str(end) != told:
        return "La fiche a été mise à jour."
    if kind == "closing" and end < on:
        return "Il a fermé : un autre signalement le dit."
    return "Une suite est en cours de rédaction, ou connue."


def _why_reviewed(task: CatalogueTask) -> str:
    return "La fiche a été relue." if _is_published(task.scheme) else "Le dispositif n’est plus publié."


def _is_published(scheme: Scheme) -> bool:
    return scheme.state == Scheme.State.PUBLISHED and scheme.current_id is not None
