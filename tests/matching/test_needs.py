"""What a small language, learnt here, reads in what bosses type."""

from dataclasses import astuple
from functools import cache
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import (
    FILLER,
    NOTHING,
    Centroids,
    Certainty,
    Example,
    Grammar,
    Language,
    NeedReader,
    Negation,
    PatternTable,
    tokens,
)
from matching.language import fitted
from matching.needs import ONE, STATEMENT
from matching.parts import MOST_CLAUSES
from matching.sentences import Span

STOP_WORDS = frozenset(tokens("je un une de ma a deux et n ne pas ai aucun veux il nous faut des mon la le les pour"))
TRADES = ("soudeurs", "chaudronniers", "bouchers", "chauffeurs", "maçons", "serveurs")
SAID = {
    "recruit": [
        *map(" ".join, product(("je cherche deux", "embaucher des", "recruter", "il manque des"), TRADES)),
        "personne ne répond aux annonces",
    ],
    "robot": ["je veux un robot de soudage", "cellule robotisée", "robotiser la ligne", "automatiser au robot"] * 3,
    "loan": ["il nous faut un prêt de la banque", "un prêt", "obtenir un crédit", "emprunter à la banque"] * 3,
    "energy": ["ma facture d'électricité a doublé", "facture de gaz trop chère", "payer moins d'électricité"] * 3,
    "guidance": ["qui peut nous aider", "quelles aides pour nous", "à qui s'adresser", "savoir à quoi j'ai droit"] * 3,
    f"{NOTHING}disputes": ["mon voisin fait du bruit", "je veux un avocat contre mon voisin", "un procès"] * 3,
    FILLER: [
        "Bonjour madame", "bonjour à vous", "je vous remercie par avance", "merci de votre aide", "cordialement",
        "nous sommes une maison familiale depuis trois générations", "mon grand-père a fondé l'atelier", "bien à vous",
    ],
}  # fmt: skip
EXAMPLES = [Example(text, {subject: 1.0}) for subject, texts in SAID.items() for text in texts]


@cache
def language() -> Language:
    """Learn it once, in the process that runs these tests: all of them collect this module."""
    return Language.learn(EXAMPLES)


@cache
def centroids() -> Centroids:
    said = [Example(text, {f"a:{subject}": 1.0}) for subject, texts in SAID.items() for text in texts]
    return Centroids.learn(said, language())


@cache
def reader() -> NeedReader:
    return NeedReader(
        language(),
        Certainty(
            intercept=-1.6,
            need=2.0,
            nothing=-0.6,
            out_of_scope=-0.7,
            other_intercept=4.0,
            other_need=0.8,
            other_whole=0.5,
        ),
        Grammar(
            negation=Negation(
                words=["pas", "sans", "aucun"],
                exceptions=["sauf"],
                will=["veux", "cherche"],
                need=["besoin", "problème"],
                refusable=["prêt"],
                lacking=["pas de", "aucun"],
            ),
            joints=["et", "mais"],
            requests=[r"\b(?:je|nous) cherch\w+", r"\b(?:je|nous) voudr\w+", r"\bil nous faut\b"],
            verbs=[r"\b(?:je|nous|il|sont|tourne|soude)\b"],
            openings=PatternTable(
                {"help": [r"\bpouvez-vous nous aider a "], "wish": [r"\bnous souhaitons (?=\w+er\b)"]},
                parts={},
                words={},
            ),
            stop_words=STOP_WORDS,
        ),
        guidance="guidance",
    )


def heaviest(text: str) -> str:
    weights = reader().read(text).weights
    return max(weights, key=lambda need: weights[need])


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("Il nous faut des SOUDEUSES", "recruit"),
        ("embauche chaudroniers", "recruit"),  # misspelt
        ("notre facture d’électricité double", "energy"),
        ("facture electrique", "energy"),
        ("un robot", "robot"),
        ("recruter", "recruit"),
    ],
)
def test_what_is_like_a_sentence_of_a_need_is_that_need(text: str, need: str) -> None:
    assert heaviest(text) == need


@pytest.mark.parametrize("text", ["recruter des soudeurs", "un robot de soudage", "ma facture a doublé"])
def test_politeness_around_a_need_changes_nothing(text: str) -> None:
    framed = f"Bonjour madame, merci de votre aide. Mon grand-père a fondé l'atelier. {text}. Bien à vous"
    alone, within = reader().read(text), reader().read(framed)
    assert within.weights == pytest.approx(alone.weights, abs=0.05)
    (start, end) = within.sentences[heaviest(text)]
    assert framed[start:end] == text


