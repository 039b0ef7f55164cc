"""Where nothing is sent to: by what the address says, and by where its name leads."""

import socket

import pytest

from backend.webhooks.addresses import AddressError, check_address
from backend.webhooks.delivery import deliver
from backend.webhooks.models import Delivery
from backend.webhooks.services import WebhookError, add_endpoint, send_test
from tests.factories import make_lead, make_organisation
from tests.webhooks.conftest import make_endpoint


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.cci.example/webhooks?site=oise",
        "https://crm.cci.example:443/",
        "https://crm.cci.example:1024/",
        "https://93.184.216.34/",
    ],
)
def test_public_https_addresses_are_accepted(url):
    check_address(url)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://crm.cci.example/", "https://"),
        ("ftp://crm.cci.example/", "https://"),
        ("crm.cci.example", "https://"),
        ("https://crm.cci.example:22/", "port 22"),
        ("https://crm.cci.example:1023/", "port 1023"),
        ("https://crm.cci.example:99999/", "bien formée"),
        ("https://user:mot@crm.cci.example/", "nom d’utilisateur"),
        ("https://10.0.0.8/", "publique"),
        ("https://127.0.0.1/", "publique"),
        ("https://169.254.169.254/latest/", "publique"),
        ("https://224.0.0.1/", "publique"),
        ("https://240.0.0.1/", "publique"),
        ("https://[::1]/", "publique"),
        ("https://[fe80::1]/", "publique"),
        ("https://[::ffff:10.0.0.8]/", "publique"),
        ("https://[::ffff:127.0.0.1]/", "publique"),
    ],
)
def test_others_are_refused_with_a_sentence(settings, url, why):
    settings.FETCH_LOOPBACK = False
    with pytest.raises(AddressError, match=why) as caught:
        check_address(url)
    assert str(caught.value).endswith(".")


@pytest.mark.django_db
def test_an_endpoint_that_cannot_be_sent_to_is_not_added():
    with pytest.raises(WebhookError, match="https://"):
        add_endpoint(
            user=make_lead(),
            organisation=make_organisation(kind="chamber"),
            url="http://crm.cci.example/",
            events=["scheme.changed"],
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.8"],
        ["172.16.0.1"],
        ["192.168.1.1"],
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["100.64.0.1"],
        ["0.0.0.0"],  # noqa: S104
        ["224.0.0.1"],
        ["240.0.0.1"],
        ["::1"],
        ["fc00::1"],
        ["fe80::1"],
        ["ff02::1"],
        ["::ffff:10.0.0.8"],
        ["64:ff9b::a00:8"],
        ["93.184.216.34", "10.0.0.8"],  # one of several is enough
    ],
)
def test_a_name_that_leads_to_a_private_address_is_sent_nothing(settings, monkeypatch, addresses):
    settings.FETCH_LOOPBACK = False
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: found)
    endpoint, _secret = make_endpoint("https://crm.cci.example/")
    send_test(user=make_lead(), endpoint=endpoint)
    owed = Delivery.objects.get()
    assert not deliver(pk=owed.pk, attempt=0)
    owed.refresh_from_db()
    assert (owed.status, owed.error) == (None, "private")


@pytest.mark.django_db
def test_the_name_is_resolved_once_and_the_address_that_was_checked_is_connected_to(receiver, monkeypatch):
    """A second answer of the name server leads nowhere: it is not asked again."""
    answers = ["127.0.0.1", "10.0.0.8"]
    port = int(receiver.site.url.rsplit(":", 1)[1])

    def resolve(host, *args, **options):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0) if "example" in host else host, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    endpoint, _secret = make_endpoint(f"https://crm.cci.example:{port}/webhooks")
    send_test(user=make_lead(), endpoint=endpoint)
    owed = Delivery.objects.get()
    assert not deliver(pk=owed.pk, attempt=0)
    owed.refresh_from_db()
    assert owed.error == "tls"  # it got there: the certificate is not that of the name
    assert answers == ["10.0.0.8"]
    assert receiver.ids == []
