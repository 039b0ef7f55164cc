"""A sheet tried while it is written: how many firms each criterion keeps, who would gain or lose the scheme."""

import pytest
from django.test import Client

from backend.schemes.catalogue.records import read_record
from backend.schemes.editing.forms.sheet import Sheet
from backend.schemes.models import Proposal
from tests.factories import make_submission
from tests.schemes.editing.test_forms import post
from tests.schemes.editing.typed import criterion, new_scheme, sent
from tests.schemes.people import get_scheme, make_editor, make_record, publish_change
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
ADD = "/administration/schemes/proposal/add/"


@pytest.fixture
def by_editor():
    client = Client()
    client.force_login(make_editor())
    return client


@pytest.fixture
def firms():
    """Three firms that ask for what the scheme typed serves: two small, one around fifty, a large one."""
    for place, headcount in enumerate((12.0, 30.0, [40, 60], 400.0)):
        facts = {"naf": "25.62B", "headcount": headcount}
        make_submission(confirmed=True, email=f"f{place}@atelier.example", siret="", siren="", facts=facts)


def checked(client, data, **options):
    response = client.post(ADD, {**data, "act": "check"}, **options)
    assert response.status_code == 200
    return text_of(response).replace("\u00a0", " ")


def test_without_javascript_the_button_shows_what_the_sheet_would_do(by_editor, firms):
    text = checked(by_editor, new_scheme(**criterion(0, "headcount", below="50", level="company", source="1")))
    assert "« Effectif de l’entreprise : moins de 50 salariés »" in text
    assert "Seul, ce critère garderait 2 entreprises sur 4, en exclurait 1 ; 1 à préciser." in text
    assert (
        "Sur 4 entreprises dont la demande est confirmée : 2 gagneraient ce dispositif, aucune ne le perdrait" in text
    )
    assert "Toutes ont un besoin auquel ce dispositif répond." in text
    assert "1 passerait à « à préciser », rien ne changerait pour 1." in text
    assert Proposal.objects.count() == 0


def test_htmx_gets_the_same_words_and_nothing_of_the_page(by_editor, firms):
    data = new_scheme(**criterion(0, "headcount", below="50", level="company", source="1"))
    response = by_editor.post(ADD, {**data, "act": "check"}, headers={"HX-Request": "true"})
    html = response.content.decode()
    assert "<html" not in html
    assert 'hx-swap-oob="innerHTML:#live-0"' in html
    assert 'hx-swap-oob="innerHTML:#live-sheet"' in html
    assert "2 gagneraient ce dispositif" in html


def test_a_change_is_compared_with_the_version_in_force(by_editor, firms):
    scheme = publish_change(get_scheme(), criteria=[{"kind": "headcount", "below": 50, "source": 1}])
    data = {**sent_of(scheme), "criteria-0-below": "500"}
    response = by_editor.post(f"{ADD}?dispositif={scheme.pk}", {**data, "act": "check"})
    text = text_of(response).replace("\u00a0", " ")
    assert "Seul, ce critère garderait 4 entreprises sur 4, n’en exclurait aucune ; aucune à préciser." in text
    assert "2 gagneraient ce dispositif, aucune ne le perdrait" in text


def sent_of(scheme):
    return sent(Sheet(scheme=scheme, base=read_record(scheme.current)))


def test_the_counts_wait_for_what_cannot_be_read_yet_and_say_what_it_is(by_editor, firms):
    text = checked(by_editor, new_scheme(**criterion(0, "headcount", below="", level="company", source="1")))
    assert "À compléter. Écrivez au moins une limite." in text
    assert "À voir quand les critères, les besoins servis et l’ouverture seront complets." in text


@pytest.mark.slow
def test_the_rules_are_tried_before_the_rest_is_written(by_editor, firms):
    text = checked(by_editor, new_scheme(name="", summary="", key="", next_step=""))
    assert "Sur 4 entreprises dont la demande est confirmée" in text


def test_without_a_single_file_nothing_is_counted(by_editor):
    assert "Aucune demande n’est confirmée : il n’y a rien à compter." in checked(by_editor, new_scheme())


@pytest.mark.slow
def test_a_page_is_not_slower_for_more_firms(by_editor, firms, django_assert_max_num_queries):
    data = {**new_scheme(), "act": "check"}
    with django_assert_max_num_queries(60) as few:
        by_editor.post(ADD, data, headers={"HX-Request": "true"})
    for place in range(10, 16):
        make_submission(confirmed=True, email=f"f{place}@atelier.example", siret="", siren="")
    with django_assert_max_num_queries(len(few)):
        by_editor.post(ADD, data, headers={"HX-Request": "true"})


def test_a_record_typed_here_is_the_one_that_is_tried():
    """The record on trial has the rules of the record that would be saved."""
    sheet = Sheet(data=post(new_scheme()))
    assert sheet.is_valid()
    tried, saved = sheet.record_on_trial(), sheet.record()
    for name in ("criteria", "needs", "window", "applicants", "targeted_naf", "kind", "level"):
        same = [{**row, "source": None} for row in saved[name]] if name == "criteria" else saved[name]
        found = [{**row, "source": None} for row in tried[name]] if name == "criteria" else tried[name]
        assert found == same, name
    assert set(tried) >= set(make_record())
