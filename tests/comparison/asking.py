"""What one tree answers, by its own code on its own database: a process in the folder of that tree.

    python asking.py FOLDER     reads FOLDER/questions.jsonl, writes FOLDER/api.json and FOLDER/pages.json

It names what a client of the service sees, and the few services and helpers by which every tree files and reviews.
"""

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import django

OFFICER, LEAD, EDITOR = (f"{name}@jonction.example" for name in ("claire.vasseur", "marc.delaunay", "hugo.lemaire"))
# Drawn at each visit, or when the database was made: tokens, the numbers of forms, moments, the time of the day.
DRAWN = (
    re.compile(r"/(?:resultat|confirmer|acces|arreter|apercu|bilan)/[^/\s]{16,}"),
    re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)"),
    re.compile(r"\b[0-2]?\d(?:[:h]| h )[0-5]\d\b"),
)

TOLD, STATES = ("href", "action", "name", "value", "data-scheme"), ("checked", "selected", "open", "disabled")
ANYONE = (
    "/", "/transparence/", "/dispositifs/", "/dispositifs/?q=robot&lieu=Saint-Martin", "/dispositifs/hdf-aden/",
    "/donnees-ouvertes/", "/espace/", "/demande/", "/nulle-part/",
)  # fmt: skip
SIGNED_IN = (
    "/agent/", "/agent/?etat=suivis", "/agent/portefeuille/", "/agent/catalogue/", "/agent/classement/",
    "/administration/schemes/scheme/",
)  # fmt: skip
OF_ALL = {"entreprise": {"number": ""}}  # no two of them are read together
FIRMS: dict[str, dict[str, Any]] = {
    "waiting": {},
    "unconfirmed": {},
    "in words": {"besoin": {"needs": [], "text": "Je ne trouve pas de soudeurs et mes machines vieillissent."}},
    "nothing": {"besoin": {"needs": [], "text": "asdfgh qwerty"}},
    "hardly known": {"entreprise": {"naf": ""}, "projet": {"headcount": "", "turnover_band": "", "spend": ""}},
    "reviewed": {"besoin": {"needs": ["innovation.collaboratif", "numerique.robot"], "text": ""}},
}


class Text(HTMLParser):
    """What a person reads of a page, where its links lead, and what its fields hold: a line each."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._hidden += tag in ("script", "style")
        if given.get("name") == "csrfmiddlewaretoken":
            return
        told = [
            f"{name}={given[name]}" for name in ("href", "action", "name", "value", "data-scheme") if name in given
        ]
        told += [name for name in ("checked", "selected", "open", "disabled") if name in given]
        if told and tag != "link":
            self.lines.append(f"<{tag} {' '.join(told)}>")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if text and not self._hidden:
            self.lines.append(text)


def read(content: bytes) -> str:
    parser = Text()
    parser.feed(content.decode())
    return without_drawn("\n".join(parser.lines))


def without_drawn(text: str) -> str:
    for drawn in DRAWN:
        text = drawn.sub("·", text)
    return text


def ask_api(client: Any, questions: Path) -> dict[str, Any]:
    """Return the answers of the API by what was asked."""
    told: dict[str, Any] = {}
    for line in questions.read_text("utf-8").splitlines():
        response = client.post("/api/v1/match", data=line.encode(), content_type="application/json")
        told[f"POST match {line}"] = {
            "status": response.status_code,
            "body": json.loads(without_drawn(response.content.decode())),
        }
    pages = ["/api/v1/", "/api/v1/needs/", "/api/v1/criterion.schema.json", "/api/v1/schema.json", "/api/v1/schemes/"]
    pages += ["/api/v1/schemes/hdf-aden/", "/api/v1/perimeters/?kind=region", "/api/v1/perimeters/COM-60159/"]
    for path in pages:
        while path:
            response = client.get(path)
            body = json.loads(without_drawn(response.content.decode()))
            told[f"GET {path}"] = {"status": response.status_code, "body": body}
            path = (isinstance(body, dict) and body.get("next")) or ""
    return told


def tell_stories(make_client: Any) -> dict[str, str]:
    """Return the pages that firms, their officer and those who lead see, from the filing to the end of the review."""
    told: dict[str, str] = {}

    def see(client: Any, name: str, path: str) -> None:
        response = client.get(path, follow=True)
        told[name] = f"{response.status_code}\n{read(response.content)}"

    anyone = make_client()
    for path in ANYONE:
        see(anyone, f"anyone {path}", path)
    for name, (pk, page) in file_all(make_client).items():
        for part in ("", "tous/", "corriger/", "mes-donnees/", "acces/"):
            see(anyone, f"firm {name}: {part}", f"{page}{part}")
        for who, address in (("officer", OFFICER), ("lead", LEAD)):
            client = make_client(address)
            see(client, f"{who} {name}: file", f"/agent/{pk}/")
            see(client, f"{who} {name}: add", f"/agent/{pk}/ajouter/?q=robot")
    for who, address in (("officer", OFFICER), ("lead", LEAD), ("editor", EDITOR)):
        client = make_client(address)
        for path in SIGNED_IN:
            see(client, f"{who} {path}", path)
    return told


def file_all(make_client: Any) -> dict[str, tuple[int, str]]:
    """File the requests of ``FIRMS`` on the pages, confirm and review some; return the number and the page of each."""
    from backend.accounts.models import User
    from backend.common.days import current_day
    from backend.matchmaking.models import Submission
    from backend.matchmaking.reviews import end_review
    from backend.matchmaking.services import confirm_address
    from tests.factories import decide, first_matches
    from tests.web.conftest import fill

    on, officer, files = current_day(), User.objects.get(email=OFFICER), {}
    for place, (name, typed) in enumerate(FIRMS.items()):
        changes = {step: {**OF_ALL.get(step, {}), **typed.get(step, {})} for step in (*OF_ALL, "besoin", "projet")}
        changes["contact"] = {"email": f"firm{place}@firm.example"}
        response = fill(make_client(), **changes)
        submission = Submission.objects.order_by("pk").last()
        assert submission, name
        if name != "unconfirmed":
            confirm_address(submission=submission)
        if name == "reviewed":
            schemes = [match.scheme for match in first_matches(submission, 3)]
            decide(submission, schemes[0], officer, on=on)
            decide(submission, schemes[1], officer, "already_has_it", on=on)
            decide(submission, schemes[2], officer, "other", comment="Le guichet ne répond plus.", on=on)
            end_review(submission=submission, officer=officer, on=on, message="Je vous appelle jeudi.")
        files[name] = (submission.pk, response["Location"])
    return files


def main() -> None:
    folder = Path(sys.argv[1])
    django.setup()
    from django.test import Client
    from django.test.utils import setup_test_environment

    from backend.accounts.models import User

    setup_test_environment()

    def make_client(address: str = "") -> Client:
        client = Client(raise_request_exception=False)
        if address:
            client.force_login(User.objects.get(email=address))
        return client

    (folder / "api.json").write_text(json.dumps(ask_api(Client(), folder / "questions.jsonl")))
    (folder / "pages.json").write_text(json.dumps(tell_stories(make_client)))


if __name__ == "__main__":
    main()
