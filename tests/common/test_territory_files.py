"""A territory's own files stand over ours, one by one; what means nothing is refused before anything is loaded."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from backend.common.territory_files import MAY_DIFFER, left_out, reference_folder, territory_file

ROOT = Path(__file__).resolve().parents[2]
OURS = ROOT / "fixtures"


@pytest.fixture
def territory(settings, tmp_path: Path) -> Path:
    settings.TERRITORY_FOLDER = tmp_path
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_without_a_folder_of_its_own_all_files_are_ours():
    assert territory_file("territories/served.yaml") == OURS / "territories" / "served.yaml"
    assert left_out() == frozenset()
    with reference_folder() as folder:
        assert folder == OURS


def test_a_file_of_the_territory_stands_in_the_place_of_ours(territory: Path):
    write(territory / "territories" / "served.yaml", "name: Vimeu")
    assert territory_file("territories/served.yaml") == territory / "territories" / "served.yaml"
    assert territory_file("territories/zones.yaml") == OURS / "territories" / "zones.yaml"


def test_all_files_are_ours_and_its_own_without_the_schemes_it_leaves_out(territory: Path):
    write(territory / "territories" / "served.yaml", "name: Vimeu")
    write(territory / "schemes" / "vimeu-pepiniere.yaml", "key: vimeu-pepiniere")
    write(territory / "left_out.yaml", "schemes: [cc2v-pepiniere]")
    ours = {path.relative_to(OURS) for path in OURS.rglob("*") if path.is_file() and path.suffix != ".md"}
    with reference_folder() as folder:
        found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        assert (folder / "territories" / "served.yaml").read_text() == "name: Vimeu"
        assert (folder / "taxonomy.yaml").read_text() == (OURS / "taxonomy.yaml").read_text()
    assert ours - found == {Path("schemes", "cc2v-pepiniere.yaml")}
    assert found - ours == {Path("schemes", "vimeu-pepiniere.yaml"), Path("left_out.yaml")}
    assert not folder.exists()


def test_each_file_in_which_territories_differ_is_one_of_ours():
    assert [name for name in sorted(MAY_DIFFER) if not (OURS / name).is_file()] == []
    with pytest.raises(KeyError, match=r"questions\.yaml"):
        territory_file("questions.yaml")


def test_a_repository_with_its_notes_may_be_the_folder(territory: Path):
    for name in (".git/HEAD", "README.md", "schemes/.vimeu.yaml.swp"):
        (territory / name).parent.mkdir(exist_ok=True)
        (territory / name).write_text("ref: refs/heads/main")
    with reference_folder() as folder:
        assert {path.name for path in folder.iterdir()} >= {"schemes", "territories"}
        assert not (folder / ".git").exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("served.yaml", "", "rien n’y lit served.yaml ; attendu : une fiche dans « schemes »"),
        ("schemes/more/one.yaml", "", "rien n’y lit schemes/more/one.yaml"),
        ("questions.yaml", "", "rien n’y lit questions.yaml"),  # ours alone is read
        ("sentences/short/ours.yaml", "", "rien n’y lit sentences/short/ours.yaml"),
        ("left_out.yaml", "- acre", "left_out.yaml : attendu : « schemes: », puis une liste de clés de fiches."),
        ("left_out.yaml", "schemes:", "left_out.yaml : attendu : « schemes: »"),
        ("left_out.yaml", "schemes: [acre, aucune-fiche]", "left_out.yaml : dispositif inconnu : aucune-fiche."),
    ],
)
@pytest.mark.django_db
def test_a_file_that_means_nothing_is_refused_and_nothing_is_loaded(territory: Path, name, text, said):
    (territory / name).parent.mkdir(parents=True, exist_ok=True)
    (territory / name).write_text(text)
    with pytest.raises(CommandError) as refused:
        call_command("load_reference", stdout=StringIO())
    assert str(refused.value).startswith("Rien n'a été chargé. ")
    assert said in str(refused.value)


def test_a_folder_that_cannot_be_read_is_said_at_the_start(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("JONCTION_TERRITORY", str(tmp_path / "nowhere"))
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"JONCTION_TERRITORY='{tmp_path / 'nowhere'}' is no folder" in done.stderr
