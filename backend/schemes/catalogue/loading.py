"""Loading the taxonomy and the catalogue from reviewed files; a file whose content changed makes a new revision.

A file never undoes what people published in the administration: it is then proposed to them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import transaction

from backend.common.files import read_yaml
from backend.schemes.catalogue.drafts import propose_file
from backend.schemes.catalogue.publishing import put_in_force
from backend.schemes.catalogue.record_types import SchemeRecord
from backend.schemes.catalogue.records import BROKEN, RecordError, digest_of, plain
from backend.schemes.catalogue.relations import Contradiction, contradiction_in_force, hold_relations
from backend.schemes.catalogue.revising import write_revision
from backend.schemes.catalogue.variants import parents_in_force, told_chain
from backend.schemes.models import Revision, Scheme, SubNeed, TaxonomyNeed, chain_in

DRAFTS = "drafts"
PUT_IN_FORCE = ("créés", "nouvelles versions")


class FixtureError(ValueError):
    """A reviewed file is not well formed: the message names the file and the place."""


@transaction.atomic
def load_taxonomy(path: Path) -> int:
    """Load needs and sub-needs; return how many sub-needs there are."""
    position = 0
    for rank, need in enumerate(read_yaml(path)["needs"]):
        TaxonomyNeed.objects.update_or_create(
            key=need["id"],
            defaults={"label": need["label"], "position": rank, "transversal": need["transversal"]},
        )
        for sub_need in need["sub_needs"]:
            position += 1
            SubNeed.objects.update_or_create(
                key=sub_need["id"],
                defaults={
                    "need_id": need["id"],
                    "label": sub_need["label"],
                    "short": sub_need["short"],
                    "position": position,
                    "words": [str(word) for word in sub_need["words"]],
                    "sentences": sub_need["sentences"],
                    "confusions": sub_need.get("confusions") or [],
                },
            )
    return SubNeed.objects.count()


@transaction.atomic
def load_catalogue(folder: Path) -> dict[str, int]:
    """Load one scheme a file; all of them or, where one is wrong or they contradict each other, none.

    A file of a folder named ``drafts`` becomes a draft: it must be unverified, as no other may be.
    """
    hold_relations()
    before = contradiction_in_force()
    counts = {"créés": 0, "nouvelles versions": 0, "inchangés": 0, "proposés à la relecture": 0}
    read: list[tuple[Path, SchemeRecord, bool]] = []
    for path in sorted(folder.glob("*.yaml")):  # every scheme first: the rules of one may name another
        with _naming(path):
            record: SchemeRecord = plain(read_yaml(path))
            _, created = Scheme.objects.get_or_create(source=Scheme.OWN, source_key=record["key"])
            read.append((path, record, created))
    changed = {}
    for path, record, created in read:
        with _naming(path):
            done = _load_scheme(record, is_draft=folder.name == DRAFTS, created=created)
        counts[done] += 1
        if done in PUT_IN_FORCE:
            changed[record["key"]] = path.name
    _refuse_contradictions(before, changed)
    _refuse_chains(changed)
    return counts


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say which file is not well formed."""
    try:
        yield
    except BROKEN as error:
        raise FixtureError(f"{path.name} : {error}") from error


def _refuse_contradictions(before: Contradiction | None, changed: dict[str, str]) -> None:
    """Refuse files that contradict each other or the catalogue; what was so before is for its editors to mend."""
    found = contradiction_in_force()
    if found and not found.is_same_as(before):
        files = [changed[key] for key in dict.fromkeys(found.schemes) if key in changed] or list(changed.values())
        raise FixtureError(f"{', '.join(files)} : liens avec d’autres dispositifs : {found.text}")


def _refuse_chains(changed: dict[str, str]) -> None:
    """Refuse a file that makes a variant of a variant."""
    chain = chain_in(parents_in_force())
    if chain and (files := [changed[key] for key in dict.fromkeys(chain) if key in changed]):
        raise FixtureError(f"{', '.join(files)} : {told_chain(chain)}")


def _load_scheme(record: SchemeRecord, *, is_draft: bool, created: bool) -> str:
    if is_draft != (record["confidence"] == Revision.Confidence.TO_VERIFY):
        raise RecordError("une fiche non vérifiée est un brouillon, et un brouillon une fiche non vérifiée")
    scheme = Scheme.objects.select_for_update(of=("self",)).get(source=Scheme.OWN, source_key=record["key"])
    if digest_of(record) in (scheme.current.digest if scheme.current else "", _last_digest_read(scheme)):
        return "inchangés"
    if _is_in_people_s_hands(scheme):
        propose_file(scheme=scheme, record=record)
        return "proposés à la relecture"
    revision = write_revision(record, scheme=scheme)
    put_in_force(scheme=scheme, revision=revision, state=Scheme.State.DRAFT if is_draft else Scheme.State.PUBLISHED)
    return "créés" if created else "nouvelles versions"


def is_published_by_people(scheme: Scheme) -> bool:
    """Tell whether anything but files, and what was seen of its window, was ever put in force for a scheme."""
    by_people = scheme.proposals.filter(revision__isnull=False).exclude(observed__isnull=False, author=None)
    return by_people.exists()


def _is_in_people_s_hands(scheme: Scheme) -> bool:
    """Tell whether somebody published or archived this scheme since a file was loaded."""
    return scheme.state == Scheme.State.ARCHIVED or is_published_by_people(scheme)


def _last_digest_read(scheme: Scheme) -> str:
    """Return what the last file said, loaded or proposed: what people answered to it is not asked again."""
    loaded = scheme.revisions.filter(proposal=None, observed=None).values_list("recorded_at", "digest")
    proposed = scheme.proposals.from_files().values_list("written_at", "digest")
    return max([*loaded, *proposed], default=(None, ""))[1]
