import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

import matching
from backend.schemes.catalogue.definitions import manual_parts
from backend.schemes.catalogue.loading import FixtureError, load_catalogue
from backend.schemes.models import Criterion, Revision, Scheme, Source

FIXTURES = Path(__file__).parents[3] / "fixtures"
PATHS = sorted((FIXTURES / "schemes").glob("*.yaml"))
pytestmark = pytest.mark.django_db


FEW = ("action-logement-mobili-jeune", "mediation-credit", "vie")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of a few reviewed files, to be changed."""
    for key in FEW:
        shutil.copy(FIXTURES / "schemes" / f"{key}.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def change(folder: Path) -> Callable[..., Path]:
    """Change one file of the copy; each change is a path of keys and a value."""

    def write(key: str, /, **fields: Any) -> Path:
        path = folder / f"{key}.yaml"
        path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **fields}, allow_unicode=True))
        return path

    return write


@pytest.mark.cases(21)
@pytest.mark.parametrize("path", [path for n in range(10) for path in PATHS[n::10]], ids=lambda path: path.stem)
def test_a_reviewed_file_is_published_as_it_is_written(path: Path) -> None:
    record = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert record["key"] == path.stem
    scheme = Scheme.objects.published().of_source(Scheme.OWN).get(source_key=record["key"])
    revision = scheme.revisions.get(number=1)  # a later one says what was seen of its window, and nothing else
    assert (revision.name, revision.confidence) == (record["name"], record["confidence"])
    assert all(later.observed for later in scheme.revisions.exclude(number=1))
    window = (revision.window_state, revision.opens_on, revision.closes_on)
    assert window == (record["window"]["state"], record["window"]["opens_on"], record["window"]["closes_on"])
    assert {served.sub_need_id: served.weight for served in revision.served_needs.all()} == record["needs"]
    criteria = list(revision.criteria.all())
    assert [criterion.definition["kind"] for criterion in criteria] == [row["kind"] for row in record["criteria"]]
    assert not any(criterion.from_text for criterion in criteria)
    for criterion in criteria:
        read = matching.parse_criterion(criterion.definition)
        assert matching.parse_criterion(matching.dump_criterion(read)) == read


def test_every_reviewed_file_is_published_and_nothing_else() -> None:
    published = Scheme.objects.published().values_list("source_key", flat=True)
    assert sorted(published) == sorted(path.stem for path in PATHS)
    assert len(PATHS) == 246


def test_no_firm_is_asked_what_only_a_legal_form_or_a_public_body_that_is_left_out_can_answer() -> None:
    asked = []
    for path in PATHS:
        record = yaml.safe_load(path.read_text(encoding="utf-8"))
        for group in (row["of"] for row in record["criteria"] if row["kind"] == "any"):
            leaves_out = any(row.get("none_of") and row["kind"] == "legal_form" for row in group)
            leaves_out |= any(row["kind"] == "public_body" and row.get("expected") is False for row in group)
            asked += [row["fact"] for row in group if leaves_out and row.get("ask") == "firm"]
    assert asked == []


def test_a_sentence_is_asked_under_one_name_of_one_kind_of_person_and_a_name_asks_one_sentence() -> None:
    asked = set()
    for path in PATHS:
        rows = (
            part for row in yaml.safe_load(path.read_text(encoding="utf-8"))["criteria"] for part in manual_parts(row)
        )
        # What an operator weighs it weighs for each of its schemes; all else is one fact, said once.
        asked |= {(row["sentence"], row["fact"], row["ask"]) for row in rows if row.get("nature") != "appraisal"}
    for part in (0, 1):
        named = Counter(row[part] for row in asked)
        assert [name for name, n_ways in named.items() if n_ways > 1] == []


def test_an_unverified_record_is_never_published() -> None:
    unverified = Scheme.objects.filter(current__confidence=Revision.Confidence.TO_VERIFY)
    assert set(unverified) == set(Scheme.objects.drafts())
    assert sorted(scheme.source_key for scheme in unverified) == sorted(
        path.stem for path in (FIXTURES / "drafts").glob("*.yaml")
    )


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Scheme, Revision, Criterion, Source))


def test_loading_again_changes_nothing() -> None:
    before = counts()
    assert load_catalogue(FIXTURES / "schemes") == {
        "créés": 0,
        "nouvelles versions": 0,
        "inchangés": len(PATHS),
        "proposés à la relecture": 0,
    }
    assert counts() == before


def test_a_changed_file_makes_a_second_revision_and_keeps_the_first(folder: Path, change: Callable[..., Path]) -> None:
    change("mediation-credit", name="Un autre nom")
    assert load_catalogue(folder)["nouvelles versions"] == 1
    scheme = Scheme.objects.get(source_key="mediation-credit")
    assert scheme.current is not None
    assert (scheme.current.number, scheme.current.name) == (2, "Un autre nom")
    first = scheme.revisions.get(number=1)
    assert first.name != "Un autre nom"
    assert first.criteria.count() == scheme.current.criteria.count()


@pytest.mark.parametrize("model", [Revision, Criterion, Source])
def test_a_row_that_was_published_is_never_rewritten(model: type[Any]) -> None:
    row = model.objects.first()
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        model.objects.filter(pk=row.pk).update(position=99) if model is not Revision else row.save()


TERRITORY = {"kind": "in_territory", "any_of": ["REG-32"]}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"colour": "blue"}, "champs inconnus : colour"),
        ({"confidence": "to_verify"}, "fiche non vérifiée"),
        ({"kind": "gift"}, "gift"),
        (
            {"window": {"state": "dated", "opens_on": None, "closes_on": None, "recurring": None, "note": None}},
            "dated",
        ),
        ({"window": None}, "NoneType"),
        ({"needs": {"numerique.robots": 1.0}}, "sous-besoin inconnu : numerique.robots"),
        ({"needs": {"numerique.robot": 1.5}}, "inférieure ou égale à 1.0"),
        ({"criteria": [TERRITORY, {"kind": "headcount"}]}, "critère 2 : Il n’y a pas de limite"),
        (
            {"criteria": [{**TERRITORY, "any_of": ["REG-99"]}]},
            "critère 1, « valeurs admises » : lieu inconnu « REG-99 »",
        ),
        ({"criteria": [{**TERRITORY, "source": 40}]}, "40"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_broken_file_changes_nothing_and_is_named_with_the_place(
    folder: Path, change: Callable[..., Path], fields: dict[str, Any], place: str
) -> None:
    change("action-logement-mobili-jeune", name="Modifié aussi")
    change("mediation-credit", **fields)
    before = counts()
    with pytest.raises(FixtureError) as caught, transaction.atomic():
        load_catalogue(folder)
    assert str(caught.value).startswith("mediation-credit.yaml : ")
    assert place in str(caught.value)
    assert counts() == before
    assert not Revision.objects.filter(name="Modifié aussi").exists()


def test_a_scheme_may_require_one_whose_file_comes_later(folder: Path, change: Callable[..., Path]) -> None:
    new = folder / "vie-nouvelle.yaml"
    new.write_text(yaml.safe_dump({**yaml.safe_load((folder / "vie.yaml").read_text()), "key": "vie-nouvelle"}))
    change("mediation-credit", criteria=[{"kind": "holds_scheme", "any_of": ["jonction:vie-nouvelle"]}])
    assert load_catalogue(folder) == {
        "créés": 1,
        "nouvelles versions": 1,
        "inchangés": len(FEW) - 1,
        "proposés à la relecture": 0,
    }


@pytest.mark.parametrize("content", ["", "[]", "a: [", "key: mediation-credit"])
def test_a_file_that_holds_no_record_is_named(folder: Path, content: str) -> None:
    (folder / "mediation-credit.yaml").write_text(content)
    with pytest.raises(FixtureError, match=r"^mediation-credit\.yaml : "), transaction.atomic():
        load_catalogue(folder)


def test_the_command_says_that_nothing_was_loaded(settings, tmp_path: Path) -> None:
    settings.TERRITORY_FOLDER = tmp_path
    (tmp_path / "schemes").mkdir()
    (tmp_path / "schemes" / "mediation-credit.yaml").write_text("[]")
    with pytest.raises(CommandError, match=r"^Rien n'a été chargé\. mediation-credit\.yaml : "):
        call_command("load_reference", verbosity=0)
