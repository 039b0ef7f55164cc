"""What a firm says of its schemes on its page, and what its officer reads of it."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from backend.common.days import day_in_words
from backend.matchmaking.models import SchemeEvent
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.matchmaking.transitions import AFTER, MAY_SAY, Origin
from tests.factories import DAY, decide, link_to, make_officer, make_submission, publish_revision, rewriting
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def token(submission):
    return link_to(submission)


@pytest.fixture
def schemes(client, token):
    """Return the schemes of the cards, in their order."""
    return [card.match.scheme for card in client.get(reverse("result", args=[token])).context["page"].cards]


def tell(client, token, scheme, follow=True, **sent):
    return client.post(reverse("firm_state", args=[token, scheme.pk]), sent, follow=follow)


def take_back(client, token, scheme):
    """Press the button of the page, which names the word that it takes back."""
    page = client.get(reverse("result", args=[token])).content.decode()
    form = page.split(f'id="s-{scheme.pk}"')[1].split("</li>")[0]
    return tell(client, token, scheme, undo=re.search(r'name="undo"\s+value="(\d+)"', form)[1])


def carded(answer):
    return [card.match.scheme for card in answer.context["page"].cards]


def test_a_scheme_is_followed_asked_for_and_obtained(client, token, schemes):
    scheme = schemes[0]
    steps = (
        ({"state": "followed"}, "Ça m’intéresse vous, le 24 novembre 2026", True),
        ({"state": "applied", "euros": "12 500 €"}, "Demande déposée – 12 500 € vous, le 24 novembre 2026", True),
        (
            {"state": "granted", "euros": "10k", "happened_on": "2026-11-20"},
            "Obtenu – 10 000 € vous, le 20 novembre",
            False,
        ),
    )
    for sent, said, is_card in steps:
        page = tell(client, token, scheme, **sent)
        assert said in text_of(page)
        assert "C’est noté" in text_of(page)
        assert (scheme in carded(page)) is is_card
    for _ in steps:
        page = take_back(client, token, scheme)
    assert "Mes dispositifs" not in text_of(page)
    assert carded(page) == schemes
    assert ours(SchemeEvent).count() == 6


@pytest.mark.cases(1)
@pytest.mark.parametrize("said", [{"state": "has_it"}, {"reason": "other_project"}])
def test_what_the_firm_dismisses_leaves_its_cards_its_list_and_comes_back(client, token, schemes, said):
    scheme = schemes[0]
    page = tell(client, token, scheme, **said)
    assert scheme not in carded(page)
    assert f'id="d-{scheme.pk}"' not in page.content.decode()
    listing = reverse("open_schemes", args=[token]) + f"?voir=tout&q={scheme}"
    assert f'data-scheme="{scheme.source_key}"' not in client.get(listing).content.decode()
    assert "Écartés après relecture" not in text_of(page)
    page = take_back(client, token, scheme)
    assert carded(page) == schemes
    assert f'data-scheme="{scheme.source_key}"' in client.get(listing).content.decode()


def test_a_button_of_a_page_left_open_takes_nothing_else_back(client, token, schemes):
    tell(client, token, schemes[0], state="followed", follow=False)
    old = ours(SchemeEvent).get().pk
    tell(client, token, schemes[0], state="applied", follow=False)
    page = tell(client, token, schemes[0], undo=old)
    assert page.status_code == 422
    assert "Rien n’est annulé : « demande déposée » a été dit en dernier." in text_of(page)
    assert ours(SchemeEvent).count() == 2


@pytest.mark.parametrize(
    ("said", "noted"),
    [({"state": "followed"}, "vous intéresse."), ({"reason": "not_interested"}, "n’est pas pour vous.")],
)
def test_what_was_tapped_is_said_back_in_a_sentence_with_the_name_of_its_scheme(client, token, schemes, said, noted):
    text = text_of(tell(client, token, schemes[0], **said)).replace("\N{NO-BREAK SPACE}", " ")
    assert f"C’est noté : « {schemes[0]} » {noted}".replace("\N{NO-BREAK SPACE}", " ") in text


@pytest.mark.slow
def test_a_second_click_is_told_as_the_first(client, token, schemes):
    for _ in range(2):
        page = tell(client, token, schemes[0], state="applied", euros="12 500")
        assert page.status_code == 200
        assert "C’est noté : vous avez déposé une demande pour «" in text_of(page)
    assert ours(SchemeEvent).count() == 1


@pytest.mark.cases(2)
@pytest.mark.parametrize(("days", "is_said"), [(0, True), (-1, False), (23, True)])
def test_the_last_day_to_ask_is_said_until_it_has_passed(client, token, schemes, days, is_said):
    tell(client, token, schemes[0], state="followed", follow=False)
    last = DAY + timedelta(days=days)
    publish_revision(schemes[0], window_state="dated", opens_on=None, closes_on=last)
    text = text_of(client.get(reverse("result", args=[token])))
    assert (f"À demander jusqu’au {day_in_words(last, 'j F Y')} inclus." in text) is is_said
    assert ("À demander" in text) is is_said


@pytest.mark.slow
def test_the_day_on_a_card_is_of_the_word_that_counts(client, submission, officer, token, schemes):
    tell(client, token, schemes[0], state="set_aside", reason="not_worth_it", follow=False)
    today = timezone.localdate()
    with rewriting():
        ours(SchemeEvent).update(recorded_at=timezone.now() - timedelta(days=3))
    decide(submission, schemes[0], officer)  # settles it
    end_review(submission=submission, officer=officer, on=DAY)
    assert f"Retenu, noté le {day_in_words(today, 'j F')}" in text_of(client.get(reverse("result", args=[token])))


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choisissez ce que devient ce dispositif."),
        ({"state": "perdu"}, "parmi les réponses proposées"),
        ({"state": "set_aside"}, "choisissez une raison"),
        ({"state": "set_aside", "reason": "non"}, "une des raisons proposées"),
        ({"state": "granted"}, "Avant « obtenu », notez « demande déposée »."),
        ({"state": "applied", "euros": "beaucoup"}, "Écrivez un montant en euros"),
        ({"state": "applied", "euros": "-3"}, "ne peut pas être négatif"),
        ({"state": "applied", "euros": "9" * 15}, "vérifiez les zéros"),
        ({"state": "applied", "happened_on": "demain"}, "« demain » n’est pas une date"),
        ({"state": "applied", "happened_on": "2026-11-25"}, "Le 25/11/2026 est à venir"),
        ({"state": "applied", "note": "x" * 301}, "300 signes au plus"),
        ({"undo": "1"}, "rien à annuler"),
    ],
)
def test_what_cannot_be_said_gets_a_sentence_and_changes_nothing(client, token, schemes, sent, sentence):
    page = tell(client, token, schemes[0], **sent)
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert not ours(SchemeEvent).exists()


@pytest.mark.slow
def test_what_was_typed_stays_where_it_is_refused(client, token, schemes):
    tell(client, token, schemes[0], state="followed", follow=False)
    page = tell(client, token, schemes[0], state="applied", euros="12 mille et des poussières").content.decode()
    assert 'value="12 mille et des poussières"' in page


def test_a_scheme_that_is_not_of_the_result_is_refused(client, token):
    assert client.post(reverse("firm_state", args=[token, 99_999_999]), {"state": "followed"}).status_code == 404


@pytest.mark.slow
def test_a_network_that_says_too_much_is_told_when_to_come_back_and_no_other_is(client, token, schemes, settings):
    settings.CACHES = {**settings.CACHES, "counters": {**settings.CACHES["counters"], "KEY_PREFIX": uuid4().hex}}
    settings.THROTTLES = {**settings.THROTTLES, "state.network": (2, 3600)}
    tell(client, token, schemes[0], state="followed", follow=False)
    take_back(client, token, schemes[0])
    page = tell(client, token, schemes[0], state="followed")
    assert page.status_code == 429
    assert int(page["Retry-After"]) <= 3600
    assert "Attendez" in text_of(page)
    assert ours(SchemeEvent).count() == 2
    other = make_submission(confirmed=True, siret="", siren="", email="autre@firm.example")
    path = reverse("firm_state", args=[link_to(other), schemes[0].pk])
    assert client.post(path, {"state": "followed"}, REMOTE_ADDR="192.0.2.9").status_code == 302
    assert ours(SchemeEvent).count() == 3


def test_every_button_of_the_page_is_one_that_the_table_allows(client, submission, token, schemes):
    tell(client, token, schemes[0], state="followed", follow=False)
    page = client.get(reverse("result", args=[token])).context["page"]
    (state,) = page.followed
    assert set(state.next_for_firm) == AFTER["followed"] & MAY_SAY[Origin.FIRM]
    for card in page.cards[1:]:
        assert set(card.state.next_for_firm) == AFTER[""]


def test_another_firm_neither_reads_nor_changes_it(client, token, schemes):
    other = make_submission(
        confirmed=True, siret="", siren="", email="autre@firm.example", company_name="Fonderie Wapiti"
    )
    theirs = link_to(other)
    tell(client, token, schemes[0], state="set_aside", reason="not_interested", follow=False)
    tell(client, token, schemes[1], state="applied", euros="4 321", follow=False)
    page = client.get(reverse("result", args=[theirs]))
    assert schemes[0] in carded(page)
    assert "Mes dispositifs" not in text_of(page)
    assert "4 321" not in text_of(page)
    assert tell(client, theirs, schemes[0], undo="1").status_code == 422
    assert tell(client, theirs, schemes[1], state="granted").status_code == 422
    assert not other.scheme_events.exists()
    assert ours(SchemeEvent).count() == 2


def test_a_link_that_is_over_or_of_a_closed_file_says_nothing(client, submission, token, schemes):
    submission.closed_at, submission.closed_reason = submission.filed_at, "not_entitled"
    submission.save(update_fields=["closed_at", "closed_reason"])
    tell(client, token, schemes[0], state="followed", follow=False)
    assert client.post(reverse("firm_state", args=["faux", schemes[0].pk]), {"state": "followed"}).status_code == 404
    assert not ours(SchemeEvent).exists()


def test_what_an_officer_noted_is_shown_to_the_firm_without_his_words_for_colleagues(
    client, submission, officer, token, schemes
):
    case = {"submission": submission, "scheme": schemes[0], "officer": officer, "on": DAY}
    say(**case, state="applied", euros=7_000, note="un dossier bancal")
    text = text_of(client.get(reverse("result", args=[token])))
    assert f"Demande déposée – 7 000 € {officer}, le 24 novembre 2026" in text
    assert "bancal" not in text
    for page in (text, text_of(client.get(reverse("own_data", args=[token])))):
        assert "bancal" not in page
    assert "Annuler" not in text  # not its own word


def test_the_officer_reads_what_the_firm_says_beside_his_own_and_settles_it(
    client, submission, officer, token, schemes
):
    decide(submission, schemes[0], officer)
    tell(client, token, schemes[0], state="set_aside", reason="not_worth_it", follow=False)
    tell(client, token, schemes[1], state="applied", euros="9 000", follow=False)
    client.force_login(officer)
    text = text_of(client.get(reverse("officer_file", args=[submission.pk])))
    assert "L’entreprise dit autre chose" in text
    assert "Pas pour moi : le montant ne vaut pas la démarche l’entreprise, le 24 novembre 2026" in text
    assert "Demande déposée – 9 000 € l’entreprise, le 24 novembre 2026" in text
    noted = {
        "step": "granted",
        "scheme": schemes[1].pk,
        "euros": "8 500",
        "happened_on": "2026-11-20",
        "by_operator": "on",
    }
    client.post(reverse("officer_step", args=[submission.pk]), noted)
    decide(submission, schemes[0], officer)
    text = text_of(client.get(reverse("officer_file", args=[submission.pk])))
    assert "L’entreprise dit autre chose" not in text
    assert f"Obtenu – 8 500 € {officer}, d’après le porteur, le 20 novembre 2026" in text
    back = reverse("officer_state_back", args=[submission.pk, schemes[1].pk])
    page = client.post(back, {"event": schemes[1].events.first().pk + 1}, follow=True)
    assert "« obtenu » a été dit en dernier" in text_of(page)
    client.post(back, {"event": re.search(r'name="event"\s+value="(\d+)"', page.content.decode())[1]})
    assert (
        "Obtenu" not in text_of(client.get(reverse("officer_file", args=[submission.pk]))).split("Noter une étape")[0]
    )


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"step": "granted"}, "dites lequel"),
        ({"step": "applied", "of": 0, "euros": "-1"}, "ne peut pas être négatif"),
        ({"step": "applied", "of": 0, "happened_on": "2026-12-25"}, "est à venir"),
    ],
)
def test_an_impossible_step_gets_a_sentence(client, submission, officer, schemes, sent, sentence):
    client.force_login(officer)
    if "of" in sent:
        sent = {**sent, "scheme": schemes[sent["of"]].pk}
    answer = client.post(reverse("officer_step", args=[submission.pk]), sent)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert not ours(SchemeEvent).exists()


@pytest.mark.slow
def test_what_the_firm_dismissed_is_not_in_the_answer_of_its_officer(client, submission, officer, token, schemes):
    for scheme in schemes[:2]:
        decide(submission, scheme, officer)
    tell(client, token, schemes[0], state="has_it", follow=False)
    end_review(submission=submission, officer=officer, on=DAY)
    page = client.get(reverse("result", args=[token]))
    assert schemes[0] not in carded(page)
    assert schemes[1] in carded(page)


def test_a_refusal_is_coded_by_the_officer_and_read_by_the_firm(client, submission, officer, token, schemes):
    client.force_login(officer)
    step = reverse("officer_step", args=[submission.pk])
    client.post(step, {"step": "applied", "scheme": schemes[0].pk})
    refused = client.post(step, {"step": "refused", "scheme": schemes[0].pk, "refusal": "la lune"})
    assert refused.status_code == 422
    assert "« la lune » n’est pas une raison de la liste." in text_of(refused)
    client.post(step, {"step": "refused", "scheme": schemes[0].pk, "refusal": "budget_spent", "by_operator": "on"})
    said = text_of(client.get(reverse("officer_file", args=[submission.pk])))
    assert f"Refusé : enveloppe épuisée {officer}, d’après le porteur" in said
    client.logout()
    pages = [f"/resultat/{token}/", f"/resultat/{token}/tous/", f"/resultat/{token}/dispositif/{schemes[0].pk}/"]
    assert any("enveloppe épuisée" in text_of(client.get(page)) for page in pages)


def test_what_is_wanted_stands_before_what_is_not(client, token, schemes):
    tell(client, token, schemes[0], state="followed")
    page = tell(client, token, schemes[1], reason="not_interested")
    assert [state.scheme for state in page.context["page"].followed] == [schemes[0], schemes[1]]


def test_two_links_of_a_scheme_are_parted(client, token, schemes):
    text = text_of(tell(client, token, schemes[0], state="followed"))
    assert f"Préparer l’appel , pour {schemes[0]} – Ajouter un devis ou une date" in text
