"""What was understood, said back to the firm: chips it takes away, boxes it ticks, its word as a row of its own.

With a pipeline that always hears the same (nothing, or one need), these fail on 2026-12-07: here
``test_what_bosses_type_is_answered_or_asked_about_with_the_right_box`` and
``test_a_need_is_said_back_with_the_sentence_that_says_it_and_nothing_of_the_politeness``, of the API
``test_words_alone_are_understood_with_the_words_that_decided``, of ``match``
``test_an_answer_says_what_was_understood_of_each_line``.
"""

from html import unescape

import pytest
from django.core.management import call_command

from backend.matchmaking import engine
from backend.matchmaking.corrections import confirm_needs, correct_need, understanding_of
from backend.matchmaking.evaluation.judgements import load_labelled
from backend.matchmaking.models import Match, NeedCorrection, Reply
from backend.matchmaking.results import replay
from backend.notifications.models import Notification
from backend.schemes.models import SubNeed
from tests.factories import DAY, archive_serving, link_to, make_officer, make_submission
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db

SURE = "Bonjour, je vous écris de Noyon.\nJe cherche deux soudeurs depuis six mois. Merci d’avance, Paul"
DOUBTFUL = "refaire mon escalier"

# What new users typed and got "Rien ne correspond", what the form gives as examples, and twenty others, each
# with the sub-need that an adviser hears first.
TYPED = {
    "Recruter un soudeur": "competences.recruter",
    "Recruter": "competences.recruter",
    "Transmettre mon entreprise": "creation.transmettre",
    "Trouver des clients": "accompagnement.orientation",
    "On gère encore la prod sur Excel": "numerique.outils",
    "Je ne trouve pas de soudeurs et je refuse des commandes.": "competences.recruter",
    "Je cherche un soudeur": "competences.recruter",
    "je cherche un apprenti boulanger": "competences.alternance",
    "Former mes gars au soudage": "competences.former",
    "acheter un robot": "numerique.robot",
    "Refaire mon site internet": "numerique.outils",
    "ma facture d'électricité a doublé": "energie.facture",
    "panneaux solaires sur le toit": "energie.enr",
    "mes salariés n'ont pas de bus": "mobilite.salaries",
    "loger mes saisonniers": "mobilite.logement",
    "un terrain de 2 hectares": "foncier.terrain",
    "Je veux exporter en Allemagne": "export.prospecter",
    "On s'est fait pirater": "cyber.incident",
    "bilan carbone demandé par un client": "energie.bilan-carbone",
    "la banque refuse mon prêt": "finance.banque",
    "un acheteur conteste nos pièces et retient le règlement": "finance.litige",
    "je n'arrive plus à payer mes fournisseurs": "finance.difficulte",
    "Créer mon entreprise": "creation.demarrer",
    "reprendre une boulangerie": "creation.reprendre",
    "aucun problème de recrutement, il nous faut un terrain plus grand": "foncier.terrain",
    "Je ne veux pas d'apprenti mais un soudeur confirmé": "competences.recruter",
    "trop de déchets plastique à l'atelier": "circulaire.dechets",
    "bonjour je suis boulanger a compiegne je voudrais changer mon four qui consome trop": "energie.efficacite",
    "je veux monter ma boite de toilettage pour chiens, je suis au chomage": "creation.demarrer",
    "la buanderie de l'hôtel : machines à laver à changer et facture d'eau qui explose": "invest.machines",
    "mon mari est décédé, je dois vendre la société": "creation.transmettre",
    "mes gars se barrent": "competences.rh",
    "il nous faut la iso 22716": "risques.reglementaire",
    "certification iso 9001": "risques.reglementaire",
    "j'aimerais rencontrer les boîtes du coin": "accompagnement.orientation",
    "je cherche un apprenti": "competences.alternance",
    "Bonjour, je vous contacte pour changer la chaudière de l'atelier": "energie.efficacite",
    "Avez-vous des aides pour former mes régleurs ?": "competences.former",
}


