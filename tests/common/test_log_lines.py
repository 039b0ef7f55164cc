"""The log: when, what and whose, one line for each message, refusals among them."""

import logging
import re

import pytest

from backend.common.log_lines import LineFormatter
from tests.factories import ARC, CCLO, make_officer, make_submission

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 [A-Z]+ [\w.]+: .*")


def written(message: str, *args: object, error: BaseException | None = None) -> str:
    given = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("jonction.essai", logging.WARNING, __file__, 1, message, args, given)
    return LineFormatter().format(record)


def test_a_line_says_when_how_bad_and_who():
    line = written("Rien ne répond à %s", "Redis")
    assert LINE.fullmatch(line)
    assert line.endswith(" WARNING jonction.essai: Rien ne répond à Redis")


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_what_somebody_typed_starts_no_line(end):
    line = written("Refusé : %s", f"x{end}2026-11-24T00:00:00.000+00:00 INFO django: tout va bien")
    assert len(line.splitlines()) == 1


def test_a_traceback_follows_its_line():
    try:
        raise ValueError("mal")
    except ValueError as error:
        lines = written("Échec", error=error).splitlines()
    assert LINE.fullmatch(lines[0])
    assert lines[-1] == "ValueError: mal"


@pytest.mark.django_db
def test_who_is_refused_is_logged(client, caplog):
    file = make_submission(confirmed=True)
    client.force_login(make_officer(CCLO))
    assert client.get(f"/agent/{file.pk}/").status_code == 404
    client.force_login(make_officer(ARC))
    assert client.get("/agent/classement/").status_code == 403
    said = [record.getMessage() for record in caplog.records if record.name == "django.request"]
    assert f"Not Found: /agent/{file.pk}/" in said
    assert any(line.startswith("Forbidden") and "/agent/classement/" in line for line in said)
