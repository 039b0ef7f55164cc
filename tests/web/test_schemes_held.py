"""Schemes that a firm has already: asked of those only that another scheme requires or excludes."""

import pytest

from backend.companies.models import Fact
from backend.matchmaking import engine
from backend.schemes.catalogue.definitions import schemes_asked
from backend.web.forms.fact_fields.schemes import SchemesFields
from tests.factories import DAY, make_officer, make_submission, revise_scheme
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
KEY = "jonction:acre"
FACT = f"scheme:{KEY}"


@pytest.fixture
def required(tmp_path):
    """Make one scheme require another, inside a group of criteria."""
    criterion = {"kind": "any", "of": [{"kind": "holds_scheme", "any_of": [KEY]}, {"kind": "project_not_started"}]}
    return revise_scheme(tmp_path, "mediation-credit", criteria=[criterion])


def test_no_scheme_is_asked_about_where_none_is_required():
    assert schemes_asked() == []
    assert not SchemesFields().fields


def test_a_required_scheme_is_asked_about_by_its_name(required):
    assert schemes_asked() == [KEY]
    form = SchemesFields(initial=SchemesFields.initial_of({FACT: False}))
    assert list(form.fields) == [FACT]
    assert "Aide à la création" in form.fields[FACT].label
    assert form[FACT].value() == "no"


@pytest.mark.cases(1)
@pytest.mark.parametrize(("typed", "value"), [("yes", True), ("no", False), ("", None)])
def test_an_officer_says_what_a_firm_has(client, required, typed, value):
    submission = make_submission(confirmed=True, facts={FACT: not value})
    client.force_login(make_officer())
    client.post(f"/agent/{submission.pk}/corriger/", {"fact": "schemes", FACT: typed})
    assert submission.sheet.values().get(FACT) is value
    page = client.get(f"/agent/{submission.pk}/")
    said = {True: "(ACRE) : obtenu", False: "(ACRE) : pas obtenu", None: "Dispositifs déjà obtenus Compléter"}[value]
    assert said in text_of(page).replace("\u00a0", " ")


def test_what_is_told_in_a_list_and_one_by_one_is_the_same_to_the_engine():
    one_by_one = engine.held_schemes({f"{Fact.SCHEME}{KEY}": True, f"{Fact.SCHEME}jonction:vie": None})
    assert one_by_one == engine.held_schemes({"schemes": {KEY: True, "jonction:vie": None}}) == {KEY: True}
    assert engine.profile({"schemes": {KEY: False}}, on=DAY).held == {KEY: False}
