"""Which e-mails about work an account receives."""

import pytest

from backend.accounts.models import Membership
from backend.notifications.kinds import CATALOGUE, OFFICER_NOTICES, PARTNER_NOTICES
from backend.notifications.models import Notification
from backend.notifications.services import has_stopped
from tests.factories import make_lead, make_officer, make_partner, make_submission, next_morning
from tests.neighbour import ours
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
ADDRESS = "/compte/courriels/"


def test_an_officer_stops_notices_and_asks_for_them_again(client):
    officer, colleague = make_officer(), make_officer()
    client.force_login(officer)
    assert "Ce qui arrive et ce qui attend" in text_of(client.get(ADDRESS))
    client.post(ADDRESS, {})
    assert has_stopped(address=officer.email, topic=OFFICER_NOTICES)
    make_submission(confirmed=True)
    next_morning()
    states = dict(ours(Notification).filter(kind="waiting_digest").values_list("recipient", "state"))
    assert states == {officer.email: "stopped", colleague.email: "due"}
    client.post(ADDRESS, {"topic": OFFICER_NOTICES})
    assert not has_stopped(address=officer.email, topic=OFFICER_NOTICES)


@pytest.mark.cases(2)
@pytest.mark.parametrize(
    ("make", "shown"),
    [
        (make_officer, {OFFICER_NOTICES}),
        (lambda: make_officer("", role=Membership.Role.EDITOR), {CATALOGUE}),
        (make_partner, {PARTNER_NOTICES}),
        (make_lead, set()),
    ],
)
def test_each_role_chooses_among_what_it_receives(client, make, shown):
    client.force_login(make())
    page = client.get(ADDRESS).content.decode()
    topics = (OFFICER_NOTICES, PARTNER_NOTICES, CATALOGUE)
    assert {topic for topic in topics if f'value="{topic}"' in page} == shown


def test_what_is_not_offered_cannot_be_stopped(client):
    editor = make_officer("", role=Membership.Role.EDITOR)
    client.force_login(editor)
    client.post(ADDRESS, {"topic": CATALOGUE})
    assert not has_stopped(address=editor.email, topic=OFFICER_NOTICES)
    assert not has_stopped(address=editor.email, topic=CATALOGUE)
