"""Another request for the same firm: whose words it is filed with, and whose stay where they stand."""

import pytest
from django.utils import timezone

from backend.companies.models import Fact
from backend.matchmaking.file_links import link_files, undo_link
from backend.matchmaking.models import SavedDraft, Submission
from backend.matchmaking.ownership import known_facts
from backend.matchmaking.services import confirm_address, correct_submission
from tests.factories import ARC, DAY, FACTS, make_officer, make_submission
from tests.web.conftest import PROJECT
from tests.web.test_space_next import AGREED, begin, second_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "group", "epci")]


@pytest.fixture
def officer():
    return make_officer(ARC)


@pytest.fixture
def first():
    return make_submission(confirmed=True)


def close_space(client) -> None:
    """Let the 30 minutes of a space run out."""
    session = client.session
    session["fresh_access"] = {**session["fresh_access"], "until": timezone.now().timestamp()}
    session.save()


def headcount_in(submission: Submission) -> tuple[object, str]:
    row = known_facts(Submission.objects.get(pk=submission.pk))["headcount"]
    return row.value, row.origin


def test_what_a_linked_file_of_a_colleague_says_is_neither_shown_nor_filed(client, officer, first):
    colleague = make_submission(confirmed=True, email="jean@tolerie.example", facts={"headcount": 77.0})
    correct_submission(submission=colleague, facts={"craft_register": True}, on=DAY, author=officer)
    link = link_files(submission=first, other=colleague, kind="colleague", officer=officer, on=DAY)
    assert {"headcount", "craft_register"} <= known_facts(first).keys()
    assert known_facts(first)["headcount"].value == 77.0
    begin(client, first)
    known = SavedDraft.objects.get().content["known"]
    assert known["headcount"] == FACTS["headcount"]
    assert "craft_register" not in known
    undo_link(link=link, officer=officer, on=DAY)
    client.post("/demande/contact/", AGREED)
    second = Submission.objects.get(contact__email=first.contact.email, pk__gt=colleague.pk)
    for file in (first, second):
        assert headcount_in(file) == (FACTS["headcount"], Fact.Origin.DECLARED)
        assert "craft_register" not in known_facts(Submission.objects.get(pk=file.pk))


@pytest.mark.cases(1)
@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("is_registered", [True, False])
def test_a_newer_word_than_the_draft_stays_in_force(client, officer, first, request, is_open, is_registered):
    if is_registered:
        request.getfixturevalue("copy")
    begin(client, first)
    correct_submission(submission=first, facts={"headcount": 260.0}, on=DAY, author=officer)
    if not is_open:
        close_space(client)
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert not second.sheet.facts.filter(name="headcount").exists()
    confirm_address(submission=second)
    for file in (first, second):
        assert headcount_in(file) == (260.0, Fact.Origin.OFFICER)


def test_what_was_taken_back_since_is_not_said_again(client, officer, first):
    begin(client, first)
    correct_submission(submission=first, facts={"headcount": None}, on=DAY, author=officer)
    client.post("/demande/contact/", AGREED)
    for file in (first, second_of(first)):
        assert "headcount" not in known_facts(Submission.objects.get(pk=file.pk))


@pytest.mark.cases(1)
@pytest.mark.parametrize("is_registered", [True, False])
def test_an_officers_word_never_becomes_the_firms_once_the_space_has_closed(
    client, officer, first, request, is_registered
):
    if is_registered:
        request.getfixturevalue("copy")
    correct_submission(submission=first, facts={"headcount": 41.0}, on=DAY, author=officer)
    begin(client, first)
    close_space(client)
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert not second.sheet.facts.filter(name="headcount").exists()
    confirm_address(submission=second)
    for file in (first, second):
        assert headcount_in(file) == (41.0, Fact.Origin.OFFICER)


def test_an_officers_word_on_a_firm_without_a_number_is_asked_again(client, officer):
    first = make_submission(confirmed=True, siren="", siret="")
    correct_submission(submission=first, facts={"headcount": 41.0}, on=DAY, author=officer)
    begin(client, first)
    assert not client.get("/demande/projet/").context["form"]["headcount"].value()
    client.post("/demande/contact/", AGREED)
    second = second_of(first)
    assert "headcount" not in second.sheet.values()
    assert second.sheet.values()["turnover"] == FACTS["turnover"]


def test_what_the_firm_changes_is_its_word_over_an_officers(client, officer, first):
    correct_submission(submission=first, facts={"headcount": 41.0}, on=DAY, author=officer)
    begin(client, first)
    client.post("/demande/projet/", {**PROJECT, "headcount": "52"})
    client.post("/demande/contact/", AGREED)
    for file in (first, second_of(first)):
        assert headcount_in(file) == (52.0, Fact.Origin.DECLARED)
