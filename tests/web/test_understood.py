"""What was understood, on the officer's page; and what a firm that nothing answers reads."""

from datetime import timedelta

import pytest
from django.utils.html import escape

from backend.matchmaking.corrections import correct_need
from backend.matchmaking.models import Need
from backend.notifications.models import Notification
from backend.schemes.models import Revision, Scheme, SubNeed
from tests.factories import (
    DAY,
    archive_serving,
    decide,
    first_matches,
    link_to,
    make_lead,
    make_officer,
    make_submission,
    publish_revision,
)
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
NEED, NOTHING = "cyber.diagnostic", "risques.technologique"


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


@pytest.fixture
def submission():
    return make_submission(confirmed=True, needs=("competences.recruter",), text="Ma facture d’électricité a doublé.")


def correct(desk, submission, key, change, **options):
    return desk.post(f"/agent/{submission.pk}/besoins/", {"sub_need": key, "change": change}, **options)


def test_each_need_says_the_words_that_decided_or_that_it_was_ticked(desk, submission):
    text = text_of(desk.get(f"/agent/{submission.pk}/"))
    assert "Ce que nous avons compris" in text
    assert "Coché par l’entreprise" in text
    assert "ses mots : « électricité »" in text


def test_needs_of_which_few_words_speak_are_folded_behind_the_others(desk):
    file = make_submission(confirmed=True, needs=("competences.recruter",), text="")
    for key, weight in {"cyber.diagnostic": 0.1, "energie.facture": 0.5, "competences.former": 0.2}.items():
        Need.objects.create(submission=file, sub_need_id=key, weight=weight, probability=0.9, evidence=["mot"])
    page = desk.get(f"/agent/{file.pk}/").content.decode()
    before, _, folded = page.partition("Et peut-être (2)")
    hints = folded.partition("</details>")[0]
    for key, is_hint in (("cyber.diagnostic", True), ("energie.facture", False), ("competences.former", True)):
        label = escape(SubNeed.objects.get(pk=key).label)
        assert (f"<strong>{label}</strong>" in hints) == is_hint
        assert (f"<strong>{label}</strong>" in before) != is_hint


def test_one_click_removes_a_need_and_another_one_puts_it_back(desk, submission, officer):
    label = SubNeed.objects.get(pk="energie.facture").label
    response = correct(desk, submission, "energie.facture", "removed", follow=True)
    assert response.redirect_chain[-1][0] == f"/agent/{submission.pk}/#besoins"
    text = text_of(response)
    assert "C’est noté. Ce qui change :" in text
    assert f"Mal compris : {label} Écarté par {officer}" in text
    correct(desk, submission, "energie.facture", "withdrawn")
    assert "Mal compris" not in text_of(desk.get(f"/agent/{submission.pk}/"))


def test_a_missing_need_is_added_and_the_result_answers_it(desk, submission, officer):
    text = text_of(correct(desk, submission, NEED, "added", follow=True))
    assert f"Ajouté par {officer}" in text
    assert "Annuler cet ajout" in text
    assert submission.results.first().matches.answering().filter(need=NEED).exists()


@pytest.mark.cases(2)
@pytest.mark.parametrize("key", ["", "nulle.part", "\0"])
def test_what_is_no_need_is_refused_and_changes_nothing(desk, submission, key):
    response = correct(desk, submission, key, "added")
    assert response.status_code == 422
    assert "Rien n’a été changé : choisissez un besoin de la liste." in text_of(response)
    assert not submission.need_corrections.exists()


def test_an_unknown_change_is_refused(desk, submission):
    assert correct(desk, submission, NEED, "erased").status_code == 422
    assert not submission.need_corrections.exists()


@pytest.mark.neighbour("address", "group", "epci")  # who leads reads the files of one SIREN beside each other
def test_who_only_looks_has_no_button(client, submission):
    client.force_login(make_lead())
    text = text_of(client.get(f"/agent/{submission.pk}/"))
    assert "Ce que nous avons compris" in text
    assert "Ce n’est pas ça" not in text
    assert correct(client, submission, NEED, "added").status_code == 403


def test_the_score_is_told_in_words_to_officers(desk, submission):
    (match,) = first_matches(submission)
    text = text_of(desk.get(f"/agent/{submission.pk}/dispositif/{match.scheme_id}/"))
    assert "Réponse au besoin " in text


# -- nothing answers


@pytest.fixture
def nothing():
    archive_serving(NOTHING)
    return make_submission(confirmed=True, needs=(NOTHING,), call_slot="morning")


