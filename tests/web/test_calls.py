"""« Rappelez-moi »: a number, at once before the officers in charge and nobody else, and gone after a month."""

from datetime import datetime, time, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format

from backend.accounts.models import Membership
from backend.common.days import day_in_words
from backend.matchmaking.calls import MOST_A_DAY, end_call, file_call
from backend.matchmaking.models import CallRequest, Submission
from backend.notifications.models import Notification
from backend.privacy.erasing import erase_submission
from backend.privacy.own_data import own_data
from backend.privacy.retention import apply_retention
from tests.factories import ARC, CCLO, COMMUNES, DAY, make_call, make_lead, make_officer
from tests.neighbour import ours
from tests.web.conftest import CONTACT, fill, text_of

pytestmark = pytest.mark.django_db
ASK, ANSWER, QUEUE = "/demande/rappel/", "/demande/reponse/", "/agent/?etat=a-rappeler"
CALL = {"rappel-phone": "0353016077", "rappel-name": "Camille Roux", "rappel-call_slot": "noon"}
CONSENT = {"contact_name": "Camille Roux", "email": "camille@y.example", "phone": "0353016077", "consent": "on"}


def ask(client, *, sent=CALL, **changes):
    fill(client, upto="projet", **changes)
    return client.post(ASK, sent)


def queue(user):
    desk = Client()
    desk.force_login(user)
    return desk.get(QUEUE)


def seen_by(user):
    return [seen.call.pk for seen in queue(user).context["calls"]]


# -- asking


def test_a_number_is_all_that_is_kept_and_no_file_is_opened(client):
    response = ask(client, besoin={"text": "Un mot rare zigzag.", "needs": ["competences.recruter"]})
    assert response["Location"] == f"{ANSWER}#rappel"
    call = ours(CallRequest).get()
    assert (call.phone, call.name, call.call_slot) == ("03 53 01 60 77", "Camille Roux", "noon")
    assert (call.company_name, call.commune, call.epci.short_name) == ("Chaudronnerie du Bac", "60159", ARC)
    assert call.needs == ["competences.recruter"]
    kept = " ".join(str(getattr(call, field.attname)) for field in call._meta.concrete_fields)
    assert "zigzag" not in kept
    assert "999999956" not in kept
    assert not ours(Submission).exists()
    assert not ours(Notification).exists()
    assert "C’est noté" in text_of(client.get(ANSWER))


@pytest.mark.parametrize(("slot", "when"), [("noon", ", si possible entre 12 h et 14 h"), ("any", "")])
def test_once_a_call_is_asked_for_the_page_says_what_was_noted_and_who_calls(client, slot, when):
    before = text_of(ask_and_see(client, sent=None))
    assert "seul le porteur décide. Vos réponses" in before  # on paper too, where the link after it is not
    assert "Vos réponses ne portent le nom d’aucune personne" in before
    page = ask_and_see(client, sent={**CALL, "rappel-call_slot": slot})
    text = text_of(page).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    assert f"appelle Camille Roux au 03 53 01 60 77{when}." in text
    assert "le service économique (" in text
    assert "Être rappelé" not in text
    assert "aucune personne" not in text  # one was just given
    assert "Corriger le nom, le numéro ou le moment" in text


def ask_and_see(client, *, sent):
    make_officer()  # with her organisation
    if sent is None:
        fill(client, upto="projet")
    else:
        ask(client, sent=sent)
    return client.get(ANSWER)


def test_who_asked_to_be_called_does_not_type_name_and_number_again_to_be_followed(client):
    ask(client)
    other = Client()
    ask(other, sent={**CALL, "rappel-name": "Nina Voisine", "rappel-phone": "0353016088"})
    form = client.get(ANSWER).context["form"]
    assert not form.is_bound
    assert (form["contact_name"].value(), form["phone"].value()) == ("Camille Roux", "03 53 01 60 77")
    assert "Nina Voisine" not in text_of(client.get(ANSWER))


def test_a_double_click_or_a_corrected_number_is_one_row(client):
    ask(client)
    client.post(ASK, CALL)
    client.post(ASK, {**CALL, "rappel-phone": "0353016088"})
    assert [call.phone for call in ours(CallRequest)] == ["03 53 01 60 88"]


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rappel-phone": ""}, "Écrivez le numéro à appeler."),
        ({"rappel-phone": "12"}, "« 12 » n’est pas un numéro de téléphone."),
        ({"rappel-name": ""}, "Donnez un nom"),
        ({"rappel-name": "a" * 121}, "120"),
        ({"rappel-call_slot": "minuit"}, "minuit"),
    ],
)
def test_what_cannot_be_taken_says_why_and_keeps_what_was_typed(client, changes, sentence):
    typed = {**CALL, **changes}
    page = client.get(ask(client, sent=typed)["Location"])
    assert sentence in text_of(page)
    form = page.context["call_form"]
    assert {name: form[name.removeprefix("rappel-")].value() for name in typed} == typed
    assert not page.context["form"].errors  # the other form of the page is left alone
    assert not ours(CallRequest).exists()


