"""« Ma journée »: each role lands on the page that says what waits for it."""

from datetime import date, datetime, time

import pytest
from django.utils import timezone

from backend.accounts.models import Membership, User
from backend.matchmaking.follow_up import record_step, refer_file, take_file
from backend.matchmaking.models import CallRequest, FollowUp, HandOver, Submission
from backend.territories.models import ServedEpci
from tests.factories import (
    ARC,
    CCLO,
    DAY,
    make_call,
    make_lead,
    make_officer,
    make_organisation,
    make_partner,
    make_submission,
    rewriting,
)
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
Role = Membership.Role
LONG_AGO = timezone.make_aware(datetime.combine(date(2026, 9, 1), time(9)))


@pytest.mark.shows_both("a lead reads who holds files of their intercommunality")
@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("make", "path"),
    [
        (make_officer, "/agent/aujourdhui/"),
        (lambda: make_officer(role=Role.EPCI_LEAD), "/agent/equipe/"),
        (make_lead, "/territoire/en-bref/"),
        (lambda: make_officer("", role=Role.EDITOR, is_staff=True), "/administration/schemes/cataloguetask/"),
        (
            lambda: make_officer("", role=Role.APPROVER, is_staff=True),
            "/administration/schemes/proposal/?faire=relire",
        ),
        (make_partner, "/partenaire/"),
        (lambda: User.objects.create_superuser("chef@jonction.example"), "/administration/"),
        (lambda: User.objects.create_user("sans.role@jonction.example"), "/compte/securite/"),
    ],
)
def test_each_role_is_led_to_its_own_page_which_opens(client, make, path):
    client.force_login(make())
    answer = client.get("/agent/ma-journee/", follow=True)
    assert answer.redirect_chain[-1][0] == path
    assert answer.status_code == 200


def test_files_come_before_the_catalogue_for_who_has_both(client):
    user = make_officer(is_staff=True)
    Membership.objects.create(user=user, organisation=make_organisation(), role=Role.APPROVER)
    client.force_login(user)
    assert client.get("/agent/ma-journee/")["Location"] == "/agent/aujourdhui/"
    assert 'href="/agent/ma-journee/"' in client.get("/agent/").content.decode()


@pytest.mark.shows_both("the neighbour may be of the same intercommunality")
def test_a_lead_reads_what_waits_too_long_in_their_intercommunality_and_nothing_of_another(client):
    lead, officer = make_officer(role=Role.EPCI_LEAD), make_officer(CCLO)
    late, recent = make_submission(confirmed=True, company_name="Tôlerie du Clocher"), make_submission(confirmed=True)
    far = make_submission(confirmed=True, company_name="Fonderie du Voisin", facts={"commune": "60025"})
    offered = make_submission(confirmed=True, company_name="Scierie du Lac", facts={"commune": "60025"})
    refer_file(submission=offered, epci=ServedEpci.objects.get(short_name=ARC), by=officer)
    HandOver.objects.update(
        offered_at=timezone.make_aware(datetime.combine(DAY, time(9))) - timezone.timedelta(days=9)
    )
    Submission.objects.filter(pk__in=[late.pk, far.pk]).update(confirmed_at=LONG_AGO)
    asked, named = make_call(company_name="Vernis de l’Oise"), make_call()
    CallRequest.objects.filter(pk__in=[asked.pk, named.pk]).update(asked_at=LONG_AGO)
    follows = make_officer(first_name="Odile", last_name="Ferrand")
    promised = make_submission(confirmed=True, company_name="Émaux du Pont")
    take_file(submission=promised, officer=follows)
    record_step(submission=promised, officer=follows, step="call_back", due_on=DAY)
    with rewriting():
        FollowUp.objects.filter(submission=promised).update(due_on=LONG_AGO.date())
    client.force_login(lead)
    response = client.get("/agent/equipe/")
    page = text_of(response)
    late_part = page[page.index("En attente depuis trop longtemps") : page.index("Qui suit quoi")]
    assert late.reference in late_part
    assert recent.reference not in late_part
    assert "Scierie du Lac" in late_part
    assert "à vous de décider" in late_part
    assert "Vernis de l’Oise : rappel demandé le 1er septembre 2026 par Camille Roux, personne ne le suit" in late_part
    assert "Camille Roux : rappel demandé le 1er septembre 2026, personne ne le suit" in late_part
    assert f'href="/agent/?etat=a-rappeler#rappel-{asked.pk}"' in response.content.decode()
    assert "Émaux du Pont : rappel promis pour le 1er septembre 2026, suivi par Odile Ferrand" in late_part
    assert "03 53 01 60 77" not in late_part
    assert "Voisin" not in page
    client.force_login(make_officer())
    assert "En attente depuis trop longtemps" not in text_of(client.get("/agent/equipe/"))