def test_a_firm_that_nothing_answers_reads_who_calls_and_when_and_no_scheme(client, officer, nothing):
    response = client.get(f"/resultat/{link_to(nothing)}/")
    text = text_of(response)
    assert "Rien ne correspond aujourd’hui" in text
    assert f"{officer} (Service ARC) le sait et vous appelle, si possible le matin" in text
    assert "À qui parler" in text
    assert "Service ARC : 03 53 01 10 00" in text
    assert "Conseillers-Entreprises" in text
    assert response.context["page"].cards == ()


def test_one_that_has_not_confirmed_its_address_is_called_once_it_has(client, officer):
    submission = make_submission(needs=(), text="asdfgh qwerty")
    text = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert f"Dès que votre adresse est confirmée, {officer} (Service ARC) le sait et vous appelle" in text


def test_the_officer_who_follows_the_file_is_the_one_who_calls(client, officer, nothing):
    make_officer()
    nothing.officer = officer
    nothing.save()
    assert f"{officer} le sait et vous appelle" in text_of(client.get(f"/resultat/{link_to(nothing)}/"))


def test_what_is_open_to_the_firm_stays_one_link_away(client, nothing):
    token = link_to(nothing)
    assert f"/resultat/{token}/tous/" in client.get(f"/resultat/{token}/").content.decode()
    names = [match.revision.name for match in nothing.results.first().matches.possible().select_related("revision")]
    assert len(names) > 20
    response = client.get(f"/resultat/{token}/tous/", {"voir": "ouverts"})
    assert [row.revision.name for row in response.context["page"].paginator.object_list] == names
    assert response["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.slow
def test_what_was_set_aside_is_not_in_the_full_list_once_the_firm_was_told(desk, submission, officer):
    (match,) = first_matches(submission)
    decide(submission, match.scheme, officer, "not_worth_it")

    def schemes():
        response = desk.get(f"/resultat/{link_to(submission)}/tous/")
        return [row.match.scheme for row in response.context["page"].paginator.object_list]

    assert match.scheme in schemes()
    desk.post(f"/agent/{submission.pk}/terminer/", {"message": ""})
    assert match.scheme not in schemes()


def test_the_receipt_says_the_same(officer, nothing):
    receipt = ours(Notification).get(kind="receipt", recipient=nothing.contact.email)
    for body in (receipt.text, receipt.html):
        assert "ne répond à ce besoin aujourd’hui" in body
        assert f"{officer} (Service ARC)" in body
        assert "Conseillers-Entreprises" in body


def test_a_receipt_with_schemes_names_no_guide(officer):
    submission = make_submission(confirmed=True)
    receipt = ours(Notification).get(kind="receipt", recipient=submission.contact.email)
    assert "À qui parler aussi" not in receipt.text


def test_the_queue_marks_such_a_file_and_shows_only_those(desk, nothing, submission):
    text = text_of(desk.get("/agent/"))
    assert text.count("Rien ne répond") == 1
    rows = desk.get("/agent/?rien=on").context["rows"]
    assert [row.submission for row in rows] == [nothing]


def test_the_file_says_why_nothing_answers(desk, nothing):
    text = text_of(desk.get(f"/agent/{nothing.pk}/"))
    assert "Sans réponse aujourd’hui" in text
    assert f"{SubNeed.objects.get(pk=NOTHING).label} : aucun dispositif n’y répond" in text


def test_what_nothing_answers_since_today_is_said_at_the_first_reading_of_the_day(desk, settings, submission):
    file = make_submission(confirmed=True, needs=(NEED,), company_name="Menuiserie Claire", siret="", siren="")
    dated = {"window_state": Revision.WindowState.DATED, "opens_on": DAY - timedelta(days=30), "closes_on": DAY}
    for scheme in Scheme.objects.matchable(Scheme.OWN).filter(current__served_needs__sub_need=NEED):
        publish_revision(scheme, **dated)
    label = SubNeed.objects.get(pk=NEED).label
    for on, is_unmet in ((DAY, False), (DAY + timedelta(days=1), True)):
        settings.FIXED_DAY = on
        text = text_of(desk.get(f"/agent/{file.pk}/"))
        assert ("Sans réponse aujourd’hui" in text) is is_unmet
        assert (f"{label} : " in text.partition("Sans réponse aujourd’hui")[2]) is is_unmet
        assert "Sans réponse aujourd’hui" not in text_of(desk.get(f"/agent/{submission.pk}/"))


def test_the_file_of_words_that_were_not_understood_asks_for_the_right_need(desk, officer):
    submission = make_submission(confirmed=True, needs=(), text="asdfgh qwerty")
    assert "Ses mots n’ont pas été compris" in text_of(desk.get(f"/agent/{submission.pk}/"))
    correct_need(submission=submission, sub_need=SubNeed.objects.get(pk=NEED), change="added", officer=officer, on=DAY)
    assert "Ses mots n’ont pas été compris" not in text_of(desk.get(f"/agent/{submission.pk}/"))
