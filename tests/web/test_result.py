"""The firm's result page: what it says, in which order, and what it costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.companies.models import Fact
from backend.matchmaking.models import Need
from backend.matchmaking.results import conditions_of
from backend.schemes.models import SubNeed
from tests.factories import link_to, make_submission, revise_scheme
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
N_QUERIES = 31


@pytest.fixture
def submission():
    return make_submission()


def page_of(submission):
    return f"/resultat/{link_to(submission)}/"


def cards_of(page):
    return {card.match.scheme.source_key: card for group in page.groups for card in group.cards}


@pytest.mark.parametrize("token", ["inconnu", "x" * 32, "%00", "é"])
def test_a_link_of_nobody_is_not_found(client, token):
    assert client.get(f"/resultat/{token}/").status_code == 404


def test_the_secret_link_is_kept_out_of_search_engines_and_referrers(client, submission):
    response = client.get(page_of(submission))
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


def test_each_scheme_says_how_much_when_whom_to_call_and_why(client, submission):
    response = client.get(page_of(submission))
    text = text_of(response)
    assert "Par quoi commencer, pour Tôlerie des Étangs" in text
    assert f"Demande {submission.reference} – calculé le 24 novembre 2026" in text
    cards = cards_of(response.context["page"])
    assert len(cards) > 5
    for card in cards.values():
        assert card.lines
        assert card.deadline
        assert card.revision.name in text
    for label in ("Montant", "Quand", "Contact", "Pourquoi : condition par condition", "Lu dans :"):
        assert label in text


def test_nothing_is_said_to_be_eligible_that_waits_for_an_answer(client, submission):
    page = client.get(page_of(submission)).context["page"]
    by_key = {group.key: group for group in page.groups}
    assert by_key.keys() <= {"eligible", "undecided", "later"}
    for key in ("eligible", "undecided"):
        assert {card.match.typed for card in by_key[key].cards} == {key}
    for card in by_key["undecided"].cards:
        assert card.missing


def question_for(page, who):
    for card in cards_of(page).values():
        for line in card.to_confirm:
            if line.ask == who and line.outcome == "unknown":
                return card, line
    raise AssertionError(f"no question for the {who}")


@pytest.mark.parametrize(("value", "outcome", "told"), [("yes", "met", "oui"), ("no", "not_met", "non")])
def test_a_firm_answers_a_condition_and_sees_the_new_result(client, submission, value, outcome, told):
    card, line = question_for(client.get(page_of(submission)).context["page"], "firm")
    sent = {"condition": line.condition, "value": value, "scheme": card.match.scheme_id}
    path = page_of(submission)
    response = client.post(f"{path}repondre/", sent)
    assert response["Location"] == f"{path}#d-{card.match.scheme_id}"
    fact = ours(Fact).answers().get()
    assert (fact.name, fact.origin) == (f"answer:{line.condition}", "declared")
    page = client.get(page_of(submission))
    assert "Votre réponse est prise en compte" in text_of(page)
    shown = {
        **cards_of(page.context["page"]),
        **{c.match.scheme.source_key: c for c in page.context["page"].not_proposed},
    }
    again = next(view for view in shown[card.match.scheme.source_key].to_confirm if view.condition == line.condition)
    assert again.outcome == outcome
    assert again.values == ((told, "déclaré par l’entreprise, le 24 novembre 2026"),)


def test_what_decides_nothing_is_read_and_not_asked_and_a_no_to_it_warns(client, submission, tmp_path):
    first = next(iter(cards_of(client.get(page_of(submission)).context["page"])))
    before = {"kind": "manual", "fact": "essai.before", "sentence": "Déposer avant de commander.", "ask": "firm"}
    novel = {"kind": "manual", "fact": "essai.novel", "sentence": "Le projet est innovant.", "ask": "firm"}
    told = [{**before, "nature": "undertaking"}, {**novel, "nature": "appraisal"}]
    scheme = revise_scheme(tmp_path, first, criteria=told)
    response = client.get(page_of(submission))
    text, html = text_of(response), response.content.decode()
    assert "À faire (1) Déposer avant de commander." in text
    assert "Ce que le porteur regarde (1) Le projet est innovant." in text
    assert "il a été répondu que ce n’est pas le cas" not in text
    assert 'value="essai.before"' not in html
    client.post(f"{page_of(submission)}repondre/", {"condition": "essai.before", "value": "no", "scheme": scheme.pk})
    response = client.get(page_of(submission))
    assert cards_of(response.context["page"])[first].match.typed == "eligible"
    warning = "Attention : il a été répondu que ce n’est pas le cas. Déposer avant de commander."
    assert text_of(response).count(warning) == 1
    assert 'value="essai.before"' in response.content.decode()


def test_what_the_operator_must_answer_is_not_asked_of_the_firm(client, submission):
    response = client.get(page_of(submission))
    _, line = question_for(response.context["page"], "operator")
    assert f'value="{line.condition}"' not in response.content.decode()


@pytest.mark.parametrize(
    "sent", [{}, {"condition": "unheard_of", "value": "yes"}, {"condition": "naf", "value": "no"}]
)
def test_an_answer_to_nothing_is_ignored(client, submission, sent):
    assert client.post(f"{page_of(submission)}repondre/", sent).status_code == 302
    assert not ours(Fact).answers().exists()


def test_an_answer_with_an_unknown_value_takes_nothing_for_granted(client, submission):
    condition = sorted(conditions_of(submission.results.get()))[0]
    client.post(f"{page_of(submission)}repondre/", {"condition": condition, "value": "peut-être"})
    assert f"answer:{condition}" not in submission.sheet.values()


def test_a_scheme_that_is_not_proposed_says_which_condition_blocks(client):
    submission = make_submission(facts={"headcount": 6000.0, "turnover": [500_000_001, None]})
    response = client.get(page_of(submission))
    blocked = response.context["page"].not_proposed
    assert blocked
    text = text_of(response)
    for card in blocked:
        assert card.blocking is not None
        assert " ".join(f"{card.revision.name} : {card.blocking.sentence}".split()) in text
    assert "6 000 salariés" in text


def test_a_firm_that_is_called_nothing_has_a_page_too(client):
    submission = make_submission(company_name="", siret="", siren="", without=("commune", "naf", "headcount"))
    assert client.get(page_of(submission)).status_code == 200


def count_queries(client, submission):
    path = page_of(submission)
    client.get(path)  # names and the catalogue are read once for all, and the link is used for the first time that day
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_queries_of_the_page_do_not_grow_with_the_schemes(client, submission):
    every = make_submission(needs=tuple(SubNeed.objects.values_list("key", flat=True)))
    assert Need.objects.filter(submission=every).count() > 50
    assert (count_queries(client, submission), count_queries(client, every)) == (N_QUERIES, N_QUERIES)
