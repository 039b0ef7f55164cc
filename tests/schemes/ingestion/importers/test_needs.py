"""The sub-needs that people said a programme serves, as long as it says what they read."""

import pytest

from backend.schemes.ingestion.importers.needs import load_reviewed
from backend.schemes.models import SubNeed
from tests.schemes.ingestion.importers.made_up import SOURCE, current, make_programme, run

pytestmark = pytest.mark.django_db
KEY = "imprim-vert"
SAID = {"titre": "Imprim'vert", "promesse": "Réduisez l’impact de l’impression et obtenez le label Imprim’Vert®"}


def served(key):
    return {row.sub_need_id: row.weight for row in current(key).served_needs.all()}


def test_every_reviewed_sub_need_is_of_the_taxonomy_with_a_weight():
    known = set(SubNeed.objects.values_list("key", flat=True))
    for key, reviewed in load_reviewed(SOURCE).items():
        assert reviewed.tags, key
        assert reviewed.tags.keys() <= known, key
        assert all(0 < weight <= 1 for weight in reviewed.tags.values()), key


def test_a_programme_that_was_reviewed_serves_what_people_said(tmp_path):
    output = run(tmp_path / "programs.json", [make_programme(KEY, **SAID)])
    assert served(KEY) == dict(load_reviewed(SOURCE)[KEY].tags)
    assert "Sans besoins relus" not in output


@pytest.mark.parametrize("name", ["titre", "promesse"])
def test_a_programme_that_says_something_else_is_not_tagged_as_before_and_is_told(name, tmp_path):
    path = tmp_path / "programs.json"
    run(path, [make_programme(KEY, **SAID)])
    output = run(path, [make_programme(KEY, **{**SAID, name: "Autre chose"})])
    assert served(KEY) == {}
    assert f"Sans besoins relus pour leur texte actuel (1) : {KEY}" in output


def test_another_spelling_of_the_same_words_is_no_change(tmp_path):
    run(tmp_path / "programs.json", [make_programme(KEY, **{**SAID, "titre": f"  **{SAID['titre'].upper()}**."})])
    assert served(KEY)
