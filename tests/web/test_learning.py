"""The territory lead's page on what the ranking learns."""

import pytest

from backend.matchmaking.contributions import named
from backend.matchmaking.models import Ranker
from tests.factories import first_matches, make_lead, make_officer, make_submission
from tests.matchmaking.rankers import NO_COMPARISON, make_ranker
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
PAGE = "/agent/apprentissage/"


@pytest.fixture
def lead(client):
    user = make_lead()
    client.force_login(user)
    return user


def answer(client, ranker, what):
    return client.post(f"{PAGE}{ranker.pk}/", {"answer": what}, follow=True)


@pytest.mark.alone("every decision is counted")
def test_the_page_says_what_is_missing_to_learn(client, lead):
    text = text_of(client.get(PAGE))
    assert "Les règles seules." in text
    assert "0 sur 200, il en manque 200" in text


def test_the_lead_compares_and_takes_it_into_use(client, lead):
    ranker = make_ranker()
    text = text_of(client.get(PAGE))
    assert "Règles seules 0,900 Cette version 0,920" in text
    assert "0,020, entre 0,010 et 0,030 mieux" in text
    assert f"Proximité {ranker.weights.points['near']} 60" in text
    assert "10 à 49 salariés 12 20,5 3,00 2,70 -10" in text
    assert "Effectif inconnu 3 8,0 1,00 1,00 Selon" in text
    text = text_of(answer(client, ranker, "adopt"))
    assert "C’est en service." in text
    assert f"mise en service par {lead}" in text
    ranker.refresh_from_db()
    assert (ranker.state, ranker.adopted_by) == (Ranker.State.ADOPTED, lead)
    assert "C’est retiré." in text_of(answer(client, ranker, "retire"))
    assert f"retirée par {lead}" in text_of(client.get(PAGE))


def test_the_lead_discards_a_candidate(client, lead):
    ranker = make_ranker()
    answer(client, ranker, "discard")
    ranker.refresh_from_db()
    assert (ranker.state, ranker.adopted_by, ranker.retired_by) == (Ranker.State.RETIRED, None, lead)


@pytest.mark.parametrize(("gain", "said"), [(-0.02, "0,010 pas mieux"), (0.005, "0,015 peut-être mieux")])
def test_one_that_is_not_surely_better_cannot_be_taken_into_use(client, lead, gain, said):
    ranker = make_ranker(gain=gain)
    page = client.get(PAGE)
    assert said in text_of(page)
    assert b'value="adopt"' not in page.content
    assert "Il n’est pas sûr que" in text_of(answer(client, ranker, "adopt"))


def test_a_version_without_a_comparison_says_so(client, lead):
    make_ranker(comparison=NO_COMPARISON)
    assert "ne permet encore de comparer" in text_of(client.get(PAGE))


def test_the_lead_finds_the_page_from_the_queue(client, lead):
    assert f'href="{PAGE}"'.encode() in client.get("/agent/").content


def test_the_parts_of_a_score_have_a_name_and_what_counts_most_comes_first():
    assert named({"need": 2.0, "near": 0.0, "learnt": -3.0}) == [("Appris des avis", -3.0), ("Réponse au besoin", 2.0)]


def test_officers_read_what_was_learnt_among_the_parts_of_a_score(client):
    make_ranker(make_lead())
    submission = make_submission(confirmed=True)
    client.force_login(make_officer())
    (match,) = first_matches(submission)
    text = text_of(client.get(f"/agent/{submission.pk}/dispositif/{match.scheme_id}/"))
    assert "Réponse au besoin" in text
    assert "Appris des avis" in text
    assert "learnt" not in text
