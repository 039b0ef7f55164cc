"""A sheet of ours that follows a programme of another site, and what that site says next."""

from backend.schemes.catalogue.drafts import propose, write_draft
from backend.schemes.catalogue.publishing import publish
from backend.schemes.ingestion.changes.following import Answer, Comparison, decide, make_counterpart
from backend.schemes.ingestion.changes.incoming import draft_record
from backend.schemes.ingestion.importers.loading import Report, import_records
from backend.schemes.models import Counterpart, Scheme
from tests.factories import DAY
from tests.schemes.ingestion.importers.made_up import SOURCE, make_programme
from tests.schemes.people import make_approver, make_editor

VALIDITY = {"start": "01/01/2026", "end": "31/12/2026"}


def bring(*programmes, **options) -> Report:
    """Import a whole file of programmes."""
    return import_records(source=SOURCE, records=list(programmes), on=DAY, **options)


def imported(key="essai") -> Scheme:
    return Scheme.objects.select_related("current__scheme").get(source=SOURCE, source_key=key)


def make_ours(key="essai", **changes) -> Scheme:
    """Publish a sheet of ours drafted from an imported record, which it follows from then on."""
    source, author = imported(key), make_editor()
    record = {**draft_record(source), "confidence": "verified", **changes}
    draft = write_draft(author=author, record=record, imported=source.current)
    publish(proposal=propose(proposal=draft, author=author), approver=make_approver())
    return ours(key)


def ours(key="essai") -> Scheme:
    return Scheme.objects.select_related("current__scheme").get(source=Scheme.OWN, source_key=key)


def counterpart(key="essai") -> Counterpart:
    rows = Counterpart.objects.in_force().select_related(
        "imported__current__scheme", "ours__current__scheme", "compared__scheme"
    )
    return rows.get(imported__source=SOURCE, imported__source_key=key)


def follow(key="essai", **changes) -> Counterpart:
    """Bring in a programme alone and let a sheet of ours follow it."""
    bring(make_programme(key, **changes))
    make_ours(key)
    return counterpart(key)


def link(source: Scheme, scheme: Scheme, editor=None) -> Counterpart:
    return make_counterpart(imported=source, ours=scheme, revision=source.current, editor=editor or make_editor())


def pending(key="essai") -> dict:
    """Return what is to be decided, by the label of the field."""
    return {change.label: change for change in Comparison(counterpart(key)).pending}


def answer(key="essai", *, editor=None, **verdicts):
    """Decide as a person does who has just read both: by label, with the underscores of a name for spaces."""
    row = counterpart(key)
    found = {slug(label): one.key for label, one in pending(key).items()}
    answers = {
        found[name]: Answer(verdict, "Notre fiche a raison." if verdict == "rejected" else "")
        for name, verdict in verdicts.items()
    }
    return decide(
        counterpart=row,
        editor=editor or make_editor(),
        imported=row.imported.current,
        ours=row.ours.current,
        answers=answers,
    )


def slug(label):
    return label.lower().replace(" ", "_").replace("’", "_")


def accept_all(key="essai"):
    """Take all that a source changed, and publish it by a second person."""
    row, editor = counterpart(key), make_editor()
    answers = {change.key: Answer("accepted") for change in Comparison(row).pending}
    read = {"imported": row.imported.current, "ours": row.ours.current}
    draft = decide(counterpart=row, editor=editor, answers=answers, **read)
    assert draft is not None
    return publish(proposal=propose(proposal=draft, author=editor), approver=make_approver())
