"""Who waits for a scheme, and what is decided or written for several of them at once."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.matchmaking.batches import matches_waiting_for
from backend.matchmaking.file_links import close_unentitled
from backend.matchmaking.models import Note, Review, Submission
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say, undo_last
from backend.matchmaking.states import states_of
from backend.notifications.frequency_cap import Turn
from backend.notifications.models import Notification
from backend.notifications.services import Message, enqueue_email
from tests.factories import CCLO, COMMUNES, DAY, decide, first_matches, make_lead, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]  # of another service


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


@pytest.fixture
def files():
    return [
        make_submission(confirmed=True, company_name=f"Atelier {i}", siret="", siren="", email=f"a{i}@firm.example")
        for i in range(3)
    ]


@pytest.fixture
def scheme(files):
    return first_matches(files[0])[0].scheme


@pytest.fixture
def page(scheme):
    return f"/agent/dispositif/{scheme.pk}/dossiers/"


def reviewed_emails():
    return ours(Notification).filter(kind="reviewed")


def test_the_files_that_wait_are_listed_longest_first_with_their_words(desk, officer, files, page, scheme):
    response = desk.get(page)
    rows = response.context["rows"]
    assert [row.submission for row in rows] == files
    text = text_of(response)
    for row in rows:
        assert row.submission.sheet.name in text
        assert str(row.standing.label) in text
    assert text.count(rows[0].deadline) == 1  # of the scheme, the same for all
    assert f'href="{page}"' in desk.get(f"/agent/catalogue/{scheme.pk}/").content.decode()
    end_review(submission=files[0], officer=officer, on=DAY, message="Bonjour")  # to be read comes first
    assert [row.submission for row in desk.get(page).context["rows"]] == [files[1], files[2], files[0]]
    decide(files[1], scheme, officer, "not_worth_it")  # who was set aside does not wait any more
    decide(files[2], scheme, officer)
    rows = desk.get(page).context["rows"]
    assert [(row.submission, row.is_kept) for row in rows] == [(files[2], True), (files[0], False)]


@pytest.fixture
def far():
    facts = {"commune": COMMUNES[CCLO]}
    return make_submission(confirmed=True, company_name="Lointaine", siret="", siren="", facts=facts)


@pytest.mark.shows_both("a territory lead reads every file")
def test_a_territory_lead_reads_all_and_decides_nothing(client, far, page):
    client.force_login(make_lead())
    response = client.get(page)
    assert far.sheet.name in response.content.decode()
    assert "Pour les dossiers cochés" not in text_of(response)
    assert client.post(page, {"file": [far.pk], "action": "retenir"}).status_code == 403
    assert not ours(Review).exists()


def test_only_the_newest_result_counts(officer, files, scheme):
    found = matches_waiting_for(scheme, user=officer)
    assert {match.result for match in found} == {file.results.first() for file in files}


def test_a_scheme_is_kept_for_those_that_are_ticked(desk, officer, files, page, scheme):
    response = desk.post(page, {"file": [file.pk for file in files[:2]], "action": "retenir"}, follow=True)
    assert "Dispositif retenu dans 2 dossiers." in text_of(response)
    kept = ours(Review).filter(scheme=scheme, verdict="kept")
    assert {(review.submission, review.officer) for review in kept} == {(file, officer) for file in files[:2]}
    assert not reviewed_emails().exists()
    text = text_of(desk.post(page, {"file": [file.pk for file in files[1:]], "action": "retenir"}, follow=True))
    assert "Dispositif retenu dans 1 dossier." in text  # what is kept is not kept again
    assert f"pas les vôtres) : {files[1].sheet}." in text
    assert kept.filter(submission=files[1]).count() == 1


def test_a_scheme_is_set_aside_for_one_reason_for_all(desk, files, page, scheme):
    sent = {"file": [file.pk for file in files], "action": "ecarter", "reason": "deadline_too_close"}
    assert "Dispositif écarté de 3 dossiers." in text_of(desk.post(page, sent, follow=True))
    assert ours(Review).filter(scheme=scheme, reason="deadline_too_close").count() == 3
    assert desk.get(page).context["rows"] == []


def test_each_firm_gets_one_email_with_nothing_of_another(desk, officer, files, page):
    end_review(submission=files[2], officer=officer, on=DAY, message="Bonjour")
    before = reviewed_emails().count()
    sent = {"file": [file.pk for file in files], "action": "ecrire", "message": "Il ferme le 17 décembre."}
    text = text_of(desk.post(page, sent, follow=True))
    assert "un courriel au plus chacune : 2. Mots laissés sur leur page : 1." in text
    assert reviewed_emails().count() == before + 2
    for file, others in ((files[0], files[1:]), (files[1], [files[0], files[2]])):
        (email,) = reviewed_emails().filter(recipient=file.contact.email)
        assert "Il ferme le 17 décembre." in email.text
        for other in others:
            assert other.sheet.name not in email.text + email.html
            assert other.reference not in email.text + email.html
    (note,) = ours(Note)
    assert (note.submission, note.audience) == (files[2], "firm")


def test_an_address_is_written_to_once_for_each_of_its_firms(desk, page):
    theirs = {"confirmed": True, "siret": "", "email": "compta@firm.example"}
    one, again = make_submission(siren="552032534", **theirs), make_submission(siren="552032534", **theirs)
    other = make_submission(siren="542065479", **theirs)
    sent = {"file": [one.pk, again.pk, other.pk], "action": "ecrire", "message": "Bonjour."}
    desk.post(page, sent)
    emails = reviewed_emails().filter(recipient="compta@firm.example")
    assert {topic for email in emails for topic in email.about} == {one.topic, other.topic}
    assert [email.cap_day for email in emails] == [DAY, DAY]


def test_turns_of_several_are_taken_in_one_order_so_that_two_officers_never_wait_for_each_other(desk, page):
    """Whatever the order of their keys, the firms of the first and the third file have the second's not between."""
    sirens = ("552032534", "542065479", "552032534")
    files = [
        make_submission(confirmed=True, siret="", siren=siren, email=f"z{9 - i}@firm.example")
        for i, siren in enumerate(sirens)
    ]
    with CaptureQueriesContext(connection) as queries:
        desk.post(page, {"file": [file.pk for file in files], "action": "ecrire", "message": "Bonjour."})
    held = [re.findall(r"'(company:\d+) (z\d@firm\.example)'", one["sql"]) for one in queries]
    turns = list(dict.fromkeys(turn for found in held for turn in found))
    assert len(turns) == 3
    assert turns == sorted(turns)


