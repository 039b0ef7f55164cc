import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.matchmaking import engine
from backend.matchmaking.management.commands.match import CHUNK
from backend.schemes.models import Scheme
from tests.matchmaking import naive
from tests.matchmaking.generated import Draw

ROOT = Path(__file__).parents[2]
DAY = "2026-11-24"
VERDICTS = ("eligibility", "typed", "targeted", "unknown", "to_confirm")
pytestmark = pytest.mark.django_db

type Answers = list[dict[str, Any]]


@pytest.fixture
def match(tmp_path: Path) -> Callable[..., Answers]:
    """Write a file, run the command on it and read its result."""

    def run(lines: list[Any], **options: Any) -> Answers:
        path, out = tmp_path / "file.jsonl", tmp_path / "result.jsonl"
        raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        path.write_bytes(b"".join(line + b"\n" for line in raw))
        call_command("match", path, **{"out": out, "on": DAY, "verbosity": 0, "processes": 1, **options})
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    return run


def keys(answer: dict[str, Any]) -> list[str]:
    return [match["scheme"] for match in answer["matches"]]


@pytest.mark.cases(1)
@pytest.mark.parametrize("n_lines", [60, 1000 if os.environ.get("JONCTION_LONG") == "1" else 300])
def test_firms_get_the_answers_that_the_reviewed_files_give(match: Callable[..., Answers], n_lines: int) -> None:
    lines = Draw(seed=2026).lines(n_lines)
    answers = match(lines, all=True)
    assert [answer["id"] for answer in answers] == [line.get("id") for line in lines]
    seen = set()
    for line, answer in zip(lines, answers, strict=True):
        found = {item["scheme"]: {name: item[name] for name in VERDICTS} for item in answer["matches"]}
        assert found == naive.answer(line, on=date.fromisoformat(DAY)), line
        seen |= {(item["eligibility"], item["typed"], item["targeted"]) for item in answer["matches"]}
    assert len(seen) == 12  # every verdict that can be: the draw is varied enough for the comparison to mean something


def test_with_all_every_record_is_listed_in_order(match: Callable[..., Answers]) -> None:
    lines = Draw(seed=7).lines(10)
    for answer in match(lines, all=True):
        matches = answer["matches"]
        assert len(matches) == len(naive.schemes())
        assert [item["rank"] for item in matches] == list(range(1, len(matches) + 1))
        possible = [item for item in matches if item["score"] is not None]
        assert matches[: len(possible)] == possible
        order = [(-item["score"], item["scheme"]) for item in possible[5:]]  # among the first, each need has its best
        assert sum(one > other for one, other in pairwise(order)) <= 5
        last = matches[len(possible) :]
        assert all(item["eligibility"] == "ineligible" for item in last)
        assert keys({"matches": last}) == sorted(keys({"matches": last}))
        assert all(item["eligibility"] in ("eligible", "undecided") for item in possible)


def test_a_result_has_its_keys_in_the_order_of_the_specification(match: Callable[..., Answers]) -> None:
    first, second = match([{"id": "a", "commune": "60159"}, {"id": "b", "naf": "?"}])
    assert list(first) == ["id", "answer", "understood", "preferences", "offered", "matches"]
    assert list(first["matches"][0]) == ["scheme", "rank", "score", *VERDICTS[:3], "need", "guide", *VERDICTS[3:]]
    assert list(second) == ["id", "line", "error"]


def test_an_answer_says_what_was_understood_of_each_line(match: Callable[..., Answers]) -> None:
    clear, doubtful, nothing, ticked, german = match(
        [
            {"text": "Bonjour. Je cherche deux soudeurs. Merci", "commune": "60159"},
            {"text": "refaire mon escalier", "commune": "60159"},
            {"text": "Je passe aux prud’hommes mardi contre mon ancien magasinier."},
            {"needs": ["numerique.robot"], "commune": "60159"},
            {"text": "Wir suchen zwei Schweißer für unsere Werkstatt in Noyon"},
        ]
    )
    (need,) = clear["understood"]
    assert (clear["answer"], need["sub_need"], need["ticked"], need["sentence"], need["served"]) == (
        "answered", "competences.recruter", False, "Je cherche deux soudeurs", "yes",
    )  # fmt: skip
    assert {item["need"] for item in clear["matches"]} >= {"competences.recruter"}
    assert doubtful["answer"] == "to_confirm"
    assert len(doubtful["understood"]) >= 2
    assert (nothing["answer"], nothing["reason"], nothing["matches"]) == ("nothing", "no_scheme", [])
    assert (german["answer"], german["reason"], german["matches"]) == ("nothing", "other_language", [])
    (box,) = ticked["understood"]
    assert (box["ticked"], box["probability"], box["sentence"]) == (True, 1.0, None)


