"""The box that asks who a firm is: the gestures of a firm that uses it."""

import re

from backend.companies.models import RegisteredEstablishment
from backend.matchmaking.models import Submission
from tests.neighbour import ours
from tests.web.conftest import CONTACT, PROJECT, text_of

SEARCH, CHOOSE, STEP = "/demande/entreprise/chercher/", "/demande/entreprise/choisir/", "/demande/entreprise/"
SIRET = "99999995600017"  # of CHAUDRONNERIE DU BAC, Compiègne; its other establishment, in Jaux, is closed
TYPING = {"HTTP_HX_REQUEST": "true"}


def closed_one() -> str:
    return RegisteredEstablishment.objects.get(siret__startswith=SIRET[:9], is_open=False).siret


def sirets_in(page) -> set[str]:
    """Return the establishments that a page offers to choose."""
    return set(re.findall(r'name="siret"\s+value="(\d+)"', page.content.decode()))


def chosen(client):
    return client.session["draft"]["registered"]


def choose(client, siret: str = SIRET):
    response = client.post(CHOOSE, {"siret": siret})
    assert response.status_code == 302, text_of(response)
    return client.get(response["Location"])


def go_on(client, **changes):
    """Send the step of the chosen establishment as its page shows it, but for what is changed."""
    form = client.get(STEP).context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}
    siret = changes.pop("siret", form.registered.siret)
    return client.post(STEP, {**shown, "siret": siret, **changes})


def file_it(client) -> Submission:
    client.post("/demande/projet/", {**PROJECT, "headcount": ""})
    response = client.post("/demande/contact/", CONTACT)
    assert response.status_code == 302, text_of(response)
    return ours(Submission).get()


def file_it_as_sent(client) -> Submission:
    client.post("/demande/contact/", CONTACT)
    return ours(Submission).get()
