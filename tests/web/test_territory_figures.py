"""The pages of those who lead the territory: what they show to whom, and how they answer what they cannot read."""

import csv
from io import StringIO

import pytest

from backend.accounts.models import Membership
from backend.journal.models import AuditEvent, Kind
from backend.matchmaking.reviews import end_review
from backend.steering.nightly import rebuild
from tests.factories import ARC, CCLO, COMMUNES, DAY, make_lead, make_officer, make_submission
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
FUNNEL, MAP = "/territoire/", "/territoire/carte/"
NAME = "Tôlerie des Étangs"


@pytest.fixture
def files():
    """Files of three firms of one place and of one of another, which is answered."""
    for n, epci in enumerate((ARC, ARC, ARC, CCLO)):
        apart = {"siret": "", "siren": "", "email": f"firme{n}@firme.example"}
        file = make_submission(confirmed=True, facts={"commune": COMMUNES[epci]}, **apart)
    end_review(submission=file, officer=make_officer(CCLO), on=DAY, message="Bonjour.")
    rebuild(on=DAY)


def lead_of(epci):
    return make_officer(epci, role=Membership.Role.EPCI_LEAD)


def rows_of(response):
    return list(csv.reader(StringIO(response.content.decode("utf-8-sig")), delimiter=";"))


@pytest.mark.neighbour("siren", "address", "group")
def test_the_lead_of_an_intercommunality_reads_its_figures_and_no_other(client, files):
    client.force_login(lead_of(ARC))
    page = text_of(client.get(FUNNEL))
    assert "Déposée : 3" in page
    assert "Répondue : 0" in page
    assert "Lisières" not in page
    client.force_login(lead_of(CCLO))
    page = text_of(client.get(FUNNEL))
    assert "Déposée : 1" in page
    assert "Répondue : 1" in page
    refused = client.get(FUNNEL, {"epci": ARC})
    assert "Déposée : 1" in text_of(refused)  # he has one place: there is nothing to choose


@pytest.mark.neighbour("siren", "address", "group")
def test_the_territory_lead_reads_all_and_no_name(client, files):
    client.force_login(make_lead())
    page = text_of(client.get(FUNNEL, {"depuis": "tout"}))
    assert "Déposée : 5" in page  # the second firm is counted with them
    assert "Lisières" in page
    assert NAME not in page
    assert "Déposée : 1" in text_of(client.get(FUNNEL, {"epci": CCLO}))


NAMES = [(FUNNEL, name) for name in ("epci", "besoin", "taille", "depuis")]
NAMES += [(MAP, name) for name in ("epci", "besoin", "taille", "tri", "commune", "detail")]


@pytest.mark.parametrize(("page", "name"), NAMES)
def test_what_is_not_in_a_list_is_said(client, files, page, name):
    client.force_login(make_lead())
    response = client.get(page, {name: "n’importe"})
    assert response.status_code == 422
    text = text_of(response)
    assert "n’est pas dans la liste" in text or "pas le code d’une commune" in text
    assert client.get(page, {name: "n’importe\x00", "csv": "1"}).status_code == 422


@pytest.mark.neighbour("siren", "address", "group")
def test_the_map_is_a_picture_with_links_and_the_same_as_tables(client, files):
    client.force_login(lead_of(ARC))
    response = client.get(MAP)
    html, page = response.content.decode(), text_of(response)
    assert "6 besoins de 3 demandes" in page  # two needs each
    assert 'href="?commune=60159#tableaux"' in html
    assert 'aria-label="Compiègne : 6 besoins,' in html
    assert html.count("<path class=") == 77
    assert "commune=60025" not in html
    assert "Attichy" not in page
    assert NAME not in page
    client.force_login(make_lead())
    html = client.get(MAP, {"besoin": "numerique", "tri": "nom"}).content.decode()
    assert 'href="?besoin=numerique&amp;tri=nom&amp;commune=60025#tableaux"' in html
    assert "4 besoins de 4 demandes" in text_of(client.get(MAP, {"besoin": "numerique", "taille": "small"}))
    assert "1 besoin de 1 demande" in text_of(client.get(MAP, {"commune": "60025", "detail": "numerique.robot"}))


@pytest.mark.neighbour("siren", "address", "group")
def test_cells_of_the_map_are_taken_away(client, files):
    client.force_login(lead_of(ARC))
    head, *rows = rows_of(client.get(MAP, {"csv": "1"}))
    assert head[:4] == ["commune", "besoin", "taille", "besoins exprimés"]
    assert sorted(row[:4] for row in rows) == [
        ["60159", "competences.recruter", "small", "3"],
        ["60159", "numerique.robot", "small", "3"],
    ]


@pytest.mark.neighbour("siren", "address", "group")
def test_figures_are_taken_away_as_they_are_filtered(client, files):
    client.force_login(lead_of(ARC))
    rows = rows_of(client.get(FUNNEL, {"csv": "1", "besoin": "numerique"}))
    assert rows[0][:4] == ["par", "groupe", "étape", "demandes"]
    assert ["Total", "", "déposée", "3", "0", "0"] in rows
    assert not [row for row in rows if NAME in "".join(row)]
    event = AuditEvent.objects.filter(kind=Kind.EXPORT).latest("at")
    assert (event.detail, event.submission_id) == ("demandes", None)


def test_a_page_asks_the_database_a_few_times_only(client, files, django_assert_max_num_queries):
    for user in (make_lead(), lead_of(ARC)):
        client.force_login(user)
        for page in (FUNNEL, MAP):
            client.get(page)
            with django_assert_max_num_queries(12):
                client.get(page)
