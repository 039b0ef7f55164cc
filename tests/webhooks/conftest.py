from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backend.accounts.models import Organisation
from backend.common import fetching
from backend.webhooks.models import Endpoint
from backend.webhooks.services import add_endpoint
from tests.common.sites import Handler, Site, elsewhere, make_certificate, send, site  # noqa: F401 -- a fixture
from tests.factories import make_lead, make_organisation
from tests.neighbour import neighbour, pytest_runtest_call  # noqa: F401 -- beside every test here


@dataclass
class Receiver:
    """A partner's server, by TLS on loopback: what it was sent, and what it answers."""

    site: Site
    status: int = 200
    extra: dict[str, str] = field(default_factory=dict)
    meanwhile: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        return f"{self.site.url}/webhooks"

    @property
    def ids(self) -> list[str]:
        """Return the identifiers of what it was sent, in turn."""
        return [headers["webhook-id"] for headers in self.site.headers]

    def answer(self, request: Handler) -> None:
        self.meanwhile()
        send(request, "Merci.", status=self.status, **self.extra)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("webhooks"), "127.0.0.1")


@pytest.fixture
def receiver(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    trusting = fetching.ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(fetching, "_tls", lambda: trusting)
    with site(certificate=certificate) as served:
        made = Receiver(served)
        served.on("/webhooks", made.answer)
        yield made


def make_endpoint(url: str, *, kind: str = Organisation.Kind.CHAMBER, events=Endpoint.EVENTS) -> tuple[Endpoint, str]:
    """Add an endpoint of a partner as the territory lead does; return it with its secret."""
    organisation = make_organisation(kind=kind)
    return add_endpoint(user=make_lead(), organisation=organisation, url=url, events=events)
