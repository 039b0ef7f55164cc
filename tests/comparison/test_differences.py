"""What ``scripts/compare`` takes for a difference, and what not."""

import pytest

from tests.comparison.__main__ import shared_python
from tests.comparison.asking import read
from tests.comparison.differences import differences, page_differences

ANSWER = {
    "id": 1,
    "matches": [
        {"scheme": "a", "rank": 1, "score": 0.5, "eligibility": "eligible", "unknown": []},
        {"scheme": "b", "rank": 2, "score": 0.25, "eligibility": "undecided", "unknown": ["headcount", "naf"]},
    ],
}


def answer(number: int, **changes):
    matches = [dict(match) for match in ANSWER["matches"]]
    matches[number] |= changes
    return {**ANSWER, "matches": matches}


@pytest.mark.parametrize("new", [answer(0), answer(0, score=0.5 + 4e-10)])
def test_the_same_answer_and_a_score_that_moves_by_less_than_a_billionth_are_the_same(new):
    assert list(differences(ANSWER, new)) == []


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (answer(0, score=0.5 + 2e-9), "/matches/a/score: 0.5 → 0.500000002"),
        (answer(1, eligibility="eligible"), "/matches/b/eligibility: 'undecided' → 'eligible'"),
        (answer(1, unknown=["naf", "headcount"]), "/matches/b/unknown/0: 'headcount' → 'naf'"),
        (answer(1, unknown=["headcount"]), "/matches/b/unknown: 2 → 1 items"),
        (answer(0, rank=True), "/matches/a/rank: 1 → True"),
        (answer(0, typed="eligible"), "/matches/a/typed: nothing → 'eligible'"),
        ({**ANSWER, "warnings": []}, "/warnings: nothing → []"),
        ({"matches": ANSWER["matches"], "id": 1}, ": names in another order"),
        ({"id": 1, "error": "x"}, "/error: nothing → 'x'"),
    ],
)
def test_what_changes_is_named_with_its_place(new, told):
    assert told in list(differences(ANSWER, new))


def test_an_order_that_changes_is_told_once_and_not_again_as_ranks():
    first, second = ANSWER["matches"]
    new = {**ANSWER, "matches": [{**second, "rank": 1}, {**first, "rank": 2}]}
    assert list(differences(ANSWER, new)) == ["/matches: order: a → b at 1; gone [], come []"]


def test_a_scheme_that_is_missing_is_told_with_what_came_in_its_place():
    first, _ = ANSWER["matches"]
    new = {**ANSWER, "matches": [first, {**first, "scheme": "c", "rank": 2}]}
    assert list(differences(ANSWER, new)) == ["/matches: order: b → c at 2; gone ['b'], come ['c']"]


PAGE = b"""<head><style>p {}</style></head><h1>Pour  vous</h1><form action="/resultat/Zm9vYmFyYmF6cXV4cXV1/corriger/">
<input name="csrfmiddlewaretoken" value="%s"><input name="headcount" value="35"></form><p>&Agrave; %s</p>
<article data-scheme="hdf-aden"></article>"""


def test_two_visits_of_one_page_read_the_same_and_what_a_field_holds_counts():
    one, other = read(PAGE % (b"abc", b"10:31")), read(PAGE % (b"def", b"11 h 02"))
    assert one == other
    assert one.splitlines()[:3] == ["Pour vous", "<form action=·/corriger/>", "<input name=headcount value=35>"]
    assert one.splitlines()[3:] == ["À ·", "<article data-scheme=hdf-aden>"]
    assert list(page_differences(one, one.replace("35", "36"))) == [
        "-<input name=headcount value=35>", "+<input name=headcount value=36>",
    ]  # fmt: skip


def test_an_old_tree_that_needs_another_library_says_which(tmp_path):
    (tmp_path / "requirements.txt").write_text(
        "django==6.1.3 \\\n    --hash=sha256:00\nnowhere-to-be-found==1.0 \\\n    --hash=sha256:00\n"
        "pywin32==311 ; sys_platform == 'win32'\n"
    )
    with pytest.raises(SystemExit, match=r"\.venv has: nowhere-to-be-found==1\.0\. .*--old-python"):
        shared_python(tmp_path)
