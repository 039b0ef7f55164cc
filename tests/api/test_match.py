"""The question in, the explained answer out, and nothing kept."""

import json
from datetime import date

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.matchmaking import engine
from backend.schemes.catalogue import criteria, revision_wording
from backend.schemes.models import Scheme, SubNeed
from tests.api.conftest import problem_of
from tests.factories import DAY
from tests.matchmaking.generated import Draw

pytestmark = pytest.mark.django_db
FIRM = {"id": "a", "commune": "60159", "naf": "25.62B", "needs": ["numerique.robot"], "text": "robotiser la soudure"}


def counts() -> dict[str, int]:
    return {model._meta.label: model._default_manager.count() for model in apps.get_models(include_auto_created=True)}


def test_nothing_is_kept(ask):
    before = counts()
    assert ask(**FIRM, siret="99999995600017").status_code == 200
    assert ask(headcount="x").status_code == 400
    assert counts() == before


def test_a_category_that_insee_added_is_read_as_its_level_with_a_warning(ask):
    added, held = ask(**{**FIRM, "legal_category": "5720"}).json(), ask(**{**FIRM, "legal_category": "57"}).json()
    assert added["facts"]["legal_category"] == "57"
    assert "lue comme « 57 »" in added["warnings"][0]
    assert held["warnings"] == []
    assert added["matches"] == held["matches"]


def test_no_session_and_no_cookie_is_involved(ask, client):
    response = ask(**FIRM)
    assert not response.cookies
    assert not client.cookies
    assert response["Cache-Control"] == "no-store"


def test_anyone_may_ask_without_a_token():
    client = Client(enforce_csrf_checks=True)
    response = client.post("/api/v1/match", data='{"limit": 0}', content_type="application/json")
    assert response.status_code == 200


def test_the_answers_are_those_of_the_file_command(ask, tmp_path):
    lines = [{**line, "limit": 200} for line in Draw(seed=11).lines(10)]
    path, out = tmp_path / "file.jsonl", tmp_path / "result.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    call_command("match", path, out=out, on=str(DAY), limit=200, verbosity=0)
    for line, written in zip(lines, out.read_text().splitlines(), strict=True):
        answer, expected = ask(**line).json(), json.loads(written)
        assert answer["id"] == expected["id"]
        possible = [match for match in answer["matches"] if not match["opens_later"]]
        names = ("rank", "score", "eligibility", "typed", "targeted", "unknown")
        assert [{name: match[name] for name in names} for match in possible] == [
            {name: match[name] for name in names} for match in expected["matches"]
        ]
        assert [f"jonction:{match['scheme']}" for match in possible] == [m["scheme"] for m in expected["matches"]]


def test_an_answer_says_what_was_understood_and_with_what_rules(ask):
    answer = ask(**FIRM, project={"started": False}, headcounts=3).json()
    weight_set, _ = engine.active_weights()
    assert (answer["id"], answer["on"], answer["weights"]) == ("a", str(DAY), weight_set.version)
    assert answer["facts"] == {"commune": "60159", "naf": "25.62B", "project.started": False}
    assert answer["ignored"] == ["headcounts"]
    assert {need["sub_need"]: need["ticked"] for need in answer["understood"]}["numerique.robot"] is True
    labels = dict(SubNeed.objects.values_list("key", "label"))
    assert all(need["label"] == labels[need["sub_need"]] for need in answer["understood"])
    assert (answer["answer"], answer["reason"]) == ("answered", None)


def test_preferences_are_said_and_lower_what_goes_against_them(ask):
    text = "Nous voulons acheter une machine. Surtout pas de prêt."
    said, given = ask(text=text).json(), ask(needs=["invest.machines"], preferences=["no_loan"]).json()
    label = "Sans prêt, avance ni garantie"
    assert said["preferences"] == [{"preference": "no_loan", "label": label, "sentence": "Surtout pas de prêt"}]
    assert given["preferences"] == [{"preference": "no_loan", "label": label, "sentence": None}]
    kinds = [match["kind"] for match in given["matches"]]
    assert kinds[0] == "grant"
    assert not {"loan", "repayable_advance", "guarantee"} & set(kinds[:3])
    problem = problem_of(ask(preferences=["nobody"]), 400, "question-refusee")
    assert problem["errors"][0]["pointer"] == "/preferences/0"


