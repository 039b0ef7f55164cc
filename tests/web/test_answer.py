"""The answer before any name: from the draft alone, which is all that is kept until a contact is given."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from backend.common.days import current_day
from backend.jobs.works import erase_sessions
from backend.matchmaking.engine import trades
from backend.matchmaking.models import AnswerCount, NeedCorrection, Reply, Submission
from backend.matchmaking.ownership import known_values
from backend.matchmaking.results import latest_result
from backend.matchmaking.shortlist import shortlist_of
from backend.schemes.models import SubNeed
from backend.web.drafts import Draft, stated
from matching.patterns import folded
from matching.sentences import sentences_of
from tests.factories import link_to, make_organisation, make_submission
from tests.neighbour import ours
from tests.web.conftest import CONTACT, FIRM, FORMS, fill, text_of

pytestmark = pytest.mark.django_db
ANSWER = "/demande/reponse/"
SURE = "Bonjour, je vous écris de Noyon.\nJe cherche deux soudeurs depuis six mois. Merci d’avance, Paul"
DOUBTFUL = "refaire mon escalier"
COUNTS = "matchmaking_answercount"
POSTS = ("besoins", "question", "condition", "contact")


def rows():
    """Count the rows of every table of the service."""
    return {model._meta.db_table: model._base_manager.count() for model in apps.get_models() if model._meta.managed}


def answer_to(client, **changes):
    fill(client, upto="projet", **changes)
    return client.get(ANSWER)


def test_until_a_contact_is_given_nothing_but_the_session_exists(client):
    before = rows()
    page = answer_to(client, besoin={"text": SURE})
    assert page.status_code == 200
    client.post("/demande/besoins/", {"has_not": "competences.recruter"})
    client.post("/demande/contact/", {**CONTACT, "email": "camille@"})
    assert client.get(ANSWER).status_code == 200
    after = rows()
    assert {table for table in after if after[table] != before[table]} == {"django_session", COUNTS}
    assert after["django_session"] == before["django_session"] + 1
    fill(client)
    assert ours(Submission).count() == 1


def test_a_step_names_whom_to_call_or_write_to_whole(client):
    page = answer_to(client, besoin={"text": SURE})
    steps = page.content.decode().partition("Vos prochaines démarches")[2].partition("</ol>")[0]
    named = re.findall(r'<a href="(?:https?|tel):[^"]*"[^>]*>([^<]+)</a>', steps)
    assert named
    assert not [name for name in named if "…" in name or "(" in name]
    assert "École de production O'Tech" not in named  # which its scheme is called too
    assert "son site" in named


def test_what_nothing_is_for_beside_a_need_is_said_to_be_left_without_an_answer(client):
    assert "pas su répondre" not in text_of(answer_to(client, besoin={"text": "former un soudeur et acheter un four"}))
    page = text_of(answer_to(client, besoin={"text": "former un soudeur et divorcer"}))
    assert "Nous n’avons pas su répondre à « divorcer »." in page


def test_no_process_holds_what_was_typed_once_it_is_answered(client):
    fill(client, upto="projet", besoin={"text": SURE})
    trades.read_trades(SURE, denied=())
    assert sentences_of.cache_info().currsize > 0
    assert folded.cache_info().currsize > 0
    client.get(ANSWER)
    for read in (sentences_of, folded, trades._read):
        assert read.cache_info().currsize == 0


def test_an_answer_is_counted_once_for_each_need_of_its_intercommunality_and_holds_nobody(client):
    assert {field.name for field in AnswerCount._meta.get_fields()} == {"id", "on", "sub_need", "epci", "n_answers"}
    for browser in (client, Client()):
        for _ in range(2):
            assert answer_to(browser, besoin={"text": SURE}).status_code == 200
    found = AnswerCount.objects.values_list("on", "sub_need", "epci__short_name", "n_answers")
    keys = {chip.key for chip in client.get(ANSWER).context["said"].sure}
    assert "competences.recruter" in keys
    assert {(key, name, n) for _, key, name, n in found} == {(key, "ARC", 2) for key in keys}
    assert {on for on, *_ in found} == {current_day()}


def test_no_answer_is_counted_outside_nor_to_who_only_looks_at_headers(client):
    fill(client, upto="projet", entreprise={"commune": "Beauvais"})
    assert client.get(ANSWER).context["place"]
    fill(client, upto="projet")
    client.head(ANSWER)
    assert not AnswerCount.objects.exists()


def test_a_draft_is_gone_a_day_after_its_last_touch(client):
    answer_to(client)
    session = Session.objects.get()
    assert timedelta(hours=23) < session.expire_date - timezone.now() <= timedelta(hours=24)
    erase_sessions(on=current_day())
    assert Session.objects.exists()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get(ANSWER)["Location"] == "/demande/"
    erase_sessions(on=current_day())
    assert not Session.objects.exists()


def test_another_browser_sees_nothing_of_a_draft(client):
    other = Client()
    answer_to(other, entreprise={"company_name": "Fonderie du Voisin"}, besoin={"text": "Un mot rare du voisin."})
    page = answer_to(client)
    assert "Par quoi commencer, pour Chaudronnerie du Bac" in text_of(page)
    assert "Voisin" not in page.content.decode()
    assert "mot rare" not in page.content.decode()
    assert Client().get(ANSWER)["Location"] == "/demande/"


def test_the_answer_is_private_and_no_cache_keeps_it(client):
    page = answer_to(client)
    assert {"private", "no-store"} <= set(page["Cache-Control"].split(", "))
    assert page["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("text", [SURE, "Je veux un robot de soudage et mes équipes n’ont pas de bus"])
def test_what_is_shown_before_and_after_the_name_is_the_same_in_the_same_order(client, text):
    page = answer_to(client, besoin={"text": text, "needs": []}).context["page"]
    shown = [card.match.scheme_id for card in page.cards]
    result = client.get(client.post("/demande/contact/", CONTACT)["Location"]).context["page"]
    assert shown
    assert shown == [card.match.scheme_id for card in result.cards]
    assert page.n_possible == result.n_possible


@pytest.mark.cases(3)
@pytest.mark.parametrize("path", [*(f"/demande/{name}/" for name in FORMS), *(f"/demande/{name}/" for name in POSTS)])
@pytest.mark.parametrize("sent", [{}, {"spend": "x", "naf": "x", "email": "x", "has": "x", "scheme": "9" * 5000}])
def test_whatever_is_sent_is_answered_by_a_redirect_so_that_going_back_shows_no_error(client, path, sent):
    answer_to(client)
    response = client.post(path, sent)
    assert response.status_code == 302
    assert client.get(response["Location"]).status_code == 200


def test_what_another_release_kept_in_a_draft_is_left_out(client):
    answer_to(client)
    session = client.session
    session["draft"] = {**session["draft"], "of_tomorrow": 1}
    session.save()
    assert client.get(ANSWER).status_code == 200


def test_a_part_of_a_page_that_is_gone_leads_the_whole_page_away(client):
    submission, part = make_submission(confirmed=True), {"HX-Request": "true"}
    scheme = submission.results.first().matches.first().scheme_id
    firm, officer = (
        f"/resultat/{link_to(submission)}/dispositif/{scheme}/",
        f"/agent/{submission.pk}/dispositif/{scheme}/",
    )
    Submission.objects.filter(pk=submission.pk).update(closed_at=timezone.now(), closed_reason="withdrawn")
    for path, leads in (
        (f"{ANSWER}{scheme}/", ANSWER),
        (firm, firm.partition("dispositif")[0]),
        (officer, "/compte/connexion/"),
    ):
        response = client.get(path, headers=part)
        assert (response.status_code, response.content) == (200, b""), path
        assert response["HX-Redirect"].startswith(leads)
        assert client.get(path).status_code == 302


def test_all_schemes_of_a_draft_are_listed_and_each_has_its_conditions(client):
    other = Client()
    answer_to(other, besoin={"text": "panneaux solaires sur le toit", "needs": []})
    page = answer_to(client, besoin={"text": SURE, "needs": []})
    first = page.context["page"]
    assert "/demande/reponse/tous/" in page.content.decode()
    listed = client.get("/demande/reponse/tous/")
    assert listed["X-Robots-Tag"] == "noindex, nofollow"
    rows = [row.match.scheme_id for row in listed.context["page"].paginator.object_list]
    guides = {card.match.scheme_id for card in first.guides}
    assert guides < set(rows)
    assert len(rows) == first.n_possible
    assert f"Voir les {len(rows) - len(first.cards)} autres" in text_of(page)
    shown = [card.match.scheme_id for card in first.cards]
    helping = [pk for pk in rows if pk not in guides][:5]
    assert helping[0] == shown[0]
    assert [pk for pk in helping if pk in shown] == shown
    theirs = other.get("/demande/reponse/tous/").context["page"].paginator.object_list
    assert [row.match.scheme_id for row in theirs] != rows
    everything = client.get("/demande/reponse/tous/?voir=tout").context["page"].paginator
    assert everything.count > len(rows)
    card = first.cards[0]
    alone = client.get(f"/demande/reponse/{card.match.scheme_id}/")
    assert card.revision.name in text_of(alone)
    assert "Les conditions" in text_of(alone)
    part = client.get(f"/demande/reponse/{card.match.scheme_id}/", headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert f"Pourquoi à cette place Plus haut : Il répond au besoin « {card.match.need.short} »." in text_of(part)
    assert client.get("/demande/reponse/999999999/").status_code == 404
    for path in ("/demande/reponse/tous/", f"/demande/reponse/{card.match.scheme_id}/"):
        assert Client().get(path, follow=True).redirect_chain[-1][0] == "/demande/besoin/"
    assert not ours(Submission).exists()


# -- one tap: the best question, and the condition of a card


def asked(client):
    return client.get(ANSWER).context["asked"]


def test_the_best_question_is_answered_before_any_name_and_stays_answered(client):
    other, unsaid = Client(), {"headcount": "", "turnover_band": ""}
    answer_to(other, projet=unsaid)
    answer_to(client, entreprise={"legal_form": "", "created_on": ""}, projet=unsaid)
    first = asked(client).question.name
    assert first == "headcount"
    answered = client.post("/demande/question/", {"question": first, "headcount": "12"})
    assert answered["Location"] == f"{ANSWER}#question"
    assert "C’est noté" in text_of(page := client.get(ANSWER))
    assert page.context["asked"].question.name != first
    assert "12" in client.get("/demande/projet/").content.decode()  # the step shows it, and may correct it
    assert asked(other).question.name == "headcount"
    submission = Submission.objects.get(
        pk=client.get(client.post("/demande/contact/", CONTACT)["Location"]).context["submission"].pk
    )
    assert known_values(submission)["headcount"] == 12


def test_answering_one_question_leaves_the_step_to_be_filled_in(client):
    said = {"text": "Nous voulons acheter un robot de soudage.", "needs": []}
    fill(client, upto="entreprise", besoin=said, entreprise={"independent": ""})
    page = client.get(ANSWER)
    assert page.context["waits_for_project"]
    questions = stated(Draft(**client.session["draft"])).questions.of_firm
    assert "headcount" in {question.name for question in questions}
    client.post("/demande/question/", {"question": "headcount", "headcount": "12"})
    assert client.get(ANSWER).context["waits_for_project"]
    assert 'value="12"' in client.get("/demande/projet/").content.decode()  # and it is shown where it is asked


def test_a_question_declined_is_not_asked_again_before_or_after_the_name(client):
    answer_to(client, projet={"headcount": "", "turnover_band": ""})
    first = asked(client).question.name
    client.post("/demande/question/", {"question": first, "skip": "1"})
    assert asked(client).question.name != first
    page = client.get(client.post("/demande/contact/", CONTACT)["Location"])
    assert first in page.context["submission"].sheet.declined()
    assert page.context["asked"].question.name != first


def test_an_answer_that_cannot_be_read_is_kept_as_it_was_typed_and_the_rest_of_the_draft_too(client):
    answer_to(client, projet={"headcount": "", "turnover_band": ""})
    first = asked(client).question.name
    client.post("/demande/question/", {"question": first, "headcount": "beaucoup"})
    page = client.get(ANSWER)
    assert page.context["asked"].question.name == first
    assert "beaucoup" in page.content.decode()
    assert page.context["asked"].form.errors
    assert "Erreur" in page.content.decode().split("</title>")[0]
    client.post("/demande/question/", {"question": first, "headcount": "14"})
    assert "beaucoup" not in client.get(ANSWER).content.decode()


def card_that_asks(page):
    return next(card for card in page.context["page"].cards if card.asked)


def test_a_card_asks_its_condition_and_takes_the_answer_before_any_name_and_after(client):
    other = Client()
    theirs = answer_to(other)
    page = answer_to(client)
    card = card_that_asks(page)
    assert card.asked.sentence in unescape(text_of(page))
    assert page.context["asked"] is None or page.context["asked"].question.name not in page.context["page"].asked
    sent = {"scheme": card.match.scheme_id, "condition": card.asked.condition, "value": "yes", "list": "1"}
    assert client.post("/demande/condition/", sent)["Location"] == f"{ANSWER}#d-{card.match.scheme_id}"
    after = client.get(f"{ANSWER}{card.match.scheme_id}/").context["card"]
    assert card.asked.condition not in {line.condition for line in after.left_to_say}
    assert card.asked.condition in {line.condition for line in card_that_asks(theirs).left_to_say}
    assert card_that_asks(answer_to(other)).asked.condition == card.asked.condition
    submission = client.get(client.post("/demande/contact/", CONTACT)["Location"]).context["submission"]
    assert known_values(submission)[f"answer:{card.asked.condition}"] is True


def test_a_condition_that_is_not_so_takes_the_scheme_away_and_can_be_taken_back(client):
    card = card_that_asks(answer_to(client))
    pk, sent = card.match.scheme_id, {"scheme": card.match.scheme_id, "condition": card.asked.condition}
    client.post("/demande/condition/", {**sent, "value": "no"})
    assert pk not in {each.match.scheme_id for each in client.get(ANSWER).context["page"].cards}
    assert "non rempli" in text_of(client.get(f"{ANSWER}{pk}/")).lower()
    client.post("/demande/condition/", {**sent, "value": ""})
    assert pk in {each.match.scheme_id for each in client.get(ANSWER).context["page"].cards}


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    "sent", [{}, {"scheme": "1"}, {"condition": "x"}, {"scheme": "\u0661", "condition": "x"}, {"scheme": "-1"}]
)
def test_what_no_card_asks_is_not_taken(client, sent):
    answer_to(client)
    before = client.session["draft"]
    assert client.post("/demande/condition/", {**sent, "value": "yes"})["Location"] == ANSWER
    assert client.session["draft"] == before


# -- what was understood


def said(client):
    return client.get(ANSWER).context["said"]


def test_a_need_that_is_taken_away_is_gone_from_the_answer_and_from_the_form(client):
    needs = ["competences.recruter", "energie.facture"]
    answer_to(client, besoin={"text": "", "needs": needs})
    assert sorted(chip.key for chip in said(client).sure) == needs
    response = client.post("/demande/besoins/", {"has_not": "energie.facture"})
    assert response["Location"] == ANSWER
    assert [chip.key for chip in said(client).sure] == ["competences.recruter"]
    assert client.get("/demande/besoin/").context["form"]["needs"].value() == ["competences.recruter"]


def test_a_need_read_in_words_and_taken_away_is_not_read_again_until_it_is_ticked(client):
    answer_to(client, besoin={"text": SURE, "needs": ["energie.facture"]})
    client.post("/demande/besoins/", {"has_not": "competences.recruter"})
    assert [chip.key for chip in said(client).sure] == ["energie.facture"]
    client.post("/demande/besoin/", {"text": SURE, "needs": ["competences.recruter"]})
    assert "competences.recruter" in [chip.key for chip in said(client).sure]


def test_the_last_need_taken_away_leads_back_to_the_form(client):
    answer_to(client, besoin={"text": "", "needs": ["energie.facture"]})
    assert client.post("/demande/besoins/", {"has_not": "energie.facture"})["Location"] == "/demande/besoin/"
    assert "Cochez au moins un besoin" in text_of(client.get("/demande/besoin/"))


def test_where_nothing_is_understood_why_and_a_number_come_before_the_boxes(client):
    make_organisation("ARC")
    fill(client, upto="entreprise", besoin={"text": "asdfgh qwerty", "needs": []})
    other_client = Client()
    fill(other_client, upto="entreprise", besoin={"text": SURE, "needs": []})
    text, other = (text_of(each.get(ANSWER)) for each in (client, other_client))
    assert text.index("Vos mots ne nous suffisent pas") < text.index("vous répond au 03 53 01 10 00")
    assert text.index("vous répond au 03 53 01 10 00") < text.index("Cochez ce que vous cherchez")
    assert "asdfgh" not in other
    assert "vous répond au" not in other


@pytest.mark.parametrize(("needs", "is_open"), [([], False), (["energie.facture"], True)])
def test_the_list_of_needs_is_folded_unless_it_holds_an_answer(client, needs, is_open):
    fill(client, upto="besoin", besoin={"text": SURE, "needs": needs})
    page = client.get("/demande/besoin/").content.decode()
    fold = page[page.rindex("<details", 0, page.index("Ou cochez dans la liste")) :].split(">", 1)[0]
    assert ("open" in fold.replace("open-on-a-desk", "")) is is_open


def test_where_there_is_a_doubt_the_boxes_come_alone_then_the_answer(client):
    fill(client, upto="entreprise", besoin={"text": DOUBTFUL, "needs": []})
    page = client.get(ANSWER)
    understood = page.context["said"]
    assert understood.reply == Reply.TO_CONFIRM
    assert "Qu’avez-vous en tête" in text_of(page)
    assert not re.search("Votre prochaine démarche|Vos prochaines démarches", text_of(page))
    box = understood.doubtful[0].key
    nothing = client.post("/demande/besoins/", {}, follow=True)
    assert "Cochez ce que vous cherchez, une case au moins" in text_of(nothing)
    client.post("/demande/besoins/", {"has": box})
    client.post("/demande/projet/", FORMS["projet"])
    assert [chip.key for chip in said(client).sure] == [box]
    assert re.search("Votre prochaine démarche|Vos prochaines démarches", text_of(client.get(ANSWER)))


def test_what_was_said_on_the_answer_is_kept_with_the_file(client):
    answer_to(client, besoin={"text": DOUBTFUL, "needs": ["energie.facture"]})
    (has, has_not) = "creation.reprendre", "energie.facture"
    client.post("/demande/besoins/", {"has": has})
    client.post("/demande/besoins/", {"has_not": has_not})
    shown = client.get(ANSWER).context["page"]
    client.post("/demande/contact/", CONTACT)
    submission = ours(Submission).get()
    rows = submission.need_corrections.values_list("sub_need", "change", "officer")
    assert set(rows) == {
        (has, NeedCorrection.Change.ADDED, None),
        (has_not, NeedCorrection.Change.REMOVED, None),
    }
    needs = set(submission.needs.values_list("sub_need", flat=True))
    assert has in needs
    assert has_not not in needs
    page = shortlist_of(submission, latest_result(submission, on=current_day()))
    assert [card.match.scheme_id for card in shown.cards] == [card.match.scheme_id for card in page.cards]
    assert shown.n_possible == page.n_possible


def test_nothing_understood_offers_the_needs_to_tick(client):
    fill(client, upto="entreprise", besoin={"text": "asdfgh qwerty", "needs": []})
    page = client.get(ANSWER)
    assert "Nous n’avons pas bien compris votre besoin" in text_of(page)
    assert page.content.decode().count('name="has"') == SubNeed.objects.count()
    client.post("/demande/besoins/", {"has": "energie.facture"})
    assert [chip.key for chip in said(client).sure] == ["energie.facture"]


# -- which steps are asked


@pytest.mark.parametrize(
    ("text", "asked"),
    [("Acheter un robot", True), ("Je cherche deux soudeurs", False), ("asdfgh qwerty", False), (DOUBTFUL, False)],
)
def test_the_project_is_asked_where_a_likely_scheme_reads_it(client, text, asked):
    response = fill(client, upto="entreprise", besoin={"text": text, "needs": []})
    assert response["Location"] == ("/demande/projet/" if asked else ANSWER)
    assert client.get(ANSWER).status_code == 200  # a step that is not filled in is no obstacle


def test_the_project_is_asked_once(client):
    fill(client, upto="projet", projet=dict.fromkeys(FORMS["projet"], ""))
    assert client.post("/demande/entreprise/", FIRM)["Location"] == ANSWER
    assert "décident de plusieurs dispositifs" not in text_of(client.get(ANSWER))


def test_that_a_firm_is_outside_is_said_at_the_step_that_places_it(client):
    response = fill(client, upto="entreprise", entreprise={"commune": "Beauvais"})
    assert response["Location"] == ANSWER
    assert "Beauvais est hors du Grand Compiégnois" in text_of(client.get(ANSWER))
    elsewhere = {**FORMS["projet"], "project_place": "elsewhere", "project_commune": "Attichy"}
    client.post("/demande/projet/", elsewhere)
    assert "Être suivi" in text_of(client.get(ANSWER))


# -- being followed


def is_followed(page):
    """Return the folded block of the contact, with whether it is open said first."""
    html = page.content.decode()
    (tag, within) = re.search(r'(<details[^>]*id="contact"[^>]*>)(.*?)</details>', html, re.DOTALL).groups()
    assert "Être suivi par un développeur économique" in within
    return f"<details{' open' if ' open' in tag else ''}>{within}"


def test_the_form_for_a_contact_is_folded_until_something_in_it_is_wrong(client):
    assert "<details open" not in is_followed(answer_to(client))
    page = fill(client, contact={"email": "camille@"})
    assert "<details open" in is_followed(page)
    assert page.context["form"]["contact_name"].value() == CONTACT["contact_name"]
    assert "Cette adresse n’est pas complète" in text_of(page)


def test_what_one_browser_typed_of_a_contact_is_in_no_blank_form_of_another(client):
    other = Client()
    refused = fill(other, contact={"contact_name": "Voisine Discrète", "email": "voisine@"})
    assert "Voisine Discrète" in refused.content.decode()
    other.post("/demande/rappel/", {"rappel-phone": "12", "rappel-name": "Voisine Discrète"})
    assert "Voisine Discrète" in other.get(ANSWER).content.decode()
    blank = answer_to(client).content.decode()
    assert "Voisine" not in blank
    assert "voisine@" not in blank
    assert blank.count('name="contact_name"') == blank.count('name="rappel-phone"') == 1
    assert 'id="id_rappel-call_slot_0"' in blank
    assert "is-invalid" not in blank


def test_a_preference_that_is_taken_away_before_the_name_stays_away_once_filed(client):
    text = "Nous voulons acheter une machine. Surtout pas de prêt."
    page = answer_to(client, besoin={"text": text, "needs": []})
    assert "Sans prêt, avance ni garantie Surtout pas de prêt ✕ Retirer" in text_of(page)
    lowered = [card.revision.pk for card in page.context["page"].cards]
    client.post("/demande/besoins/", {"wants_not": "no_loan"})
    page = client.get(ANSWER)
    assert "Sans prêt, avance ni garantie Remettre" in text_of(page)
    assert [card.revision.pk for card in page.context["page"].cards] != lowered
    client.post("/demande/contact/", CONTACT)
    submission = ours(Submission).get()
    assert submission.results.first().preferences == []
    assert [(row.preference, row.holds) for row in submission.preference_corrections.all()] == [("no_loan", False)]
    other = Client()
    assert "Surtout pas de prêt" not in answer_to(other).content.decode()


def test_a_fact_that_is_stated_in_passing_is_taken_with_one_tap_before_the_name(client):
    text = "Nous sommes 48 et nous voulons acheter un robot."
    page = answer_to(client, besoin={"text": text, "needs": []}, projet={"headcount": "", "headcount_band": ""})
    assert "Pouvons-nous retenir l’effectif : 48 salariés ?" in text_of(page)
    client.post("/demande/besoins/", {"fact": "headcount"})
    assert "Pouvons-nous retenir" not in text_of(client.get(ANSWER))
    client.post("/demande/contact/", CONTACT)
    assert ours(Submission).get().results.first().facts["headcount"] == 48


def test_a_fact_that_is_offered_is_not_asked_beside_that_until_it_is_denied(client):
    text = "Nous sommes 4 et nous voulons un prêt pour la trésorerie."
    unsaid = {"headcount": "", "headcount_band": "", "spend_kinds": ["equipment"]}
    said = {"besoin": {"text": text, "needs": []}, "projet": unsaid}

    def asked(page):
        return page.context["asked"].question.name

    page = answer_to(client, **said)
    assert "Pouvons-nous retenir l’effectif : 4 salariés ?" in text_of(page)
    assert asked(page) != "headcount"
    filed = client.post("/demande/contact/", CONTACT)["Location"]
    result = client.get(filed)
    assert "Pouvons-nous retenir l’effectif : 4 salariés ?" in text_of(result)
    assert asked(result) == asked(page)
    client.post(f"{filed}besoins/", {"fact": "headcount", "wrong": "1"})
    assert asked(client.get(filed)) == "headcount"


@pytest.mark.parametrize(("spend", "is_near"), [("90 000", True), ("60 000", False)])
def test_what_a_little_dearer_a_project_would_open_is_named_with_its_least_cost(client, spend, is_near):
    ticked = {"needs": ["numerique.robot"], "text": ""}
    page = answer_to(client, besoin=ticked, projet={"spend": spend})
    said = text_of(page)
    assert ("Presque pour votre projet" in said) == is_near
    assert ("à partir de 150 000 € de dépenses" in said) == is_near
    assert "Quifarnel" not in said