def post(client, submission, **sent):
    return client.post(f"/resultat/{link_to(submission)}/besoins/", sent, follow=True)


@pytest.mark.cases(4)
@pytest.mark.parametrize(("text", "need"), TYPED.items())
def test_what_bosses_type_is_answered_or_asked_about_with_the_right_box(client, text, need):
    submission = make_submission(confirmed=True, needs=(), text=text)
    said = client.get(f"/resultat/{link_to(submission)}/").context["said"]
    assert said.reply != Reply.NOTHING
    found = [chip.key for chip in (said.doubtful if said.asks else said.sure)]
    assert need in (found if said.asks else found[:2]), found


def test_a_need_is_said_back_with_the_sentence_that_says_it_and_nothing_of_the_politeness(client):
    submission = make_submission(confirmed=True, needs=(), text=SURE)
    page = client.get(f"/resultat/{link_to(submission)}/")
    text = text_of(page)
    assert "Vous cherchez" in text
    assert "Recruter, trouver du personnel Je cherche deux soudeurs depuis six mois ✕ Retirer" in text
    assert [chip.key for chip in page.context["said"].sure] == ["competences.recruter"]
    assert "Par quoi commencer" in text


def test_a_need_that_the_firm_takes_away_is_gone_and_its_word_is_kept(client):
    submission = make_submission(confirmed=True, needs=("energie.facture",), text=SURE)
    text = text_of(post(client, submission, has_not="competences.recruter"))
    assert "C’est noté : le résultat est à jour." in text
    result = submission.results.first()
    assert "energie.facture" in result.needs
    assert "competences.recruter" not in result.needs
    (row,) = submission.need_corrections.all()
    assert (row.sub_need_id, row.change, row.officer) == ("competences.recruter", "removed", None)


@pytest.mark.cases(1)
@pytest.mark.parametrize(("n", "n_at_once"), [(3, 3), (4, 2), (6, 2)])
def test_of_more_than_three_needs_two_stand_above_the_steps_and_the_others_are_folded(client, n, n_at_once):
    needs = ("competences.recruter", "energie.facture", "numerique.robot", "finance.pret", "export.prospecter")
    submission = make_submission(confirmed=True, needs=(*needs, "mobilite.salaries")[:n], text="")
    page = client.get(f"/resultat/{link_to(submission)}/")
    said, text = page.context["said"], text_of(page)
    assert (len(said.at_once), len(said.sure)) == (n_at_once, n)
    assert (f"Et {n - 2} autres besoins" in text) == (n > 3)
    assert all(f"Retirer : {chip.label}" in text for chip in said.sure)


def test_a_ticked_need_is_taken_away_too(client):
    submission = make_submission(confirmed=True, needs=("energie.facture", "numerique.robot"), text="")
    post(client, submission, has_not="energie.facture")
    assert set(submission.results.first().needs) == {"numerique.robot"}


def test_a_need_that_is_understood_and_that_nothing_serves_is_said_before_any_box(client):
    """« Garde d’enfants » was asked back as housing or the sale of the firm: it had been understood at 0.79."""
    archive_serving("mobilite.services")
    submission = make_submission(confirmed=True, needs=(), text="garde d'enfants pour mes salariées")
    page = client.get(f"/resultat/{link_to(submission)}/")
    text = text_of(page)
    assert [chip.key for chip in page.context["said"].unserved] == ["mobilite.services"]
    said = "Rien aujourd’hui pour « Services aux salariés (crèche, conciergerie, restauration) »"
    asked = "Pensiez-vous aussi à cela"
    assert 0 < text.index(said) < text.index(asked)
    assert "Dites-nous en un mot" not in text


