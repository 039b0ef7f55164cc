"""What docs/webhooks.md gives to who receives: its lines verify what we send, and refuse what we did not."""

import re
import time

import pytest
from django.utils import timezone

from backend.webhooks.delivery import deliver
from backend.webhooks.models import Delivery, EventType
from backend.webhooks.services import enqueue_event, rotate_secret
from backend.webhooks.signing import make_secret, signed_headers
from tests.conftest import ROOT
from tests.factories import make_lead
from tests.webhooks.conftest import make_endpoint

PAGE = (ROOT / "docs" / "webhooks.md").read_text()


@pytest.fixture(scope="module")
def verify():
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict = {}
    exec(code, names)  # noqa: S102 -- our own document
    return names["verify"]


@pytest.mark.django_db
def test_the_lines_of_the_document_verify_what_arrives(receiver, verify):
    endpoint, first = make_endpoint(receiver.url)
    second = rotate_secret(user=make_lead(), endpoint=endpoint)
    enqueue_event(event=EventType.SCHEME_CHANGED, occurred_at=timezone.now(), data={"key": "hdf-aden"})
    assert deliver(pk=Delivery.objects.get().pk, attempt=0)
    headers, body = receiver.site.headers[0], receiver.site.bodies[0]
    assert verify(first, headers, body)
    assert verify(second, headers, body)
    assert not verify(make_secret(), headers, body)
    assert not verify(second, headers, body + b" ")
    assert not verify(second, {**headers, "webhook-id": "msg_other"}, body)


@pytest.mark.parametrize(("seconds", "is_taken"), [(0, True), (-290, True), (290, True), (-310, False), (310, False)])
def test_a_request_that_is_played_again_later_is_refused(verify, seconds, is_taken):
    secret = make_secret()
    headers = signed_headers([secret], webhook_id="msg_1", timestamp=int(time.time()) + seconds, body=b"{}")
    assert verify(secret, headers, b"{}") is is_taken


def test_the_document_names_each_type_and_nothing_else():
    assert sorted(re.findall(r"^\| `([a-z]+\.[a-z]+)` \|", PAGE, re.MULTILINE)) == sorted(EventType.values)
