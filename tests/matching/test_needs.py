import pytest

from matching import NOTHING, Example, Lexicon, NeedReader, Rarity, tokens

STOP_WORDS = frozenset(tokens("je un une de ma a deux et n ai aucun veux il nous faut des mon la le les pour"))
EXAMPLES = [
    Example("Je cherche deux soudeurs et je n'ai aucun CV", {"recruit": 1.0}),
    Example("recruter", {"recruit": 1.0}, 0.5),
    Example("embaucher un chaudronnier", {"recruit": 1.0}),
    Example("Je veux un robot de soudage", {"robot": 1.0}),
    Example("cellule robotisée", {"robot": 1.0}),
    Example("il nous faut un prêt de la banque", {"loan": 1.0}),
    Example("prêt", {"loan": 1.0}),
    Example("Ma facture d'électricité a doublé", {"energy": 1.0}),
    Example("Mon voisin fait du bruit et je veux un avocat", {f"{NOTHING}disputes": 1.0}),
]
LEXICON = Lexicon.learn(EXAMPLES, Rarity.learn((example.text for example in EXAMPLES), STOP_WORDS))
READER = NeedReader(LEXICON, negations=["pas", "sans", "sauf"], verb_negations=["ne", "n"], joints=["et", "mais"])


def heaviest(text: str) -> str:
    weights = READER.read(text).weights
    return max(weights, key=lambda need: weights[need])


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("Il nous faut des SOUDEUSES", "recruit"),
        ("embauche chaudroniers", "recruit"),  # misspelt
        ("notre facture d’électricité double", "energy"),
        ("facture electrique", "energy"),
        ("un robot", "robot"),
    ],
)
def test_what_is_like_a_sentence_of_a_need_is_that_need(text: str, need: str) -> None:
    assert heaviest(text) == need


def test_the_words_that_decided_are_named_as_they_were_written() -> None:
    assert READER.read("Une facture d’Électricité, ouille").evidence["energy"] == ("Électricité", "facture")


def test_what_is_ticked_weighs_one_whatever_the_words() -> None:
    wish = READER.read("soudeur", ["energy", "recruit"])
    assert wish.weights["energy"] == wish.weights["recruit"] == 1.0
    assert wish.ticked == {"energy", "recruit"}


def test_two_needs_of_one_text_are_both_heard() -> None:
    assert {"recruit", "energy"} <= READER.read("je cherche deux soudeurs et mon électricité a doublé").weights.keys()


@pytest.mark.parametrize("text", ["pas de prêt", "sans prêt", "tout sauf un prêt"])
def test_a_negated_word_does_not_count(text: str) -> None:
    assert "loan" not in READER.read(text).weights


def test_a_negated_verb_hides_nothing() -> None:
    assert heaviest("je ne trouve pas de soudeur") == "recruit"


def test_what_no_scheme_answers_is_told_apart() -> None:
    wish = READER.read("un avocat contre mon voisin")
    assert wish.nothing > max(wish.likeness.values(), default=0.0)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_no_words_and_no_boxes_state_nothing(text: str) -> None:
    assert not READER.read(text).stated
    assert READER.read(text, ["energy"]).stated


@pytest.mark.parametrize("text", ["🙂🙂", "x" * 10_000, "kkk " * 2_500])
def test_what_is_not_understood_is_stated_and_weighs_nothing(text: str) -> None:
    wish = READER.read(text)
    assert wish.stated
    assert wish.weights == {}
