"""What is wrong with a definition, told in full: where, what, what was given and what is accepted."""

from typing import Any

import pytest

from matching import CriterionError, parse_criterion

NOVEL = {"kind": "manual", "fact": "novel", "sentence": "Projet innovant.", "nature": "appraisal"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"kind": "in_territory"},
        "here: in_territory names nothing: () was given; accepted: one code at least.",
    ),
    (
        {"kind": "in_territory", "any_of": ["REG-32"], "level": "company"},
        "here: Unknown 'level' of 'in_territory': 'company' was given; accepted: establishment, project.",
    ),
    (
        {"kind": "activity"},
        "here: activity names nothing: () was given; accepted: one code at least.",
    ),
    (
        {"kind": "activity", "any_of": ["W"]},
        "here.any_of[0]: 'W' is no NAF rév. 2 code; a section letter or 2 to 4 digits and a letter are expected.",
    ),
    (
        {"kind": "activity", "none_of": ["C", "25", "1"], "nomenclature": "naf_2025"},
        "here.none_of[2]: '1' is no NAF 2025 code; a section letter or 2 to 4 digits and a letter are expected.",
    ),
    (
        {"kind": "activity", "any_of": ["C"], "nomenclature": "nace"},
        "here: Unknown 'nomenclature' of 'activity': 'nace' was given; accepted: naf_rev2, naf_2025.",
    ),
    (
        {"kind": "legal_form", "any_of": ["57", "SARL"]},
        "here.any_of[1]: Not a legal category: 'SARL' was given; accepted: 1 to 4 digits.",
    ),
    (
        {"kind": "legal_form", "none_of": ["57100"]},
        "here.none_of[0]: Not a legal category: '57100' was given; accepted: 1 to 4 digits.",
    ),
    (
        {"kind": "legal_form", "any_of": [""]},
        "here: legal_form names an empty code: '' was given; accepted: codes of one character at least.",
    ),
    (
        {"kind": "legal_form"},
        "here: legal_form names nothing: () was given; accepted: one code at least.",
    ),
    (
        {"kind": "tenure", "none_of": ["squatter"]},
        "here: Unknown 'none_of' of 'tenure': 'squatter' was given; accepted: owner, tenant.",
    ),
    (
        {"kind": "horizon"},
        "here: horizon names nothing: () was given; accepted: one code at least.",
    ),
    (
        {"kind": "spend_kind"},
        "here: spend_kind names nothing: () was given; accepted: one code at least.",
    ),
    (
        {"kind": "holds_scheme"},
        "here: holds_scheme names nothing: () was given; accepted: one code at least.",
    ),
    (
        {"kind": "holds_scheme", "any_of": ["a", "b"], "none_of": ["b"]},
        "here: A scheme is required and excluded: ['b'] was given; accepted: one or the other.",
    ),
    (
        {"kind": "headcount"},
        "here: headcount has no bound: None was given; accepted: at_least, above, at_most or below.",
    ),
    (
        {"kind": "headcount", "below": 10, "at_most": 9},
        "here: Two bounds on one side: (9.0, 10.0) was given; accepted: one low, one high.",
    ),
    (
        {"kind": "headcount", "above": 1, "at_least": 2},
        "here: Two bounds on one side: (2.0, 1.0) was given; accepted: one low, one high.",
    ),
    (
        {"kind": "spend", "at_least": 2, "at_most": 1},
        "here: Bounds upside down: (2.0, 1.0) was given; accepted: low then high.",
    ),
    (
        {"kind": "spend", "above": 2, "at_most": 2},
        "here: Bounds upside down: (2.0, 2.0) was given; accepted: low then high.",
    ),
    (
        {"kind": "headcount", "below": 1, "level": "planet"},
        "here: Unknown 'level' of 'headcount': 'planet' was given; accepted: company, establishment, group.",
    ),
    (
        {"kind": "turnover", "below": 1, "level": "establishment"},
        "here: Unknown 'level' of 'turnover': 'establishment' was given; accepted: company, group.",
    ),
    (
        {"kind": "balance_sheet", "below": 1, "level": "site"},
        "here: Unknown 'level' of 'balance_sheet': 'site' was given; accepted: company, group.",
    ),
    (
        {"kind": "size_category", "to": "big"},
        "here: Unknown 'to' of 'size_category': 'big' was given; accepted: micro, small, medium, intermediate, large.",
    ),
    (
        {"kind": "size_category", "from": "tiny"},
        "here: Unknown 'from' of 'size_category': 'tiny' "
        "was given; accepted: micro, small, medium, intermediate, large.",
    ),
    (
        {"kind": "size_category", "from": "large", "to": "small"},
        "here: Sizes upside down: ('large', 'small') was given; accepted: from then to.",
    ),
    (
        {"kind": "size_category"},
        "here: Every size is admitted: ('micro', 'large') was given; accepted: from or to.",
    ),
    (
        {"kind": "age_months"},
        "here: No bound: None was given; accepted: at_least, at_most or below.",
    ),
    (
        {"kind": "age_months", "at_most": 36, "below": 36},
        "here: Two bounds on one side: (36, 36) was given; accepted: at_most or below.",
    ),
    (
        {"kind": "age_months", "at_least": 37, "at_most": 36},
        "here: Bounds upside down: (37, 36) was given; accepted: low then high.",
    ),
    (
        {"kind": "age_months", "at_least": 36, "below": 36},
        "here: Bounds upside down: (36, 36) was given; accepted: low then high.",
    ),
    (
        {"kind": "window", "state": "open"},
        "here: Unknown 'state' of 'window': 'open' was given; accepted: permanent, dated, unknown, closed, "
        "suspended, exhausted.",
    ),
    (
        {"kind": "window", "opens_on": "2027-01-02", "closes_on": "2027-01-01"},
        "here: Window upside down: ('2027-01-02', '2027-01-01') was given; accepted: in order.",
    ),
    (
        {"kind": "window", "state": "dated"},
        "here: A dated window without end: (None, None) was given; accepted: closes_on.",
    ),
    (
        {"kind": "window", "yearly": True, "opens_on": "2027-01-02"},
        "here: A yearly window needs both days: ('2027-01-02', None) was given; accepted: opens_on and closes_on.",
    ),
    (
        {"kind": "window", "yearly": True, "closes_on": "2027-01-02"},
        "here: A yearly window needs both days: (None, '2027-01-02') was given; accepted: opens_on and closes_on.",
    ),
    (
        {"kind": "window", "yearly": True, "opens_on": "2026-03-01", "closes_on": "2027-03-01"},
        "here: A yearly window longer than a year: ('2026-03-01', '2027-03-01') "
        "was given; accepted: less than a year.",
    ),
    (
        {"kind": "manual", "fact": "taxes"},
        "here: A manual condition needs both: 'taxes' was given; accepted: fact and sentence.",
    ),
    (
        {"kind": "manual", "sentence": "x"},
        "here: A manual condition needs both: '' was given; accepted: fact and sentence.",
    ),
    (
        {"kind": "manual", "fact": "a", "sentence": "b", "ask": "mayor"},
        "here: Unknown 'ask' of 'manual': 'mayor' was given; accepted: firm, officer, operator.",
    ),
    (
        {"kind": "manual", "fact": "a", "sentence": "b", "nature": "wish"},
        "here: Unknown 'nature' of 'manual': 'wish' was given; accepted: condition, appraisal, undertaking.",
    ),
    (
        {"kind": "any", "of": [{"kind": "all", "of": [NOVEL]}, {"kind": "craft_register"}]},
        "here: 'Projet innovant.' in 'any': 'appraisal' was given; accepted: condition.",
    ),
    (
        {"kind": "not", "of": NOVEL},
        "here: 'Projet innovant.' in 'not': 'appraisal' was given; accepted: condition.",
    ),
    (
        {"kind": "all"},
        "here: 'all' of nothing: () was given; accepted: one criterion at least.",
    ),
    (
        {"kind": "any", "of": []},
        "here: 'any' of nothing: () was given; accepted: one criterion at least.",
    ),
]


# Numbers: pytest does not find every sentence again as a name, and scripts/mutate runs tests by their names.
NAMES = [str(number) for number in range(len(REFUSED))]


@pytest.mark.parametrize(("definition", "told"), REFUSED, ids=NAMES)
def test_a_refusal_is_told_in_full(definition: dict[str, Any], told: str) -> None:
    with pytest.raises(CriterionError) as caught:
        parse_criterion(definition, place="here")
    error = caught.value
    assert str(error) == told
    # Who words it in another language has the same in parts.
    assert error.reason in CriterionError.REASONS
    assert repr(error.given) in told
    assert all(word in told for word in error.accepted)
    if error.reason == "choice":
        assert error.accepted
        assert repr(error.parameter) in told
