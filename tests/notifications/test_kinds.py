"""The registry of e-mail kinds holds every kind that the code enqueues, and no other."""

import ast
from pathlib import Path

import pytest

from backend.notifications.kinds import KINDS, Audience, OptOut, UnknownKind
from backend.notifications.models import Notification
from tests.neighbour import ours

BACKEND = Path(__file__).parents[2] / "backend"
TEMPLATES = {path.name.removesuffix(".subject.txt") for path in BACKEND.glob("*/templates/emails/*.subject.txt")}


def strings_of_the_code() -> set[str]:
    sources = (path for path in BACKEND.rglob("*.py") if "migrations" not in path.parts and path.name != "kinds.py")
    nodes = (node for path in sources for node in ast.walk(ast.parse(path.read_text())))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_a_kind_that_the_registry_does_not_know_is_refused(make_owed):
    with pytest.raises(UnknownKind, match=r"'greeting'.*confirm_address"):
        make_owed(kind="greeting")
    assert not ours(Notification).exists()


def test_every_kind_is_enqueued_somewhere():
    assert set(KINDS) <= strings_of_the_code()


def test_every_template_is_of_a_kind():
    assert set(KINDS) >= TEMPLATES


def test_what_can_be_stopped_has_a_topic_and_nothing_else_has():
    assert {name for name, kind in KINDS.items() if kind.topic} == {
        name for name, kind in KINDS.items() if kind.opt_out is not OptOut.NONE
    }


def test_only_lists_are_stopped_with_one_click():
    lists = {"alert", "survey", "committee_note", "sheets_by_link"}
    assert {name for name, kind in KINDS.items() if kind.opt_out is OptOut.ONE_CLICK} == lists
    assert {name for name, kind in KINDS.items() if "stop" in kind.links} == lists


def test_only_firms_receive_links_to_a_file():
    carried = {kind.audience for kind in KINDS.values() if kind.links & {"result", "confirm", "access", "survey"}}
    assert carried == {Audience.FIRM}


def test_an_email_is_found_by_each_thing_it_is_about(make_owed):
    both = make_owed(key="a", about=("submission:1", "submission:12"))
    other = make_owed(key="b", about=("submission:12",))
    assert list(ours(Notification).about("submission:1")) == [both]
    assert set(ours(Notification).about("submission:12")) == {both, other}
