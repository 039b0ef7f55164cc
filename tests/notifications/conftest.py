from collections.abc import Iterator

import pytest

from backend.notifications.frequency_cap import Turn
from backend.notifications.kinds import KINDS
from backend.notifications.services import Message, enqueue_email
from tests.common.sites import elsewhere  # noqa: F401 -- a fixture
from tests.factories import DAY
from tests.neighbour import neighbour, pytest_runtest_call  # noqa: F401 -- beside every test here
from tests.notifications.servers import Postman, mail_server


@pytest.fixture
def postman(settings) -> Iterator[Postman]:
    """Return a real mail server, to which everything is sent."""
    postman = Postman()
    with mail_server(postman) as port:
        settings.MAILERS = mailers(port)
        yield postman


@pytest.fixture
def nobody_listens(settings) -> None:
    with mail_server(Postman()) as port:
        pass
    settings.MAILERS = mailers(port)


def mailers(port: int) -> dict:
    options = {"host": "127.0.0.1", "port": port, "timeout": 5}
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}


@pytest.fixture
def make_owed(db):
    """Return a function that owes an e-mail; each speaks of another firm, unless its turn says which."""

    def make(key="k", recipient="paul@firm.example", kind="job_alarm", **fields):
        message = Message(subject="L’objet", text="Du texte\n", html="<p>Du HTML</p>")
        if kind in KINDS and KINDS[kind].is_capped:
            fields.setdefault("turn", Turn(firm=key, on=DAY))
        return enqueue_email(kind=kind, key=key, recipient=recipient, message=message, **fields)

    return make
