"""The page of styles: made of the templates of pages, in a demonstration only, and its colours can be read."""

import pytest

from backend.web.views.style import contrasts
from tests.web.conftest import text_of

PARTS = (
    "card", "error_summary", "fields", "next_question", "next_steps", "shortlist", "standing", "steps", "timeline",
    "territory_map",
)  # fmt: skip
NOT_TEXT = ("focus", "edge")  # rings and borders: 3 to 1 (WCAG 2.2, 1.4.11)


@pytest.mark.django_db
def test_the_page_of_styles_is_made_of_the_templates_of_pages(client):
    page = client.get("/style/")
    assert page.status_code == 200
    used = {template.name for template in page.templates}
    assert {f"web/parts/{part}.html" for part in PARTS} <= used
    assert " style=" not in page.content.decode()
    text = text_of(page)
    for words in ("Très probable", "À corriger avant de continuer", "Vos prochaines démarches"):
        assert words in text


@pytest.mark.django_db
def test_there_is_none_outside_a_demonstration(client, settings):
    settings.DEMO = False
    assert client.get("/style/").status_code == 404


def test_what_is_read_on_a_colour_can_be_read():
    found = contrasts()
    assert len(found) > 10
    for pair in found:
        assert pair["ratio"] >= (3 if pair["text"] in NOT_TEXT else 4.5), pair
    assert {(pair["text"], pair["ground"]): pair["ratio"] for pair in found}["ink", "paper"] == 15.6
