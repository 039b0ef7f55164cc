import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.management import call_command

from tests.common.sites import site as state_site
from tests.companies.test_register import a_firm, a_site, answer
from tests.neighbour import neighbour, pytest_runtest_call  # noqa: F401 -- beside every test here

REGISTER = Path(__file__).resolve().parents[2] / "fixtures" / "register"
SECOND = "TOLERIE DE L'OISE"
NEED = {"needs": ["competences.recruter"], "text": "Je cherche deux soudeurs.", "horizon": ""}
FIRM = {
    "company_name": "Chaudronnerie du Bac",
    "number": "999 999 956 00017",
    "commune": "Compiègne",
    "division": "",
    "naf": "25.62B",
    "legal_form": "57",
    "created_on": "2009-03-16",
    "independent": "yes",
}
PROJECT = {
    "headcount": "35",
    "headcount_band": "",
    "turnover_band": "2000000,10000000",
    "balance_sheet_band": "",
    "started": "no",
    "spend": "180 000 €",
    "tenure": "",
    "project_place": "same",
    "project_commune": "",
}
CONTACT = {
    "contact_name": "Camille Roux",
    "email": "camille.roux@chaudronnerie.example",
    "phone": "0353016099",
    "call_slot": "noon",
    "consent": "on",
}
FORMS = {"besoin": NEED, "entreprise": FIRM, "projet": PROJECT}
STEPS = {**FORMS, "contact": CONTACT}


def text_of(response) -> str:
    """Return what a person reads: no tags, single spaces, plain quotes and spaces."""
    html = re.sub(r"<(script|style)\b.*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", " ", html)
    for mark, sign in (("&#x27;", "'"), ("&quot;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(mark, sign)
    return " ".join(text.replace("&nbsp;", " ").split())


def fill(client, *, upto: str = "contact", **changes):
    """Go through the steps up to one, and return the answer to the last POST; a change is ``step={field: value}``.

    Where the last one is refused, return the page that says why.
    """
    client.get("/demande/")
    response = None
    for name, fields in STEPS.items():
        response = client.post(f"/demande/{name}/", {**fields, **changes.get(name, {})})
        if name == upto:
            break
        assert response.status_code == 302, text_of(response)
        assert not is_refused(response, name), text_of(client.get(response["Location"]))
    assert response is not None
    return client.get(response["Location"]) if is_refused(response, name) else response


def is_refused(response, name: str) -> bool:
    """Tell whether a step leads back to itself, a contact to the form that asks for it."""
    shown_at = "/demande/reponse/#contact" if name == "contact" else f"/demande/{name}/"
    return response.headers.get("Location") == shown_at


@pytest.fixture
def copy():
    """Load the invented copy of the register."""
    call_command("load_establishments", REGISTER / "etablissements.csv", REGISTER / "unites.csv", stdout=StringIO())


@pytest.fixture
def state(settings):
    """Return the State's service, which knows two firms."""
    caches["counters"].clear()
    with state_site() as served:
        settings.REGISTER_URL = served.url
        served.page("/search", answer(a_firm(), a_firm(nom_raison_sociale=SECOND, siege=a_site(commune="60057"))))
        yield served


@pytest.fixture
def drafting(client):
    """Return a browser that said what it needs."""
    client.post("/demande/besoin/", NEED)
    return client
