"""The compiled loops in the service: optional, never in the way, and the same answers."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backend.common.releases import code_state
from backend.matchmaking import engine
from backend.matchmaking.engine import loops
from backend.matchmaking.engine.loops import start_loops
from matching import kernels
from tests.factories import DAY
from tests.matchmaking.generated import Draw

needs_numba = pytest.mark.skipif(not loops.find_spec("numba"), reason="numba is not installed")


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    """Start as a process does, and let those that follow start again."""
    stop()
    yield
    stop()


def stop() -> None:
    kernels.unload()
    loops._start.cache_clear()


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger=loops.__name__)
    return caplog


def ask_for_everything() -> list[Any]:
    compiled = engine.catalogue()
    rules = engine.in_force()
    found = []
    for line in Draw(seed=5).lines(40):
        facts = {name: value for name, value in line.items() if name in ("commune", "naf", "headcount", "turnover")}
        text = line.get("text") or "Je cherche deux soudeurs"
        for words in ("", text):
            request, _ = engine.read_request(facts, words, line.get("needs") or [], on=DAY, compiled=compiled)
            found.append(engine.listed(request, compiled=compiled, weights=rules.weights, ranker=None))
    return [[(*item[:-1], dict(item.parts)) for item in ranked] for ranked in found]


@needs_numba
@pytest.mark.django_db
def test_nothing_is_left_to_compile_for_the_first_answer() -> None:
    engine.clear_caches()
    start_loops()
    module = kernels.loaded()
    assert module
    compiled = {name: len(each.signatures) for name, each in vars(module).items() if hasattr(each, "signatures")}
    assert min(compiled[name] for name in ("answer", "wanted", "add_text")) > 0
    ask_for_everything()
    assert compiled == {name: len(getattr(module, name).signatures) for name in compiled}
    engine.clear_caches()


@needs_numba
@pytest.mark.django_db
def test_answers_are_the_same_with_the_loops_and_without() -> None:
    engine.clear_caches()
    with_loops = ask_for_everything()
    assert kernels.loaded()
    kernels.unload()
    engine.clear_caches()
    assert ask_for_everything() == with_loops
    assert not kernels.loaded()  # a process starts once
    engine.clear_caches()


@needs_numba
def test_the_log_says_once_how_long_it_took_and_where_the_code_is_kept(settings, tmp_path, told):
    settings.LOOPS_DIR = tmp_path / "loops"
    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(lambda _: start_loops(), range(8)))
    (line,) = told.messages
    assert "ready after" in line
    assert str(settings.LOOPS_DIR) in line
    assert settings.LOOPS_DIR.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in settings.LOOPS_DIR.iterdir()] == [code_state()[:16]]  # another release, another one


@needs_numba
@pytest.mark.parametrize("mode", [0o770, 0o707, None], ids=["group", "others", "a file"])
def test_a_folder_that_cannot_be_used_is_told_of_and_breaks_nothing(settings, tmp_path, told, mode):
    settings.LOOPS_DIR = tmp_path / "loops"
    if mode is None:
        settings.LOOPS_DIR.write_text("")
    else:
        settings.LOOPS_DIR.mkdir()
        settings.LOOPS_DIR.chmod(mode)
    assert not start_loops()
    assert not kernels.loaded()
    assert [record.levelname for record in told.records] == ["WARNING"]
    assert str(settings.LOOPS_DIR) in told.text


def test_a_setting_says_no(settings, told):
    settings.LOOPS = False
    assert not start_loops()
    assert not kernels.loaded()
    assert not told.records


def test_without_numba_nothing_is_used_and_nothing_is_told(monkeypatch, told, tmp_path, settings):
    settings.LOOPS_DIR = tmp_path / "loops"
    monkeypatch.setattr(loops, "find_spec", lambda name: None)
    assert not start_loops()
    assert not kernels.loaded()
    assert not told.records
    assert not settings.LOOPS_DIR.exists()
