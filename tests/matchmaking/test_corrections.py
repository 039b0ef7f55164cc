"""What officers correct of what was understood, and what the service learns of it."""

from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, transaction

from backend.matchmaking import engine
from backend.matchmaking.corrections import correct_need, understanding_of
from backend.matchmaking.language import learn_language
from backend.matchmaking.models import Language, Need, NeedCorrection
from backend.matchmaking.services import correct_submission
from backend.schemes.models import SubNeed
from tests.factories import ARC, CCLO, DAY, make_lead, make_officer, make_submission, rewriting
from tests.few_sentences import few_sentences

pytestmark = pytest.mark.django_db
TEXT = "Ma facture d’électricité a doublé."
UNDERSTOOD, MISSING, TICKED = "energie.facture", "cyber.diagnostic", "competences.recruter"


@pytest.fixture
def officer():
    return make_officer(ARC)


@pytest.fixture
def submission():
    return make_submission(confirmed=True, needs=(TICKED,), text=TEXT)


def correct(submission, key, change, officer):
    return correct_need(
        submission=submission, sub_need=SubNeed.objects.get(pk=key), change=change, officer=officer, on=DAY
    )


def needs_of(submission):
    return {need.sub_need_id: need for need in submission.needs.all()}


def test_a_removed_need_counts_no_more_and_the_result_is_new_at_once(submission, officer):
    before = submission.results.first()
    assert before.needs[UNDERSTOOD] > 0
    after = correct(submission, UNDERSTOOD, "removed", officer)
    assert after == submission.results.first() != before
    assert UNDERSTOOD not in after.needs
    assert UNDERSTOOD not in needs_of(submission)


def test_an_added_need_weighs_as_much_as_a_ticked_one_and_is_not_said_to_be_ticked(submission, officer):
    result = correct(submission, MISSING, "added", officer)
    need = needs_of(submission)[MISSING]
    assert str(need) == need.sub_need.label
    assert (need.added, need.ticked, need.weight, need.strength) == (
        True,
        False,
        1.0,
        "l’essentiel de ce qu’elle écrit",
    )
    assert result.needs[MISSING] == 1.0
    assert result.matches.answering().filter(need=MISSING).exists()


def test_words_that_were_misread_find_their_answer_once_the_need_is_added(officer):
    submission = make_submission(confirmed=True, needs=(), text="asdfgh qwerty")
    assert not submission.results.first().matches.answering().exists()
    result = correct(submission, MISSING, "added", officer)
    assert (result.reply, result.probabilities[MISSING]) == ("answered", 1.0)
    assert result.matches.answering().exists()


@pytest.mark.cases(2)
@pytest.mark.parametrize(("key", "change"), [(UNDERSTOOD, "removed"), (MISSING, "added"), (TICKED, "removed")])
def test_taking_a_correction_back_undoes_it(submission, officer, key, change):
    before = submission.results.first()
    correct(submission, key, change, officer)
    after = correct(submission, key, "withdrawn", officer)
    assert after.needs == before.needs
    assert {key for key, need in needs_of(submission).items() if need.ticked} == {TICKED}
    assert understanding_of(submission).removed == []
    assert [row.change for row in submission.need_corrections.order_by("pk")] == [change, "withdrawn"]


@pytest.mark.parametrize(("key", "change"), [(MISSING, "removed"), (TICKED, "added"), (UNDERSTOOD, "withdrawn")])
def test_what_changes_nothing_is_not_recorded(submission, officer, key, change):
    before = submission.results.first()
    assert correct(submission, key, change, officer) == before
    assert not submission.need_corrections.exists()


def test_a_correction_is_never_rewritten(submission, officer):
    correct(submission, UNDERSTOOD, "removed", officer)
    with pytest.raises(IntegrityError), transaction.atomic():
        NeedCorrection.objects.update(change="added")


@pytest.mark.parametrize("stranger", [lambda: make_officer(CCLO), make_lead])
def test_only_who_reviews_the_file_corrects_it(submission, stranger):
    with pytest.raises(PermissionDenied):
        correct(submission, UNDERSTOOD, "removed", stranger())


