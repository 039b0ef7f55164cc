"""What a visitor reads and files where another territory is served: run in a process that serves it."""

import json
import re
import sys

from django.test import Client

from backend.matchmaking.in_charge import OutsideTerritory
from backend.territories.services import territory_name
from tests.factories import make_submission

PAGES = ("/", "/demande/besoin/", "/transparence/", "/mentions-legales/", "/donnees-personnelles/", "/accessibilite/")
OURS = re.compile("Compiégnois|Compiègne|Noyon|Lisières|Deux Vallées|Plaine d.Estrées|CC2V|CCLO|CCPE")
INSIDE, OUTSIDE = "80308", "60159"  # Feuquières-en-Vimeu, Compiègne


def look() -> None:
    """Print what names our own territory, page by page, which pages name theirs, and where firms can file."""
    client = Client(SERVER_NAME="localhost")
    answers = {page: client.get(page) for page in PAGES}
    texts = {page: answer.content.decode() for page, answer in answers.items()}
    try:
        make_submission(facts={"commune": OUTSIDE})
        outside = "filed"
    except OutsideTerritory:
        outside = "refused"
    found = {
        "status": sorted({answer.status_code for answer in answers.values()}),
        "ours": {page: sorted(set(OURS.findall(text))) for page, text in texts.items()},
        "named": [page for page, text in texts.items() if territory_name() in text],
        "map": "territory-map" in texts["/"],
        "epci": make_submission(facts={"commune": INSIDE}).epci.short_name,
        "outside": outside,
    }
    json.dump(found, sys.stdout)
