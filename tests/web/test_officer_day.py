"""« Ma journée » of an officer: what is to be done today, each line one tap from the act, and nothing of elsewhere."""

import re
from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.accounts.models import Organisation
from backend.common.days import day_in_words
from backend.matchmaking.follow_up import record_step, refer_file, take_file
from backend.matchmaking.models import CallRequest, FollowUp, HandOver, Submission
from backend.matchmaking.queue import Tab
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.territories.models import ServedEpci
from tests.factories import (
    ARC,
    CCLO,
    COMMUNES,
    DAY,
    bounce,
    decide,
    first_matches,
    make_call,
    make_officer,
    make_submission,
    publish_revision,
    rewriting,
)
from tests.web.conftest import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.neighbour("siren", "address", "group")]  # of another service
MOST_QUERIES, MOST_BYTES = 15, 25_000
PAGE = "/agent/aujourdhui/"
LAST_WEEK = DAY - timedelta(days=7)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def at(day):
    return timezone.make_aware(datetime.combine(day, time(9)))


def a_file(name, *, epci=ARC, arrived=LAST_WEEK, reviewed=None):
    """File for a firm of an intercommunality, which confirmed its address on a day; ``reviewed``: by that officer."""
    file = make_submission(
        confirmed=True,
        company_name=name,
        siret="",
        siren="",
        email=f"{name.split()[0].lower()}@firm.example",
        facts={"commune": COMMUNES[epci]},
    )
    Submission.objects.filter(pk=file.pk).update(confirmed_at=at(arrived), filed_at=at(arrived))
    if reviewed:
        end_review(submission=file, officer=reviewed, message="Bonjour", on=DAY)
    return file


def promise_call(file, officer, *, due_on):
    take_file(submission=file, officer=officer)
    record_step(submission=file, officer=officer, step="call_back", due_on=DAY)
    with rewriting():
        FollowUp.objects.filter(submission=file).update(due_on=due_on)


def close_soon(scheme, *, days):
    return publish_revision(scheme, window_state="dated", opens_on=None, closes_on=DAY + timedelta(days=days))


def a_full_day(officer, epci, name):
    """Give an officer something of each kind, each of a firm of its own."""
    promise_call(a_file(f"Promis {name}", epci=epci, reviewed=officer), officer, due_on=DAY - timedelta(days=1))
    make_call(epci, company_name=f"Sonnette {name}")
    a_file(f"Lecture {name}", epci=epci)
    dead = a_file(f"Retour {name}", epci=epci, reviewed=officer)
    bounce(dead)
    kept = a_file(f"Ferme {name}", epci=epci)
    scheme = first_matches(kept)[0].scheme
    decide(kept, scheme, officer)
    close_soon(scheme, days=10)
    a_file(f"Nouveau {name}", epci=epci, arrived=DAY, reviewed=officer)
    return scheme


def blocks_of(response):
    return {block.key: block for block in response.context["blocks"]}


def names_in(response, key):
    return [line.name for line in blocks_of(response)[key].lines]


def test_each_thing_to_do_stands_in_its_block_in_order_and_leads_to_where_it_is_done(desk, officer):
    far = make_officer(CCLO)
    scheme = a_full_day(officer, ARC, "du Pont")
    a_full_day(far, CCLO, "du Lac")
    offered = a_file("Offert du Lac", epci=CCLO)
    refer_file(submission=offered, epci=ServedEpci.objects.get(short_name=ARC), by=far)
    Organisation.objects.filter(epci__short_name=ARC).update(promised_days=2)
    response = desk.get(PAGE)
    assert list(blocks_of(response)) == [Tab.TO_CALL, Tab.TO_READ, Tab.OFFERED, Tab.TO_DO, "echeances", Tab.ALL]
    assert names_in(response, Tab.TO_CALL) == ["Promis du Pont", "Sonnette du Pont"]
    assert set(names_in(response, Tab.TO_READ)) == {"Lecture du Pont", "Ferme du Pont", "Offert du Lac"}
    assert names_in(response, Tab.OFFERED) == ["Offert du Lac"]
    assert names_in(response, Tab.TO_DO) == ["Retour du Pont"]
    assert names_in(response, "echeances") == ["Ferme du Pont"]
    assert names_in(response, Tab.ALL) == ["Nouveau du Pont"]
    page, html = text_of(response), response.content.decode()
    assert "rappel promis depuis le 23 nov." in page
    assert "depuis le 17 nov." in page
    assert "réponse promise pour le 19 nov." in page
    assert "adresse morte : appeler l’entreprise" in page
    assert f"ferme le {day_in_words(DAY + timedelta(days=10), 'j N')}" in page
    call = CallRequest.objects.get(company_name="Sonnette du Pont")
    file = {one.sheet.name: one.pk for one in Submission.objects.select_related("sheet")}
    for url in (
        f"/agent/{file['Promis du Pont']}/#suivi",
        "tel:0353016077",
        f"/agent/?etat=a-rappeler#rappel-{call.pk}",
        f"/agent/{file['Lecture du Pont']}/?etat=a-lire",
        f"/agent/{file['Offert du Lac']}/?etat=offerts",
        f"/agent/{file['Retour du Pont']}/?etat=a-traiter#suivi",
        f"/agent/{file['Ferme du Pont']}/#d-{scheme.pk}",
        *(f"/agent/?etat={tab}" for tab in ("a-rappeler", "a-lire", "offerts", "a-traiter", "tous")),
    ):
        assert f'href="{url}"' in html, url