def test_a_text_of_politeness_only_asks_for_nothing() -> None:
    wish = reader().read("Bonjour madame. Merci de votre aide, cordialement")
    assert wish.stated
    assert max(wish.probabilities.values(), default=0.0) < 0.05


def test_the_words_that_decided_are_named_as_they_were_written() -> None:
    assert set(reader().read("Une facture d’Électricité, ouille").evidence["energy"]) == {"Électricité", "facture"}
    assert "240" not in reader().read("240 000 de facture d’électricité").evidence["energy"]


def test_what_is_ticked_weighs_one_and_is_certain_whatever_the_words() -> None:
    wish = reader().read("soudeur", ["energy", "recruit"])
    assert wish.weights["energy"] == wish.weights["recruit"] == 1.0
    assert wish.probabilities["energy"] == 1.0
    assert "energy" not in wish.sentences
    assert wish.ticked == {"energy", "recruit"}


@pytest.mark.parametrize(
    "text",
    [
        "je cherche deux soudeurs et mon électricité a doublé",
        "Je cherche deux soudeurs. Et puis ma facture d'électricité a doublé, c'est trop.",
        "Je ne trouve pas de soudeurs et j'ai une facture d'électricité doublée ; mes équipes ont un procès.",
    ],
)
def test_two_needs_of_one_text_are_both_heard(text: str) -> None:
    wish = reader().read(text)
    assert min(wish.probabilities["recruit"], wish.probabilities["energy"]) > 0.45


def test_a_need_in_a_clause_of_one_of_several_sentences_is_heard_beside_the_likeliest() -> None:
    text = "Je cherche deux soudeurs, des bouchers, des chauffeurs et pourquoi pas un robot. Quelles aides pour nous ?"
    found, wish = reader().shares(text), reader().read(text)
    assert found is not None
    robot = language().classes.index("robot")
    assert found.heard[found.n_main :, robot].max() > 0.7 > 2 * found.heard[: found.n_main, robot].max()
    assert wish.probabilities["recruit"] > wish.probabilities["robot"] > 0.3
    assert text[slice(*wish.sentences["robot"])] == text.split(". ")[0]
    pasted = reader().shares(
        "Je cherche deux soudeurs. Puis " + ", ".join(f"un robot {number}" for number in range(90))
    )
    assert pasted is not None
    assert len(pasted.heard) - pasted.n_main == MOST_CLAUSES


def test_what_no_scheme_is_for_beside_a_need_is_left_unread() -> None:
    text = "je cherche deux soudeurs et je voudrais un procès"
    assert [text[start:end] for start, end in reader().unread(text)] == ["je voudrais un procès"]
    for text in ("je voudrais un procès", "je cherche deux soudeurs et je voudrais un robot", "pas de prêt", ""):
        assert reader().unread(text) == []


@pytest.mark.parametrize(
    "text", ["pas de prêt", "sans prêt", "tout sauf un prêt", "je ne veux pas de prêt", "je ne cherche pas de prêt"]
)
def test_a_negated_word_does_not_count(text: str) -> None:
    assert reader().read(text).probabilities.get("loan", 0.0) < 0.2 < reader().read("un prêt").probabilities["loan"]


@pytest.mark.parametrize(
    ("text", "need"),
    [
        ("pas de soudeur à Noyon", "recruit"),
        ("je ne trouve pas de soudeur", "recruit"),
        ("j'ai pas de soudeurs", "recruit"),
        ("je ne veux pas de prêt mais un robot", "robot"),
        ("aucun problème de banque, il nous faut un robot", "robot"),
        ("pas de soudeur quand on cherche", "recruit"),  # the end of the clause is no will before its beginning
        ("on n'a pas besoin de prêt et ma facture d'électricité a doublé", "energy"),
    ],
)
def test_a_negation_hides_what_it_refuses_and_no_more(text: str, need: str) -> None:
    assert heaviest(text) == need


def test_a_clause_complains_beside_another_that_asks() -> None:
    found = reader().read("Il nous faut un robot, pas de soudeur à Noyon, pas de prêt non plus.").probabilities
    assert min(found["robot"], found["recruit"]) > 0.45 > found.get("loan", 0.0)


