"""The answer to one question, of which nothing is kept."""

import json
from datetime import date
from typing import Any

import pytest

from backend.matchmaking import engine
from backend.matchmaking.answers import Answer, answer
from backend.matchmaking.fact_display import FACT_NAMES
from backend.matchmaking.match_codes import load_codes
from backend.matchmaking.match_input import read_line
from backend.matchmaking.questions import fact_questions
from backend.schemes.models import Criterion, Revision, Scheme
from tests.factories import DAY, publish_revision

pytestmark = pytest.mark.django_db
FIRM = {"commune": "60159", "naf": "25.62B", "needs": ["numerique.robot"]}


def ask(*, limit: int = 200, **line: Any) -> Answer:
    return answer(read_line(json.dumps(line).encode(), load_codes(), on=DAY), limit=limit)


def test_matches_are_numbered_in_order_and_cut_at_the_limit() -> None:
    every, few = ask(**FIRM), ask(**FIRM, limit=3)
    assert [card.match.rank for card in every.cards] == list(range(1, every.n_matches + 1))
    assert [card.match.scheme for card in few.cards] == [card.match.scheme for card in every.cards[:3]]
    assert few.n_matches == every.n_matches > 3
    assert few.undecided == every.undecided


def test_a_scheme_that_only_opens_later_comes_last() -> None:
    (scheme, *_others) = Scheme.objects.published().filter(current__served_needs__sub_need="numerique.robot")
    revision = scheme.current
    assert revision is not None
    later = Revision.objects.get(pk=revision.pk)
    later.pk, later.number, later.opens_on, later.window_state = None, 99, date(2027, 3, 1), "unknown"
    later.closes_on = None
    later.save()
    later.served_needs.create(sub_need_id="numerique.robot", weight=1.0)
    Scheme.objects.filter(pk=scheme.pk).update(current=later)
    cards = ask(needs=["numerique.robot"]).cards
    assert [card.match.scheme for card in cards if card.match.opens_later] == [scheme]
    assert cards[-1].match.scheme == scheme
    assert cards[-1].match.score is None


def test_every_condition_is_laid_out_with_its_definition_and_what_leaves_it_open() -> None:
    for card in ask(**FIRM).cards:
        rows = Criterion.objects.filter(revision=card.revision).order_by("position")
        lines = {json.dumps(line.definition, sort_keys=True) for line in card.reasons}
        assert len(card.reasons) == len(rows) + 1
        assert all(kind_of(row) in {json.loads(line)["kind"] for line in lines} for row in rows)
        for line in card.lines:
            assert bool(line.open_facts) is (line.outcome == "unknown")


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("Menuiserie à Noyon, 8 salariés. Je veux exporter.", {"export.prospecter"}),
        ("Je suis menuisier à Noyon. Je cherche un local plus grand.", {"foncier.batiment"}),
        ("Je suis menuisier à Noyon. Un apprenti.", {"competences.alternance"}),
        (
            "Bonjour, je dirige une PME familiale de 38 personnes à Verberie, créée en 1987, et je vous remercie de "
            "votre aide : nous cherchons à réduire notre consommation de gaz. Vous pouvez me joindre le matin.",
            {"energie.decarbonation"},
        ),
        ("Nous sommes une PME de mécanique, 30 salariés. On voudrait s'agrandir.", {"invest.croissance"}),
        ("acheter un robot et exporter", {"numerique.robot", "export.prospecter"}),  # one word says the second need
    ],
)
def test_who_the_firm_is_said_before_its_need_changes_nothing(text: str, needs: set[str]) -> None:
    understood = ask(commune="60159", text=text).understood
    assert {need.sub_need for need in understood if need.probability >= 0.6} >= needs


def kind_of(row: Criterion) -> str:
    return str(row.definition["kind"])


def test_a_fact_that_is_asked_settles_what_waits_for_it_alone() -> None:
    before = ask(**FIRM)
    assert before.undecided
    verdicts = {card.match.scheme.key: card.match for card in before.cards}
    for asked in before.undecided:
        assert set(asked.settled) <= set(asked.waiting)
        for key in asked.waiting:
            assert verdicts[key].typed == "undecided"
            assert asked.fact in verdicts[key].unknown
            assert (verdicts[key].unknown == [asked.fact]) is (key in asked.settled)
        assert len(asked.settled) - 1e-6 <= asked.expected <= len(verdicts)


def test_once_answered_a_question_is_no_longer_asked() -> None:
    line = {**FIRM, "naf": None, "text": None}
    (asked,) = [asked for asked in ask(**line).undecided if asked.fact == "naf"]
    after = ask(**{**line, "naf": "25.62B"})
    assert "naf" not in {question.fact for question in after.undecided}
    still = {card.match.scheme.key for card in after.cards if card.match.typed == "undecided"}
    assert not still & set(asked.settled)


def test_every_fact_that_a_criterion_reads_has_its_question() -> None:
    facts = {question.fact for question in ask().undecided}
    assert facts
    assert facts <= set(FACT_NAMES) <= set(fact_questions())
    assert [fact for fact, asked in fact_questions().items() if asked.ask == "operator"] == ["window"]
    assert all(asked.effort > 0 for asked in fact_questions().values())


def test_a_question_names_who_answers_and_where_the_answer_goes() -> None:
    for asked in ask().undecided:
        assert asked.ask == fact_questions()[asked.fact].ask
        assert (asked.field is None) is (asked.ask == "operator")


def test_a_commune_that_is_known_is_not_asked_again_for_a_zone_whose_list_we_do_not_hold() -> None:
    answer = ask(commune="60159")
    assert any("commune" in card.match.unknown for card in answer.cards)
    assert "commune" not in {question.fact for question in answer.undecided}


@pytest.mark.parametrize(
    ("perimeter", "regional", "local"),
    [
        ("COM-60159", True, True),
        ("EPCI-200067965", True, True),
        ("DEP-60", True, True),
        ("REG-32", True, True),
        ("COM-60057", True, False),
        ("REG-84", False, False),
    ],
)
def test_a_place_excludes_the_schemes_of_another_one(perimeter: str, regional: bool, local: bool) -> None:
    reached = engine.reaching(perimeter, on=DAY)
    own = {scheme.source_key: scheme.current_id for scheme in Scheme.objects.published()}
    assert own["mediation-credit"] in reached
    assert (own["hdf-aden"] in reached) is regional
    assert (own["arc-parcs-activites"] in reached) is local


def test_a_condition_calls_another_scheme_by_the_name_that_it_has_today() -> None:
    scheme, other = (Scheme.objects.get(source_key=key) for key in ("hdf-pme-plus-volet1", "adie"))
    revision = publish_revision(scheme)
    revision.criteria.create(
        position=99,
        definition={"kind": "not", "of": {"kind": "holds_scheme", "any_of": ["jonction:adie"]}},
    )

    def sentences() -> str:
        (card,) = (card for card in ask(**FIRM).cards if card.match.scheme == scheme)
        return " ".join(line.sentence for line in card.reasons)

    assert str(other) in sentences()
    publish_revision(other, name="Un tout autre nom")
    assert "Un tout autre nom" in sentences()


def test_what_a_verdict_is_worth_is_the_score_were_nothing_left_to_ask() -> None:
    weights = engine.active_weights()[1]
    parts = {"need": 36.0, "certain": weights.certain / 2, "asks": -weights.asks}
    waiting = ("s:a", sum(parts.values()), parts)
    assert weights.asks > 0
    assert engine.worth([waiting, ("s:b", None, {})]) == {"s:a": pytest.approx(36.0 + weights.certain), "s:b": 1.0}
