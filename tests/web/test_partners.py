"""A chamber or the Region reads a file: proposed by its officer, agreed to by its firm, ended by either."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from backend.accounts.models import Membership
from backend.accounts.services import off_board
from backend.common.days import day_in_words
from backend.journal.models import AuditEvent, Kind
from backend.links.models import Kind as Kind_of_link
from backend.matchmaking.closing import close_file, reopen_file
from backend.matchmaking.corrections import correct_need
from backend.matchmaking.dead_addresses import correct_address, follow_dead_addresses
from backend.matchmaking.follow_up import answer_offers, refer_file, write_note
from backend.matchmaking.models import FollowUp, HandOver, Note, PartnerShare, Submission
from backend.matchmaking.partners import end_as_officer, write_as_partner
from backend.matchmaking.services import confirm_address, correct_submission
from backend.notifications.models import Notification
from backend.notifications.suppression import record_delivery
from backend.privacy.consent import withdraw_consent
from backend.privacy.erasing import erase_submission
from backend.territories.models import ServedEpci
from tests.days import in_days
from tests.factories import (
    CCLO,
    DAY,
    SIREN,
    link_to,
    make_lead,
    make_officer,
    make_organisation,
    make_partner,
    make_submission,
    next_morning,
    share_with,
)
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fixed_day(settings):
    settings.FIXED_DAY = None


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def reader():
    return make_partner()


@pytest.fixture
def submission():
    return make_submission(confirmed=True, text="Un robot de soudure pour l’atelier.")


def sign_in(client, user):
    client.force_login(user)
    return client


def propose(client, submission, follow=True, **changes):
    chamber = make_organisation(kind="chamber")
    sent = {"organisation": chamber.pk, "message": "Un robot, voyez son usage.", "agreement": "ask", **changes}
    return client.post(f"/agent/{submission.pk}/partenaires/", sent, follow=follow)


def answer_as_firm(client, submission, share, follow=True, **sent):
    return client.post(f"/resultat/{link_to(submission)}/partenaires/{share.pk}/", sent, follow=follow)


def status_of(client, share):
    return client.get(f"/partenaire/{share.pk}/").status_code


def owed(kind):
    return ours(Notification).filter(kind=kind)


# -- from the proposal to the end


def test_a_firm_is_asked_agrees_and_its_partner_reads_the_file_and_nothing_else(client, officer, reader, submission):
    page = propose(sign_in(client, officer), submission)
    share = ours(PartnerShare).get()
    assert "L’accord est demandé à l’entreprise" in text_of(page)
    assert "Accord demandé le" in text_of(page)
    assert owed("partner_consent").get().recipient == submission.contact.email
    assert not owed("file_shared").exists()
    assert status_of(sign_in(client, reader), share) == 404
    assert "Aucun dossier n’est partagé" in text_of(client.get("/partenaire/"))

    client.logout()
    asked = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "Partager votre dossier avec Service chamber" in asked
    assert "Un robot, voyez son usage." in asked
    assert "Merci : Service chamber peut lire" in text_of(answer_as_firm(client, submission, share, answer="agree"))
    answer_as_firm(client, submission, share, answer="agree", follow=False)  # a second click
    assert [mail.recipient for mail in owed("file_shared")] == [reader.email]

    write_note(submission=submission, author=officer, audience="internal", text="Elle est pressée.")
    write_note(submission=submission, author=officer, audience="shared", text="Vu avec la banque.")
    sign_in(client, reader)
    assert "Tôlerie des Étangs" in text_of(client.get("/partenaire/"))
    read = text_of(client.get(f"/partenaire/{share.pk}/"))
    for shown in ("Tôlerie des Étangs", "Isabelle Morel", "03 53 01 60 35", "Un robot de soudure", "Un robot, voyez"):
        assert shown in read
    for hidden in ("Elle est pressée.", "Vu avec la banque.", "180 000", "Chiffre d’affaires"):
        assert hidden not in read


def test_the_cards_and_steps_are_those_of_the_firm(client, officer, reader, submission):
    share = share_with(submission, officer)
    firm = client.get(f"/resultat/{link_to(submission)}/").context["page"]
    theirs = sign_in(client, reader).get(f"/partenaire/{share.pk}/").context["page"]
    assert [card.revision for card in theirs.cards] == [card.revision for card in firm.cards]
    assert [step.what for step in theirs.steps] == [step.what for step in firm.steps]
    assert theirs.cards


def test_an_agreement_by_telephone_says_who_noted_it_and_for_which_day(client, officer, reader, submission):
    day = timezone.localdate() - timedelta(days=2)
    page = propose(sign_in(client, officer), submission, agreement="told", agreed_on=day.isoformat())
    share = ours(PartnerShare).get()
    assert (timezone.localdate(share.agreed_at), share.agreed_by) == (day, officer)
    assert f"noté par {officer}" in text_of(page)
    assert not owed("partner_consent").exists()
    assert owed("file_shared").get().recipient == reader.email
    told = owed("partner_noted").get()
    assert told.recipient == submission.contact.email
    assert f"{officer} (Service ARC) a noté votre accord" in told.text
    assert "arrêtez le partage sur la page de votre demande" in told.text
    assert {link[0] for link in told.links} == {"result"}
    today, said = (day_in_words(one) for one in (timezone.localdate(), day))
    assert f"depuis le {today}, avec votre accord du {said}, noté par {officer}" in text_of(
        client.get(f"/resultat/{link_to(submission)}/")
    )
    assert f"accord du {said}, noté par {officer} – lit depuis le {today}" in text_of(page)
    assert "avec vous depuis" not in text_of(sign_in(client, reader).get(f"/partenaire/{share.pk}/"))
    assert f"depuis le {today}" in text_of(client.get(f"/partenaire/{share.pk}/"))


@pytest.mark.cases(2)
@pytest.mark.parametrize("ago", [0, 1])
def test_an_agreement_is_noted_on_the_day_of_a_demonstration_that_is_to_come(
    client, officer, reader, submission, settings, ago
):
    settings.FIXED_DAY = in_days(10)
    page = propose(sign_in(client, officer), submission, agreement="told", agreed_on=in_days(10 - ago).isoformat())
    assert page.status_code == 200
    assert ours(PartnerShare).get().agreed_at <= timezone.now()
    assert owed("file_shared").get().recipient == reader.email


@pytest.mark.slow  # by its hour, below
@pytest.mark.parametrize("agreed_before", [True, False])
def test_an_agreement_of_a_day_before_the_last_end_is_not_noted(client, officer, reader, submission, agreed_before):
    ended = share_with(submission, officer, agreed=agreed_before)
    answer_as_firm(client, submission, ended, end="1", follow=False)
    of_the_day = ours(PartnerShare).filter(pk=ended.pk)
    of_the_day.update(ended_at=timezone.now() - timedelta(days=3), **ended_before(agreed_before))
    share_with(submission, officer, kind="region")  # another partner, which nobody refused
    owed("file_shared").delete()
    sign_in(client, officer)
    day = timezone.localdate() - timedelta(days=4)
    page = propose(client, submission, agreement="told", agreed_on=day.isoformat())
    assert page.status_code == 422
    assert "Il en faut un d’après." in text_of(page)
    assert not owed("file_shared").exists()
    day = timezone.localdate() - timedelta(days=2)
    propose(client, submission, agreement="told", agreed_on=day.isoformat(), follow=False)
    assert owed("file_shared").get().recipient == reader.email


def test_an_agreement_of_the_day_of_a_refusal_is_noted_by_its_hour(client, officer, reader, submission):
    refused = share_with(submission, officer, agreed=False)
    answer_as_firm(client, submission, refused, end="1", follow=False)
    day = timezone.localdate() - timedelta(days=3)
    at = timezone.make_aware(datetime.combine(day, time(10, 4)))
    ours(PartnerShare).filter(pk=refused.pk).update(asked_at=at - timedelta(days=1), ended_at=at)
    sign_in(client, officer)
    told = {"agreement": "told", "agreed_on": day.isoformat()}
    asked = propose(client, submission, **told)
    assert asked.status_code == 422
    assert f"a pris fin le {day:%d/%m/%Y} à 10 h 04 (refusé par l’entreprise)" in text_of(asked).replace("\xa0", " ")
    assert "dites à quelle heure elle a donné son accord" in text_of(asked)
    assert "Un robot, voyez son usage." in text_of(asked)
    assert "Il en faut un d’après." in text_of(propose(client, submission, **told, agreed_hour="10:04"))
    assert not owed("file_shared").exists()
    propose(client, submission, **told, agreed_hour="10:05", follow=False)
    share = ours(PartnerShare).get(ended_at=None)
    assert timezone.localtime(share.agreed_at) == at + timedelta(minutes=1)
    assert owed("file_shared").get().recipient == reader.email


@pytest.mark.slow
def test_an_agreement_of_today_is_none_before_todays_refusal(client, officer, submission):
    share = share_with(submission, officer, agreed=False)
    answer_as_firm(client, submission, share, end="1", follow=False)
    sign_in(client, officer)
    told = {"agreement": "told", "agreed_on": timezone.localdate(share.asked_at).isoformat()}
    assert "dites à quelle heure" in text_of(propose(client, submission, **told))
    assert "Il en faut un d’après." in text_of(propose(client, submission, **told, agreed_hour="0 h"))


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("25 h", "« 25 h » n’est pas une heure. Écrivez-la comme 14 h 30."),
        ("midi", "« midi » n’est pas une heure"),
        ("", "dites à quelle heure elle a donné son accord"),
    ],
)
def test_a_wrong_hour_is_said_beside_the_agreement_that_waits_and_is_kept(
    client, officer, submission, typed, sentence
):
    end_as_officer(share=share_with(submission, officer, agreed=False), officer=officer)
    share = share_with(submission, officer, agreed=False)  # asked again the same day
    sent = {"agreed_on": timezone.localdate().isoformat(), "agreed_hour": typed}
    page = sign_in(client, officer).post(f"/agent/{submission.pk}/partenaires/{share.pk}/", sent)
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert f'value="{sent["agreed_on"]}"' in page.content.decode()
    assert not typed or f'value="{typed}"' in page.content.decode()
    share.refresh_from_db()
    assert share.agreed_at is None


@pytest.mark.slow
def test_an_agreement_of_an_hour_to_come_is_not_noted(client, officer, submission):
    answer_as_firm(client, submission, share_with(submission, officer, agreed=False), end="1", follow=False)
    soon = timezone.localtime() + timedelta(minutes=2)
    told = {"agreement": "told", "agreed_on": soon.date().isoformat(), "agreed_hour": f"{soon:%H:%M}"}
    assert "est à venir" in text_of(propose(sign_in(client, officer), submission, **told))
    assert not ours(PartnerShare).filter(ended_at=None).exists()


def ended_before(agreed):
    at = timezone.now() - timedelta(days=5)
    return {"asked_at": at, "agreed_at": at, "begins_at": at} if agreed else {"asked_at": at}


def test_a_firm_that_said_no_is_not_asked_again_within_thirty_days(client, officer, reader, submission):
    share = share_with(submission, officer, agreed=False)
    answer_as_firm(client, submission, share, end="1", follow=False)
    other = make_submission(confirmed=True, email="autre@tolerie.example", siret="", siren="")
    sign_in(client, officer)
    page = propose(client, submission)
    again = timezone.localdate() + timedelta(days=30)
    assert (page.status_code, f"redemander à partir du {again:%d/%m/%Y}" in text_of(page)) == (422, True)
    assert "L’accord est demandé" in text_of(propose(client, other))
    ours(PartnerShare).filter(pk=share.pk).update(ended_at=timezone.now() - timedelta(days=31))
    assert "L’accord est demandé" in text_of(propose(client, submission))


@pytest.mark.cases(1)
@pytest.mark.parametrize("agreed", [True, False])
def test_what_is_owed_of_a_share_does_not_leave_once_it_ended(client, officer, reader, submission, agreed):
    kind = "file_shared" if agreed else "partner_consent"
    share, other = share_with(submission, officer, agreed=agreed), share_with(submission, officer, kind="region")
    asked_of = owed(kind).filter(about=[submission.topic, share.key])
    assert asked_of.get().state == "due"
    by_officer(client, submission, share, officer)
    assert asked_of.get().state == "failed"
    assert owed("file_shared").get(about=[submission.topic, other.key]).state == "due"


def test_a_firm_and_its_officers_read_of_the_email_that_asked_for_its_agreement(client, officer, submission):
    share_with(submission, officer, agreed=False)
    subject = f"Votre accord pour partager la demande {submission.reference}"
    assert subject in text_of(client.get(f"/resultat/{link_to(submission)}/mes-donnees/"))


@pytest.mark.slow
def test_an_agreement_given_after_it_was_asked_is_noted_too(client, officer, reader, submission):
    share = share_with(submission, officer, agreed=False)
    path = f"/agent/{submission.pk}/partenaires/{share.pk}/"
    sign_in(client, officer)
    for wrong, sentence in (
        ("", "Dites quel jour"),
        ("2031-01-01", "est à venir"),
        ("2020-01-01", "plus de trente jours"),
        ("hier", "n’est pas une date"),
    ):
        assert sentence in text_of(client.post(path, {"agreed_on": wrong}, follow=True))
    share.refresh_from_db()
    assert share.agreed_at is None
    client.post(path, {"agreed_on": timezone.localdate().isoformat()})
    share.refresh_from_db()
    assert share.agreed_by == officer
    assert status_of(sign_in(client, reader), share) == 200


def test_a_firm_refuses(client, officer, reader, submission):
    share = share_with(submission, officer, agreed=False)
    assert "ne lit pas votre dossier" in text_of(answer_as_firm(client, submission, share, end="1"))
    late = text_of(answer_as_firm(client, submission, share, answer="agree"))
    assert "est terminé : il faut le proposer de nouveau. Appelez Service ARC – 03 53 01 10 00." in late
    share.refresh_from_db()
    assert (share.ending, share.agreed_at) == ("refused", None)
    assert not owed("file_shared").exists()
    assert "refusé par l’entreprise" in text_of(sign_in(client, officer).get(f"/agent/{submission.pk}/"))
    assert status_of(sign_in(client, reader), share) == 404


def test_what_says_nothing_changes_nothing(client, officer, submission):
    share = share_with(submission, officer, agreed=False)
    answer_as_firm(client, submission, share, answer="peut-être", follow=False)
    share.refresh_from_db()
    assert (share.agreed_at, share.ended_at) == (None, None)


def by_firm(client, submission, share, officer):
    answer_as_firm(client, submission, share, end="1", follow=False)


def by_officer(client, submission, share, officer):
    sign_in(client, officer).post(f"/agent/{submission.pk}/partenaires/{share.pk}/", {"end": "1"})


def by_closing(client, submission, share, officer):
    close_file(submission=submission, officer=officer, reason="helped")


def by_consent(client, submission, share, officer):
    withdraw_consent(submission=submission)


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("end", "ending"),
    [(by_firm, "withdrawn"), (by_officer, "officer"), (by_closing, "closed"), (by_consent, "closed")],
)
def test_it_ends_at_once(client, officer, reader, submission, end, ending):
    share = share_with(submission, officer)
    note = write_as_partner(share=share, author=reader, text="Nous passons jeudi.")
    assert status_of(sign_in(client, reader), share) == 200
    end(client, submission, share, officer)
    share.refresh_from_db()
    assert (share.ended_at is not None, share.ending) == (True, ending)
    sign_in(client, reader)
    assert status_of(client, share) == 404
    assert client.post(f"/partenaire/{share.pk}/notes/", {"text": "Encore."}).status_code == 404
    assert client.post(f"/partenaire/{share.pk}/notes/{note.pk}/retirer/").status_code == 404
    assert "Tôlerie" not in text_of(client.get("/partenaire/"))
    last = AuditEvent.objects.filter(kind=Kind.SHARE_ENDED, submission_id=submission.pk).get()
    assert last.detail == ending


def test_a_file_that_opens_again_is_not_shared_again(client, officer, reader, submission):
    share = share_with(submission, officer)
    close_file(submission=submission, officer=officer, reason="helped")
    reopen_file(submission=submission, officer=officer, on=DAY)
    assert status_of(sign_in(client, reader), share) == 404
    assert share_with(submission, officer, agreed=False).pk != share.pk


def test_erasing_a_file_leaves_nothing_of_its_shares(client, officer, reader, submission):
    share = share_with(submission, officer)
    write_as_partner(share=share, author=reader, text="Nous passons jeudi.")
    erase_submission(submission=submission)
    assert not ours(PartnerShare).exists()
    assert not ours(Note).exists()
    assert status_of(sign_in(client, reader), share) == 404


def test_an_address_that_is_corrected_ends_what_was_agreed_to_and_asked_at_the_former_one(
    client, officer, reader, submission
):
    other = make_submission(confirmed=True, email="autre@tolerie.example", siret="", siren="")
    share, beside = share_with(submission, officer), share_with(other, officer)
    asked = share_with(submission, officer, kind="region")
    asked_of_firm = ours(PartnerShare).filter(pk=asked.pk)
    asked_of_firm.update(agreed_at=None, agreed_by=None, begins_at=None)
    receipt = ours(Notification).get(kind="receipt", about=[submission.topic])
    record_delivery(notification=receipt, delivery=Notification.Delivery.DEAD, detail="550 5.1.1 unknown")
    follow_dead_addresses(on=DAY)
    correct_address(submission=submission, officer=officer, email="le.vrai@tolerie.example", on=DAY)
    confirm_address(submission=Submission.objects.get(pk=submission.pk))
    assert [(row.ending, row.ended_at is None) for row in submission.partner_shares.all()] == [("address", False)] * 2
    assert status_of(sign_in(client, reader), share) == 404
    assert status_of(client, beside) == 200
    page = text_of(sign_in(client, officer).get(f"/agent/{submission.pk}/"))
    assert "terminé : l’adresse de l’entreprise a changé" in page
    assert "Lit ce dossier" not in page


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("identity", "ending"),
    [
        ({"siret": "", "siren": "732829320", "name": "Tôlerie des Étangs"}, "company"),
        ({"siret": "", "siren": SIREN, "name": "Tôlerie des Étangs et fils"}, ""),
        ({"siret": "", "siren": "", "name": "Tôlerie des Étangs"}, "company"),
    ],
)
def test_a_file_of_another_company_is_not_shared_any_more(client, officer, reader, submission, identity, ending):
    other = make_submission(confirmed=True, email="autre@tolerie.example")
    share, beside = share_with(submission, officer), share_with(other, officer)
    correct_submission(submission=submission, facts={}, identity=identity, on=DAY)
    share.refresh_from_db()
    assert (share.ending, share.ended_at is None) == (ending, not ending)
    assert status_of(sign_in(client, reader), share) == (404 if ending else 200)
    assert status_of(client, beside) == 200


def test_nobody_agrees_for_an_address_that_is_not_confirmed(client, officer, reader, submission):
    share = share_with(submission, officer, agreed=False)
    Submission.objects.filter(pk=submission.pk).update(confirmed_at=None, officer=officer)
    path, day = f"/agent/{submission.pk}/partenaires/{share.pk}/", timezone.localdate().isoformat()
    page = sign_in(client, officer).post(path, {"agreed_on": day}, follow=True)
    assert "n’a pas confirmé son adresse" in text_of(page)
    share.refresh_from_db()
    assert share.agreed_at is None
    assert not owed("file_shared").exists()


def test_who_left_the_partner_reads_nothing(client, officer, reader, submission):
    share = share_with(submission, officer)
    sign_in(client, reader)
    off_board(user=reader)
    assert client.get(f"/partenaire/{share.pk}/").status_code == 302
    assert not PartnerShare.objects.visible_to(type(reader).objects.get(pk=reader.pk)).exists()


# -- who may


def test_nobody_else_opens_it_as_a_partner(client, officer, reader, submission):
    share = share_with(submission, officer)
    for user in (make_partner("region"), make_officer(), make_lead(), make_officer(CCLO)):
        assert status_of(sign_in(client, user), share) == 404, user


def test_a_partner_opens_no_page_of_officers(client, officer, reader, submission):
    share_with(submission, officer)
    sign_in(client, reader)
    assert client.get(f"/agent/{submission.pk}/").status_code == 404
    assert client.get("/agent/")["Location"] == "/partenaire/"
    assert client.get("/agent/catalogue/").status_code == 403
    assert client.get("/territoire/").status_code == 403
    assert client.get("/agent/equipe/").status_code == 403
    for path in ("prendre", "terminer", "notes", "partenaires"):
        assert client.post(f"/agent/{submission.pk}/{path}/", {"text": "x", "audience": "shared"}).status_code == 404


@pytest.mark.slow
def test_somebody_who_does_both_keeps_both(client, officer, submission):
    both = make_officer(CCLO)
    Membership.objects.create(user=both, organisation=make_organisation(kind="chamber"), role="partner")
    share = share_with(submission, officer)
    sign_in(client, both)
    assert client.get("/agent/").status_code == 200
    assert client.get(f"/agent/{submission.pk}/").status_code == 404
    assert status_of(client, share) == 200


def test_a_territory_lead_reads_with_whom_it_is_shared_and_shares_nothing(client, officer, submission):
    share = share_with(submission, officer)
    sign_in(client, make_lead())
    page = client.get(f"/agent/{submission.pk}/")
    assert "Lit ce dossier" in text_of(page)
    assert "Partager avec un partenaire" not in text_of(page)
    assert propose(client, submission).status_code == 403
    assert client.post(f"/agent/{submission.pk}/partenaires/{share.pk}/", {"end": "1"}).status_code == 403


def test_a_share_of_another_file_is_not_found_by_an_address(client, officer, submission):
    other = make_submission(confirmed=True, email="autre@tolerie.example", siret="", siren="")
    share = share_with(other, officer)
    assert answer_as_firm(client, submission, share, end="1").status_code == 404
    sign_in(client, officer)
    assert client.post(f"/agent/{submission.pk}/partenaires/{share.pk}/", {"end": "1"}).status_code == 404
    share.refresh_from_db()
    assert share.ended_at is None


# -- what cannot be


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"organisation": ""}, "Choisissez un partenaire dans la liste."),
        ({"organisation": "99999"}, "n’est pas dans la liste"),
        ({"message": " "}, "Écrivez pourquoi"),
        ({"agreement": ""}, "sans lui, rien n’est partagé"),
        ({"agreement": "told", "agreed_on": ""}, "Dites quel jour"),
        ({"agreement": "told", "agreed_on": "2031-01-01"}, "est à venir"),
        ({"agreement": "told", "agreed_on": "2020-01-01"}, "plus de trente jours"),
    ],
)
def test_what_cannot_be_read_keeps_what_was_typed(client, officer, reader, submission, changes, sentence):
    response = propose(sign_in(client, officer), submission, **{"message": "Mon mot à moi", **changes})
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert changes.get("message") or "Mon mot à moi" in response.content.decode()
    assert not ours(PartnerShare).exists()


def test_it_is_proposed_once_to_each_and_never_of_a_file_that_is_not_confirmed_or_closed(
    client, officer, reader, submission
):
    share_with(submission, officer, agreed=False)
    sign_in(client, officer)
    assert "attend déjà l’accord" in text_of(propose(client, submission))
    closed = make_submission(confirmed=True, email="close@tolerie.example", siret="", siren="")
    close_file(submission=closed, officer=officer, reason="helped")
    assert "rouvrez-le d’abord" in text_of(propose(client, closed))
    unconfirmed = make_submission(email="pas-encore@tolerie.example", siret="", siren="")
    Submission.objects.filter(pk=unconfirmed.pk).update(officer=officer)
    assert "n’a pas confirmé son adresse" in text_of(propose(client, unconfirmed))
    assert "Partager avec un partenaire" not in text_of(client.get(f"/agent/{unconfirmed.pk}/"))


def test_an_organisation_where_nobody_reads_is_not_offered(client, officer, submission):
    make_organisation(kind="chamber")
    assert "n’est pas dans la liste" in text_of(propose(sign_in(client, officer), submission))


# -- words


def test_a_partner_answers_and_those_in_charge_read_it_the_next_morning(client, officer, reader, submission):
    Submission.objects.filter(pk=submission.pk).update(officer=officer)
    share = share_with(submission, officer)
    sign_in(client, reader)
    empty = client.post(f"/partenaire/{share.pk}/notes/", {"text": " "})
    assert (empty.status_code, "Écrivez votre réponse." in text_of(empty)) == (422, True)
    sent = client.post(f"/partenaire/{share.pk}/notes/", {"text": "Nous passons jeudi."}, follow=True)
    assert "Nous passons jeudi." in text_of(sent)
    page = text_of(sign_in(client, officer).get(f"/agent/{submission.pk}/"))
    assert "De Service chamber Nous passons jeudi." in page
    assert "Lire la réponse d’un partenaire : Service chamber" in page
    assert "Tôlerie des Étangs" in text_of(client.get("/agent/?etat=a-traiter"))
    next_morning()
    digest = owed("waiting_digest").get(recipient=officer.email)
    assert "Messages à lire" in digest.text
    assert "1 message à lire" in digest.subject
    assert "Nous passons jeudi." not in digest.text
    assert "Nous passons jeudi." not in text_of(client.get(f"/resultat/{link_to(submission)}/"))
    step = ours(FollowUp).get(step="partner_said")
    client.post(f"/agent/{submission.pk}/suivi/{step.pk}/")
    assert not FollowUp.objects.to_do().filter(pk=step.pk).exists()


def test_a_note_goes_to_the_partner_that_was_chosen(client, officer, reader, submission):
    region = make_partner("region")
    chamber, other = share_with(submission, officer), share_with(submission, officer, kind="region")
    owed("file_shared").delete()
    sent = {"text": "Elle a un devis.", "audience": f"partner-{chamber.pk}"}
    page = sign_in(client, officer).post(f"/agent/{submission.pk}/notes/", sent, follow=True)
    assert "Lue par Service chamber" in text_of(page)
    assert [mail.recipient for mail in owed("file_shared")] == [reader.email]
    assert "vous écrit" in owed("file_shared").get().subject
    assert "Elle a un devis." in text_of(sign_in(client, reader).get(f"/partenaire/{chamber.pk}/"))
    assert "Elle a un devis." not in text_of(sign_in(client, region).get(f"/partenaire/{other.pk}/"))


def test_a_note_to_a_partner_whose_share_ended_meanwhile_is_kept_and_says_so(client, officer, reader, submission):
    share = share_with(submission, officer)
    answer_as_firm(client, submission, share, end="1", follow=False)
    sent = {"text": "Mon mot à moi", "audience": f"partner-{share.pk}"}
    page = sign_in(client, officer).post(f"/agent/{submission.pk}/notes/", sent)
    assert (page.status_code, "Ce choix n’est plus possible" in text_of(page)) == (422, True)
    assert "Mon mot à moi" in page.content.decode()
    assert not ours(Note).exists()


def test_who_takes_an_answer_back_lets_nobody_owe_its_reading(client, officer, reader, submission):
    share, colleague = share_with(submission, officer), make_partner()
    note = write_as_partner(share=share, author=reader, text="Nous passons jeudi.")
    path = f"/partenaire/{share.pk}/notes/{note.pk}/retirer/"
    assert sign_in(client, colleague).post(path).status_code == 404
    sign_in(client, reader).post(path)
    assert "Nous passons jeudi." not in text_of(client.get(f"/partenaire/{share.pk}/"))
    assert "Nous passons jeudi." not in text_of(sign_in(client, officer).get(f"/agent/{submission.pk}/"))
    assert not FollowUp.objects.to_do().filter(pk=note.step_id).exists()


# -- whom a partner calls


def test_a_partner_calls_who_follows_the_file_else_the_organisation_in_charge(client, officer, reader, submission):
    share = share_with(submission, officer)
    assert "Sur ce dossier : Service ARC, 03 53 01 10 00" in owed("file_shared").get().text
    page = text_of(sign_in(client, reader).get(f"/partenaire/{share.pk}/"))
    assert "Sur ce dossier, appelez Service ARC – 03 53 01 10 00" in page
    assert "suivi par" not in page
    assert officer.email not in page
    Submission.objects.filter(pk=submission.pk).update(officer=officer)
    assert f"Dossier suivi par {officer}" in text_of(client.get(f"/partenaire/{share.pk}/"))
    off_board(user=officer)
    assert "Sur ce dossier, appelez Service ARC" in text_of(client.get(f"/partenaire/{share.pk}/"))


@pytest.mark.slow
def test_a_file_that_is_handed_over_is_shared_still_and_its_new_officer_is_named(client, officer, reader, submission):
    share, other = share_with(submission, officer), make_officer(CCLO)
    epci = ServedEpci.objects.get(short_name=CCLO)
    refer_file(submission=submission, epci=epci, by=officer, note="C’est chez vous.")
    answer_offers(hand_overs=HandOver.objects.filter(submission=submission), to=other, accept=True)
    page = text_of(sign_in(client, reader).get(f"/partenaire/{share.pk}/"))
    assert f"Dossier suivi par {other}" in page
    assert officer.email not in page


@pytest.mark.cases(1)
@pytest.mark.parametrize("text", ["Bonjour, je vous écris à propos de zigzag.", "refaire mon escalier"])
def test_a_partner_and_who_has_a_share_read_that_the_firm_still_says_what_it_needs(client, officer, reader, text):
    submission = make_submission(confirmed=True, needs=(), text=text)
    share, shared = share_with(submission, officer), link_to(submission, Kind_of_link.SHARE)
    for path in (f"/partage/{shared}/", f"/partenaire/{share.pk}/"):
        page = text_of(sign_in(client, reader).get(path))
        assert "L’entreprise précise encore son besoin." in page
        assert "Rien n’est proposé" not in page


@pytest.mark.parametrize("epci", ["", CCLO])
def test_a_partner_of_an_organisation_that_can_be_none_reads_why_nothing_is_shared(client, epci):
    client.force_login(make_officer(epci, role="partner"))
    for path in ("/agent/", "/agent/ma-journee/"):
        page = client.get(path, follow=True)
        assert (page.status_code, page.redirect_chain[-1][0]) == (200, "/partenaire/")
        assert "n’est ni une chambre ni la Région" in text_of(page)
        assert "Aucun dossier n’est partagé avec vous" not in text_of(page)


# -- what the firm and the journal read


@pytest.mark.slow
def test_the_firm_is_told_who_opened_its_file_for_a_partner_and_nobody_else(client, officer, submission):
    moved = make_partner()
    share, region = share_with(submission, officer), share_with(submission, officer, kind="region")
    sign_in(client, moved).get(f"/partenaire/{share.pk}/")
    Membership.objects.filter(user=moved).update(organisation=region.organisation)
    sign_in(client, officer).get(f"/agent/{submission.pk}/")
    Membership.objects.create(user=officer, organisation=region.organisation, role="partner")
    page = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    chamber, other = page.split("Service chamber", 1)[1].split("Service region", 1)
    assert "ouvert pour la dernière fois le" in chamber
    assert "pas encore ouvert" in other
    share.refresh_from_db()
    first = share.first_read_at
    reader = Membership.objects.partners().exclude(user=moved).filter(organisation=share.organisation).first()
    reader = reader.user if reader else make_partner()
    sign_in(client, reader).get(f"/partenaire/{share.pk}/")
    share.refresh_from_db()
    assert share.first_read_at == first < share.last_read_at


@pytest.mark.slow
def test_a_firm_reads_apart_who_reads_its_file_and_who_does_no_longer(client, officer, submission):
    refused = share_with(submission, officer, agreed=False)
    answer_as_firm(client, submission, refused, end="1", follow=False)
    path = f"/resultat/{link_to(submission)}/"
    assert 'id="titre-partenaires"' not in client.get(path).content.decode()
    share = share_with(submission, officer, kind="region")
    assert "Les partenaires qui lisent votre dossier Service region" in text_of(client.get(path))
    page = text_of(answer_as_firm(client, submission, share, end="1"))
    assert "Ne lisent plus votre dossier Service region arrêté par vous le" in page
    assert "Les partenaires qui lisent votre dossier" not in page


def test_what_a_partner_writes_is_not_in_what_the_firm_reads_of_its_data(client, officer, submission):
    reader = make_officer("", role="partner", kind="chamber", first_name="Lucie", last_name="Perrin")
    share = share_with(submission, officer)
    write_as_partner(share=share, author=reader, text="Nous passons jeudi.")
    data = text_of(client.get(f"/resultat/{link_to(submission)}/mes-donnees/"))
    assert "Lucie Perrin" not in data
    assert "Lire la réponse" not in data
    assert "Mots d’agents pour leurs collègues 1 ;" in data


def test_closing_a_file_ends_what_is_owed_to_its_partners(officer, reader, submission):
    other = make_submission(confirmed=True, email="autre@tolerie.example", siret="", siren="")
    for file in (submission, other):
        write_as_partner(share=share_with(file, officer), author=reader, text="Nous passons jeudi.")
    close_file(submission=submission, officer=officer, reason="helped")
    owed_steps = FollowUp.objects.to_do().to_read()
    assert [step.submission for step in owed_steps] == [other]


def test_a_firm_reads_with_whom_since_when_and_who_opened_it(client, officer, submission):
    reader = make_officer("", role="partner", kind="chamber", first_name="Lucie", last_name="Perrin")
    share = share_with(submission, officer)
    page = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "Service chamber depuis le" in page
    assert "pas encore ouvert" in page
    sign_in(client, reader).get(f"/partenaire/{share.pk}/")
    page = text_of(client.get(f"/resultat/{link_to(submission)}/"))
    assert "ouvert pour la dernière fois le" in page
    assert "Lucie P., Service chamber" in page
    assert "Partage avec un partenaire" in text_of(client.get(f"/resultat/{link_to(submission)}/mes-donnees/"))
    kinds = AuditEvent.objects.filter(submission_id=submission.pk, kind__in=(Kind.FILE_SHARED, Kind.FILE_READ))
    assert [(row.kind, row.detail, row.actor) for row in kinds.order_by("at")] == [
        ("file_shared", "agreed", officer),
        ("file_read", "", reader),
    ]


def test_who_follows_the_file_and_since_when_it_waits_do_not_change(officer, reader, submission):
    before = (submission.officer, submission.waits_since, submission.reviewed_at)
    share = share_with(submission, officer)
    write_as_partner(share=share, author=reader, text="Nous passons jeudi.")
    submission.refresh_from_db()
    assert (submission.officer, submission.waits_since, submission.reviewed_at) == before


def test_what_nobody_was_asked_to_confirm_is_no_need_for_a_partner(client, officer, reader, submission):
    need = submission.needs.select_related("sub_need").first().sub_need
    share = share_with(submission, officer)
    sign_in(client, reader)
    assert need.label in text_of(client.get(f"/partenaire/{share.pk}/"))
    correct_need(submission=submission, sub_need=need, change="removed", officer=officer, on=DAY)
    assert need.label not in client.get(f"/partenaire/{share.pk}/").context["needs"]