def test_what_was_corrected_holds_when_the_firm_writes_again(submission, officer):
    correct(submission, UNDERSTOOD, "removed", officer)
    correct(submission, MISSING, "added", officer)
    correct_submission(submission=submission, facts={}, text=f"{TEXT} Vraiment doublé.", ticked=[TICKED], on=DAY)
    needs = needs_of(submission)
    assert UNDERSTOOD not in needs
    assert needs[MISSING].added
    assert needs[TICKED].ticked


def test_a_removed_need_that_the_firm_ticks_since_is_one_again(submission, officer):
    correct(submission, UNDERSTOOD, "removed", officer)
    correct_submission(submission=submission, facts={}, ticked=[TICKED, UNDERSTOOD], on=DAY)
    assert needs_of(submission)[UNDERSTOOD].ticked
    assert understanding_of(submission).removed == []
    correct(submission, UNDERSTOOD, "removed", officer)
    assert UNDERSTOOD not in needs_of(submission)


def test_what_was_understood_says_who_corrected_it(submission, officer):
    correct(submission, UNDERSTOOD, "removed", officer)
    correct(submission, MISSING, "added", officer)
    understanding = understanding_of(submission)
    assert {need.sub_need_id: row and row.officer for need, row in understanding.needs if need.is_certain} == {
        TICKED: None,
        MISSING: officer,
    }
    assert [(row.sub_need_id, row.officer) for row in understanding.removed] == [(UNDERSTOOD, officer)]


# -- learning


def probability(text, key):
    return next((need.probability for need in engine.understand(text, ()).needs if need.sub_need == key), 0.0)


@few_sentences()
def test_the_words_of_a_corrected_file_are_learnt_with_its_needs(officer):
    words = "Nos bidouilles zigzaguent."
    before = probability(words, MISSING)
    submission = make_submission(confirmed=True, needs=(TICKED,), text=words)
    correct(submission, MISSING, "added", officer)
    language = learn_language()
    assert language.n_corrections == 1
    assert probability(words, MISSING) > before
    assert probability(words, MISSING) > probability(words, TICKED)  # ticked, not said


@pytest.mark.slow
@few_sentences()
def test_what_is_learnt_goes_with_the_file(officer):
    before = learn_language()
    submission = make_submission(confirmed=True, needs=(), text="Nos bidouilles zigzaguent.")
    correct(submission, MISSING, "added", officer)
    learnt = learn_language()
    assert learnt != before
    with rewriting():
        submission.delete()
    assert not NeedCorrection.objects.exists()
    assert learn_language() == before == Language.objects.latest()


@pytest.mark.slow
@few_sentences()
def test_a_correction_that_was_taken_back_or_leaves_no_need_teaches_nothing(officer):
    before = learn_language()
    taken_back = make_submission(confirmed=True, needs=(), text=TEXT)
    correct(taken_back, MISSING, "added", officer)
    correct(taken_back, MISSING, "withdrawn", officer)
    emptied = make_submission(confirmed=True, needs=(), text=TEXT)
    for key in list(needs_of(emptied)):
        correct(emptied, key, "removed", officer)
    assert learn_language() == before


@pytest.mark.slow
@few_sentences()
def test_the_command_says_what_it_learnt(submission, officer):
    correct(submission, MISSING, "added", officer)
    out = StringIO()
    call_command("learn_language", stdout=out)
    assert "corrections : 1" in out.getvalue()
    assert "Elle remplace" in out.getvalue()
    assert out.getvalue().count("nDCG@10 0.") == 2
    out = StringIO()
    call_command("learn_language", stdout=out)
    assert "rien de nouveau à apprendre" in out.getvalue()


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (0.8, "l’essentiel de ce qu’elle écrit"),
        (0.79, "une partie de ce qu’elle écrit"),
        (0.3, "une partie de ce qu’elle écrit"),
        (0.29, "un indice"),
        (0.0, "un indice"),
    ],
)
def test_a_need_says_in_words_how_much_of_the_text_it_is(weight, words):
    assert Need(weight=weight).strength == words
