"""What a command loads before it begins, and what loading the reference data does where nothing changed."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.matchmaking.language import learn_language
from backend.matchmaking.models import Language, Rematch
from backend.schemes.models import Revision, Scheme, SubNeed
from backend.territories.models import LoadedFixture
from backend.territories.services import REFERENCE
from tests.few_sentences import few_sentences

SLOW = (
    "backend.config.urls", "backend.schemes.admin", "rest_framework.serializers", "openpyxl", "scipy.sparse",
    "sklearn", "redis",
)  # fmt: skip
FIXTURES, ADEN = settings.BASE_DIR / "fixtures", Path("schemes", "hdf-aden.yaml")
WRITES = ("INSERT", "UPDATE", "DELETE")


def loaded_by(*command: str) -> list[str]:
    """Run a command in a process of its own on the database of the tests; return which slow modules it loaded."""
    database = connection.settings_dict
    address = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    code = (
        "import sys; from django.core.management import execute_from_command_line as run; "
        f"run(['manage.py', *{list(command)}]); print(*[name for name in {SLOW} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": f"postgres://{address}".replace(":@", "@")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1].split()


@pytest.mark.django_db
def test_a_match_with_words_reads_them_without_what_learns_and_loads_no_page(tmp_path: Path):
    lines = tmp_path / "lines.jsonl"
    lines.write_text('{"id": 1, "commune": "60159", "needs": ["numerique.robot"], "text": "Je cherche un soudeur"}\n')
    assert loaded_by("match", str(lines), "--out", str(tmp_path / "out"), "-v", "0") == []


def test_the_pages_load_no_library_that_learns():
    """A web process starts in two thirds of the time and of the memory: what learns is loaded by who learns."""
    code = (
        "import sys, django; django.setup(); import backend.config.urls; "
        "print(*(name for name in ('sklearn', 'scipy.sparse', 'scipy.stats') if name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def load() -> str:
    output = StringIO()
    call_command("load_reference", stdout=output)
    return output.getvalue()


@pytest.fixture
def territory(settings, tmp_path: Path) -> Path:
    """Return a folder whose files stand in the place of ours."""
    (tmp_path / "schemes").mkdir()
    settings.TERRITORY_FOLDER = tmp_path
    return tmp_path


@pytest.mark.django_db
def test_what_did_not_change_is_not_loaded_again():
    load()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        said = load()
    assert "Fichiers inchangés depuis leur dernier chargement" in said
    assert [query["sql"] for query in asked if query["sql"].startswith(WRITES)] == []
    assert len(asked) < 20


@pytest.mark.slow
@pytest.mark.django_db
def test_a_file_that_changed_is_loaded_and_tried_on_firms(territory: Path):
    load()
    (territory / ADEN).write_text((FIXTURES / ADEN).read_text().replace("summary:", "summary: À jour.", 1))
    n_rematches = Rematch.objects.count()
    assert "1 nouvelles versions" in load()
    scheme = Scheme.objects.of_source(Scheme.OWN).get(source_key="hdf-aden")
    assert Revision.objects.get(pk=scheme.current_id).summary.startswith("À jour.")
    assert Rematch.objects.count() == n_rematches + 1


@pytest.mark.slow
@pytest.mark.django_db
def test_other_code_reads_the_same_files_again():
    load()
    loaded = LoadedFixture.objects.get(name=REFERENCE)
    LoadedFixture.objects.filter(name=REFERENCE).update(digest=loaded.digest[:32] + "another release".rjust(32))
    assert "inchangés, 0 proposés" in load()
    assert LoadedFixture.objects.get(name=REFERENCE).digest == loaded.digest


@pytest.mark.slow
@pytest.mark.django_db
def test_files_that_are_refused_are_read_again_once_mended(territory: Path):
    path, whole = territory / ADEN, (FIXTURES / ADEN).read_text()
    path.write_text(whole.replace("name:", "nom:", 1))
    for _ in range(2):
        with pytest.raises(Exception, match="Rien n'a été chargé"):
            load()
    path.write_text(whole.replace("summary:", "summary: Réparé.", 1))
    assert "1 nouvelles versions" in load()


@pytest.mark.slow
@pytest.mark.django_db
@few_sentences()
def test_the_language_is_learnt_again_once_a_sub_need_has_other_sentences():
    first = learn_language()
    assert learn_language() == first
    one = SubNeed.objects.get(pk="numerique.robot")
    SubNeed.objects.filter(pk=one.pk).update(sentences=[*one.sentences, "Je veux un bras qui soude la nuit."])
    second = learn_language()
    assert second != first
    SubNeed.objects.filter(pk=one.pk).update(sentences=one.sentences)
    assert learn_language() == first == Language.objects.latest()


def test_every_app_is_set_up_by_its_own_class():
    """Django takes none of two that stand in one module, and says nothing."""
    for label in ("common", "companies", "privacy", "schemes", "web"):
        config = apps.get_app_config(label)
        assert type(config).__module__ == f"backend.{label}.apps", label
    assert type(apps.get_app_config("admin")).__module__ == "backend.web.administration"
