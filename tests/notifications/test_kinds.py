"""The registry of e-mail kinds holds every kind that the code enqueues, and no other."""

import re
from pathlib import Path

import pytest

from backend.notifications.kinds import KINDS, Audience, OptOut, UnknownKind, UnknownLink, topics_about
from backend.notifications.models import Notification
from tests.neighbour import ours

BACKEND = Path(__file__).parents[2] / "backend"
TEMPLATES = {path.name.removesuffix(".subject.txt") for path in BACKEND.glob("*/templates/emails/*.subject.txt")}


def strings_of_the_code() -> set[str]:
    sources = (path for path in BACKEND.rglob("*.py") if "migrations" not in path.parts and path.name != "kinds.py")
    return {word for path in sources for word in re.findall(r'"(\w+)"', path.read_text())}


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


def test_what_is_stopped_together():
    topics = {}
    for name, kind in KINDS.items():
        topics.setdefault(kind.topic_about(("submission:7", "organisation:3")), set()).add(name)
    assert topics.pop("submission:7") == {name for name, kind in KINDS.items() if kind.opt_out is OptOut.RESULT_PAGE}
    assert topics.pop("") == {name for name, kind in KINDS.items() if kind.opt_out is OptOut.NONE}
    assert topics == {
        "alerts:submission:7": {"alert"},
        "surveys:submission:7": {"survey"},
        "officer_notices": {
            "consent_withdrawn",
            "file_moved",
            "handed_over",
            "link_proposed",
            "officer_unreachable",
            "stand_in_named",
            "waiting_digest",
        },
        "partner_notices": {"file_shared"},
        "committee_note": {"committee_note"},
        "sheets": {"sheets_by_link", "sheets_silent", "sheets_to_confirm"},
        "catalogue": {
            "catalogue_task_closed",
            "catalogue_week",
            "fusion_decided",
            "fusion_notice",
            "proposal_decided",
            "proposal_notice",
            "proposal_remark",
            "proposal_sent_back",
            "proposal_urgent",
        },
    }


def test_what_can_be_stopped_of_one_file():
    assert topics_about("submission:7") == ["alerts:submission:7", "submission:7", "surveys:submission:7"]


def test_each_kind_has_a_name_of_its_own_to_be_read():
    labels = [kind.label for kind in KINDS.values()]
    assert all(isinstance(label, str) for label in labels)
    assert len(set(labels)) == len(KINDS)


def test_how_often_one_address_is_written_to():
    ten_minutes, day = 600, 86_400
    assert {name: kind.spacing for name, kind in KINDS.items() if kind.spacing} == {
        "confirm_address": ((1, ten_minutes), (6, day)),
        "receipt": ((5, ten_minutes), (20, day)),
        "access_link": ((3, ten_minutes), (20, day)),
        "guest_invitation": ((1, ten_minutes), (5, day)),
        "note_confirm": ((1, ten_minutes), (3, day)),
    }
    assert {name for name, kind in KINDS.items() if kind.is_capped} == {"alert", "survey"}


def test_who_may_answer_an_email():
    assert {name for name, kind in KINDS.items() if kind.reply_to_author} == {
        "file_moved",
        "file_shared",
        "handed_over",
        "link_proposed",
        "officer_wrote",
        "partner_consent",
        "partner_noted",
        "reviewed",
        "stand_in_named",
    }


def test_which_secret_links_each_kind_carries():
    assert {name: set(kind.links) for name, kind in KINDS.items() if kind.links} == {
        "confirm_address": {"confirm"},
        **{name: {"result"} for name in ("receipt", "reviewed", "officer_wrote", "colleague")},
        **{name: {"result"} for name in ("closed", "partner_consent", "partner_noted")},
        "alert": {"result", "stop"},
        "survey": {"survey", "stop"},
        "access_link": {"access"},
        "guest_invitation": {"guest"},
        "note_confirm": {"note"},
        "committee_note": {"note", "stop"},
        "sheets_by_link": {"sheets", "stop"},
        **{name: {"password"} for name in ("invitation", "password_reset")},
    }


def test_whom_each_kind_is_written_to():
    others = {
        Audience.VISITOR: {"public_report_answered"},
        Audience.PARTNER: {"file_shared"},
        Audience.OWNER: {"sheets_by_link"},
        Audience.COMMITTEE: {"committee_note", "note_confirm"},
        Audience.OFFICER: {
            "consent_withdrawn",
            "file_moved",
            "handed_over",
            "link_proposed",
            "officer_unreachable",
            "stand_in_named",
            "waiting_digest",
        },
        Audience.FIRM: {
            "access_link",
            "alert",
            "closed",
            "colleague",
            "confirm_address",
            "guest_invitation",
            "officer_wrote",
            "partner_consent",
            "partner_noted",
            "receipt",
            "reviewed",
            "survey",
        },
    }
    staff = set(KINDS) - set().union(*others.values())
    for audience, names in {**others, Audience.STAFF: staff}.items():
        assert {name for name, kind in KINDS.items() if kind.audience is audience} == names


def test_a_secret_link_that_a_kind_may_not_carry_is_refused():
    KINDS["receipt"].check_links({"result"})
    KINDS["job_alarm"].check_links(set())
    with pytest.raises(UnknownLink, match=r"'receipt' carries \['confirm'\]; it may carry \['result'\]"):
        KINDS["receipt"].check_links({"confirm", "result"})


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
