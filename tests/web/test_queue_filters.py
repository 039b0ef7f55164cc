"""Filters of the officers' lists that cannot be read: told, with what is accepted; what was typed stays."""

import re
from html import unescape

import pytest

from tests.factories import make_officer

pytestmark = pytest.mark.django_db


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("query", "said", "field"),
    [
        (f"recherche={'é' * 90}", "Ces mots ont 90 caractères, 80 au plus : raccourcissez-les.", "recherche"),
        ("besoin=robots", "Besoin : « robots » n’est pas dans la liste : choisissez dans la liste.", "besoin"),
        ("epci=XYZ", "Intercommunalité : « XYZ » n’est pas dans la liste", "epci"),
        ("tri=bidon", "Trier : « bidon » n’est pas dans la liste", "tri"),
        ("a_qui=eux", "Dossiers : « eux » n’est pas dans la liste", "a_qui"),
        ("pour_quand=hier", "Pour quand : « hier » n’est pas dans la liste", "pour_quand"),
        ("etat=relues", "« relues » n’est pas un onglet : choisissez parmi ceux de la page.", ""),
    ],
)
def test_a_filter_that_cannot_be_read_is_told_and_what_was_typed_stays(client, query, said, field):
    client.force_login(make_officer())
    page = client.get(f"/agent/?rien=on&{query}")
    html = page.content.decode()
    told = html.partition('class="error-summary"')[2].partition("</div>")[0]
    assert said in " ".join(unescape(told).split())
    assert re.search(r'name="rien"[^>]* checked', html)
    if field:
        assert f'href="#liste_{field}"' in told
        assert html.count(f'id="liste_{field}_error"') == 1
        assert re.search(rf'aria-describedby="liste_{field}_error"', html)
    if field == "recherche":
        assert f'value="{"é" * 90}"' in html
    assert "error-summary" not in client.get("/agent/?rien=on&besoin=energie&recherche=Dupont").content.decode()


def test_the_list_of_a_need_says_which_files_are_in_it(client):
    client.force_login(make_officer())
    assert "ce besoin est coché ou clairement lu" in client.get("/agent/?besoin=energie").content.decode()
    assert "clairement lu" not in client.get("/agent/?epci=ARC").content.decode()


def test_the_filters_have_their_button_beside_them(client):
    client.force_login(make_officer())
    html = client.get("/agent/").content.decode()
    filters = html.partition('<div class="filters">')[2].partition("</details>")[0]
    assert re.search(r'name="rien".*<button type="submit"[^>]*>Filtrer</button>', filters, re.DOTALL)