def test_what_is_written_to_several_waits_where_an_alert_left_today(desk, officer, files, page, scheme):
    turn = Turn(firm=files[0].firm, on=DAY)
    message = Message(subject="x", text="x", html="x")
    enqueue_email(kind="alert", key="x", recipient=files[0].contact.email, message=message, about=("x",), turn=turn)
    desk.post(page, {"file": [files[0].pk, files[1].pk], "action": "ecrire", "message": "Bonjour."})
    days = dict(reviewed_emails().values_list("recipient", "cap_day"))
    assert days == {files[0].contact.email: DAY + timedelta(days=1), files[1].contact.email: DAY}
    end_review(submission=files[2], officer=officer, on=DAY, message="Bonjour")  # one answer is correspondence
    assert reviewed_emails().get(recipient=files[2].contact.email).cap_day is None


def test_no_address_is_written_to_twice(desk, files, page):
    again = make_submission(confirmed=True, company_name="Encore", siret="", siren="", email="A0@firm.example")
    sent = {"file": [files[0].pk, again.pk], "action": "ecrire", "message": "Bonjour."}
    assert "Restent tels quels" in text_of(desk.post(page, sent, follow=True))
    assert reviewed_emails().count() == 1


def test_what_is_missing_or_of_each_firm_is_said_in_a_sentence(desk, files, page):
    for sent, sentence in (
        ({"action": "retenir"}, "Cochez au moins un dossier."),
        ({"action": "ecrire", "file": [files[0].pk]}, "Écrivez le mot que ces entreprises liront."),
        ({"action": "x", "file": [files[0].pk]}, "Choisissez quoi faire."),
        ({"file": [files[0].pk]}, "Choisissez quoi faire."),
    ):
        response = desk.post(page, sent)
        assert response.status_code == 422
        assert sentence in text_of(response)
    for reason in ("", "wrong_fact", "outside_perimeter", "x"):
        sent = {"file": [files[0].pk], "action": "ecarter", "reason": reason, "comment": "Dit au téléphone."}
        response = desk.post(page, sent)
        assert response.status_code == 422
        assert "choisissez une raison de la liste" in " ".join(text_of(response).split()), reason
        assert "Dit au téléphone." in response.content.decode()
    assert not ours(Review).exists()
    assert not reviewed_emails().exists()


