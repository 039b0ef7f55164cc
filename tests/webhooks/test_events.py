"""What of the catalogue partners' programs are told: what anybody reads at the public API, and nothing else."""

import json

import pytest
import yaml
from django.db import transaction
from django.test import Client

from backend.api.serializers.webhooks import SchemeEventSerializer
from backend.schemes.catalogue.publishing import publish
from backend.schemes.editing.archiving import archive, put_back
from backend.schemes.models import Scheme
from backend.webhooks.models import Delivery, EventType
from tests.conftest import ROOT
from tests.schemes.people import get_scheme, make_approver, make_proposal
from tests.webhooks.conftest import make_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def endpoint():
    return make_endpoint("https://crm.cci.example/")[0]


def told() -> list[tuple[str, dict]]:
    """Return the events that are owed, in turn, with their data."""
    bodies = [json.loads(owed.body) for owed in Delivery.objects.order_by("pk")]
    return [(body["type"], body["data"]) for body in bodies]


def public_keys(client: Client, path: str) -> list[str]:
    return [row["key"] for row in client.get(path).json()["results"]]


def test_a_new_scheme_is_published(client, settings):
    revision = publish(proposal=make_proposal(), approver=make_approver())
    [(event, data)] = told()
    assert event == EventType.SCHEME_PUBLISHED
    assert data == {
        "key": "essai-pass-robot",
        "uuid": str(revision.scheme.uuid),
        "revision": 1,
        "url": f"{settings.PUBLIC_URL}/api/v1/schemes/essai-pass-robot/",
    }
    assert client.get(data["url"].removeprefix(settings.PUBLIC_URL)).json()["uuid"] == data["uuid"]


def test_what_is_told_has_the_shape_that_the_document_of_the_api_gives():
    publish(proposal=make_proposal(), approver=make_approver())
    body = json.loads(Delivery.objects.get().body)
    schema = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())["components"]["schemas"]
    event, data = schema["SchemeEvent"], schema["SchemeEventData"]
    assert body["type"] in event["properties"]["type"]["enum"]
    assert (set(body), set(body["data"])) == (set(event["required"]), set(data["required"]))
    assert SchemeEventSerializer(data=body).is_valid()


def test_a_published_scheme_changes():
    before = get_scheme()
    revision = publish(proposal=make_proposal(scheme=before), approver=make_approver())
    [(event, data)] = told()
    assert (event, data["key"], data["revision"]) == (EventType.SCHEME_CHANGED, before.source_key, revision.number)
    assert revision.number == before.current.number + 1


def test_a_scheme_is_archived_and_comes_back(client):
    scheme, approver = get_scheme(), make_approver()
    archive(scheme=scheme, approver=approver, reason="Fini.")
    assert scheme.source_key in public_keys(client, "/api/v1/schemes/archived/")
    put_back(scheme=scheme, approver=approver)
    assert [event for event, _data in told()] == [EventType.SCHEME_ARCHIVED, EventType.SCHEME_PUBLISHED]
    assert {data["revision"] for _event, data in told()} == {scheme.current.number}


def test_a_draft_is_nobody_s_news():
    scheme = Scheme.objects.drafts().of_source(Scheme.OWN).first()
    archive(scheme=scheme, approver=make_approver(), reason="Fini.")
    assert told() == []


def test_a_publication_that_is_rolled_back_tells_nothing():
    with transaction.atomic():
        publish(proposal=make_proposal(), approver=make_approver())
        assert len(told()) == 1
        transaction.set_rollback(True)
    assert told() == []


def test_nobody_who_worked_on_it_is_named():
    proposal = make_proposal(scheme=get_scheme())
    approver = make_approver()
    publish(proposal=proposal, approver=approver, comment="Relu avec Camille Roux, 03 44 00 00 00.")
    body = Delivery.objects.get().body
    people = (approver, proposal.author)
    assert not any(word in body for each in people for word in (each.email, each.last_name, "Camille", "03 44"))
    assert set(json.loads(body)) == {"type", "timestamp", "data"}