def test_who_orients_rather_than_helps_is_marked(match: Callable[..., Answers]) -> None:
    (answer,) = match([{"needs": ["competences.recruter"], "commune": "60159"}], all=True)
    guides = {item["scheme"] for item in answer["matches"] if item["guide"]}
    assert guides == {"jonction:cci-oise", "jonction:cma-hdf", "jonction:conseillers-entreprises"}


def test_a_line_that_was_read_as_less_than_it_says_has_its_warnings(match: Callable[..., Answers]) -> None:
    added, held = match([{"legal_category": "5720"}, {"legal_category": "57"}])
    assert list(added) == ["id", "warnings", "answer", "understood", "preferences", "offered", "matches"]
    assert "lue comme « 57 »" in added["warnings"][0]
    assert added["matches"] == held["matches"]


def test_wrong_lines_are_answered_in_their_place_and_the_rest_goes_on(match: Callable[..., Answers]) -> None:
    good = {"id": "good", "commune": "60159"}
    lines = [
        good,
        b"not json",
        good,
        {"id": 3, "siret": "73282932000075"},
        {"id": 4, "naf": "99.99Z"},
        b'{"id": 5, "text": "\xe9"}',
        {"id": 6, "headcount": [9, 1]},
        b"",
        good,
    ]
    answers = match(lines)
    wrong = [answer for answer in answers if "error" in answer]
    assert [(answer["line"], answer["id"]) for answer in wrong] == [
        (2, None),
        (4, 3),
        (5, 4),
        (6, None),
        (7, 6),
        (8, None),
    ]
    assert [answer["id"] for answer in answers if "matches" in answer] == ["good"] * 3


def test_lines_are_numbered_through_the_whole_file(match: Callable[..., Answers]) -> None:
    lines: list[Any] = [{"id": number} for number in range(430)]
    lines[205] = lines[429] = {"needs": ["nothing"]}
    answers = match(lines, limit=1)
    assert [answer["line"] for answer in answers if "error" in answer] == [206, 430]
    assert [answer["id"] for answer in answers[:205]] == list(range(205))


def test_an_unknown_need_is_an_error_line(match: Callable[..., Answers]) -> None:
    (answer,) = match([{"id": 1, "needs": ["numerique.robots"]}])
    assert "sous-besoin inconnu" in answer["error"]


def test_twenty_are_listed_unless_another_limit_is_given(match: Callable[..., Answers]) -> None:
    line = {"commune": "60159"}
    (default,), (few,), (one,) = match([line]), match([line], limit=5), match([line], limit=1)
    assert len(default["matches"]) == 20
    assert few["matches"] == default["matches"][:5]
    assert one["matches"] == default["matches"][:1]


def test_without_need_nor_text_all_that_the_firm_may_have_is_ranked(match: Callable[..., Answers]) -> None:
    line = {"commune": "60159", "naf": "25.62B", "text": "  ", "needs": []}
    (listed,), (every,) = match([line], limit=1000), match([line], all=True)
    assert listed["matches"] == [item for item in every["matches"] if item["eligibility"] != "ineligible"]


def test_with_a_need_only_schemes_that_address_it_are_listed(match: Callable[..., Answers]) -> None:
    (answer,) = match([{"commune": "60159", "naf": "25.62B", "needs": ["numerique.robot"]}], limit=1000)
    verdicts = naive.answer({"commune": "60159", "naf": "25.62B"}, on=date(2026, 11, 24))
    weights = {
        key: scheme["needs"]["numerique.robot"]
        for scheme in naive.schemes()
        if "numerique.robot" in scheme["needs"]
        for key in [f"jonction:{scheme['key']}"]
        if verdicts[key]["eligibility"] != "ineligible"
    }
    # What serves it for less than a quarter of what the best one does is not worth a line, unless it orients any firm.
    listed = {key for key, weight in weights.items() if weight >= 0.25 * max(weights.values())}
    assert listed <= set(keys(answer)) <= weights.keys()
    assert len(set(keys(answer)) - listed) <= 2
    assert [item["rank"] for item in answer["matches"]] == list(range(1, len(answer["matches"]) + 1))