def test_counts_are_those_of_the_tabs_and_nothing_of_another_intercommunality_shows(client, officer):
    far = make_officer(CCLO)
    a_full_day(officer, ARC, "du Pont")
    a_full_day(far, CCLO, "du Lac")
    for user, own, other in ((officer, "du Pont", "du Lac"), (far, "du Lac", "du Pont")):
        client.force_login(user)
        day, tabs = client.get(PAGE), {tab: n for tab, _label, n in client.get("/agent/").context["tabs"]}
        assert other not in text_of(day)
        assert own in text_of(day)
        for key, block in blocks_of(day).items():
            if key not in ("echeances", Tab.ALL):
                assert block.n == tabs[key], key


@pytest.mark.alone("the neighbour may stand in the block of what came")
def test_an_empty_day_says_so(desk, officer):
    a_file("Atelier du Pont", reviewed=officer)
    response = desk.get(PAGE)
    assert response.context["blocks"] == []
    assert "Rien ne vous attend aujourd’hui" in text_of(response)


def test_a_block_shows_five_lines_and_leads_to_the_rest(desk):
    for n in range(7):
        make_call(company_name=f"Atelier {n}", phone=f"03 53 01 60 {n:02}")
    block = blocks_of(desk.get(PAGE))[Tab.TO_CALL]
    assert (block.n, len(block.lines), block.url) == (7, 5, "/agent/?etat=a-rappeler")


def test_all_last_days_are_read_on_the_page_itself(desk, officer):
    file = a_file("Atelier du Pont")
    for match in first_matches(file, 6):
        decide(file, match.scheme, officer)
        close_soon(match.scheme, days=14)
    response = desk.get(PAGE)
    assert (blocks_of(response)["echeances"].n, len(blocks_of(response)["echeances"].lines)) == (6, 5)
    link = re.search(r'href="([^"]*tout=echeances)"', response.content.decode())
    assert link
    assert len(blocks_of(desk.get(link[1]))["echeances"].lines) == 6


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("days", "said", "is_listed"),
    [(14, "", True), (0, "", True), (15, "", False), (10, "followed", True), (10, "applied", False)],
)
def test_a_last_day_is_told_for_two_weeks_until_somebody_asked(desk, officer, days, said, is_listed):
    file = a_file("Atelier du Pont")
    scheme = first_matches(file)[0].scheme
    if said:
        say(submission=file, scheme=scheme, state=said, on=DAY)
        if said == "applied":
            decide(file, scheme, officer)
    else:
        decide(file, scheme, officer)
    close_soon(scheme, days=days)
    assert ("echeances" in blocks_of(desk.get(PAGE))) is is_listed


def test_a_full_day_asks_few_questions_and_is_light(desk, officer):
    far = make_officer(CCLO)

    def more(n):
        a_full_day(officer, ARC, f"du Pont {n}")
        refer_file(submission=a_file(f"Offert {n}", epci=CCLO), epci=ServedEpci.objects.get(short_name=ARC), by=far)
        HandOver.objects.update(offered_at=at(LAST_WEEK))
        desk.get(PAGE)  # names are read once for all
        with CaptureQueriesContext(connection) as queries:
            response = desk.get(PAGE)
        assert len(response.content) <= MOST_BYTES
        return [query["sql"][:160] for query in queries]

    few = more(1)
    assert len(few) <= MOST_QUERIES, "\n".join(few)
    assert len(more(2)) == len(few)