def test_a_match_says_whether_it_orients_rather_than_helps(ask):
    matches = ask(commune="60159", needs=["accompagnement.orientation"], limit=50).json()["matches"]
    guides = {match["scheme"] for match in matches if match["guide"]}
    assert {"cci-oise", "conseillers-entreprises"} <= guides
    assert len(guides) < len(matches)


def test_a_fact_that_the_text_states_is_offered_and_not_taken(ask):
    answer = ask(commune="60159", text="Nous sommes 48 et nous voulons acheter un robot.").json()
    sentence = "Nous sommes 48 et nous voulons acheter un robot"
    assert answer["offered"] == [{"fact": "headcount", "value": 48.0, "sentence": sentence}]
    assert answer["facts"] == {"commune": "60159"}
    assert ask(text="Nous voulons acheter un robot.").json()["offered"] == []


def test_words_alone_are_understood_with_the_words_that_decided(ask):
    answer = ask(text="Bonjour à vous. Je cherche deux soudeurs depuis six mois. Merci").json()
    found = {need["sub_need"]: need for need in answer["understood"]}["competences.recruter"]
    assert (answer["answer"], found["ticked"], found["served"]) == ("answered", False, "yes")
    assert found["sentence"] == "Je cherche deux soudeurs depuis six mois"
    assert "soudeurs" in found["words"]
    assert found["probability"] > 0.6
    assert answer["matches"][0]["need"]["sub_need"] == "competences.recruter"


def test_where_it_is_not_clear_what_is_meant_the_answer_says_what_to_ask(ask):
    answer = ask(text="refaire mon escalier").json()
    assert (answer["answer"], answer["reason"]) == ("to_confirm", None)
    understood = {need["sub_need"] for need in answer["understood"]}
    assert {"foncier.batiment"} < understood
    needs = [match["need"] for match in answer["matches"]]
    assert {"foncier.batiment"} <= {need["sub_need"] for need in needs if need} <= understood


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("asdfgh qwerty", "not_understood"),
        ("Szukamy dwóch spawaczy do naszego warsztatu w Noyon", "other_language"),
        ("Bonjour madame, merci d’avance et bonne journée", "not_understood"),
        ("Je passe aux prud’hommes mardi contre mon ancien magasinier.", "no_scheme"),
    ],
)
def test_where_nothing_fits_the_answer_says_why(ask, text, reason):
    answer = ask(text=text).json()
    assert (answer["answer"], answer["reason"], answer["matches"]) == ("nothing", reason, [])


def test_a_match_is_explained_condition_by_condition(ask):
    answer = ask(**FIRM, limit=200).json()
    matches = {match["scheme"]: match for match in answer["matches"]}
    match = matches["hdf-pme-plus-volet1"]
    revision = Scheme.objects.get(source_key="hdf-pme-plus-volet1").current
    assert match["revision"] == revision.number
    assert match["need"] == {"sub_need": "numerique.robot", "label": str(SubNeed.objects.get(key="numerique.robot"))}
    assert (match["deadline"], match["amount"]) == (
        revision_wording.deadline(revision, on=DAY),
        revision_wording.amount(revision),
    )
    sized = ["balance_sheet", "group", "headcount", "turnover"]
    assert match["unknown"] == sorted(
        [*sized, "created_on", "in_difficulty", "project.spend", "taxes_up_to_date", "window"]
    )
    assert [(reason["definition"]["kind"], reason["outcome"]) for reason in match["reasons"]] == [
        ("window", "unknown"),
        ("in_territory", "met"),
        ("size_category", "unknown"),
        ("age_months", "unknown"),
        ("activity", "met"),
        ("any", "met"),
        ("taxes_up_to_date", "unknown"),
        ("in_difficulty", "unknown"),
        ("spend", "unknown"),
        ("any", "unknown"),
        ("manual", "unknown"),
        ("manual", "unknown"),
    ]
    territory = match["reasons"][1]
    assert territory["sentence"] == criteria.sentence({"kind": "in_territory", "any_of": ["REG-32"]})
    assert territory["values"] == ["Compiègne"]
    assert territory["source"]["dated"] == "1er octobre 2025"
    assert match["reasons"][2]["open_facts"] == sized
    assert [condition["condition"] for condition in match["to_confirm"]] == [
        "hdf-pme-plus-volet1.equipment",
        "hdf-pme-plus-volet1.other_equipment",
        "no_regulated_profession",
        "hdf-pme-plus-volet1.technology",
    ]
    assert [condition["ask"] for condition in match["to_confirm"]] == ["firm", "operator", "firm", "officer"]