def test_words_are_understood(match: Callable[..., Answers]) -> None:
    (answer,) = match([{"commune": "60159", "text": "Je cherche deux soudeurs depuis six mois"}], limit=1000)
    serving = {
        f"jonction:{scheme['key']}"
        for scheme in naive.schemes()
        if any(need.startswith("competences.") for need in scheme["needs"])
    }
    assert answer["matches"]
    assert keys(answer)[0] in serving


def test_nothing_fits_a_text_that_is_not_understood_except_with_all(match: Callable[..., Answers]) -> None:
    line = {"commune": "60159", "text": "xylophone"}
    (none,), (every,) = match([line]), match([line], all=True)
    assert none["matches"] == []
    assert len(every["matches"]) == len(naive.schemes())


@pytest.mark.parametrize(
    ("own", "option", "day"),
    [("2026-12-31", DAY, "2026-12-31"), (None, DAY, DAY), ("2027-12-31", None, "2027-12-31")],
)
def test_the_day_of_the_line_wins_over_the_option(
    match: Callable[..., Answers], own: str | None, option: str | None, day: str
) -> None:
    (answer,) = match([{"on": own}], on=option, all=True)
    expected = naive.answer({}, on=date.fromisoformat(day))
    assert {item["scheme"]: item["eligibility"] for item in answer["matches"]} == {
        scheme: verdict["eligibility"] for scheme, verdict in expected.items()
    }


def test_without_any_day_the_question_is_asked_today(match: Callable[..., Answers], settings: Any) -> None:
    settings.FIXED_DAY = date(2031, 1, 1)
    (answer,) = match([{}], on=None, all=True)
    expected = naive.answer({}, on=date(2031, 1, 1))
    assert {item["scheme"]: item["typed"] for item in answer["matches"]} == {
        scheme: verdict["typed"] for scheme, verdict in expected.items()
    }


def test_a_closed_scheme_is_in_the_catalogue_and_ineligible(match: Callable[..., Answers]) -> None:
    closed = next(scheme for scheme in naive.schemes() if scheme["window"]["state"] == "closed")
    (answer,) = match([{}], all=True)
    found = {item["scheme"]: item for item in answer["matches"]}[f"jonction:{closed['key']}"]
    assert (found["eligibility"], found["typed"], found["score"]) == ("ineligible", "ineligible", None)


def test_the_same_file_gives_the_same_bytes_twice(match: Callable[..., Answers]) -> None:
    lines = Draw(seed=3).lines(10)
    assert match(lines) == match(lines)


@pytest.mark.parametrize("line_id", ["\ud800", 1 << 70, 1e300])
def test_an_id_that_few_can_write_comes_back(match: Callable[..., Answers], line_id: str | float) -> None:
    other, answer = match([{"id": "é"}, {"id": line_id, "text": "un soudeur \ud800"}], limit=1)
    assert (other["id"], answer["id"]) == ("é", line_id)
    assert answer["understood"][0]["sentence"] == "un soudeur \ud800"


def test_more_lines_take_no_more_queries(match: Callable[..., Answers]) -> None:
    line = {"commune": "60159", "region": "32", "needs": ["numerique.robot"], "schemes": {"jonction:acre": True}}
    lines = [{**line, "id": n, "headcount": n, "text": f"un robot de {n} bras", "on": DAY} for n in range(520)]
    assert len(lines) > CHUNK
    match(lines[:1])  # places, language and catalogue are read once a process
    counts = []
    for several in (lines[:1], lines):
        with CaptureQueriesContext(connection) as queries:
            assert not any("error" in answer for answer in match(several))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_empty_file_gives_an_empty_result(match: Callable[..., Answers]) -> None:
    assert match([]) == []


def test_a_progress_bar_goes_to_the_error_stream(
    match: Callable[..., Answers], capsys: pytest.CaptureFixture[str]
) -> None:
    match([{}, b""], verbosity=1)
    output, errors = capsys.readouterr()
    assert "100%" in errors
    assert output.startswith("Lignes : 2, dont en erreur : 1.")


def test_an_imported_source_is_ranked_as_it_came(match: Callable[..., Answers]) -> None:
    ours = Scheme.objects.get(source_key="mediation-credit")
    Scheme.objects.filter(pk=ours.pk).update(source="imported", state=Scheme.State.DRAFT)
    engine.clear_caches()  # nothing else ever moves a sheet to another source
    (answer,) = match([{}], source="imported", all=True)
    assert keys(answer) == ["imported:mediation-credit"]


