"""A file of which everything is kept that a link to it may tell."""

from datetime import date
from decimal import Decimal

from backend.accounts.models import User
from backend.matchmaking.firm_words import write_of_scheme
from backend.matchmaking.follow_up import record_step, take_file, write_note
from backend.matchmaking.models import Submission
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.matchmaking.state_aid import declare_aid
from backend.schemes.models import Scheme
from tests.factories import DAY, decide, first_matches, make_submission, publish_revision

SOON = date(2027, 3, 28)


def make_full_file(officer: User) -> tuple[Submission, Scheme, Scheme]:
    """File a request, have its officer say all that one can, and return it, a scheme proposed and one followed."""
    made = make_submission(
        confirmed=True,
        contact_name="Aliénor Brisefer",
        text="Notre tournevis sonique est fatigué, il nous faut deux soudeurs.",
        needs=("innovation.collaboratif", "numerique.robot"),
        facts={"turnover": 4_815_162.0},
    )
    proposed, asked, followed = first_matches(made, 12)[1::5]
    for match in (proposed, followed):
        publish_revision(match.scheme, window_state="dated", opens_on=None, closes_on=SOON, preparation_days=30)
    take_file(submission=made, officer=officer)
    write_note(submission=made, author=officer, audience="firm", text="Un mot pour vous.")
    for audience in ("internal", "shared"):
        write_note(submission=made, author=officer, audience=audience, text="Un mot entre nous.")
    decide(made, proposed.scheme, officer, on=DAY)
    end_review(submission=made, officer=officer, on=DAY, message="Un mot de la relecture.")
    record_step(submission=made, officer=officer, step="call_back", due_on=SOON, note="Un mot entre nous.")
    say(submission=made, scheme=followed.scheme, state="followed", on=DAY)
    write_of_scheme(submission=made, scheme=followed.scheme, text="Un devis de trente clous.", keep_on=SOON, on=DAY)
    say(submission=made, scheme=asked.scheme, state="applied", on=DAY)
    say(submission=made, scheme=asked.scheme, state="refused", note="Un refus motivé.", on=DAY)
    declare_aid(submission=made, on=DAY, granted_on=DAY, amount_eur=Decimal("8765.43"), title="Pass Tournevis")
    return made, proposed.scheme, followed.scheme