def test_where_it_is_not_clear_boxes_come_first_and_alone_and_a_tick_answers(client):
    submission = make_submission(confirmed=True, needs=(), text=DOUBTFUL)
    page = client.get(f"/resultat/{link_to(submission)}/")
    text = text_of(page)
    assert "Dites-nous en un mot ce que vous cherchez" in text
    assert "Qu’avez-vous en tête" in text
    boxes = [chip.key for chip in page.context["said"].doubtful]
    assert 3 <= len(boxes) <= 4
    assert "foncier.batiment" in boxes
    assert "<q" not in page.content.decode()  # the same sentence under each box would tell none apart
    assert "data-scheme" not in page.content.decode()
    after = post(client, submission, has=boxes[0])
    assert after.context["result"].reply == Reply.ANSWERED
    assert after.context["said"].sure[0].key == boxes[0]
    assert "data-scheme" in after.content.decode()


def test_none_of_the_boxes_is_an_answer_too(client):
    submission = make_submission(confirmed=True, needs=(), text=DOUBTFUL)
    boxes = [chip.key for chip in client.get(f"/resultat/{link_to(submission)}/").context["said"].doubtful]
    after = post(client, submission, none="1", shown=boxes)
    assert not set(boxes) & set(submission.results.first().needs)
    assert after.status_code == 200


def test_nothing_ticked_is_a_sentence_and_changes_nothing(client):
    submission = make_submission(confirmed=True, needs=(), text=DOUBTFUL)
    response = post(client, submission, has="nulle.part")
    assert response.status_code == 422
    assert "Cochez ce que vous cherchez, une case au moins" in text_of(response)
    assert not submission.need_corrections.exists()


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    "text",
    [
        "asdfgh qwerty",
        "Bonjour madame, merci et bonne journée",
        "x" * 4000,
        "12 34",
        "Il fait beau.",
    ],
)
def test_what_is_not_understood_gets_the_twelve_needs_to_tick(client, text):
    submission = make_submission(confirmed=True, needs=(), text=text)
    page = client.get(f"/resultat/{link_to(submission)}/")
    assert "Nous n’avons pas bien compris votre besoin" in text_of(page)
    assert page.content.decode().count('name="has"') == SubNeed.objects.count()
    after = post(client, submission, has="numerique.robot")
    assert after.context["result"].reply == Reply.ANSWERED


OTHER_LANGUAGES = {
    "en": "Hello, my bakery needs more room and I do not know who can help us",
    "de": "Wir suchen zwei Schweißer für unsere Werkstatt in Noyon",
    "pl": "Szukamy dwóch spawaczy do naszego warsztatu w Noyon",
    "tr": "Atölyemiz için iki kaynakçı arıyoruz, bize yardım eder misiniz",  # noqa: RUF001
    "ar": "نبحث عن عاملين لحام لورشتنا في نويون",
    "pt": "Procuramos dois soldadores para a nossa oficina em Noyon",
}


@pytest.mark.cases(1)
@pytest.mark.parametrize(("language", "text"), OTHER_LANGUAGES.items())
def test_who_writes_in_another_language_reads_two_sentences_in_it_and_ticks(client, language, text):
    submission = make_submission(confirmed=True, needs=(), text=text)
    result = submission.results.first()
    assert (result.reply, result.cause) == (Reply.NOTHING, "other_language")
    page = client.get(f"/resultat/{link_to(submission)}/")
    assert f'lang="{language}"' in page.content.decode()
    told = engine.told_in(language)
    assert len(told) == 2
    assert all(sentence in unescape(page.content.decode()) for sentence in told)
    assert page.content.decode().count('name="has"') == SubNeed.objects.count()
    after = post(client, submission, has="numerique.robot")
    assert after.context["result"].reply == Reply.ANSWERED
    assert replay(result) == []


@pytest.mark.parametrize(
    "text",
    [
        "Looking for two welders please",  # five words tell nothing
        "Wir suchen einen Partner für Export und Robot in Noyon",  # words of the taxonomy
        "Bonjour, the best atelier de Noyon cherche un soudeur",
    ],
)
def test_what_may_be_french_is_read_as_french(text):
    assert engine.other_language(text) == ""


def test_no_request_of_those_that_may_be_looked_at_is_taken_for_another_language():
    texts = [each.question.text for each in load_labelled() if not each.held_out and each.family != "hopeless"]
    assert [text for text in texts if engine.other_language(text)] == []


