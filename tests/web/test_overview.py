"""The page that a lead lands on: needs on a map, what is missing, what waits, what comes of it."""

from datetime import timedelta

import pytest

from backend.accounts.models import Membership
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import end_review
from backend.steering.actions import decide_action
from backend.steering.nightly import rebuild
from backend.steering.scopes import Filters
from backend.steering.targets import set_target
from tests.factories import ARC, CCLO, COMMUNES, DAY, make_lead, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]
PAGE = "/territoire/en-bref/"


@pytest.fixture
def files():
    """A file of one place that has waited for a month, and one of another that is answered."""
    waits, answered = (
        make_submission(
            confirmed=True,
            facts={"commune": COMMUNES[epci]},
            siret="",
            siren="",
            email=f"{epci}@firme.example".lower(),
        )
        for epci in (ARC, CCLO)
    )
    end_review(submission=answered, officer=make_officer(CCLO), on=DAY, message="Bonjour.")
    month_ago = waits.filed_at - timedelta(days=30)
    Submission.objects.filter(pk=waits.pk).update(filed_at=month_ago, confirmed_at=month_ago)
    rebuild(on=DAY)


def test_the_lead_of_the_territory_lands_on_it(client, files, django_assert_max_num_queries):
    lead = make_lead()
    set_target(user=lead, step="read", working_days=3, share=80, on=DAY)
    soon, later = (DAY + timedelta(days=days) for days in (20, 90))
    for what, due_on in (("Réunir les PME", soon), ("Écrire à la Région", later)):
        filters = Filters(sub_need="numerique.robot")
        decide_action(user=lead, filters=filters, what=what, owner="Le chef de projet", due_on=due_on, on=DAY)
    client.force_login(lead)
    assert client.get("/agent/ma-journee/", follow=True).redirect_chain[-1][0] == PAGE
    with django_assert_max_num_queries(20):
        response = client.get(PAGE)
    html, page = response.content.decode(), text_of(response)
    assert "Le territoire, en bref" in page
    assert "8 besoins de 3 demandes ouvertes" in page  # with the second firm's
    assert 'href="/territoire/carte/?commune=60159#tableaux"' in html
    assert 'href="/territoire/carte/?commune=60025#tableaux"' in html
    assert "1 demande ou appel au-delà du premier délai , le premier depuis le" in page
    assert "Lue sous 3 jours ouvrés" in page
    assert "Réunir les PME , Le chef de projet, pour le" in page
    assert "Écrire à la Région" not in page  # not due soon
    assert "Déposées : 3" in page


def test_the_lead_of_an_intercommunality_reads_its_own_and_no_other(client, files):
    client.force_login(make_officer(CCLO, role=Membership.Role.EPCI_LEAD))
    response = client.get(PAGE)
    html, page = response.content.decode(), text_of(response)
    assert "Lisières de l'Oise, en bref" in page
    assert "2 besoins de 1 demande ouverte" in page
    assert "commune=60159" not in html  # where the other firms are
    assert "Compiègne" not in page
    assert "Personne n’attend au-delà du premier délai." in page
    assert "Déposées : 1" in page


def test_an_officer_does_not_read_it(client, files):
    client.force_login(make_officer(ARC))
    assert client.get(PAGE).status_code == 403


def test_before_the_first_night_it_says_so(client):
    client.force_login(make_lead())
    assert "Pas encore compté" in text_of(client.get(PAGE))
