"""Deciding in the administration which sub-needs an imported scheme serves."""

import re

import pytest
from django.test import Client

from backend.schemes.models import TagDecision
from tests.schemes.people import get_scheme, make_editor, make_imported
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
LIST = "/administration/schemes/importedscheme/"
SOLAR = {"titre": "Panneaux solaires", "promesse": "Xyz", "description": "Des panneaux solaires en toiture."}


@pytest.fixture
def editor():
    return make_editor()


@pytest.fixture
def client(editor):
    client = Client()
    client.force_login(editor)
    return client


def address(scheme):
    return f"{LIST}{scheme.pk}/change/"


def sent(scheme, *rows, **fields):
    """Return what the form sends: rows of a sub-need, a weight and, where the row is taken out, "on"."""
    found = {
        "revision": scheme.current.pk,
        "needs-TOTAL_FORMS": len(rows) + 1,
        "needs-INITIAL_FORMS": 0,
        f"needs-{len(rows)}-sub_need": "",
        **fields,
    }
    for number, (sub_need, weight, *out) in enumerate(rows):
        found |= {f"needs-{number}-sub_need": sub_need, f"needs-{number}-weight": weight}
        found |= {f"needs-{number}-DELETE": value for value in out}
    return found


def test_the_list_shows_what_waits_and_the_rest_on_demand(client):
    waits = make_imported()
    assert address(waits) in client.get(LIST).text
    client.post(address(waits), sent(waits, none="1"))
    assert address(waits) not in client.get(LIST).text
    for state in ("decides", "tous"):
        assert address(waits) in client.get(LIST, {"etat": state}).text
    assert str(get_scheme()) not in text_of(client.get(LIST, {"etat": "tous"}))


def test_the_page_shows_what_is_proposed_and_why_and_the_form_starts_from_it(client):
    page = client.get(address(make_imported(**SOLAR)))
    text = text_of(page)
    assert "Personne n’a décidé" in text
    assert "Produire son électricité ou son énergie" in text
    assert "Son texte dit" in text
    assert re.search(r'<option value="energie.enr" selected>', page.text)
    assert re.search(r'<option value="0.7" selected>\s*un de ses usages principaux', page.text)


def test_an_editor_changes_what_is_proposed_and_it_is_kept_with_who_and_why(client, editor):
    scheme = make_imported(**SOLAR)
    rows = [("energie.enr", "1.0"), ("energie.facture", "0.2"), ("finance.pret", "0.4", "on")]
    answer = client.post(address(scheme), sent(scheme, *rows, note="Lu sur le site."), follow=True)
    assert "enregistrés" in text_of(answer)
    decision = TagDecision.objects.get()
    assert decision.tags == {"energie.enr": 1.0, "energie.facture": 0.2}
    assert (decision.by, decision.revision, decision.note) == (editor, scheme.current, "Lu sur le site.")
    again = text_of(client.get(address(scheme)))
    assert "Lu sur le site." in again
    assert "ont été décidés" in again


def test_an_editor_says_that_a_scheme_serves_none_of_our_needs(client):
    scheme = make_imported(**SOLAR)
    client.post(address(scheme), sent(scheme, none="1"))
    assert TagDecision.objects.get().tags == {}
    assert "aucun besoin" in text_of(client.get(address(scheme)))


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "Gardez au moins un besoin"),
        ([("energie.enr", "1.0", "on")], "Gardez au moins un besoin"),
        ([("energie.enr", "1.0"), ("energie.enr", "0.2")], "sur deux lignes"),
        ([("energie.enr", "")], "obligatoire"),
        ([("energie.rien", "1.0")], "Corrigez"),
        ([("energie.enr", "12")], "Corrigez"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_is_kept(rows, told, client):
    scheme = make_imported(titre="Xyz", promesse="Xyz", description="Xyz")
    page = client.post(address(scheme), sent(scheme, *rows, note="Mon mot."))
    assert told in text_of(page)
    assert "Mon mot." in page.text
    assert not TagDecision.objects.exists()


def test_a_sheet_that_changed_meanwhile_is_read_again_before_deciding(client):
    read = make_imported()
    make_imported(titre="Un autre titre")
    page = client.post(address(read), sent(read, ("energie.enr", "1.0")))
    assert "relisez-la" in text_of(page)
    assert not TagDecision.objects.exists()


def test_a_text_that_changed_since_the_decision_is_told(client):
    scheme = make_imported()
    client.post(address(scheme), sent(scheme, ("energie.enr", "1.0")))
    make_imported(titre="Un autre titre")
    assert "a changé depuis la dernière décision" in text_of(client.get(address(scheme)))


@pytest.mark.parametrize("sent_", [{}, {"needs-TOTAL_FORMS": "x"}, {"revision": "x", "none": "1"}])
def test_nonsense_breaks_nothing(sent_, client):
    assert client.post(address(make_imported()), sent_).status_code in (200, 404)
    assert not TagDecision.objects.exists()


def test_a_scheme_of_ours_has_no_such_page_and_an_imported_one_leads_to_it(client):
    scheme, imported = get_scheme(), make_imported()
    assert client.get(address(scheme)).status_code in (302, 404)
    assert address(imported) in client.get(f"/administration/schemes/scheme/{imported.pk}/change/").text
    assert address(scheme) not in client.get(f"/administration/schemes/scheme/{scheme.pk}/change/").text
