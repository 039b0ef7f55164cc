"""The delay that is promised, and the one that is measured: by intercommunality, in working days."""

from datetime import date, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from backend.accounts.models import Membership, Organisation
from backend.common.days import add_working_days, working_days_between
from backend.matchmaking.delays import Delay, days_to_review, delay_of, measured_delay, own_delay, promise_delay
from backend.matchmaking.models import ReviewEnd, Submission
from backend.matchmaking.reviews import end_review, reopen_review
from backend.notifications.models import Notification
from backend.territories.models import ServedEpci
from tests.factories import (
    ARC,
    CCLO,
    COMMUNES,
    DAY,
    link_to,
    make_officer,
    make_organisation,
    make_submission,
    rewriting,
)
from tests.neighbour import ours
from tests.web.conftest import text_of

MONDAY = date(2026, 9, 7)


def at(day: date, hour: int = 9) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


@pytest.mark.parametrize(
    ("first", "last", "n"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), 0),
        (date(2026, 11, 23), date(2026, 11, 24), 1),
        (date(2026, 11, 20), date(2026, 11, 23), 1),  # over a week-end
        (date(2026, 11, 10), date(2026, 11, 12), 1),  # over 11 November
        (date(2026, 11, 21), date(2026, 11, 22), 0),
        (date(2026, 11, 24), date(2026, 11, 20), 0),
    ],
)
def test_working_days_between_two_days(first, last, n):
    assert working_days_between(first, last) == n


def reviewed(epci: str, days: int, *, confirmed_on: date = MONDAY, again: int | None = None) -> Submission:
    """File, confirm and review a firm of an intercommunality, so many working days later; and once more, if asked."""
    submission = make_submission(confirmed=True, facts={"commune": COMMUNES[epci]}, siret="", siren="")
    Submission.objects.filter(pk=submission.pk).update(filed_at=at(confirmed_on), confirmed_at=at(confirmed_on))
    officer = make_officer(epci)
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour.")
    ends = [days] if again is None else [days, again]
    first = submission.review_ends.get()
    for n, later in enumerate(ends):
        moment = at(add_working_days(confirmed_on, later) if later else confirmed_on, 17)
        if n:
            ReviewEnd.objects.create(submission=submission, officer=officer, result=first.result, ended_at=moment)
        else:
            with rewriting():
                ReviewEnd.objects.filter(pk=first.pk).update(ended_at=moment)
            Submission.objects.filter(pk=submission.pk).update(first_answered_at=moment)
    return submission


@pytest.mark.django_db
def test_the_measure_is_the_median_of_first_reviews_of_90_days_in_one_intercommunality():
    epci = ServedEpci.objects.get(short_name=ARC)
    on = MONDAY + timedelta(days=60)
    for days in (0, 2, 3):
        reviewed(ARC, days)
    reviewed(ARC, 4, again=30)  # reopened since: the first answer counts
    reviewed(CCLO, 1)
    reviewed(ARC, 1, confirmed_on=MONDAY - timedelta(days=120))
    assert measured_delay(epci.pk, on=on) is None  # four say nothing
    reviewed(ARC, 9)
    assert measured_delay(epci.pk, on=on) == 3


@pytest.mark.slow
@pytest.mark.django_db
def test_an_officer_reads_the_delay_of_their_own_first_reviews():
    on = MONDAY + timedelta(days=60)
    made = [reviewed(ARC, days) for days in (0, 2, 3, 9)]
    reviewed(ARC, 1)  # by somebody else
    mine = make_officer()
    with rewriting():
        ReviewEnd.objects.filter(submission__in=made).update(officer=mine)
    assert own_delay(mine, on=on) == (4, None)
    fifth = reviewed(CCLO, 5)
    with rewriting():
        ReviewEnd.objects.filter(submission=fifth).update(officer=mine)
    assert own_delay(mine, on=on) == (5, 3)
    assert own_delay(make_officer(), on=on) == (0, None)
    assert own_delay(mine, on=on + timedelta(days=90)) == (0, None)