def test_a_draft_of_ours_is_not_ranked(match: Callable[..., Answers]) -> None:
    Scheme.objects.filter(source_key="mediation-credit").update(state=Scheme.State.DRAFT)
    (answer,) = match([{}], all=True)
    assert "jonction:mediation-credit" not in keys(answer)


# -- what cannot be used


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"on": "24/11/2026"}, "--on vaut 24/11/2026 ; attendu : un jour comme 2026-11-24."),
        ({"on": "2026-02-30"}, "--on vaut 2026-02-30"),
        ({"source": "nowhere"}, "Sources connues : jonction."),
        ({"limit": 0}, "--limit vaut 0"),
        ({"limit": -3}, "--limit vaut -3"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_and_nothing_is_written(
    match: Callable[..., Answers], tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(CommandError, match=r"^--") as caught:
        match([{}], **options)
    assert sentence in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file.jsonl"]


def test_limit_and_all_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not allowed with"):
        call_command("match", "file", f"--out={tmp_path / 'out'}", "--limit=3", "--all")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.jsonl", tmp_path):
        with pytest.raises(CommandError, match="Rien n'a été écrit"):
            call_command("match", path, out=tmp_path / "out.jsonl", verbosity=0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", ["absent/out.jsonl", ".", "/dev/null"])
def test_a_place_that_cannot_be_written_is_refused(match: Callable[..., Answers], tmp_path: Path, out: str) -> None:
    with pytest.raises(CommandError):
        match([{}], out=tmp_path / out)
    assert [path.name for path in tmp_path.iterdir()] == ["file.jsonl"]


def test_the_file_is_never_its_own_result(match: Callable[..., Answers], tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file.jsonl")
    for out in ("file.jsonl", "link"):
        with pytest.raises(CommandError, match="le fichier à lire"):
            match([{}], out=tmp_path / out)
    assert (tmp_path / "file.jsonl").read_bytes() == b"{}\n"


def test_a_former_result_is_replaced_only_by_a_complete_one(match: Callable[..., Answers], tmp_path: Path) -> None:
    out = tmp_path / "result.jsonl"
    out.write_text("former")
    with pytest.raises(CommandError):
        match([{}], source="nowhere")
    assert out.read_text() == "former"
    assert len(match([{}])) == 1


# -- the real command, in its own process


def start(*arguments: str) -> subprocess.Popen[bytes]:
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@{address}".replace(":@", "@")
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "backend.config.test"}
    return subprocess.Popen(
        [sys.executable, "manage.py", "match", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.cases(1)
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 0),
        (["--on", "never"], 1),
        (["--source", "nowhere"], 1),
        (["--limit", "x"], 2),
        (["--all", "--limit=2"], 2),
    ],
)
def test_the_exit_code_is_zero_when_every_line_was_answered(tmp_path: Path, arguments: list[str], code: int) -> None:
    path, out = tmp_path / "file.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"id": 1}\nwrong\n')
    process = start(str(path), "--out", str(out), *arguments)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code, errors
    assert b"Traceback" not in errors
    assert out.exists() == (code == 0)


@pytest.mark.slow
def test_processes_that_share_the_lines_write_what_one_would(tmp_path: Path) -> None:
    path, written = tmp_path / "file.jsonl", []
    lines = [{**line, "id": n} for n, line in enumerate(Draw(seed=2).lines(120) * 10)]
    path.write_text("wrong\n" + "".join(f"{json.dumps(line)}\n" for line in lines))
    for processes in ("1", "2"):
        out = tmp_path / processes
        process = start(str(path), "--out", str(out), "--limit", "3", "--processes", processes)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert output.startswith(b"Lignes : 1201, dont en erreur : 1.")
        written.append(out.read_bytes())
    assert written[0] == written[1]
    assert [json.loads(line)["id"] for line in written[0].splitlines()] == [None, *range(1200)]


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_nothing_behind(tmp_path: Path) -> None:
    path, out = tmp_path / "file.jsonl", tmp_path / "out.jsonl"
    lines = Draw(seed=1).lines(300)
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines * 40))
    process = start(str(path), "--out", str(out), "--all")
    try:
        assert process.stderr is not None
        seen, deadline = b"", time.monotonic() + 60
        while not any(f" {percent}%".encode() in seen for percent in range(3, 30)):
            assert time.monotonic() < deadline, seen
            seen += process.stderr.read1(200)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.jsonl"]
