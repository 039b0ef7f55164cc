"""What a forwarded link, a share, a feed and a guest can and cannot do: docs/security.md, tried cell by cell."""

import re
from io import BytesIO
from itertools import product

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from backend.accounts.models import User
from backend.matchmaking.sharing import make_share, renew_feed, renew_staff_feed
from tests.conftest import ROOT
from tests.factories import DAY, guest_link, invitation_of_guest, link_to, make_guest, make_officer
from tests.neighbour import neighbour_as_text
from tests.security.full_file import make_full_file
from tests.security.test_pairs import ADDRESSES
from tests.web.conftest import text_of
from tests.web.test_access import LOGIN, TABLE, Case, status_of

pytestmark = pytest.mark.django_db
GUESTS = {f"Guest who may {right}": right for right in ("read", "answer", "manage")}
COLUMNS = ("Result link", "Share", "Feed", "Officer's feed", "Invitation", *GUESTS)
PARTNER = "Partner"  # who signs in, and has no link
READERS = (*COLUMNS, PARTNER)
DOCUMENT = (ROOT / "docs" / "security.md").read_text()


def rows_of(first: str) -> list[list[str]]:
    """Return the cells of the table of the document whose first column has a name."""
    table = DOCUMENT.split(f"| {first} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


OPENS = {
    (name, method.lower()): dict(zip(COLUMNS, cells, strict=True))
    for names, method, *cells in rows_of("Addresses")
    for name in re.findall(r"`(\w+)`", names)
}
SHOWS = {what: dict(zip(READERS, cells, strict=True)) for what, *cells in rows_of("What shows")}
TAKING_A_LINK = sorted(name for name, pattern in ADDRESSES.items() if "token" in pattern.pattern.converters)


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def submission(officer, settings):
    """Return a file of which everything that the tables speak of is kept."""
    settings.FIXED_DAY = DAY
    made, made.proposed, made.followed = make_full_file(officer)
    return made


def tokens_of(submission, officer):
    return dict(
        zip(
            COLUMNS,
            (
                link_to(submission),
                make_share(submission=submission),
                renew_feed(submission=submission),
                renew_staff_feed(user=officer),
                invitation_of_guest(make_guest(submission, email="invited@x.example", accepted=False)),
                *(guest_link(make_guest(submission, email=f"{one}@x.example", right=one)) for one in GUESTS.values()),
            ),
            strict=True,
        )
    )


def others_of(name, case):
    """Return what an address names beside its link."""
    return TABLE[name].args(case)[1:] if len(ADDRESSES[name].pattern.converters) > 1 else []


# -- the tables


def test_the_tables_name_addresses_and_columns_that_are():
    assert {name for name, _method in OPENS} <= set(TAKING_A_LINK)
    assert {cell for row in (*OPENS.values(), *SHOWS.values()) for cell in row.values()} == {"yes", "no"}


@pytest.mark.cases(1)  # guests who may more open what the firm itself opens
@pytest.mark.parametrize("columns", [COLUMNS[:-2], COLUMNS[-2:]], ids=["links", "guests who may more"])
def test_each_address_opens_to_the_links_that_the_table_says(submission, officer, neighbour, columns):
    case, tokens = Case(submission, officer, make_officer("", role="editor")), tokens_of(submission, officer)
    before, wrong = neighbour_as_text(), []
    for name, column, method in product(TAKING_A_LINK, columns, ("get", "post")):
        row = OPENS.get((name, method), dict.fromkeys(COLUMNS, "no"))
        client = Client(raise_request_exception=False)
        with transaction.atomic():
            path = reverse(name, args=[tokens[column], *others_of(name, case)])
            found = status_of(getattr(client, method)(path, TABLE[name].sent(case)))
            opened = found in (200, 302, 422)
            unchanged = not opened or neighbour_as_text() == before
            transaction.set_rollback(True)
        if opened != (row[column] == "yes") or not (opened or found in (403, 404, 405)) or found == LOGIN:
            wrong.append(f"{name}: {method} with {column} answers {found}, the table says {row[column]}")
        if not unchanged:
            wrong.append(f"{name}: {method} with {column} changes the second firm")
    assert wrong == [], "\n".join(wrong)


def markers_of(submission, officer):
    """Return what each row of the second table looks for."""
    proposed, followed = submission.proposed.current.name, submission.followed.current.name
    return {
        "the schemes proposed, and their last days": proposed,
        "the schemes followed, and their last days": followed,
        "what a scheme may bring this project": "Pour ce projet",
        "the three steps": "prochaine démarche",
        "the firm's name": "Tôlerie des Étangs",
        "its number": "999999956",
        "its contact's name": "Brisefer",
        "its contact's e-mail": "isabelle.morel@",
        "its contact's telephone": "53016035",
        "its words": "tournevis sonique",
        "all its facts on « Mes données », such as the turnover": "4,82M€",
        "its facts on the correction page": "correction:headcount=35",
        "its de minimis aids": "8765|PassTournevis|De minimis : une aide",
        "what it said of a scheme, and why": "Un refus motivé",
        "what officers wrote to it": "Un mot pour vous|Un mot de la relecture",
        "what officers write to each other": "Un mot entre nous",
        "who follows it": officer.last_name,
        "what it wrote of a scheme": "Un devis de trente clous",
        "the day that it wrote of": "Votre date",
        "the same day, in its officer's calendar": "Date donnée par l’entreprise",
        "on which day it is called": "On vous rappelle",
        "calls promised to it": "À rappeler",
        "with which partners it is shared": "Les partenaires qui lisent votre dossier",
        "what officers and this partner write to each other": "Nous les appelons.",
    }


def read_by(column, token, submission, case):
    """Return all that the pages say which a link opens, without tags and spaces."""
    if column == PARTNER:
        return re.sub(r"\s", "", text_of(read_as_partner(case.share)))
    said = ""
    for (name, method), row in OPENS.items():
        if method != "get" or row[column] != "yes":
            continue
        args = [token, *others_of(name, case)]
        if name == "firm_scheme":
            args = [token, submission.followed.pk]
        response = Client().get(reverse(name, args=args))
        if name == "correct":  # fields hold them, which are no text
            forms = response.context["forms"].values()
            said += "".join(f"correction:{field.name}={field.value()};" for form in forms for field in form)
        if response["Content-Type"] == "application/pdf":
            said += "".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)
            continue
        text = response.content.decode().replace("\r\n ", "") if "calendar" in response["Content-Type"] else ""
        said += (text or text_of(response)).replace("\\,", ",").replace("\\;", ";")
    return re.sub(r"\s", "", said)


def read_as_partner(share):
    """Return the page of a shared file, signed in for its partner."""
    client = Client()
    client.force_login(User.objects.filter(memberships__organisation=share.organisation).first())
    return client.get(reverse("partner_file", args=[share.pk]))


@pytest.mark.cases(2)
@pytest.mark.parametrize("column", READERS)
def test_each_reader_is_shown_what_the_table_says(submission, officer, column):
    case = Case(submission, officer, make_officer("", role="editor"))
    markers = markers_of(submission, officer)
    assert markers.keys() == SHOWS.keys()
    said = read_by(column, tokens_of(submission, officer).get(column, ""), submission, case)
    said = said.replace("prochainesdémarches", "prochainedémarche")  # as many as schemes were kept
    for what, marker in markers.items():
        found = [part for part in marker.split("|") if re.sub(r"\s", "", part) in said]
        shows = bool(found) if SHOWS[what][column] == "no" else len(found) == len(marker.split("|"))
        assert shows == (SHOWS[what][column] == "yes"), f"{what}: {found}"
