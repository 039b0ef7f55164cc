"""Another territory is served from a folder of its own, without a line of code: pages, filing, catalogue, API."""

import json
from pathlib import Path

import pytest
import yaml

from tests.deploy.conftest import Database, maintenance, make_database  # noqa: F401 -- fixtures

SERVED = {
    "name": "Vimeu et Somme Sud-Ouest",
    "programme": "Territoires d'industrie",
    "department": "80",
    "region": "32",
    "epcis": [
        {"siren": "200070944", "short_name": "CCV", "name": "Communauté de communes du Vimeu",
         "official_name": "CC du Vimeu"},
        {"siren": "200071181", "short_name": "CC2SO", "name": "Communauté de communes Somme Sud-Ouest",
         "official_name": "CC Somme Sud-Ouest"},
    ],
    "source": "Composition : DGCL, EPCI à fiscalité propre au 1er janvier 2026",
    "dated": "2026-12-02",
}  # fmt: skip


@pytest.fixture
def territory(tmp_path: Path) -> Path:
    (tmp_path / "territories").mkdir()
    (tmp_path / "territories" / "served.yaml").write_text(yaml.safe_dump(SERVED, allow_unicode=True))
    return tmp_path


@pytest.mark.slow  # all files are loaded, and the language is learnt of what is left of them
def test_another_territory_is_a_folder(make_database, territory):  # noqa: F811
    database: Database = make_database()
    served = {"JONCTION_TERRITORY": str(territory)}
    assert database.command("migrate", **served).returncode == 0
    assert "2 intercommunalités servies" in database.command("load_reference", **served).stdout
    said = database.command("check_territory", **served).stdout
    assert "Vimeu et Somme Sud-Ouest" in said
    assert "Sans contour sur la carte (scripts/outlines.py) : CC2SO, CCV" in said
    listed = said[said.index("schemes:") :]
    assert "cc2v-pepiniere" in listed
    (territory / "left_out.yaml").write_text(listed)
    database = make_database()
    assert database.command("migrate", **served).returncode == 0
    loaded = database.command("load_reference", **served)
    assert loaded.returncode == 0, loaded.stderr
    assert "schemes:" not in database.command("check_territory", **served).stdout
    found = json.loads(database.python("from tests.deploy.elsewhere import look; look()", **served))
    assert found["ours"] == {page: [] for page in found["ours"]}
    assert found["status"] == [200]
    assert {"/", "/demande/besoin/"} <= set(found["named"])
    assert (found["map"], found["epci"], found["outside"]) == (False, "CCV", "refused")
