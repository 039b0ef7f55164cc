"""What is shown of a result, and that it stays what it was."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import yaml

from backend.matchmaking.fact_display import Known, missing_facts, value_text, values_in_words
from backend.matchmaking.models import Match, Review
from backend.matchmaking.presentation import present, present_schemes
from backend.matchmaking.results import latest_result, replay
from backend.matchmaking.reviews import end_review
from backend.matchmaking.services import answer_condition, correct_submission
from backend.matchmaking.standing import Standing
from backend.schemes.catalogue.loading import load_catalogue
from backend.schemes.models import Revision, Scheme
from tests.conftest import ROOT
from tests.factories import DAY, FACTS, decide, first_matches, make_officer, make_submission, revise_scheme

pytestmark = pytest.mark.django_db
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def submission():
    return make_submission(confirmed=True)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def revise(tmp_path: Path) -> Callable[..., Scheme]:
    """Make a second revision of a scheme, with some fields changed."""
    return partial(revise_scheme, tmp_path)


def show(submission, *, on=DAY, **options):
    return present(submission, latest_result(submission, on=on), **options)


def by_group(page):
    return {group.key: [card.match.scheme.source_key for card in group.cards] for group in page.groups}


def card_of(page, scheme):
    cards = [card for group in page.groups for card in group.cards] + [*page.not_proposed, *page.set_aside]
    return next(card for card in cards if card.match.scheme == scheme)


def test_groups_follow_the_typed_verdict_and_keep_the_rank(submission):
    page = show(submission)
    assert [group.key for group in page.groups] == ["eligible", "undecided"]
    for group in page.groups:
        assert {card.match.typed for card in group.cards} == {group.key}
        ranks = [card.match.rank for card in group.cards]
        assert ranks == sorted(ranks)
        assert group.first + group.others == group.cards
    assert page.n_possible == sum(map(len, by_group(page).values()))


def test_the_title_of_a_group_is_no_word_of_a_card_and_holds_for_each(submission):
    groups = {group.key: group for group in show(submission).groups}
    assert not {group.title for group in groups.values()} & set(Standing.labels)
    assert {card.standing for card in groups["eligible"].cards} > {Standing.TO_SPECIFY}  # a condition is open
    assert not any(card.missing for card in groups["eligible"].cards)
    assert all(card.missing or "window" in card.match.unknown for card in groups["undecided"].cards)


def test_every_scheme_is_somewhere_and_nowhere_twice(submission):
    page = show(submission)
    shown = [key for keys in by_group(page).values() for key in keys]
    shown += [card.match.scheme.source_key for card in page.not_proposed]
    assert len(shown) == len(set(shown))
    matches = submission.results.first().matches
    assert matches.count() == Scheme.objects.published().count()
    assert len(shown) == matches.filter(addresses=True).count()


def test_conditions_for_a_person_stand_apart_from_what_facts_decide(submission):
    cards = [card for group in show(submission).groups for card in group.cards]
    assert any(card.to_confirm for card in cards)
    for card in cards:
        assert not any(line.is_manual for line in card.lines)
        assert all(line.is_manual and line.ask in ("firm", "officer", "operator") for line in card.to_confirm)
        assert len(card.reasons) == 1 + card.revision.criteria.count()


BEFORE = {"kind": "manual", "fact": "essai.before", "sentence": "Déposer avant de commander.", "ask": "firm"}
NOVEL = {"kind": "manual", "fact": "essai.novel", "sentence": "Le projet est innovant.", "nature": "appraisal"}
LOCAL = {"kind": "in_territory", "any_of": ["REG-32"]}


def test_what_decides_nothing_stands_apart_and_has_no_outcome(submission, revise):
    undertaking = {**BEFORE, "nature": "undertaking"}
    scheme = revise(eligible_key(submission), criteria=[{"kind": "all", "of": [LOCAL, NOVEL]}, undertaking])
    card = card_of(show(submission, on=NEXT_DAY), scheme)
    assert (card.match.typed, card.match.eligibility, card.match.to_confirm) == ("eligible", "eligible", [])
    (window, both), (novel,), (before,) = card.lines, card.appraisals, card.undertakings
    assert [line.outcome for line in (window, both, *both.parts)] == ["met", "met", "met", None]
    assert (card.to_confirm, card.denied, card.reasons) == ((), (), (window, both, before))
    assert (novel.outcome, before.outcome, novel.is_asked, before.is_asked) == (None, None, False, False)


def test_a_no_to_what_decides_nothing_warns_and_leaves_the_scheme(submission, revise):
    key = eligible_key(submission)
    revise(key, criteria=[LOCAL, BEFORE])
    answer_condition(submission=submission, condition="essai.before", value=False, on=NEXT_DAY)
    assert key in [card.match.scheme.source_key for card in show(submission, on=NEXT_DAY).not_proposed]
    scheme = revise(key, criteria=[LOCAL, {**BEFORE, "nature": "undertaking"}])
    card = card_of(show(submission, on=NEXT_DAY), scheme)
    assert card.match.eligibility == "eligible"
    assert [line.sentence for line in card.denied] == [BEFORE["sentence"]]
    assert card.denied[0].is_asked
    answer_condition(submission=submission, condition="essai.before", value=True, on=NEXT_DAY)
    assert card_of(show(submission, on=NEXT_DAY), scheme).denied == ()


def test_a_line_says_rule_value_origin_source_and_date(submission):
    lines = [line for group in show(submission).groups for card in group.cards for line in card.lines]
    size = next(line for line in lines if line.sentence.startswith("Taille"))
    assert size.values[0] == ("35\u00a0salariés", "déclaré par l’entreprise, le 24 novembre 2026")
    assert (size.symbol, size.outcome_name) == ("✓", "rempli")
    sourced = [line.evidence for line in lines if line.evidence]
    assert len(sourced) > len(lines) / 3
    assert any(evidence.day for evidence in sourced)
    assert any(evidence.url for evidence in sourced)


@pytest.mark.parametrize(
    ("without", "missing"),
    [(("headcount",), "l’effectif"), (("naf",), "l’activité (code NAF)"), (("commune",), "la commune")],
)
def test_what_is_missing_is_named(without, missing):
    page = show(make_submission(without=without))
    undecided = [card for group in page.groups if group.key == "undecided" for card in group.cards]
    assert any(missing in card.missing for card in undecided)
    for card in undecided:
        assert card.missing or card.match.unknown == ["window"]
        assert not any("_" in name or "." in name for name in card.missing)


def test_where_the_commune_is_known_it_is_the_list_of_a_zone_that_is_missing():
    match = Match(unknown=["commune", "window"])
    assert missing_facts(match, {}) == ("la commune",)
    assert missing_facts(match, {"commune": "60159"}) == (
        "la liste officielle des communes concernées, que nous n’avons pas encore",
    )


@pytest.mark.parametrize(
    ("unknown", "missing"),
    [
        (["balance_sheet", "turnover"], "le chiffre d’affaires ou le total du bilan"),
        (["turnover"], "le chiffre d’affaires"),
        (["group"], "si l’entreprise est indépendante ou fait partie d’un groupe"),
        (["group", "headcount"], "la taille exacte (effectif, groupe)"),
        (
            ["balance_sheet", "group", "headcount", "turnover"],
            "la taille exacte (effectif, chiffre d’affaires ou total du bilan, groupe)",
        ),
    ],
)
def test_of_the_size_only_what_is_missing_is_named(unknown, missing):
    assert missing_facts(Match(unknown=["window", *unknown]), {}) == (missing,)


def test_a_firm_of_twenty_that_is_independent_is_asked_for_its_turnover_or_its_balance_sheet():
    page = show(make_submission(facts={"headcount": 20.0, "group": []}, without=("turnover", "balance_sheet")))
    said = {name for group in page.groups for card in group.cards for name in card.missing}
    assert "le chiffre d’affaires ou le total du bilan" in said
    assert not any("effectif" in name or "groupe" in name or "taille" in name for name in said)


def test_a_project_and_a_regime_beside_their_labels_read_as_french():
    said = dict(values_in_words({"project.started": False, "micro_entrepreneur": False}))
    assert said == {"Projet": "pas commencé", "Régime": "autre que micro-entrepreneur"}


def test_a_value_beside_its_label_does_not_say_it_again():
    facts = {"project.spend": 120_000.0, "turnover": [None, 2e6], "created_on": "2020-02-01", "naf_2025": "25.53Y"}
    said = {label: value.replace("\N{NARROW NO-BREAK SPACE}", " ") for label, value in values_in_words(facts)}
    assert said["Coût du projet"].replace("\N{NO-BREAK SPACE}", " ") == "120 000 €"
    for label, value in said.items():
        assert label.split()[0].lower()[:6] not in value.lower(), (label, value)
    assert said["Activité (NAF 2025)"] == "25.53Y"


def test_a_scheme_that_is_refused_shows_the_condition_that_blocks():
    page = show(make_submission(facts={"headcount": 6000.0}))
    assert page.not_proposed
    for card in page.not_proposed:
        assert card.blocking is not None
        assert card.blocking.outcome == "not_met"


def test_nothing_fits_where_no_scheme_answers_the_need():
    page = show(make_submission(needs=(), text="asdfgh qwerty"))
    assert page.nothing_fits
    assert page.groups == ()
    assert page.not_proposed == ()


def eligible_key(submission):
    return by_group(show(submission))["eligible"][0]


def test_a_scheme_that_only_its_date_holds_back_opens_later(submission, revise):
    key = eligible_key(submission)
    opens = NEXT_DAY + timedelta(days=30)
    window = {"state": "dated", "opens_on": opens, "closes_on": opens, "recurring": None, "note": None}
    scheme = revise(key, window=window)
    page = show(submission, on=NEXT_DAY)
    assert by_group(page)["later"] == [key]
    card = card_of(page, scheme)
    assert card.match.eligibility == "ineligible"
    assert card.blocking is not None
    assert card.deadline.startswith("Ouvre le 25 décembre 2026")
    assert not page.nothing_fits or by_group(page).keys() == {"later"}
    assert key not in by_group(show(submission, on=opens)).get("later", [])
    gone = show(submission, on=opens + timedelta(days=1))
    assert key in [card.match.scheme.source_key for card in gone.not_proposed]


@pytest.mark.cases(1)
@pytest.mark.parametrize("state", ["closed", "suspended", "exhausted"])
def test_a_closed_scheme_is_not_proposed(submission, revise, state):
    key = eligible_key(submission)
    scheme = revise(key, window={"state": state, "opens_on": None, "closes_on": None, "recurring": None, "note": None})
    page = show(submission, on=NEXT_DAY)
    card = card_of(page, scheme)
    assert card in page.not_proposed
    assert card.blocking.sentence in ("Fermé", "Suspendu par le porteur", "Enveloppe épuisée")


def everything(page):
    return [
        (group.key, card.match.rank, card.revision.pk, card.lines, card.to_confirm, card.amount, card.deadline)
        for group in page.groups
        for card in group.cards
    ] + [(card.match.rank, card.revision.pk, card.lines) for card in page.not_proposed]


def test_an_old_result_says_the_same_after_the_catalogue_and_the_facts_have_changed(submission, revise):
    result = submission.results.get()
    before = everything(present(submission, result))
    scheme = revise(
        eligible_key(submission),
        name="Tout autre chose",
        criteria=[{"kind": "headcount", "at_least": 1000, "source": 1}],
        amount={"text": "Rien du tout."},
    )
    assert scheme.current.number == 2
    after = present(submission, result)
    assert everything(after) == before
    assert card_of(after, scheme).revision.number == 1
    new = latest_result(submission, on=NEXT_DAY)
    assert new.matches.get(scheme=scheme).eligibility == "ineligible"
    assert card_of(present(submission, new), scheme).revision.name == "Tout autre chose"
    assert Revision.objects.filter(scheme=scheme).count() == 2


@pytest.mark.slow
def test_an_old_result_keeps_the_values_it_was_made_from(submission):
    result = submission.results.get()
    before = [
        (line.sentence, line.outcome) for group in present(submission, result).groups for line in group.cards[0].lines
    ]
    correct_submission(submission=submission, facts={"headcount": 6000.0, "commune": "60025"}, on=DAY)
    page = present(submission, result)
    assert [(line.sentence, line.outcome) for group in page.groups for line in group.cards[0].lines] == before
    values = [
        value for group in page.groups for card in group.cards for line in card.lines for value, _ in line.values
    ]
    assert "35\u00a0salariés" in values
    assert "6\u00a0000\u00a0salariés" not in values


def test_a_firm_s_answer_to_a_condition_is_shown_with_who_said_it(submission, officer):
    cards = [card for group in show(submission).groups for card in group.cards]
    card = next(card for card in cards if card.to_confirm)
    condition = card.to_confirm[0].condition
    answer_condition(submission=submission, condition=condition, value=True, on=DAY, author=officer)
    line = next(
        line for line in card_of(show(submission), card.match.scheme).to_confirm if line.condition == condition
    )
    assert (line.outcome, line.values) == ("met", (("oui", "saisi par le développeur, le 24 novembre 2026"),))


# -- verdicts of people


def test_an_officer_sees_verdicts_at_once_where_they_were_given(submission, officer):
    kept, rejected = (match.scheme for match in first_matches(submission, 2))
    decide(submission, kept, officer)
    decide(submission, rejected, officer, "not_worth_it")
    desk = show(submission)
    assert card_of(desk, kept).review.verdict == "kept"
    assert card_of(desk, rejected).review.verdict == "rejected"
    assert desk.set_aside == ()


def test_once_the_review_has_ended_all_that_was_kept_or_set_aside_stands_together(submission, officer):
    first, second, third, fourth = (match.scheme for match in first_matches(submission, 4))
    by_hand = submission.results.first().matches.filter(addresses=False).first().scheme
    for scheme in (first, second, by_hand):
        decide(submission, scheme, officer)
    for scheme in (third, fourth):
        decide(submission, scheme, officer, "not_worth_it")
    (beside, *others) = show(submission).groups
    assert (beside.title, len(beside.cards)) == ("Retenus en plus de ce qui répond", 1)
    assert sum(bool(card.verdict) for group in others for card in group.cards) == 4
    end_review(submission=submission, officer=officer, on=DAY)
    submission.refresh_from_db()
    page = show(submission)
    (kept, *others) = page.groups
    assert (kept.title, {card.match.scheme for card in kept.cards}) == ("Retenus", {first, second, by_hand})
    assert {card.match.scheme for card in page.set_aside} == {third, fourth}
    assert not any(card.verdict for group in others for card in group.cards)


@pytest.mark.cases(1)
@pytest.mark.parametrize("verdict", [Review.Verdict.KEPT, Review.Verdict.REJECTED])
def test_what_a_person_decided_stays_in_sight_when_the_needs_change(submission, officer, verdict):
    scheme = first_matches(submission)[0].scheme
    decide(submission, scheme, officer, "not_worth_it" if verdict == Review.Verdict.REJECTED else "")
    end_review(submission=submission, officer=officer, on=DAY)
    correct_submission(submission=submission, facts={}, ticked=["energie.facture"], text="", on=DAY)
    assert not latest_result(submission, on=DAY).matches.get(scheme=scheme).addresses
    page = show(submission)
    assert card_of(page, scheme).review.verdict == verdict
    assert (scheme.source_key in by_group(page).get("kept", [])) is (verdict == Review.Verdict.KEPT)


def test_a_kept_scheme_that_is_no_longer_eligible_stays_kept_with_its_reason(submission, officer):
    scheme = Scheme.objects.get(source_key="hdf-pme-plus-volet1")  # of small firms of industry
    decide(submission, scheme, officer)
    end_review(submission=submission, officer=officer, on=DAY)
    correct_submission(submission=submission, facts={"headcount": 60_000.0, "naf": "01.11Z"}, on=DAY)
    assert scheme.source_key in by_group(show(submission))["kept"]


# -- values in words


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("commune", "60159", "Compiègne"),
        ("project.commune", "60025", "Attichy"),
        ("naf", "25.62B", "Mécanique industrielle (25.62B)"),
        ("legal_category", "57", "SAS ou SASU"),
        ("created_on", "2009-03-01", "créée le 1er mars 2009"),
        ("headcount", 35.0, "35 salariés"),
        ("headcount", 0, "0 salarié"),
        ("headcount", 1.0, "1 salarié"),
        ("headcount", 1.5, "1,5 salarié"),
        ("headcount", [1, 9], "de 1 à 9 salariés"),
        ("headcount", [5000, None], "5 000 salariés ou plus"),
        ("headcount", [None, 9], "9 salariés au plus"),
        ("headcount", [0, 0], "0 salarié"),
        ("turnover", [2_000_000, 10_000_000], "chiffre d’affaires de 2 M€ à 10 M€"),
        ("balance_sheet", [2_000_000_001, None], "bilan 2 Md€ ou plus"),
        ("project.spend", 180_000.0, "projet 180 000 €"),
        ("project.started", True, "projet déjà commencé"),
        ("project.started", False, "projet pas commencé"),
        ("micro_entrepreneur", True, "micro-entrepreneur"),
        ("project.tenure", "tenant", "locataire"),
        ("project.horizon", "under_3_months", "dans les 3 mois"),
        ("naf_2025", "25.62Y", "NAF 2025 : 25.62Y"),
        ("craft_register", True, "entreprise artisanale"),
        ("public_body", False, "pas un organisme public"),
        ("in_difficulty", False, "pas en difficulté (au sens européen)"),
        ("taxes_up_to_date", True, "à jour de ses impôts et cotisations sociales"),
        ("project.spend_kinds", ["works", "study"], "des travaux, une étude"),
        ("group", [], "entreprise indépendante"),
        (
            "group",
            [{"share": 60, "name": "Holding", "headcount": 12, "turnover": [None, None]}, {"share": 30.5}],
            "Holding (60 %) : 12 salariés ; une entreprise ou une personne (30,5 %) : chiffres inconnus",
        ),
        (
            "group",
            [{"share": 0, "control": True, "holder": "public_body", "turnover": [0, 5]}],
            "une entreprise ou une personne (0 %, contrôle, un organisme public) : chiffre d’affaires de 0 € à 5 €",
        ),
        ("previous_years", [{"headcount": 48}, {}], "exercice N-1 : 48 salariés ; exercice N-2 : inconnu"),
        ("schemes", {"jonction:adie": True}, "Microcrédit professionnel Adie : obtenu"),
        ("scheme:jonction:adie", False, "Microcrédit professionnel Adie : pas obtenu"),
        ("answer:x", True, "oui"),
        ("answer:x", False, "non"),
    ],
)
def test_a_value_is_said_as_a_person_would(name, value, text):
    assert value_text(name, value).replace("\u00a0", " ") == text


GROUP = "entreprise indépendante"


@pytest.mark.parametrize(
    ("definition", "values"),
    [
        ({"kind": "in_territory", "any_of": ["REG-32"], "level": "project"}, ["Attichy"]),
        ({"kind": "in_territory", "any_of": ["REG-32"]}, ["Compiègne"]),
        ({"kind": "size_category", "to": "medium"}, ["35 salariés", "chiffre d’affaires de 2 M€ à 10 M€", GROUP]),
        ({"kind": "turnover", "at_most": 5, "level": "group"}, ["chiffre d’affaires de 2 M€ à 10 M€", GROUP]),
        ({"kind": "activity", "any_of": ["C"], "nomenclature": "naf_2025"}, []),
        ({"kind": "holds_scheme", "none_of": ["jonction:adie"]}, ["Microcrédit professionnel Adie : pas obtenu"]),
        ({"kind": "window", "state": "permanent"}, []),
        ({"kind": "project_not_started"}, ["projet pas commencé"]),
        ({"kind": "manual", "fact": "x", "sentence": "X"}, []),
    ],
)
def test_a_criterion_shows_what_the_firm_said_of_what_it_reads(definition, values):
    known = Known({**FACTS, "project.commune": "60025", "schemes": {"jonction:adie": False}}, {})
    assert [value.replace("\u00a0", " ") for value, _ in known.values_for(definition)] == values


@pytest.mark.parametrize("value", [None, [None, None], (None, None)])
def test_an_interval_open_on_both_sides_is_no_value_to_show(value):
    assert Known({"turnover": value}, {}).values_for({"kind": "turnover", "at_most": 50}) == ()


def test_a_local_variant_is_shown_in_place_of_its_parent(submission, revise, tmp_path):
    eligible = submission.results.first().matches.filter(eligibility="eligible", addresses=True)
    # Its file says its window: nobody had to see it open on a page.
    parent = eligible.exclude(scheme__current__window_state="unknown")[0].scheme
    key = parent.source_key
    content = yaml.safe_load((ROOT / "fixtures" / "schemes" / f"{key}.yaml").read_text())
    local = {**content, "key": "essai-local", "name": "Variante locale", "variant_of": key}
    (tmp_path / "essai-local.yaml").write_text(yaml.safe_dump(local, allow_unicode=True))
    load_catalogue(tmp_path)
    page = show(submission, on=NEXT_DAY)
    shown = [card.match.scheme.source_key for group in page.groups for card in group.cards]
    assert "essai-local" in shown
    assert key not in shown + [card.match.scheme.source_key for card in page.not_proposed]
    card = card_of(page, Scheme.objects.get(source_key="essai-local"))
    assert (card.replaces, card.replaced_by) == ((str(parent),), ())
    result = submission.results.first()
    match = result.matches.get(scheme=parent)
    assert (match.eligibility, match.addresses, match.hidden_by) == ("eligible", False, ["jonction:essai-local"])
    assert replay(result) == []
    (hidden,) = present_schemes(submission, result, [parent])
    assert hidden.replaced_by == ("Variante locale",)