def test_an_officer_outweighs_the_firm_until_he_takes_his_word_back(client):
    officer, robot = make_officer(), SubNeed.objects.get(pk="numerique.robot")
    submission = make_submission(confirmed=True, needs=(), text=SURE)
    correct_need(submission=submission, sub_need=robot, change="removed", officer=officer, on=DAY)
    confirm_needs(submission=submission, has=["numerique.robot"], has_not=[], on=DAY)
    assert "numerique.robot" in submission.results.first().needs  # nothing was removed: it was not there
    correct_need(submission=submission, sub_need=robot, change="removed", officer=officer, on=DAY)
    assert "numerique.robot" not in submission.results.first().needs
    confirm_needs(submission=submission, has=["numerique.robot"], has_not=[], on=DAY)
    assert "numerique.robot" not in submission.results.first().needs
    correct_need(submission=submission, sub_need=robot, change="withdrawn", officer=officer, on=DAY)
    assert "numerique.robot" in submission.results.first().needs


def test_an_officer_reads_what_the_firm_said(client):
    officer = make_officer()
    submission = make_submission(confirmed=True, needs=(), text=SURE)
    confirm_needs(submission=submission, has=["numerique.robot"], has_not=["competences.recruter"], on=DAY)
    client.force_login(officer)
    text = text_of(client.get(f"/agent/{submission.pk}/"))
    assert "Confirmé par l’entreprise" in text
    assert "Écarté par l’entreprise" in text
    assert [row.officer for row in understanding_of(submission).removed] == [None]


def test_what_was_said_before_it_is_replayed_without_the_text_and_the_model(client):
    submission = make_submission(confirmed=True, needs=(), text=f"{SURE} Et refaire mon escalier.")
    result = submission.results.first()
    assert result.probabilities
    submission.text = ""
    submission.save()
    assert replay(result) == []
    call_command("replay", submission.reference, verbosity=0)


def test_nobody_but_who_holds_the_link_says_anything(client):
    submission = make_submission(confirmed=True, needs=(), text=SURE)
    response = client.post("/resultat/quelqu-un-d-autre/besoins/", {"has": "numerique.robot"})
    assert response.status_code == 404
    assert not NeedCorrection.objects.filter(submission=submission).exists()


@pytest.mark.parametrize("text", [DOUBTFUL, "asdfgh qwerty"])
def test_the_receipt_asks_what_is_meant_and_lists_nothing_that_was_guessed(text):
    submission = make_submission(confirmed=True, needs=(), text=text)
    receipt = ours(Notification).get(kind="receipt", recipient=submission.contact.email)
    names = Match.objects.answering().filter(result__submission=submission).values_list("revision__name", flat=True)
    for body in (receipt.text, unescape(receipt.html)):
        assert "dites-le d’un geste sur cette page" in body
        assert not [name for name in names if name in body]


def test_the_officer_of_a_doubtful_file_reads_that_the_firm_is_asked(client):
    client.force_login(make_officer())
    doubtful, sure = (make_submission(confirmed=True, needs=(), text=text) for text in (DOUBTFUL, SURE))
    asked = text_of(client.get(f"/agent/{doubtful.pk}/"))
    assert "Besoin à confirmer" in asked
    assert "Ce que l’entreprise lit d’abord" not in asked  # it reads boxes, and no scheme yet
    assert "Besoin à confirmer" not in text_of(client.get(f"/agent/{sure.pk}/"))


def test_to_be_guided_is_said_after_what_is_asked_for(client):
    text = "On voudrait acheter un robot de soudure, mais je ne sais pas par où commencer."
    submission = make_submission(confirmed=True, needs=(), text=text)
    said = client.get(f"/resultat/{link_to(submission)}/").context["said"]
    keys = [chip.key for chip in said.sure]
    assert keys[0] == "numerique.robot"
    assert keys[-1] == "accompagnement.orientation"
