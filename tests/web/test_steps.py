"""Noting a step of a file: each asks for its own fields, and says what it leaves out."""

import re
from datetime import date
from pathlib import Path

import pytest

from backend.matchmaking.models import FollowUp, SchemeEvent
from backend.web.forms.review import SetAsideForm, StepForm
from tests.factories import decide, first_matches, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
CSS = Path("backend/web/static/web/site.css")


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def scheme(submission, officer):
    scheme = first_matches(submission)[0].scheme
    decide(submission, scheme, officer)
    return scheme


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def note(desk, submission, step, **sent):
    return desk.post(f"/agent/{submission.pk}/suivi/", {"step": step, **sent}, follow=True)


def test_the_style_shows_what_each_choice_asks_for(desk, submission):
    html = desk.get(f"/agent/{submission.pk}/partie/etape/").content.decode()
    shown = set(re.findall(r'\.by-choice:has\(option\[value="(\w+)"\]:checked\) \.for-\1\b', CSS.read_text()))
    for form in (StepForm, SetAsideForm):
        asked = {str(choice) for choices in form.ASKED_BY.values() for choice in choices}
        assert asked <= shown, form
    for name, choices in StepForm.ASKED_BY.items():
        around = html[: html.index(f'name="{name}"')].rpartition('<div class="for ')[2].partition('"')[0]
        assert {f"for-{choice}" for choice in choices} == set(around.split())


@pytest.mark.parametrize(
    ("step", "left", "told"),
    [
        ("refused", {"euros": "12 500"}, "le montant"),
        ("granted", {"refusal": "incomplete"}, "la raison du refus"),
        ("followed", {"by_operator": "on"}, "que le porteur l’a dit"),
    ],
)
def test_what_a_step_does_not_ask_for_is_not_noted_and_told(desk, submission, scheme, step, left, told):
    page = text_of(note(desk, submission, step, scheme=scheme.pk, **left))
    event = ours(SchemeEvent).get(scheme=scheme)
    assert (event.state, event.euros, event.refusal, event.origin) == (step, None, "", "officer")
    assert f"Laissé de côté, car l’étape choisie ne le demande pas : {told}." in page


def test_what_a_step_does_not_ask_for_is_no_error(desk, submission):
    note(desk, submission, "contacted", due_on="hier", euros="beaucoup", refusal="rien")
    assert ours(FollowUp).get().step == "contacted"


def test_a_step_that_asks_for_all_it_got_says_nothing_is_left_out(desk, submission, scheme):
    assert "Laissé de côté" not in text_of(note(desk, submission, "granted", scheme=scheme.pk, euros="12 500"))
    assert ours(SchemeEvent).get(scheme=scheme).euros == 12_500


def test_an_amount_is_added_afterwards_on_the_page(desk, submission, scheme):
    note(desk, submission, "granted", scheme=scheme.pk)
    page = text_of(note(desk, submission, "granted", scheme=scheme.pk, euros="12 500"))
    assert "ne peut pas suivre" not in page
    assert ours(SchemeEvent).standing().get(scheme=scheme).euros == 12_500


@pytest.mark.parametrize("step", FollowUp.CALLS)
def test_a_call_is_promised_for_a_working_day_and_the_next_one_is_named(desk, submission, settings, step):
    settings.FIXED_DAY = date(2026, 11, 24)
    for day, told in (
        (
            "28/11/2026",
            "Le samedi 28 novembre 2026 n’est pas un jour ouvré : le suivant est le lundi 30 novembre 2026.",
        ),
        (
            "25/12/2026",
            "Le vendredi 25 décembre 2026 n’est pas un jour ouvré : le suivant est le lundi 28 décembre 2026.",
        ),
    ):
        refused = note(desk, submission, step, due_on=day)
        assert refused.status_code == 422
        assert told in text_of(refused)
    assert not ours(FollowUp).exists()
    note(desk, submission, step, due_on="30/11/2026")
    assert ours(FollowUp).get().due_on == date(2026, 11, 30)
