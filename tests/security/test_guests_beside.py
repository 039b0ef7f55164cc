"""A guest of one file reads nothing of another file of the same contact and firm, on any page that she may open."""

import re
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from backend.companies.models import Fact
from backend.matchmaking.guests import leave
from backend.matchmaking.models import Submission
from backend.matchmaking.ownership import numbers_read
from backend.matchmaking.results import facts_of, latest_result
from backend.matchmaking.services import correct_submission
from backend.matchmaking.shortlist import shortlist_of
from backend.matchmaking.state_aid import declare_aid, declare_complete, has_aids
from tests.factories import DAY, guest_link, link_to, make_guest, make_officer, make_saved_draft, make_submission
from tests.security.test_shared_links import GUESTS, OPENS
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
BEFORE = date(2026, 10, 8)  # of all that the other file says, and of nothing else
THERE = {
    "its reference": None,
    "whence": "reprisde",
    "its day": "8octobre2026",
    "an aid of it": "AideZorg",
    "its amount": "54321",
    "its words": "pantographe",
    "a draft begun": "Autredemandecommencée",
}


@pytest.fixture
def other(settings) -> Submission:
    """Return a file whose headcount, aid and held scheme are read with a second one of its contact."""
    settings.FIXED_DAY = BEFORE
    made = make_submission(confirmed=True, text="Un projet de pantographe.", on=BEFORE)
    [held, *_rest] = latest_result(made, on=BEFORE).ranked
    correct_submission(submission=made, facts={f"{Fact.SCHEME}{held.scheme.key}": True}, on=BEFORE)
    aid = {"granted_on": date(2026, 2, 17), "amount_eur": Decimal("54321"), "title": "Aide Zorg"}
    declare_aid(submission=made, on=BEFORE, **aid)
    declare_complete(submission=made, complete=True, on=BEFORE)
    made.held = held.scheme
    return made


@pytest.fixture
def submission(other, settings) -> Submission:
    settings.FIXED_DAY = DAY
    without = ("headcount", "turnover", "group", "created_on", "legal_category", "micro_entrepreneur")
    made = make_submission(confirmed=True, without=without)
    assert numbers_read(made) == [other.pk]
    make_saved_draft(made)
    return made


def read_by(token: str, submission: Submission, column: str) -> str:
    """Return all that the pages of a file say which a link opens, schemes with their conditions, without spaces."""
    ranked = [match.scheme_id for match in latest_result(submission, on=DAY).ranked]
    schemes = {*ranked[:6], *ranked[::12]}
    said = ""
    for name in (name for (name, method), row in OPENS.items() if method == "get" and row[column] == "yes"):
        others = {"firm_scheme": sorted(schemes), "own_data_file": ["json", "csv"]}.get(name)
        for path in [reverse(name, args=[token, *([one] if one else [])]) for one in others or [None]]:
            response = Client().get(path, follow=True)
            assert response.status_code == 200, path
            if response["Content-Type"] == "application/pdf":
                said += "".join(page.extract_text() for page in PdfReader(BytesIO(response.content)).pages)
            else:
                said += text_of(response) + response.content.decode()
    return re.sub(r"\s|&nbsp;|\xa0", "", said)


def found_in(said: str, other: Submission) -> set[str]:
    markers = {what: marker or other.reference for what, marker in THERE.items()}
    return {what for what, marker in markers.items() if marker in said}


@pytest.mark.slow
def test_the_contact_reads_what_the_other_request_says(submission, other):
    """What the next test looks for is there to be found."""
    said = read_by(link_to(submission), submission, "Result link")
    assert found_in(said, other) == THERE.keys() - {"its words"}


@pytest.mark.cases(1)  # guests with fewer rights read the same pages
@pytest.mark.parametrize("column", [*reversed(GUESTS)])
def test_a_guest_reads_nothing_of_another_request_of_the_contact(submission, other, column):
    token = guest_link(make_guest(submission, right=GUESTS[column]))
    own = declare_aid(submission=submission, on=DAY, granted_on=DAY, amount_eur=Decimal("1234"), title="Pass Own")
    said = read_by(token, submission, column)
    assert "35salariés" in said  # it counts in the answer, and shows as a value
    assert own.title.replace(" ", "") in said
    assert "1234€" in said
    assert "Cettelisteestcelledecettedemandeseule" in said
    assert found_in(said, other) == set()


def test_a_scheme_held_elsewhere_stays_out_of_the_answer_of_a_guest_without_a_word(submission, other):
    contact = shortlist_of(submission, latest_result(submission, on=DAY))
    assert has_aids(submission)
    submission.page_reader = make_guest(submission)
    assert not has_aids(submission)
    guest = shortlist_of(submission, latest_result(submission, on=DAY))
    proposed = [{card.match.scheme for card in page.cards} for page in (contact, guest)]
    assert proposed[0] == proposed[1]
    assert other.held not in proposed[0]
    assert facts_of(submission)[f"{Fact.SCHEME}{other.held.key}"] is True


def test_an_officer_reads_how_many_guests_a_file_has_with_their_rights_and_no_address(client, submission, other):
    for name, right in (("first", "read"), ("second", "answer")):
        make_guest(submission, email=f"{name}@cabinet.example", right=right)
    leave(guest=make_guest(submission, email="third@cabinet.example"))
    make_guest(submission, email="fourth@cabinet.example", accepted=False)
    client.force_login(make_officer())
    page = client.get(reverse("officer_file", args=[submission.pk]))
    text = re.sub(r"\s+", " ", text_of(page))
    assert "Invités de l’entreprise : 2" in text
    assert "Peut lire, depuis le" in text
    assert "Peut lire et répondre, depuis le" in text
    assert "cabinet.example" not in page.content.decode()
    assert "Invités de l’entreprise" not in text_of(client.get(reverse("officer_file", args=[other.pk])))