def test_an_unknown_commune_is_everybodys_and_outside_it_is_not_offered(client):
    ask(client, entreprise={"commune": ""})
    assert ours(CallRequest).get().epci is None
    outside = Client()
    assert ask(outside, entreprise={"commune": "Beauvais"})["Location"] == ANSWER
    assert "Rappelez-moi" not in text_of(outside.get(ANSWER))
    assert ours(CallRequest).count() == 1


def test_beyond_three_a_day_for_one_number_they_are_merged_and_none_is_refused():
    for need in ("competences.recruter", "energie.facture", "numerique.robot", "cyber.diagnostic", "finance.banque"):
        call = make_call(needs=(need,))
        assert call.pk
    assert sorted(call.n_asked for call in ours(CallRequest)) == [1, 1, 3]
    assert call.needs == ["numerique.robot", "cyber.diagnostic", "finance.banque"]
    make_call(phone="03 53 01 60 11")
    assert ours(CallRequest).count() == MOST_A_DAY + 1
    CallRequest.objects.update(asked_at=timezone.now() - timedelta(days=2))
    make_call()
    assert ours(CallRequest).count() == MOST_A_DAY + 2


def test_what_is_merged_waits_again_and_stays_with_its_own_intercommunality():
    officer = make_officer()
    for _ in range(MOST_A_DAY):
        end_call(call=make_call(), officer=officer)
    assert make_call().done_at is None
    assert make_call(CCLO).epci.short_name == CCLO


def test_a_robot_is_asked_to_press_again(client):
    response = ask(client, sent={**CALL, "site_internet": "https://achat.example"})
    page = client.get(response["Location"])
    assert "Appuyez encore une fois" in text_of(page)
    assert not ours(CallRequest).exists()
    client.post(ASK, {**CALL, "site_internet": "https://achat.example"})
    assert ours(CallRequest).count() == 1


def test_without_its_cookie_what_was_typed_stays():
    browser = Client()
    fill(browser, upto="projet")
    browser.handler.enforce_csrf_checks = True
    response = browser.post(ASK, CALL)
    assert response.status_code == 403
    assert response.context["call_form"]["phone"].value() == CALL["rappel-phone"]


def test_without_a_draft_there_is_nothing_to_be_called_about(client):
    assert client.post(ASK, CALL)["Location"] == "/demande/"
    assert not ours(CallRequest).exists()


# -- who sees it


def test_each_role_sees_the_calls_of_its_own_and_of_the_pool():
    near, far, pool = make_call(), make_call(CCLO), make_call("")
    left = make_officer()
    left.memberships.all().delete()
    seen = {
        "officer": make_officer(),
        "epci lead": make_officer(role=Membership.Role.EPCI_LEAD),
        "far": make_officer(CCLO),
        "territory lead": make_lead(),
        "partner": make_officer(role=Membership.Role.PARTNER),
        "left": left,
        "visitor": AnonymousUser(),
    }
    own = ours(CallRequest)
    found = {who: {call.pk for call in own.visible_to(user)} for who, user in seen.items()}
    assert found == {
        "officer": {near.pk, pool.pk},
        "epci lead": {near.pk, pool.pk},
        "far": {far.pk, pool.pk},
        "territory lead": {near.pk, far.pk, pool.pk},
        "partner": set(),
        "left": set(),
        "visitor": set(),
    }


def test_it_stands_at_once_on_the_queue_marked_unverified_and_a_colleague_elsewhere_sees_nothing(client):
    ask(client)
    text = text_of(queue(make_officer()))
    assert "1 rappel demandé" in text
    assert "03 53 01 60 77" in text
    assert "entre 12 h et 14 h Non vérifié" in text
    assert "Compiègne – Recruter" in text
    elsewhere = queue(make_officer(CCLO)).content.decode()
    assert "Personne n’attend d’appel" in elsewhere
    assert "03 53 01 60 77" not in elsewhere
    lead = text_of(queue(make_lead()))
    assert "03 53 01 60 77" in lead
    assert "Traité" not in lead


def test_the_queue_asks_as_many_questions_for_ten_calls_as_for_one(client):
    client.force_login(make_officer())
    make_call()
    client.get(QUEUE)
    with CaptureQueriesContext(connection) as one:
        client.get(QUEUE)
    for number in range(9):
        make_call(phone=f"03 53 01 61 {number:02d}")
    with CaptureQueriesContext(connection) as ten:
        client.get(QUEUE)
    assert len(ten) == len(one)


# -- what is done with it


def test_one_that_was_made_leaves_the_queue(client):
    call, officer = make_call(), make_officer()
    client.force_login(officer)
    assert client.post(f"/agent/rappels/{call.pk}/traite/")["Location"] == QUEUE
    call.refresh_from_db()
    assert call.done_by == officer
    assert seen_by(officer) == []


