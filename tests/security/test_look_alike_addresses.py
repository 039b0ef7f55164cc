"""An address that only looks like another's, or is the same without its case, opens nothing of it."""

import pytest
from django.db import IntegrityError, transaction

from backend.companies.models import Contact
from backend.matchmaking.models import Submission
from backend.notifications.models import Notification
from tests.factories import make_submission
from tests.neighbour import ours
from tests.web.conftest import fill, text_of

pytestmark = pytest.mark.django_db
OWN = "mikis.sulak@firm.example"
# The case of each of these is that of i, s or k, or its two letters are: in PostgreSQL, in Python, or in both.
LOOK_ALIKES = ["mikis.sulak@f\u0131rm.example", "miki\u017f.sulak@firm.example", "mi\u212ais.sulak@firm.example"]


@pytest.mark.cases(2)
@pytest.mark.parametrize("address", [*LOOK_ALIKES, "mikis.sulak@stra\u00dfe.example", "mikis@\u00e9nergie.example"])
def test_no_file_is_opened_with_it(client, address):
    response = fill(client, contact={"email": address})
    page = text_of(response)
    assert "n’est pas possible dans une adresse électronique" in page
    assert f'value="{address}"' in response.content.decode()
    assert not ours(Submission).exists()
    assert not ours(Notification).exists()


@pytest.mark.parametrize("address", LOOK_ALIKES)
def test_no_link_is_sent_to_it(client, address):
    make_submission(confirmed=True, email=OWN)
    n = ours(Notification).count()
    response = client.post("/espace/", {"email": address})
    assert "n’est pas possible dans une adresse électronique" in text_of(response)
    assert ours(Notification).count() == n


@pytest.mark.parametrize("address", LOOK_ALIKES)
def test_the_database_keeps_none(address):
    with pytest.raises(IntegrityError, match="contact_email_is_ascii"), transaction.atomic():
        Contact.objects.create(name="Mikis", email=address)


def test_the_case_of_an_address_tells_nobody_apart():
    file = make_submission(confirmed=True, email=OWN)
    assert list(ours(Submission).of_address(OWN.upper())) == [file]