def test_a_firm_of_elsewhere_does_not_show_and_is_left_alone(desk, far, page):
    assert far.sheet.name not in desk.get(page).content.decode()
    for key in (far.pk, "x", "²", "9" * 30):
        assert desk.post(page, {"file": [key], "action": "retenir"}).status_code == 422
    assert not ours(Review).exists()
    assert ours(Submission).get(pk=far.pk).officer is None


def test_ten_files_more_ask_nothing_more(desk, files, page):
    desk.get(page)
    with CaptureQueriesContext(connection) as few:
        desk.get(page)
    for i in range(4):
        make_submission(confirmed=True, company_name=f"Plus {i}", siret="", siren="", email=f"b{i}@firm.example")
    with CaptureQueriesContext(connection) as more:
        assert len(desk.get(page).context["rows"]) == 7
    assert len(more) == len(few)


# -- what was said, and what happens meanwhile


def tell(file, scheme, *states, **more):
    for state in states:
        reason = {"reason": "not_interested"} if state == "set_aside" else {}
        say(submission=file, scheme=scheme, state=state, on=DAY, **reason, **more)


TAKEN_AWAY = [("set_aside",), ("has_it",), ("applied", "refused"), ("applied", "granted"), ("followed", "given_up")]


@pytest.mark.cases(1)
@pytest.mark.parametrize("states", TAKEN_AWAY)
def test_a_firm_that_wants_or_awaits_nothing_more_does_not_wait(desk, officer, files, page, scheme, states):
    decide(files[0], scheme, officer)  # kept before: its firm says otherwise since
    tell(files[0], scheme, *states)
    tell(files[1], scheme, "followed")
    assert [row.submission for row in desk.get(page).context["rows"]] == files[1:]
    sent = {"file": [file.pk for file in files], "action": "retenir"}
    text = text_of(desk.post(page, sent, follow=True))
    assert "Dispositif retenu dans 2 dossiers." in text
    assert f"pas les vôtres) : {files[0].sheet}." in text
    assert states_of(files[0], told=False).own[scheme.pk].counts.state == states[-1]
    assert ours(Review).filter(scheme=scheme, submission=files[0]).count() == 1


def test_what_a_firm_took_back_or_its_officer_settled_waits_again(desk, officer, files, page, scheme):
    tell(files[0], scheme, "set_aside")
    undo_last(submission=files[0], scheme=scheme, on=DAY)
    tell(files[1], scheme, "set_aside")
    decide(files[1], scheme, officer)
    assert [row.submission for row in desk.get(page).context["rows"]] == files


def test_the_word_of_the_firm_is_on_the_card_of_its_scheme_and_on_no_other(desk, files, scheme):
    tell(files[0], scheme, "set_aside")
    word = "L’entreprise : pas pour moi, le 24 novembre 2026"
    path = f"/agent/{files[0].pk}/"
    for shown in (path, f"{path}dispositif/{scheme.pk}/"):
        assert text_of(desk.get(shown)).count(word) == 1
    assert word not in text_of(desk.get(f"/agent/{files[1].pk}/"))


@pytest.mark.cases(1)
@pytest.mark.parametrize("action", ["retenir", "ecarter", "ecrire"])
def test_a_file_that_a_colleague_closed_meanwhile_is_named_and_the_others_are_done(
    desk, officer, files, page, scheme, action
):
    close_unentitled(submission=files[0], officer=officer, on=DAY)
    sent = {"action": action, "reason": "deadline_too_close", "message": "Un mot rare."}
    text = text_of(desk.post(page, {**sent, "file": [file.pk for file in files[:2]]}, follow=True))
    assert f"pas les vôtres) : {files[0].sheet}." in text
    assert not files[0].reviews.exists()
    assert files[1].reviews.exists() or files[1].review_ends.exists()
    alone = desk.post(page, {**sent, "file": [files[0].pk]})
    assert alone.status_code == 422
    assert "Rien n’a changé." in text_of(alone)
    assert "Un mot rare." in alone.content.decode()