def test_who_does_not_look_for_one_thing_looks_for_nobody() -> None:
    """What looks for something says to recruit, where nothing else is said: it is denied with what it looks for."""
    assert reader().read("je ne cherche pas de prêt").probabilities.get("recruit", 0.0) < 0.2
    wish = reader().read("je ne cherche pas de prêt mais un robot")
    assert wish.probabilities["robot"] > max(0.3, wish.probabilities.get("recruit", 0.0))


@pytest.mark.parametrize("opening", ["Pouvez-vous nous aider à ", "Nous souhaitons ", "Bonjour. NOUS SOUHAITONS "])
@pytest.mark.parametrize("wanted", ["recruter des soudeurs", "automatiser au robot", "emprunter à la banque"])
def test_how_a_request_opens_changes_nothing(opening: str, wanted: str) -> None:
    bare, wish = reader().read(wanted), reader().read(f"{opening}{wanted}")
    assert (bare.probabilities, bare.evidence) == (wish.probabilities, wish.evidence)
    assert bare.probabilities


@pytest.mark.parametrize("alone", ["Pouvez-vous nous aider à la", "Nous souhaitons notre prêt"])
def test_an_opening_that_opens_nothing_is_read(alone: str) -> None:
    found = reader().shares(alone)
    assert found is not None
    assert list(found.written) == alone.replace("-", " ").split()


def test_what_no_scheme_answers_is_told_apart() -> None:
    wish = reader().read("un avocat contre mon voisin")
    assert wish.elsewhere > 0.5
    assert max(wish.probabilities.values(), default=0.0) < 0.2


def test_words_of_a_need_in_a_text_that_no_scheme_is_for_are_less_sure() -> None:
    """The sentence alone says the need as well: what stands around it tells that it is none."""
    alone, within = (reader().read(text) for text in ("un prêt", "un procès contre mon voisin. un prêt"))
    shares = [2 * wish.weights["loan"] - wish.probabilities["loan"] for wish in (alone, within)]  # a weight is a mean
    assert shares[1] > 0.9 * shares[0]
    assert within.probabilities["loan"] < 0.7 * alone.probabilities["loan"]


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_no_words_and_no_boxes_state_nothing(text: str) -> None:
    assert not reader().read(text).stated
    assert reader().read(text, ["energy"]).stated


@pytest.mark.parametrize(
    "text", ["🙂🙂" * 2_500, "x" * 10_000, "kkk " * 2_500, "\0", "<b>&amp;</b>" * 400, "אבג " * 900]
)
def test_what_is_not_understood_is_stated_and_is_no_need(text: str) -> None:
    wish = reader().read(text)
    assert wish.stated
    assert max(wish.probabilities.values(), default=0.0) < 0.3


def test_the_cache_by_word_says_what_the_pipeline_says() -> None:
    """`predict_proba` of scikit-learn itself, with the weights as they are kept: sixteen bits each."""
    pipeline, scope = fitted(EXAMPLES)
    language = Language.of(pipeline, scope)
    pipeline[-1].coef_ = language.weights.T.astype(np.float64)
    scope.coef_ = language.scope_weights[np.newaxis].astype(np.float64)
    asked = [
        *(example.text for example in EXAMPLES),
        "Deux soudeuses à Noyon, vite vite vite ?",
        "électricité " * 40,
        "x",
        "sans aucun mot connu zzz",
    ]
    heard = language.hear([tokens(text) for text in asked])
    assert heard.shares == pytest.approx(pipeline.predict_proba(asked), abs=1e-6)
    assert heard.out_of_scope == pytest.approx(scope.decision_function(pipeline[:-1].transform(asked)), abs=1e-5)


@given(
    st.lists(st.lists(st.sampled_from([*(example.text for example in EXAMPLES), "", "zzz", "et", "?"]), max_size=6)),
    st.integers(0, 3),
)
def test_a_text_is_read_the_same_whatever_is_read_with_it(said: list[list[str]], n_ticked: int) -> None:
    """To the last bit: what one firm gets does not depend on who asks beside it."""
    texts = [". ".join(sentences) for sentences in [*said, ["je cherche deux soudeurs", "un prêt"]]]
    ticked = [*SAID][:n_ticked]
    together = reader().read_all([(text, ticked) for text in texts], centroids=centroids())
    for text, wish in zip(texts, together, strict=True):
        alone = reader().read(text, ticked, centroids=centroids())
        assert astuple(wish)[:6] == astuple(alone)[:6]
        assert dict(wish.closeness) == dict(alone.closeness)


