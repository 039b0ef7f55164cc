"""Who reads the audit log: the lead of an intercommunality its own, a firm who opened its file, and nobody else's."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from backend.accounts.models import Membership, User
from backend.journal.models import AuditEvent, Kind
from backend.journal.services import record_event, record_read
from backend.matchmaking.file_events import record_closing, record_reopening
from backend.matchmaking.models import Submission
from backend.notifications.models import Notification
from tests.factories import (
    ARC,
    CC2V,
    CCLO,
    DAY,
    decide,
    first_matches,
    link_to,
    make_lead,
    make_officer,
    make_submission,
)
from tests.neighbour import ours
from tests.web.conftest import text_of

# A lead reads all of the intercommunality: the second firm is of another.
pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]
JOURNAL = "/agent/journal/"


@pytest.fixture
def lead():
    return make_officer(role=Membership.Role.EPCI_LEAD, first_name="Hélène", last_name="Prieur")


@pytest.fixture
def desk(client, lead):
    client.force_login(lead)
    return client


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def elsewhere():
    """Return the file of a second firm, of another intercommunality, with what was done with it."""
    facts = {"commune": "60025"}
    other = make_submission(
        confirmed=True,
        facts=facts,
        company_name="Zinguerie du Voisin",
        siren="",
        siret="",
        email="voisin@zinc.example",
    )
    officer = make_officer(CCLO, first_name="Zoé", last_name="Voisine")
    record_read(actor=officer, submission_id=other.pk, epci_id=other.epci_id)
    decide(other, first_matches(other)[0].scheme, officer)
    return other


REASONS = [
    ("not_entitled", "contact sans droit"),
    ("outside", "hors du territoire"),
    ("helped", "entreprise aidée"),
    ("not_helped", "entreprise que nous n’avons pas pu aider"),
    ("unreachable", "entreprise injoignable"),
    ("ended", "chaque dispositif retenu ou suivi a une issue"),
    ("silence", "rien de nouveau depuis 90 jours"),
]


@pytest.mark.cases(2)
@pytest.mark.parametrize(("reason", "said"), REASONS)
def test_a_file_that_is_closed_or_opened_again_is_said_with_its_reason(desk, submission, reason, said):
    record_closing(submission, reason=reason)
    assert f"dossier fermé : {said} D-" in text_of(desk.get(JOURNAL))
    record_reopening(submission)
    page = text_of(desk.get(JOURNAL, {"nature": "file_closed"}))
    assert "dossier rouvert D-" in page
    assert page.count("contact sans droit") == (reason == "not_entitled")


def test_each_reason_to_close_is_in_words():
    assert {reason for reason, _said in REASONS} == set(Submission.Closing) - {Submission.Closing.WITHDRAWN}


def read(submission, actor, at=None):
    at = at or datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Europe/Paris"))
    columns = {"submission_id": submission.pk, "epci": submission.epci, "actor_label": str(actor)}
    return AuditEvent.objects.create(kind=Kind.FILE_READ, at=at, actor=actor, **columns)


def shown(response):
    return [event.pk for event, _ in response.context["rows"]]


# -- the lead


def test_the_lead_reads_who_did_what_with_the_files_of_his_own(desk, submission, elsewhere):
    officer = make_officer(first_name="Claire", last_name="Vasseur")
    read(submission, officer)
    decide(submission, first_matches(submission)[0].scheme, officer)
    page = desk.get(JOURNAL)
    text = text_of(page)
    assert page.status_code == 200
    assert f"{submission.reference}, {submission.sheet}" in text
    assert "Claire Vasseur" in text
    assert "dossier ouvert" in text
    assert "avis donné : retenu" in text
    assert "9:00" in text.replace("09:00", "9:00")
    for foreign in ("Zinguerie", "Voisin", "v@voisin", elsewhere.reference, f"n° {elsewhere.pk} "):
        assert foreign not in text


def test_no_sign_in_and_nothing_of_the_whole_service_shows(desk, lead, submission):
    record_event(kind=Kind.SIGN_IN, actor=lead)
    record_event(kind=Kind.BACKUP)
    assert shown(desk.get(JOURNAL)) == []


def test_what_his_people_do_with_a_file_of_nowhere_is_his_to_read_and_of_others_is_not(desk):
    pool = make_submission(confirmed=True, without=("commune",))
    assert pool.epci is None
    mine, theirs = read(pool, make_officer()), read(pool, make_officer(CCLO))
    assert shown(desk.get(JOURNAL)) == [mine.pk]
    assert theirs.pk not in shown(desk.get(JOURNAL))


def test_what_was_done_before_a_file_left_stays_with_whom_it_was(desk, submission):
    event = read(submission, make_officer())
    submission.epci = make_officer(CC2V).epcis()[0]
    submission.save()
    page = desk.get(JOURNAL)
    assert shown(page) == [event.pk]
    assert submission.sheet.name not in text_of(page)  # no longer his to open
    assert f"n° {submission.pk}" in text_of(page)


@pytest.mark.parametrize(
    "make",
    [make_officer, make_lead, lambda: make_officer("", role=Membership.Role.EDITOR)],
    ids=["officer", "territory lead", "editor"],
)
def test_nobody_else_may_read_it(client, submission, make):
    client.force_login(make())
    assert client.get(JOURNAL).status_code == 403


def test_the_queue_leads_there_only_those_who_may(desk, client):
    assert JOURNAL in desk.get("/agent/").content.decode()
    other = Client()
    other.force_login(make_officer())
    assert JOURNAL not in other.get("/agent/").content.decode()


def test_it_is_searched_by_person_file_kind_and_day(desk, submission):
    other_file = make_submission(confirmed=True)
    claire, paul = make_officer(), make_officer()
    later = datetime(2026, 11, 25, 9, tzinfo=ZoneInfo("Europe/Paris"))
    one, two = read(submission, claire), read(other_file, paul, later)
    record_event(kind=Kind.FILE_TAKEN, actor=paul, submission_id=submission.pk, epci_id=submission.epci_id)
    three = ours(AuditEvent).get(kind=Kind.FILE_TAKEN)
    for query, expected in (
        ({"agent": claire.pk}, {one.pk}),
        ({"dossier": submission.reference}, {one.pk, three.pk}),
        ({"dossier": str(other_file.pk)}, {two.pk}),
        ({"nature": "file_taken"}, {three.pk}),
        ({"jour": "2026-11-24"}, {one.pk}),
        ({"jour": "25/11/2026"}, {two.pk}),
        ({"agent": paul.pk, "jour": "2026-11-24"}, set()),
    ):
        assert set(shown(desk.get(JOURNAL, query))) == expected, query


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"dossier": "Tôlerie"}, "« Tôlerie » n’est pas un numéro de dossier"),
        ({"jour": "hier"}, "Ce n’est pas un jour"),
        ({"nature": "tout"}, "« tout » n’est pas dans la liste"),
        ({"nature": "sign_in"}, "« sign_in » n’est pas dans la liste"),
        ({"agent": "999999"}, "choisissez dans la liste"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence_and_kept(desk, submission, query, words):
    read(submission, make_officer())
    page = desk.get(JOURNAL, query)
    assert page.status_code == 422
    assert words in text_of(page)
    assert shown(page) == []
    if "dossier" in query:
        assert 'value="Tôlerie"' in page.content.decode()


def test_a_person_of_elsewhere_is_in_no_list(desk, submission, elsewhere):
    read(submission, make_officer())
    page = desk.get(JOURNAL)
    assert "Zoé" not in page.content.decode()
    stranger = ours(AuditEvent).filter(submission_id=elsewhere.pk).first().actor
    assert desk.get(JOURNAL, {"agent": stranger.pk}).status_code == 422


def test_it_goes_page_by_page(desk, submission):
    officer, start = make_officer(), datetime(2026, 11, 1, 8, tzinfo=ZoneInfo("Europe/Paris"))
    events = [read(submission, officer, start + timedelta(hours=hour)) for hour in range(51)]
    assert shown(desk.get(JOURNAL))[0] == events[-1].pk
    assert shown(desk.get(JOURNAL, {"page": 2})) == [events[0].pk]


# -- the firm


def result_page(client, submission):
    return client.get(f"/resultat/{link_to(submission)}/")


def test_the_firm_reads_who_opened_its_file_and_when_once_a_day(client, submission, elsewhere):
    claire = make_officer(first_name="Claire", last_name="Vasseur")
    territory = make_lead()
    morning = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Paris"))
    read(submission, claire, morning)
    read(submission, claire, morning + timedelta(hours=5))
    read(submission, claire, morning + timedelta(days=1))
    read(submission, territory, morning + timedelta(days=1, hours=3))
    page = result_page(client, submission)
    lines = [(reading.name, reading.on.isoformat()) for reading in page.context["openings"]]
    assert lines == [
        (f"Claire V., {territory.memberships.get().organisation.name}", "2026-11-24"),
        ("Claire V., ARC", "2026-11-24"),
        ("Claire V., ARC", "2026-11-23"),
    ]
    text = text_of(page)
    assert "Qui a ouvert votre dossier" in text
    assert "Claire V., ARC, le 24 novembre 2026" in text
    assert "Vasseur" not in text
    assert "Zoé" not in text


def test_a_file_that_nobody_opened_says_nothing(client, submission, elsewhere):
    assert "Qui a ouvert votre dossier" not in text_of(result_page(client, submission))


def test_the_neighbour_reads_only_of_its_own(client, submission):
    """Same company, same address, another file: what was read of one is not said on the other."""
    twin = make_submission(confirmed=True)
    read(submission, make_officer(first_name="Rose", last_name="Rare"))
    assert "Rose R." in text_of(result_page(client, submission))
    assert "Rose" not in text_of(result_page(client, twin))


def test_only_reads_count_as_opening(client, submission):
    officer = make_officer(ARC)
    decide(submission, first_matches(submission)[0].scheme, officer, on=DAY)
    assert result_page(client, submission).context["openings"] == []


def test_an_administrator_who_reads_an_e_mail_of_a_file_has_opened_it(client, submission):
    twin = make_submission(confirmed=True)
    admin = Client()
    admin.force_login(User.objects.create_superuser("admin@jonction.example", first_name="Ada", last_name="Petit"))
    sent = ours(Notification).filter(recipient=submission.contact.email, about=[submission.topic]).first()
    assert admin.get(f"/administration/notifications/notification/{sent.pk}/change/").status_code == 200
    assert "Ada P., administration du service" in text_of(result_page(client, submission))
    assert "Ada" not in text_of(result_page(client, twin))
