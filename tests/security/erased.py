"""A firm that left a trace wherever one can be left, and the search for it."""

from datetime import timedelta
from urllib.parse import urlencode

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from backend.accounts.models import User
from backend.matchmaking.alerts import subscribe
from backend.matchmaking.closing import close_file, reopen_file
from backend.matchmaking.corrections import correct_need
from backend.matchmaking.firm_words import agree_to_call, propose_call, write_of_scheme
from backend.matchmaking.follow_up import offer_file, record_step, write_note
from backend.matchmaking.language import learn_language
from backend.matchmaking.models import Escalation, PartnerShare, Reminder, Submission, Survey
from backend.matchmaking.partners import write_as_partner
from backend.matchmaking.reviews import end_review
from backend.matchmaking.scheme_events import say
from backend.matchmaking.services import confirm_address
from backend.matchmaking.sharing import make_share, renew_feed
from backend.matchmaking.state_aid import declare_aid
from backend.matchmaking.surveys import rate
from backend.notifications.services import stop
from backend.schemes.models import SubNeed
from tests.factories import (
    DAY,
    decide,
    first_matches,
    make_call,
    make_guest,
    make_officer,
    make_partner_filing,
    make_saved_draft,
    share_with,
)
from tests.few_sentences import few_sentences

RARE = "zigzagolin"
TRACES = {
    "name": "Forges du Vent Debout",
    "contact": "Barnabé Quillevéré",
    "address": "barnabe@forges-vent-debout.example",
    "guest": "quincaille@cabinet-vent-debout.example",
    "telephone": "+33353017799",
    "telephone as typed": "03 53 01 77 99",
    "siren": "552100554",
    "siret": "55210055400013",
    "rare word": RARE,
    "group": "Quillevéré Holding",
    "aid": "Aide au zigzagolinage",
}


def file_everything(*, learnt: bool = True) -> Submission:
    """File for a firm, and have everything said of it that the service can keep; learning words takes seconds."""
    filing = make_partner_filing(
        noted_by=TRACES["contact"],
        siret=TRACES["siret"],
        siren=TRACES["siren"],
        company_name=TRACES["name"],
        contact_name=TRACES["contact"],
        email=TRACES["address"],
        phone=TRACES["telephone"],
        text=f"Notre {RARE} tombe en panne et nous cherchons à former nos soudeurs.",
        wants_alerts=True,
        facts={"group": [{"name": TRACES["group"], "share": 60, "headcount": 10}]},
    )
    submission = confirm_address(submission=filing.submission)
    officer, other = make_officer(), make_officer()
    first, second, third, fourth = first_matches(submission, 4)
    decide(submission, first.scheme, officer)
    decide(submission, second.scheme, officer, "other", comment=f"Le {RARE} n’est pas couvert.")
    decide(submission, third.scheme, officer, "partner_first", partner=f"Atelier du {RARE}")
    criterion = fourth.revision.criteria.first()
    decide(submission, fourth.scheme, officer, "wrong_criterion", criterion=criterion, comment=f"Un {RARE} compte.")
    correct_need(
        submission=submission,
        sub_need=SubNeed.objects.exclude(pk__in=submission.needs.values("sub_need")).first(),
        change="added",
        officer=officer,
        on=DAY,
    )
    write_note(submission=submission, author=officer, audience="internal", text=f"{TRACES['contact']} : {RARE}.")
    share = share_with(submission, officer)
    PartnerShare.objects.filter(pk=share.pk).update(message=f"Un {RARE} à trouver avec {TRACES['contact']}.")
    reader = User.objects.filter(memberships__organisation=share.organisation).first()
    write_as_partner(share=share, author=reader, text=f"Nous appelons {TRACES['contact']} pour son {RARE}.")
    record_step(submission=submission, officer=officer, step="partner", note=f"un loueur de {RARE}")
    say(submission=submission, scheme=first.scheme, state="followed", note=f"Pour le {RARE}.", on=DAY)
    say(submission=submission, scheme=first.scheme, state="applied", officer=officer, note=f"Le {RARE}.", on=DAY)
    write_of_scheme(submission=submission, scheme=first.scheme, text=f"Un devis de {RARE}.", keep_on=DAY, on=DAY)
    call = record_step(submission=submission, officer=officer, step="call_back", due_on=DAY, note=f"Le {RARE}.")
    propose_call(submission=submission, call=call, text=f"Après l’essai du {RARE}.")
    agree_to_call(submission=submission, call=call, on=DAY)
    Escalation.objects.create(submission=submission, starts_on=DAY, rung="officer", to=officer, told_on=DAY)
    subscribe(submission=submission, frequency="weekly", paused_until=None, on=DAY)
    Reminder.objects.create(
        alert=submission.alerts.get(), scheme=first.scheme, closes_on=DAY, stage=Reminder.Stage.PREPARE, sent_on=DAY
    )
    declare_aid(submission=submission, on=DAY, granted_on=DAY, amount_eur=None, title=TRACES["aid"])
    submission.refresh_from_db()
    end_review(submission=submission, officer=officer, message=f"Parlons du {RARE}.", on=DAY)
    submission.refresh_from_db()
    close_file(submission=submission, officer=officer, reason="helped", note=f"Le {RARE} tourne.")
    survey = Survey.objects.create(submission=submission, kind="satisfaction", asked_on=DAY)
    rate(survey=survey, grade="yes", comment=f"Merci pour le {RARE}.")
    reopen_file(submission=submission, officer=officer, on=DAY)
    offer_file(submission=submission, by=officer, to=other, note=f"Le {RARE} te parlera.")
    stop(address=TRACES["address"], topic=submission.alerts.get().topic)
    if learnt:
        with few_sentences():
            learn_language()
    renew_feed(submission=submission)
    make_share(submission=submission)
    make_guest(submission, email=TRACES["guest"], right="answer")
    make_guest(submission, email=f"second.{TRACES['guest']}", accepted=False)
    begin_draft()
    draft = make_saved_draft(submission, text=f"Un second projet de {RARE}.")
    assert set(draft.content["contact"].values()) == {TRACES["contact"], TRACES["address"], TRACES["telephone"]}
    make_call(key=submission.filing_key, phone="03 53 01 77 99", name=TRACES["contact"], company_name=TRACES["name"])
    submission.refresh_from_db()
    return submission


def begin_draft() -> None:
    """Have the firm begin another filing, which it never sends."""
    session = SessionStore()
    session["draft"] = {"key": "x", "steps": {"contact": {"email": [TRACES["address"]]}}}
    session.save()


def forms_of(trace: str) -> set[bytes]:
    """Return how a trace may be kept, A to Z small: as it is, in capitals, in hexadecimal, escaped as in JSON text."""
    forms = (trace, trace.lower(), trace.upper(), trace.encode().hex(), trace.encode("unicode_escape").decode())
    return {form.encode().lower() for form in forms}


def search_tables() -> dict[str, list[str]]:
    """Return where each trace stands: every row of every table as PostgreSQL copies it, sessions decoded."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables WHERE "
            "table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        tables = [name for (name,) in cursor.fetchall()]
        for table in tables:
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT BINARY)") as copy:  # noqa: S608
                rows = b"".join(map(bytes, copy)).lower()
            for what, trace in TRACES.items():
                if any(form in rows for form in forms_of(trace)):
                    found.setdefault(what, []).append(table)
    for session in Session.objects.filter(expire_date__gt=timezone.now() - timedelta(days=365)):
        decoded = str(session.get_decoded())
        for what, trace in TRACES.items():
            if trace in decoded or urlencode({"x": trace})[2:] in decoded:
                found.setdefault(what, []).append("django_session")
    return found