def test_what_decides_nothing_has_a_nature_no_outcome_and_is_not_to_confirm(ask):
    matches = ask(limit=200).json()["matches"]
    reasons = [(match, reason) for match in matches for reason in match["reasons"] if reason["condition"]]
    assert {reason["nature"] for _, reason in reasons} == {"condition", "appraisal", "undertaking"}
    for match, reason in reasons:
        decides = reason["nature"] == "condition"
        assert (reason["outcome"] is not None) == decides
        assert decides or reason["condition"] not in [asked["condition"] for asked in match["to_confirm"]]
    assert {reason["nature"] for match in matches for reason in match["reasons"] if not reason["condition"]} == {""}


def test_a_score_is_the_sum_of_its_parts(ask):
    for match in ask(**FIRM, limit=200).json()["matches"]:
        assert match["score"] == pytest.approx(sum(match["score_parts"].values()))


def test_a_composite_condition_shows_its_parts(ask):
    parts = [
        reason["parts"]
        for match in ask(limit=200).json()["matches"]
        for reason in match["reasons"]
        if reason["definition"]["kind"] in ("all", "any", "not")
    ]
    assert parts
    assert all(part["sentence"] and part["outcome"] for several in parts for part in several)


def test_what_is_left_to_ask_names_the_question_and_the_schemes_it_settles(ask):
    answer = ask(**{**FIRM, "naf": None}, limit=200).json()
    matches = {match["scheme"]: match for match in answer["matches"]}
    asked = {question["fact"]: question for question in answer["undecided"]}
    assert asked["naf"]["question"].startswith("Quelle est l’activité")
    assert (asked["naf"]["field"], asked["naf"]["ask"]) == ("/naf", "firm")
    assert (asked["window"]["field"], asked["window"]["ask"]) == (None, "operator")
    for question in answer["undecided"]:
        assert question["n_waiting"] == len(question["waiting"]) > 0
        assert question["n_settled"] == len(question["settled"])
        assert all(question["fact"] in matches[key]["unknown"] for key in question["waiting"])
        assert all(matches[key]["unknown"] == [question["fact"]] for key in question["settled"])


@pytest.mark.parametrize(("limit", "n"), [(None, 20), (0, 0), (1, 1), (5, 5), (5.0, 5)])
def test_the_limit_cuts_the_matches_and_nothing_else(ask, limit, n):
    answer = ask(commune="60159", limit=limit).json()
    assert len(answer["matches"]) == n
    assert answer["n_matches"] > 20
    assert answer["undecided"]


def test_the_number_of_queries_does_not_hang_on_the_number_of_schemes(ask):
    ask(commune="60159", limit=200)  # names, codes and the compiled catalogue are read once for each process
    numbers = set()
    for limit in (1, 5, 200):
        with CaptureQueriesContext(connection) as queries:
            assert ask(commune="60159", limit=limit).status_code == 200
        numbers.add(len(queries))
    assert numbers == {1}  # what is in force


def test_a_draft_is_never_matched(ask):
    Scheme.objects.filter(source_key="mediation-credit").update(state="draft")
    answer = ask(limit=200)
    assert "mediation-credit" not in answer.content.decode()


def test_the_day_is_that_of_the_question_else_todays(ask, settings):
    settings.FIXED_DAY = date(2027, 3, 1)
    assert ask().json()["on"] == "2027-03-01"
    assert ask(on="2026-12-31").json()["on"] == "2026-12-31"


@pytest.mark.parametrize("line_id", [7, "7", "", "é🙂", 1.5, -1, None, "\ud800", "\x00"])
def test_an_id_comes_back_as_it_was(ask, line_id):
    assert ask(id=line_id, limit=0).json()["id"] == line_id