def test_what_the_words_of_a_text_bring_adds_up_to_what_it_says() -> None:
    texts = ["deux soudeurs, deux robots et deux prêts", "vite vite vite", "x"]
    heard = language().hear([tokens(text) for text in texts])
    for text, brought, shares in zip(texts, language().brought(heard, len(texts)), heard.shares, strict=True):
        assert len(brought) == len(tokens(text))
        each = 1.0 / (1.0 + np.exp(-(brought.sum(axis=0) + language().intercepts)))
        assert shares == pytest.approx(each / each.sum())


def test_a_text_is_closest_to_the_scheme_of_which_the_same_is_said() -> None:
    close = reader().read("embaucher un soudeur", centroids=centroids()).closeness
    assert max(close, key=lambda key: close[key]) == "a:recruit"
    assert all(0.0 <= value <= 1.0 + 1e-9 for value in close.values())
    assert set(close) == {f"a:{subject}" for subject in SAID}


def test_another_need_is_surer_the_more_of_the_whole_it_has() -> None:
    said = reader().read("Je cherche deux soudeurs. Il nous faut un prêt de la banque.").probabilities
    shade = reader().read("Je cherche deux soudeurs, embaucher des chaudronniers. Le crédit.").probabilities
    assert set(said) >= {"recruit", "loan"}
    assert said["loan"] > shade.get("loan", 0.0)
    assert shade["recruit"] == max(shade.values())


def test_what_the_likeliest_need_is_read_from_stands_apart_from_the_others() -> None:
    certainty = Certainty(
        intercept=0.0, need=1.0, nothing=0.0, out_of_scope=0.0, other_intercept=0.0, other_need=1.0, other_whole=1.0
    )
    signs = reader().signs("Je cherche deux soudeurs. Il nous faut un prêt de la banque.", certainty)
    assert signs is not None
    assert len(signs.others.keys() & {"recruit", "loan"}) == 1
    for best, whole in signs.others.values():
        assert best <= 0.0
        assert whole <= 0.0
    assert reader().signs("", certainty) is None


LESS = pytest.approx(ONE * STATEMENT)
SCENERY = "Deux soudeurs sont partis. Un robot de soudage tourne."


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        (f"{SCENERY} Il nous faut un prêt.", [1.0, LESS, LESS, ONE]),
        (f"Je cherche deux soudeurs. {SCENERY}", [1.0, ONE, LESS, LESS]),
        (f"{SCENERY} Payer moins d'électricité ?", [1.0, LESS, LESS, ONE]),
        (f"Nous voudrions un robot et je cherche un prêt. {SCENERY}", [1.0, ONE, ONE, LESS, LESS]),
        (f"Je cherche un avocat contre mon voisin. {SCENERY}", [1.0, ONE, LESS, LESS]),
        (SCENERY, [1.0, ONE, ONE]),
        ("Deux soudeuses. Il nous faut un prêt.", [1.0, ONE, ONE]),  # nothing is stated
        (f"Deux soudeuses. {SCENERY} Il nous faut un prêt.", [1.0, LESS, LESS, LESS, ONE]),
        (f"{SCENERY} Quelles aides pour nous ?", [1.0, ONE, ONE, ONE]),  # who asks to be guided says no need by it
    ],
)
def test_beside_a_sentence_that_asks_those_that_only_tell_count_less(text: str, counts: list[float]) -> None:
    found = reader().shares(text)
    assert found is not None
    assert found.part_weights.tolist() == counts


def test_without_a_word_of_verbs_nothing_is_a_fragment() -> None:
    assert not Grammar().is_fragment("Deux soudeuses", Span(0, 14))
    verbs = Grammar(verbs=[r"\bsoude\b"])
    assert verbs.is_fragment("Deux soudeuses", Span(0, 14))
    assert not verbs.is_fragment("Elle soude", Span(0, 10))
    long = "deux soudeuses de plus pour le grand atelier du fond"
    assert not verbs.is_fragment(long, Span(0, len(long)))


def test_the_sentence_said_back_is_the_one_that_asks() -> None:
    text = f"{SCENERY} Je cherche deux soudeurs."
    span = reader().read(text).sentences["recruit"]
    assert text[slice(*span)] == "Je cherche deux soudeurs"