@pytest.mark.parametrize("path", ["traite", "dossier"])
def test_a_stranger_gets_404_and_a_lead_who_decides_nothing_403(path):
    call = make_call()
    for user, status in ((make_officer(CCLO), 404), (make_lead(), 403)):
        desk = Client()
        desk.force_login(user)
        assert desk.post(f"/agent/rappels/{call.pk}/{path}/", CONSENT).status_code == status
        with pytest.raises(PermissionDenied):
            end_call(call=call, officer=user)
    call.refresh_from_db()
    assert call.done_at is None
    assert not ours(Submission).exists()


def test_an_officer_opens_a_file_with_the_consent_given_by_telephone(client):
    call, officer = make_call(company_name="Tôlerie"), make_officer()
    client.force_login(officer)
    path = f"/agent/rappels/{call.pk}/dossier/"
    assert "Compiègne – Recruter" in text_of(client.get(path))
    refused = client.post(path, {**CONSENT, "consent": ""})
    assert refused.status_code == 422
    assert "Sans son accord, aucun dossier n’est ouvert" in text_of(refused)
    assert not ours(Submission).exists()
    first = client.post(path, {**CONSENT, "company_name": "Tôlerie du Port"})
    second = client.post(path, CONSENT)
    submission = ours(Submission).get()
    assert first["Location"] == second["Location"] == f"/agent/{submission.pk}/"
    assert (submission.consent_by, submission.officer, submission.confirmed_at) == (officer, officer, None)
    assert submission.sheet.name == "Tôlerie du Port"
    assert submission.sheet.values() == {"commune": COMMUNES[ARC]}
    assert [need.sub_need_id for need in submission.needs.filter(ticked=True)] == call.needs
    assert f"accord noté par {officer}" in text_of(client.get(first["Location"]))
    assert seen_by(officer) == []
    assert [mail.kind for mail in ours(Notification)] == ["confirm_address"]


@pytest.mark.parametrize(
    ("days", "waits"), [(0, "aujourd’hui"), (1, "il y a 1 jour ouvré"), (4, "il y a 2 jours ouvrés")]
)
def test_the_list_says_for_how_long_each_waits_on_working_days(settings, days, waits):
    settings.FIXED_DAY = DAY  # a Tuesday
    asked_at = timezone.make_aware(datetime.combine(DAY - timedelta(days=days), time(9, 30)))
    CallRequest.objects.filter(pk=make_call().pk).update(asked_at=asked_at)
    assert f"Demandé {waits}, le {date_format(asked_at, 'j F')} à 09:30" in text_of(queue(make_officer()))


def test_the_file_of_a_call_says_since_when_the_firm_waits(client):
    call, officer = make_call(), make_officer()
    asked_at = timezone.now() - timedelta(days=6)
    CallRequest.objects.filter(pk=call.pk).update(asked_at=asked_at)
    day = day_in_words(timezone.localdate(asked_at))
    client.force_login(officer)
    path = f"/agent/rappels/{call.pk}/dossier/"
    assert f"Appel demandé le {day.rpartition(' ')[0]}" in text_of(client.get(path))
    file = client.post(path, CONSENT)["Location"]
    assert f"appel demandé le {day}" in text_of(client.get(file))
    history = text_of(client.get(f"{file}partie/histoire/"))
    assert "A demandé un appel" in history.partition(day)[2]


# -- its end


def test_it_is_erased_after_thirty_days_and_the_one_beside_it_stays():
    now = timezone.make_aware(datetime.combine(DAY, time(12)))
    old, recent = make_call(), make_call(phone="03 53 01 60 11")
    CallRequest.objects.filter(pk=old.pk).update(asked_at=now - timedelta(days=31))
    CallRequest.objects.filter(pk=recent.pk).update(asked_at=now - timedelta(days=30))
    apply_retention(on=DAY)
    assert [call.pk for call in ours(CallRequest)] == [recent.pk]


def test_a_firm_that_files_afterwards_reads_it_in_its_data_and_erases_it(client):
    other = make_call()
    ask(client)
    client.post("/demande/contact/", CONTACT)
    submission = ours(Submission).get()
    lines = [line.value for theme in own_data(submission) for line in theme.lines if line.label == "Rappel demandé"]
    assert lines == ["03 53 01 60 77, Camille Roux, entre 12 h et 14 h"]
    erase_submission(submission=submission)
    assert [call.pk for call in ours(CallRequest)] == [other.pk]  # of the same number, in another draft


def test_own_data_says_by_whom_consent_by_telephone_was_recorded():
    officer = make_officer()
    given = {"name": "Camille", "email": "camille@y.example", "phone": "03 53 01 60 77", "company_name": ""}
    submission = file_call(call=make_call(), officer=officer, on=DAY, **given)
    said = {line.label: line.value for theme in own_data(submission) for line in theme.lines}
    assert said["Consentement"] == f"donné de vive voix, noté par {officer}"