def test_half_a_character_comes_back_wherever_it_was(ask):
    answer = ask(**{"\ud800": 1, "text": "\ud800 robot", "id": "\udfff", "limit": 1}).json()
    assert (answer["id"], answer["ignored"]) == ("\udfff", ["\ud800"])


# -- what cannot be answered


def test_everything_that_is_wrong_is_told_at_once_with_its_place(ask):
    response = ask(
        commune="75001",
        naf="x",
        headcount=[9, 1],
        needs=["numerique.robot", "robots"],
        project={"spend": -1, "commune": 60159},
        on="demain",
        limit=1000,
    )
    body = problem_of(response, 400, "question-refusee")
    assert {error["pointer"] for error in body["errors"]} == {
        "/limit",
        "/commune",
        "/naf",
        "/headcount",
        "/needs/1",
        "/project/spend",
        "/project/commune",
        "/on",
    }
    assert all("attendu" in error["detail"] for error in body["errors"])


@pytest.mark.parametrize("limit", [-1, 201, "5", True, 1.5, [], {}, 10**30, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(ask, limit):
    body = problem_of(ask(limit=limit), 400, "question-refusee")
    assert [error["pointer"] for error in body["errors"]] == ["/limit"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"a"',
        b"{",
        b"{'id': 1}",
        b'{"id": 1}}',
        b"\xff\xfe{}",
        b'{"text": "\xe9"}',
        b"\x00",
        b'{"a": \x00}',
        b"[" * 100_000,
        b'{"a":' * 30_000,
        b'{"id": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda raw: str(raw[:12]),
)
def test_a_body_that_is_no_object_is_refused_as_a_whole(ask, raw):
    body = problem_of(ask(raw), 400, "question-refusee")
    assert [error["pointer"] for error in body["errors"]] == [""]
    assert body["errors"][0]["detail"].startswith("Le corps n’est pas")


def test_a_mark_at_the_head_of_the_body_is_no_mistake(ask):
    assert ask(b'\xef\xbb\xbf{"id": 1, "limit": 0}').json()["id"] == 1


@pytest.mark.parametrize("raw", [b'{"id": 1e400}', b'{"id": NaN}', b'{"headcount": Infinity}', b'{"turnover": 1e999}'])
def test_a_number_without_end_is_refused(ask, raw):
    problem_of(ask(raw), 400, "question-refusee")


@pytest.mark.parametrize(("size", "status"), [(262_144, 200), (262_145, 413), (3_000_000, 413)])
def test_a_body_has_a_largest_size(ask, size, status):
    head, tail = b'{"limit": 0, "id": "', b'"}'
    response = ask(head + b"x" * (size - len(head) - len(tail)) + tail)
    assert response.status_code == status
    if status == 413:
        problem_of(response, 413, "corps-trop-grand")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "x"])
def test_a_body_of_another_type_is_refused(ask, content_type):
    body = problem_of(ask(b"{}", content_type=content_type), 415, "type-refuse")
    assert content_type in body["detail"]


def test_a_charset_beside_the_type_is_no_mistake(ask):
    assert ask(b'{"limit": 0}', content_type="application/json; charset=utf-8").status_code == 200


def test_a_parameter_in_the_address_is_refused(client):
    response = client.post("/api/v1/match?limit=3", data="{}", content_type="application/json")
    body = problem_of(response, 400, "parametre-refuse")
    assert [error["parameter"] for error in body["errors"]] == ["limit"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["id", "on", "siret", "commune", "region", "naf", "headcount", "turnover", "balance_sheet", "created_on",
          "legal_category", "micro_entrepreneur", "needs", "text", "limit", "project"]  # fmt: skip
INSIDE = ["started", "spend", "commune", "horizon", "tenure"]


@given(
    line=st.dictionaries(st.sampled_from(FIELDS), JSON),
    project=st.dictionaries(st.sampled_from(INSIDE), JSON),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_at_any_place_is_answered_or_refused_with_its_place(ask, line, project):
    body = {"project": project, **line, "limit": line.get("limit", 0)}
    response = ask(**body)
    if response.status_code == 200:
        assert response.json()["on"]
        return
    for error in problem_of(response, 400, "question-refusee")["errors"]:
        place = body
        for name in error["pointer"].split("/")[1:]:
            place = place[int(name) if isinstance(place, list) else name]
