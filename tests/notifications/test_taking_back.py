"""What is owed and is taken back before it leaves, and topics that their reader takes up again."""

import pytest
from django.utils import timezone

from backend.notifications.models import Notification
from backend.notifications.services import has_stopped, resume, stop, stopped_topics, take_back

pytestmark = pytest.mark.django_db
State = Notification.State
TOPIC, ADDRESS = "alerts:submission:1", "paul@firm.example"


def test_what_is_taken_back_is_of_its_kinds_and_about_its_own_and_has_not_left(make_owed):
    kept = [
        make_owed(key="other kind", kind="reviewed", about=("submission:1",)),
        make_owed(key="other file", kind="receipt", about=("submission:2",)),
        make_owed(key="sent", kind="alert", about=("submission:1",)),
    ]
    Notification.objects.filter(pk=kept[-1].pk).update(state=State.SENT)
    rows = Notification.objects.filter(pk__in=[row.pk for row in kept])
    before = list(rows.values_list("state", "error", "ended_at"))
    taken = make_owed(key="taken", kind="receipt", about=("submission:1",))
    now = timezone.now()
    assert take_back(about="submission:1", kinds=("receipt", "alert"), why="Recalculé.") == {"receipt"}
    taken.refresh_from_db()
    assert (taken.state, taken.error) == (State.FAILED, "Recalculé.")
    assert taken.ended_at >= now
    assert list(rows.values_list("state", "error", "ended_at")) == before
    assert take_back(about="submission:1", kinds=("receipt", "alert"), why="Recalculé.") == set()


def test_a_topic_is_taken_up_again_by_its_own_reader_and_no_other_topic_is():
    for address in (ADDRESS, "anne@firm.example"):
        for topic in (TOPIC, "alerts:submission:2"):
            stop(address=address, topic=topic)
    resume(address=ADDRESS.upper(), topic=TOPIC)
    resume(address="nobody@firm.example", topic=TOPIC)
    resume(address=ADDRESS, topic="alerts:submission:3")
    expected = {ADDRESS: ["alerts:submission:2"], "anne@firm.example": [TOPIC, "alerts:submission:2"]}
    assert stopped_topics(addresses=[ADDRESS.upper(), "anne@firm.example", "nobody@firm.example"]) == expected
    assert stopped_topics(addresses=["anne@firm.example"]).keys() == {"anne@firm.example"}
    assert not has_stopped(address=ADDRESS, topic=TOPIC)
    assert has_stopped(address="Anne@firm.example", topic=TOPIC)