@pytest.mark.django_db
def test_an_end_that_was_undone_before_its_firm_was_told_answered_nobody():
    epci = ServedEpci.objects.get(short_name=ARC)
    reviewed(ARC, 2)
    on, late = MONDAY + timedelta(days=60), reviewed(ARC, 1)
    assert sorted(days_to_review(epci.pk, on=on).values()) == [1, 2]
    reopen_review(submission=late, officer=make_officer())
    assert list(days_to_review(epci.pk, on=on).values()) == [2]


@pytest.mark.django_db
@pytest.mark.shows_both("a lead reads who holds files of their intercommunality")
def test_nothing_is_shown_before_a_lead_promises_and_only_where_they_lead(client):
    lead, organisation, far = (
        make_officer(role=Membership.Role.EPCI_LEAD),
        make_organisation(ARC),
        make_organisation(CCLO),
    )
    submission = make_submission(confirmed=True)
    page = f"/resultat/{link_to(submission)}/"
    assert delay_of(organisation, on=DAY) is None
    assert "promise" not in text_of(client.get(page)) + ours(Notification).get(kind="receipt").text
    with pytest.raises(PermissionDenied):
        promise_delay(organisation=far, days=2, by=lead)
    with pytest.raises(PermissionDenied):
        promise_delay(organisation=organisation, days=2, by=make_officer())
    client.force_login(lead)
    assert client.post("/agent/equipe/delai/", {"organisation": far.pk, "days": "2"}).status_code == 422
    said = client.post("/agent/equipe/delai/", {"organisation": organisation.pk, "days": "3"}, follow=True)
    assert "sous 3 jours ouvrés" in text_of(said)
    client.logout()
    assert "Réponse promise sous 3 jours ouvrés." in text_of(client.get(page))
    other = make_submission(confirmed=True, facts={"commune": COMMUNES[CCLO]}, email="voisin@firm.example")
    assert "promise" not in text_of(client.get(f"/resultat/{link_to(other)}/"))
    receipt = make_submission(confirmed=True, email="suivante@firm.example")
    letter = ours(Notification).get(kind="receipt", recipient=receipt.contact.email)
    assert "Réponse promise sous 3 jours ouvrés." in letter.text
    assert Organisation.objects.get(pk=far.pk).promised_days is None


@pytest.mark.parametrize(
    ("promised", "measured", "sentence"),
    [
        (1, None, "Réponse promise sous 1 jour ouvré."),
        (2, 0, "Réponse promise sous 2 jours ouvrés ; depuis 90 jours, une demande sur deux est relue le jour même."),
        (
            2,
            1,
            "sous 2 jours ouvrés ; depuis 90 jours, une demande sur deux est relue en 1 jour ouvré au plus.",
        ),
    ],
)
def test_what_firms_read_of_a_delay(promised, measured, sentence):
    assert Delay(promised, measured).sentence.endswith(sentence)


@pytest.mark.django_db
@pytest.mark.shows_both("a lead reads who holds files of their intercommunality")
def test_a_delay_of_one_day_is_said_in_the_singular(client):
    client.force_login(make_officer(role=Membership.Role.EPCI_LEAD))
    said = client.post("/agent/equipe/delai/", {"organisation": make_organisation(ARC).pk, "days": "1"}, follow=True)
    assert "« sous 1 jour ouvré »" in text_of(said)


@pytest.mark.cases(1)
@pytest.mark.django_db
@pytest.mark.shows_both("a lead reads who holds files of their intercommunality")
@pytest.mark.parametrize(("days", "sentence"), [("0", "au moins un"), ("46", "45 jours"), ("deux", "nombre de jours")])
def test_a_delay_that_cannot_be_says_why_and_stays_as_typed(client, days, sentence):
    client.force_login(make_officer(role=Membership.Role.EPCI_LEAD))
    organisation = make_organisation(ARC)
    response = client.post("/agent/equipe/delai/", {"organisation": organisation.pk, "days": days})
    assert response.status_code == 422
    assert sentence in text_of(response)
    assert response.context["delay_form"]["days"].value() == days
