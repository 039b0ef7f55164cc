"""The firm's result page: what it says, in which order, and what it costs."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.companies.models import Fact
from backend.matchmaking.models import Need
from backend.matchmaking.results import conditions_of, latest_result
from backend.matchmaking.shortlist import told_card
from backend.schemes.models import Scheme, SubNeed
from tests.factories import DAY, first_matches, link_to, make_submission, publish_revision, revise_scheme
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
N_QUERIES = 12


@pytest.fixture
def submission():
    return make_submission()


def page_of(submission):
    return f"/resultat/{link_to(submission)}/"


def cards_of(page):
    return {card.match.scheme.source_key: card for card in page.cards}


def told(submission, scheme):
    """Return a scheme with all its conditions, as the firm reads it."""
    return told_card(submission, latest_result(submission, on=DAY), scheme)


def test_an_alternative_is_read_once_part_by_part(client, submission):
    make_submission(company_name="Fonderie Voisine", email="nina@voisine.example", siren="", siret="")
    scheme = first_matches(submission)[0].scheme
    parts = [
        {"kind": "manual", "fact": f"essai.{n}", "sentence": said, "ask": "firm"}
        for n, said in enumerate(("Le four est électrique.", "Le four est au gaz."))
    ]
    note = "Il est dit neuf (sources 2, 3 et 5)."
    scheme.current.criteria.create(position=90, definition={"kind": "any", "of": parts}, note=note)
    publish_revision(Scheme.objects.get(pk=scheme.pk))
    page = client.get(f"{page_of(submission)}dispositif/{scheme.pk}/").content.decode()
    read = re.sub(r'<span class="visually-hidden">.*?</span>', "", page, flags=re.DOTALL)
    assert "L’un ou l’autre" in read
    assert "Il est dit neuf." in read  # sources are numbered on the public sheet alone
    assert [read.count(said) for said in ("Le four est électrique", "Le four est au gaz")] == [1, 1]
    assert "Voisine" not in page


def test_what_a_card_lacks_leads_to_where_it_is_said(client):
    submission = make_submission(without=("spend", "project.spend", "headcount", "turnover"))
    make_submission(company_name="Fonderie Voisine", email="nina@voisine.example", siren="", siret="")
    address = page_of(submission)
    page = client.get(address)
    lacking = [card for card in page.context["page"].cards if card.missing]
    way = f'<a href="{address}corriger/">{", ".join(lacking[0].missing)}</a>'
    assert lacking
    assert way in unescape(page.content.decode())
    assert "Voisine" not in text_of(page)


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
    assert "C’est envoyé : confirmez votre adresse" in text
    assert f"Demande {submission.reference}, calculée le 24 novembre 2026" in text
    assert "Vos prochaines démarches" in text
    cards = cards_of(response.context["page"])
    assert len(cards) == 5
    for card in cards.values():
        assert " ".join(card.deadline.split()) in text
        assert card.revision.name in text
        page = text_of(client.get(f"{page_of(submission)}dispositif/{card.match.scheme_id}/"))
        assert card.lines[0].sentence in page
        for label in ("Montant", "Quand", "Contact", "Les conditions", "Fiche à l’état du"):
            assert label in page


def test_a_card_opens_in_place_with_what_its_page_says(client, submission):
    (card, *_others) = cards_of(client.get(page_of(submission)).context["page"]).values()
    path = f"{page_of(submission)}dispositif/{card.match.scheme_id}/"
    whole, part = client.get(path), client.get(path, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert text_of(part) in text_of(whole)
    told = [*card.rank_explanation.lifts, *card.rank_explanation.lowers]
    assert all(" ".join(sentence.split()) in text_of(part) for sentence in told)
    assert f"Il répond au besoin « {card.match.need.short} »." in text_of(part)
    assert "Score" not in text_of(part)  # numbers are for officers
    assert "HX-Request" in part["Vary"]
    assert {"private", "no-store"} <= set(part["Cache-Control"].split(", "))


def test_a_scheme_that_no_result_holds_is_not_found(client, submission):
    for pk in (0, 10**30):
        assert client.get(f"{page_of(submission)}dispositif/{pk}/").status_code == 404


def test_the_way_to_the_others_is_searched_and_paged(client, submission):
    page = client.get(page_of(submission))
    n_more = page.context["page"].n_more
    assert f"Voir les {n_more} autres, ou chercher" in text_of(page)
    listed = client.get(f"{page_of(submission)}tous/").context["page"].paginator
    assert listed.count == len(page.context["page"].cards) + n_more
    assert page.context["page"].guides
    everything = client.get(f"{page_of(submission)}tous/", {"voir": "tout"})
    assert "Page 1 sur" in text_of(everything)
    first = everything.context["page"][0].revision.name
    found = client.get(f"{page_of(submission)}tous/", {"q": first.upper(), "voir": "tout"})
    assert first in text_of(found)
    nothing = client.get(f"{page_of(submission)}tous/", {"q": "introuvable", "voir": "n’importe quoi"})
    assert nothing.status_code == 200
    assert "Aucun dispositif ne correspond" in text_of(nothing)
    assert "Sélectionnez un choix valide" in text_of(nothing)


def test_nothing_is_said_to_be_eligible_that_waits_for_an_answer(client, submission):
    for card in cards_of(client.get(page_of(submission)).context["page"]).values():
        is_open = bool(card.match.unknown or card.match.to_confirm)
        natures = {row.definition.get("nature", "condition") for row in card.revision.criteria.all()}
        states_none = natures <= {"appraisal", "undertaking"}  # of such a sheet nothing is sure either
        sure = "likely" if states_none else "eligible"
        assert card.standing == sure if not is_open else card.standing != "eligible"
        if card.standing == "to_specify":
            assert card.missing or card.left_to_say


def question_for(submission, who):
    result = latest_result(submission, on=DAY)
    for match in result.matches.answering():
        card = told(submission, match.scheme_id)
        for line in card.to_confirm:
            if line.ask == who and line.outcome == "unknown":
                return card, line
    raise AssertionError(f"no question for the {who}")


@pytest.mark.parametrize(("value", "outcome", "told"), [("yes", "met", "oui"), ("no", "not_met", "non")])
def test_a_firm_answers_a_condition_and_sees_the_new_result(client, submission, value, outcome, told):
    card, line = question_for(submission, "firm")
    sent = {"condition": line.condition, "value": value, "scheme": card.match.scheme_id}
    path = page_of(submission)
    response = client.post(f"{path}repondre/", sent)
    assert response["Location"] == f"{path}dispositif/{card.match.scheme_id}/"
    fact = ours(Fact).answers().get()
    assert (fact.name, fact.origin) == (f"answer:{line.condition}", "declared")
    page = client.get(response["Location"])
    assert "Votre réponse est prise en compte" in text_of(page)
    again = next(view for view in page.context["card"].to_confirm if view.condition == line.condition)
    assert again.outcome == outcome
    assert again.values == ((told, "déclaré par l’entreprise, le 24 novembre 2026"),)


def test_what_decides_nothing_is_read_and_not_asked_and_a_no_to_it_warns(client, submission, tmp_path):
    first = next(iter(cards_of(client.get(page_of(submission)).context["page"])))
    before = {"kind": "manual", "fact": "essai.before", "sentence": "Déposer avant de commander.", "ask": "firm"}
    novel = {"kind": "manual", "fact": "essai.novel", "sentence": "Le projet est innovant.", "ask": "firm"}
    sentences = [{**before, "nature": "undertaking"}, {**novel, "nature": "appraisal"}]
    scheme = revise_scheme(tmp_path, first, criteria=sentences)
    path = f"{page_of(submission)}dispositif/{scheme.pk}/"
    response = client.get(path)
    text, html = text_of(response), response.content.decode()
    assert "À faire (1) Déposer avant de commander." in text
    assert "Ce que le porteur regarde (1) Le projet est innovant." in text
    assert "il a été répondu que ce n’est pas le cas" not in text
    assert 'value="essai.before"' not in html
    client.post(f"{page_of(submission)}repondre/", {"condition": "essai.before", "value": "no", "scheme": scheme.pk})
    response = client.get(path)
    assert response.context["card"].match.typed == "eligible"
    warning = "Attention : il a été répondu que ce n’est pas le cas. Déposer avant de commander."
    assert text_of(response).count(warning) == 1
    assert 'value="essai.before"' in response.content.decode()


def test_what_the_operator_must_answer_is_not_asked_of_the_firm(client, submission):
    card, line = question_for(submission, "operator")
    response = client.get(f"{page_of(submission)}dispositif/{card.match.scheme_id}/")
    assert line.sentence in text_of(response)
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
    path = page_of(submission)
    rows = client.get(f"{path}tous/", {"voir": "tout", "statut": "ineligible"}).context["page"]
    texts = []
    for row in rows:
        page = client.get(f"{path}dispositif/{row.match.scheme_id}/")
        blocking = page.context["card"].blocking
        assert blocking is not None
        texts.append(text_of(page))
        assert " ".join(f"Ce qui bloque : {blocking.sentence}".split()) in texts[-1]
    assert len(texts) == 20
    assert any("6 000 salariés" in text for text in texts)


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


def test_a_card_that_is_answered_leads_back_to_its_list_and_nothing_sent_breaks_it(client):
    submission = make_submission(confirmed=True)
    page = client.get(f"/resultat/{(token := link_to(submission))}/")
    card = next(card for card in page.context["page"].cards if card.asked)
    sent = {"condition": card.asked.condition, "scheme": card.match.scheme_id, "value": "yes", "list": "1"}
    answered = client.post(f"/resultat/{token}/repondre/", sent)
    assert answered["Location"] == f"/resultat/{token}/#d-{card.match.scheme_id}"
    alone = client.post(f"/resultat/{token}/repondre/", {**sent, "list": ""} | {"scheme": card.match.scheme_id})
    assert alone.status_code == 302
    for scheme in ("9" * 5000, "\u0661", "-1", ""):
        assert (
            client.post(f"/resultat/{token}/repondre/", {**sent, "scheme": scheme})["Location"]
            == f"/resultat/{token}/"
        )
