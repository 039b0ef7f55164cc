"""Words for colleagues and words for the firm are two fields: the firm reads only its own, on pages and in e-mails."""

import pytest
from django.urls import reverse

from backend.matchmaking.follow_up import offer_file, record_step, write_note
from backend.matchmaking.models import Review
from backend.matchmaking.reviews import end_review
from backend.notifications.models import Notification
from tests.factories import DAY, decide, first_matches, link_to, make_officer
from tests.security.firms import Firm, reads, shown_of, stranger, victim
from tests.web.conftest import text_of

pytestmark = pytest.mark.django_db
ASKS = {"partner_first": {"partner": "un laboratoire"}, "other": {}, "better_alternative": {}}
REASONS = sorted(set(Review.Reason.values) - {"wrong_fact"})


@pytest.fixture
def firm() -> Firm:
    firm = victim()
    firm.files()
    return firm


@pytest.fixture
def officer():
    return make_officer()


@pytest.fixture
def other() -> Firm:
    """A firm of the same number, reviewed by the same officers."""
    other = stranger()
    other.files()
    other.is_reviewed()
    return other


@pytest.mark.cases(1)
@pytest.mark.parametrize("reason", REASONS)
def test_the_firm_reads_its_own_words_and_never_those_of_colleagues(client, firm, other, officer, reason):
    scheme, alternative = (match.scheme for match in first_matches(firm.file, 2))
    because = {"better_alternative": {"alternative": alternative}}.get(reason, ASKS.get(reason, {}))
    decide(firm.file, scheme, officer, reason, comment="motcollegue", message="motentreprise", **because)
    end_review(submission=firm.file, officer=officer, on=DAY)
    text = reads(client, firm.file)
    assert "motcollegue" not in text
    assert "motentreprise" in client.get(reverse("result", args=[link_to(firm.file)])).content.decode()
    assert str(Review.Reason(reason).label) not in text or str(Review.Reason(reason).label) in str(
        Review.objects.get(scheme=scheme, submission=firm.file).reason_for_firm
    )
    assert shown_of(other, text) == []
    client.force_login(officer)
    page = text_of(client.get(reverse("officer_file", args=[firm.file.pk])))
    assert "motcollegue" in page
    assert "motentreprise" in page


def test_the_panel_takes_both(client, firm, other, officer):
    (match,) = first_matches(firm.file)
    client.force_login(officer)
    sent = {"verdict": "rejected", "reason": "not_worth_it", "comment": "motcollegue", "message": "motentreprise"}
    address = reverse("officer_review", args=[firm.file.pk, match.scheme_id])
    refused = client.post(address, {**sent, "reason": "", "message": "mot gardé"})
    assert refused.status_code == 422
    assert "mot gardé" in refused.content.decode()
    assert client.post(address, sent).status_code == 302
    review = firm.file.reviews.get()
    assert (review.comment, review.message) == ("motcollegue", "motentreprise")
    assert shown_of(other, reads(client, firm.file)) == []


def test_notes_steps_and_words_of_a_hand_over_stay_among_officers(client, firm, other, officer):
    colleague = make_officer()
    write_note(submission=firm.file, author=officer, audience="internal", text="noteinterne")
    write_note(submission=firm.file, author=officer, audience="shared", text="notepartagee")
    write_note(submission=firm.file, author=officer, audience="firm", text="noteentreprise")
    record_step(submission=firm.file, officer=officer, step="contacted", note="notesuivi")
    offer_file(submission=firm.file, by=officer, to=colleague, note="mottransmission")
    text = reads(client, firm.file)
    assert "noteentreprise" in text
    assert not [word for word in ("noteinterne", "notepartagee", "notesuivi", "mottransmission") if word in text]
    to_firms = Notification.objects.filter(recipient__in=[firm.email, other.email])
    assert not [email for email in to_firms if "mottransmission" in email.text + email.html]
    assert shown_of(other, text) == []
