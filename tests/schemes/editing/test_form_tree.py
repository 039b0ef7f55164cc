"""Groups of criteria as rows: typed, moved, put in and taken out, and back to the same record."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.schemes.catalogue.records import normalise, read_record
from backend.schemes.editing.forms.sheet import Sheet
from backend.schemes.editing.forms.tree import rows_of, with_action
from backend.schemes.models import Scheme
from tests.schemes.editing.test_forms import bound
from tests.schemes.editing.typed import criterion, new_scheme, sent
from tests.schemes.people import make_record

pytestmark = pytest.mark.django_db
SMALL = {"kind": "headcount", "below": 50}
MAKER = {"kind": "activity", "any_of": ["C"]}
PUBLIC = {"kind": "public_body"}
ABOUT = {"source": 1, "place": None, "excerpt": "Une phrase.", "note": None}


def typed_rows(*rows):
    """Return rows as a browser sends them: each its depth, its kind and its fields."""
    data = {"criteria-TOTAL_FORMS": str(len(rows))}
    for place, (depth, kind, fields) in enumerate(rows):
        data |= criterion(place, kind, depth=str(depth), **fields)
    return new_scheme(**{f"criteria-0-{name}": "" for name in ("below", "level", "source")}) | data


GROUP = (
    (0, "any", {"source": "1", "excerpt": "Une phrase."}),
    (1, "headcount", {"below": "50", "level": "company"}),
    (1, "not", {}),
    (2, "activity", {"any_of": "C", "nomenclature": "naf_rev2"}),
    (0, "public_body", {"expected": "False"}),
)


def criteria_of(sheet):
    assert sheet.is_valid(), [rows.errors for rows in sheet.rows.values()]
    return sheet.record()["criteria"]


def test_a_group_holds_the_deeper_rows_that_follow_it():
    assert criteria_of(bound(typed_rows(*GROUP))) == [
        {"kind": "any", "of": [SMALL, {"kind": "not", "of": MAKER}], **ABOUT},
        {"kind": "public_body", "expected": False, **dict.fromkeys(ABOUT)},
    ]


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("definition", "n_rows"),
    [
        ({"kind": "all", "of": [SMALL]}, 2),
        ({"kind": "not", "of": SMALL}, 2),
        ({"kind": "not", "of": {"kind": "any", "of": [SMALL, PUBLIC]}}, 3),
        ({"kind": "not", "of": {"kind": "all", "of": [SMALL, PUBLIC]}}, 4),
        ({"kind": "any", "of": [{"kind": "all", "of": [SMALL, MAKER]}, PUBLIC]}, 5),
    ],
    ids=json.dumps,
)
def test_a_group_of_a_record_comes_back_the_same(definition, n_rows):
    record = normalise(make_record(criteria=[{**definition, **ABOUT}]))
    sheet = bound(sent(Sheet(base=record)), base=record)
    assert len(sheet.rows["criteria"].forms) == n_rows
    assert criteria_of(sheet) == [{**definition, **ABOUT}]


def test_none_of_several_is_the_contrary_of_one_or_the_other():
    sheet = bound(
        typed_rows(
            (0, "not", {}),
            (1, "public_body", {"expected": "True"}),
            (1, "headcount", {"below": "50", "level": "company"}),
        )
    )
    assert criteria_of(sheet)[0]["of"] == {"kind": "any", "of": [PUBLIC, SMALL]}


def test_a_row_cannot_be_deeper_than_the_group_before_it():
    sheet = bound(
        typed_rows((3, "headcount", {"below": "50", "level": "company"}), (9, "public_body", {"expected": "True"}))
    )
    assert [row["kind"] for row in criteria_of(sheet)] == ["headcount", "public_body"]


@pytest.mark.parametrize("depth", ["-1", "beaucoup", "99999999999", "²", ""])
def test_a_depth_that_is_none_stands_at_the_top(depth):
    sheet = bound(
        typed_rows(
            (0, "any", {}), (1, "public_body", {"expected": "True"}), (depth, "public_body", {"expected": "True"})
        )
    )
    assert [node.number for node in sheet.tree] == ["1", "2"]


@pytest.mark.parametrize("removed", [(1, 2), (0,)])
def test_what_is_taken_away_goes_with_all_that_is_in_it(removed):
    rows = typed_rows(*GROUP) | {f"criteria-{place}-DELETE": "on" for place in removed}
    rows["criteria-3-any_of"] = "tôlerie"  # a mistake in a row that goes away
    sheet = bound(rows)
    if removed == (0,):
        assert [row["kind"] for row in criteria_of(sheet)] == ["public_body"]
    else:
        assert not sheet.is_valid()
        assert "Ce groupe est vide" in str(sheet.rows["criteria"].forms[0].errors)


def test_a_group_without_a_row_is_refused_and_what_is_wrong_inside_is_told_there():
    assert "Ce groupe est vide" in str(_first_error(typed_rows((0, "all", {}))))
    sheet = bound(typed_rows((0, "all", {}), (1, "headcount", {"level": "company"})))
    assert not sheet.is_valid()
    forms = sheet.rows["criteria"].forms
    assert not forms[0].errors
    assert "Écrivez au moins une limite." in str(forms[1].errors)


def _first_error(data):
    sheet = bound(data)
    assert not sheet.is_valid()
    return sheet.rows["criteria"].forms[0].errors


def test_a_nest_too_deep_is_refused_in_french():
    rows = [(depth, "all", {}) for depth in range(20)]
    deep = bound(typed_rows(*rows, (20, "public_body", {"expected": "True"})))
    assert deep.is_valid()
    inside = bound(
        typed_rows((0, "not", {}), *((d + 1, k, f) for d, k, f in rows), (21, "public_body", {"expected": "True"}))
    )
    assert not inside.is_valid()


# -- what an editor does to the rows


def shape(sheet):
    return [(node.number, node.form.of_kind) for top in sheet.tree for node in top.walk()]


@pytest.mark.cases(3)
@pytest.mark.parametrize(
    ("action", "place", "expected", "focus"),
    [
        ("up", "4", ["public_body", "any", "headcount", "not", "activity"], 0),
        ("down", "0", ["public_body", "any", "headcount", "not", "activity"], 1),
        ("down", "1", ["any", "not", "activity", "headcount", "public_body"], 3),
        ("in", "4", ["any", "headcount", "not", "activity", "public_body"], 4),
        ("out", "1", ["any", "not", "activity", "headcount", "public_body"], 3),
        ("out", "3", ["any", "headcount", "not", "activity", "public_body"], 3),
        ("out", "2", ["any", "headcount", "not", "activity", "public_body"], 2),
    ],
)
def test_rows_move_with_all_that_is_in_them(action, place, expected, focus):
    after = bound(typed_rows(*GROUP)).with_action(action, place)
    assert [kind for _, kind in shape(after)] == expected
    assert after.focus == focus


def test_a_row_enters_and_leaves_a_group():
    entered = bound(typed_rows(*GROUP)).with_action("in", "4")
    assert [number for number, _ in shape(entered)] == ["1", "1.1", "1.2", "1.2.1", "1.3"]
    left = bound(sent(entered)).with_action("out", "4")
    assert shape(left) == shape(bound(typed_rows(*GROUP)))


def test_a_criterion_is_added_at_the_end_of_a_group():
    after = bound(typed_rows(*GROUP)).with_action("add", "2", kind="horizon")
    assert shape(after)[4] == ("1.2.2", "horizon")
    assert after.focus == 4


def test_moving_keeps_all_that_was_typed_mistakes_too():
    typed = typed_rows(*GROUP)
    typed["criteria-1-below"] = "beaucoup"
    after = sent(bound(typed).with_action("up", "4"))
    assert after["criteria-2-below"] == "beaucoup"
    assert after["criteria-1-excerpt"] == "Une phrase."
    back = sent(bound(after).with_action("down", "0"))
    assert {
        name: value for name, value in back.items() if name in typed and value != typed[name] and "_FORMS" not in name
    } == {}


def test_what_is_said_of_a_criterion_is_kept_while_it_is_in_a_group():
    typed = typed_rows((0, "any", {}), (0, "headcount", {"below": "50", "level": "company", "note": "À vérifier."}))
    inside = sent(bound(typed).with_action("in", "1"))
    assert sent(bound(inside).with_action("out", "1"))["criteria-1-note"] == "À vérifier."


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["up", "down", "in", "out", "add"]),
            st.integers(0, 8),
            st.sampled_from(["all", "public_body"]),
        ),
        max_size=8,
    )
)
def test_no_action_loses_a_row(actions):
    rows = rows_of([{"kind": "any", "of": [SMALL, {"kind": "not", "of": MAKER}]}, PUBLIC])
    for action, place, kind in actions:
        before = sorted(row["kind"] for row in rows)
        rows = with_action(rows, action, place, kind=kind)
        assert sorted(row["kind"] for row in rows) == sorted([*before, kind] if action == "add" else before)
        for above, row in zip([None, *rows], rows, strict=False):  # a row is at most one deeper, and only in a group
            deepest = 0 if above is None else above["depth"] + (above["kind"] in ("all", "any", "not"))
            assert 0 <= row["depth"] <= deepest


# -- what they say as they are typed


def test_each_row_is_read_as_it_is_typed():
    readings = bound(typed_rows(*GROUP)).readings()
    small, others = (
        "effectif de l’entreprise : moins de 50 salariés",
        "toute activité, sauf : Industrie manufacturière (C)",
    )
    assert [reading.sentence.replace("\u00a0", " ") for reading in readings] == [
        f"L’un ou l’autre : {small} ; ou {others}",
        f"E{small[1:]}",
        f"T{others[1:]}",
        "Activité : Industrie manufacturière (C)",
        "Ne pas être un organisme public",
    ]


def test_a_row_that_is_not_complete_says_what_is_missing_and_its_group_waits():
    typed = typed_rows((0, "all", {}), (1, "headcount", {"level": "company"}))
    group, row = bound(typed).readings()
    assert (group.sentence, group.problems) == ("", ())
    assert row.problems == ("Écrivez au moins une limite.",)
    wrong = bound(typed_rows((0, "headcount", {"below": "x", "level": "company"}))).readings()[0]
    assert wrong.problems[0].startswith("Moins de (salariés) : ")


def test_the_sheets_of_the_catalogue_are_read_before_anything_is_sent():
    for scheme in Scheme.objects.published().select_related("current__scheme")[:20]:
        sheet = Sheet(scheme=scheme, base=read_record(scheme.current))
        assert all(reading.sentence for reading in sheet.readings()), scheme.source_key
