import pytest

from matching import NeedReader, Words

READER = NeedReader(
    {
        "recruit": Words(("recruter", "soudeur"), ("Je cherche deux soudeurs et je n'ai aucun CV.",)),
        "robot": Words(("robot", "cellule robotisée"), ("Je veux un robot de soudage.",)),
        "loan": Words(("prêt", "crédit", "robot"), ()),
        "energy": Words((), ("Ma facture d'électricité a doublé.",)),
    },
    stop_words=["je", "un", "une", "de", "ma", "a", "deux", "et", "n", "ai", "aucun", "veux"],
    negations=["pas", "sans", "sauf"],
    verb_negations=["ne", "n"],
)


def test_a_word_of_the_vocabulary_names_its_need_and_is_the_evidence() -> None:
    wish = READER.read("Il nous faut des SOUDEUSES")
    assert set(wish.weights) == {"recruit"}
    assert wish.evidence["recruit"] == ("soudeur",)
    assert wish.stated


def test_a_word_that_two_needs_share_counts_half_for_each() -> None:
    wish = READER.read("robot")
    assert wish.weights["loan"] == pytest.approx(0.4)
    assert wish.weights["robot"] > wish.weights["loan"]


def test_a_sentence_like_one_of_ours_is_understood() -> None:
    assert set(READER.read("notre facture d’électricité double").weights) == {"energy"}


def test_what_is_ticked_weighs_one_whatever_the_words() -> None:
    wish = READER.read("soudeur", ["energy", "recruit"])
    assert wish.weights["energy"] == wish.weights["recruit"] == 1.0


@pytest.mark.parametrize("text", ["pas de prêt", "sans crédit", "tout sauf un prêt"])
def test_a_negated_word_does_not_count(text: str) -> None:
    assert READER.read(text).weights == {}


def test_a_negated_verb_hides_nothing() -> None:
    assert "recruit" in READER.read("je ne trouve pas de soudeur").weights


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_no_words_and_no_boxes_state_nothing(text: str) -> None:
    assert not READER.read(text).stated
    assert READER.read(text, ["energy"]).stated


@pytest.mark.parametrize("text", ["🙂🙂", "<script>alert(1)</script>", "x" * 10_000, "zzz " * 2_500])
def test_what_is_not_understood_is_stated_and_weighs_nothing(text: str) -> None:
    wish = READER.read(text)
    assert wish.stated
    assert wish.weights == {}


def test_accents_capitals_and_plurals_do_not_matter() -> None:
    assert READER.read("PRETS") == READER.read("prêt")
