"""For each table that holds something of a person: whether its rows are deleted, or stay without the person."""

from dataclasses import dataclass

from django.db import connections

from backend.steering.models import FileFact

ERASED = "demande effacée"  # what people read where words stood


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasable:
    """One row of the table; without ``changes`` the rows are deleted."""

    table: str
    changes: str = ""
    key: str = "id"


def _word(column: str) -> str:
    """Overwrite words where there were some: rules of the database ask for them beside some answers."""
    return f"{column} = CASE WHEN {column} = '' THEN '' ELSE '{ERASED}' END"


# What stays is what statistics count: files by place, month and need, decisions and what came of them, unmet needs.
TREATMENTS: dict[str, Erasable] = {
    "facts": Erasable(table="companies_fact"),
    "counted_needs": Erasable(table="steering_needfact"),
    "sole_blockers": Erasable(table="steering_soleblocker"),
    "counted_files": Erasable(
        table="steering_filefact", key="submission_id", changes=f"commune = '{FileFact.ERASED}'"
    ),
    "snapshots": Erasable(table="companies_factsnapshot", key="sheet_id"),
    "aids": Erasable(table="companies_receivedaid"),
    "sheets": Erasable(table="companies_factsheet", changes="name = '', company_id = NULL, establishment_id = NULL"),
    "establishments": Erasable(table="companies_establishment"),
    "companies": Erasable(table="companies_company"),
    "contacts": Erasable(table="companies_contact", changes=f"name = '{ERASED}', email = '', phone = ''"),
    "submissions": Erasable(
        table="matchmaking_submission",
        changes="text = '', call_slot = 'any', officer_id = NULL, consent_by_id = NULL, "
        "filing_key = gen_random_uuid(), erased_at = now()",
    ),
    # What stays lets a request that is sent again file nothing twice, and its partner read that the file is erased.
    "partner_filings": Erasable(table="matchmaking_partnerfiling", changes=f"{_word('noted_by')}, digest = ''"),
    "call_requests": Erasable(table="matchmaking_callrequest"),
    "saved_drafts": Erasable(table="matchmaking_saveddraft"),
    # Begun from a file that reads this one: what it may have from there goes, what its contact typed stays.
    "drafts_beside": Erasable(
        table="matchmaking_saveddraft", changes="""content = content || '{"known": {}, "origins": {}}'::jsonb"""
    ),
    "texts": Erasable(table="matchmaking_submission", changes="text = ''"),
    "needs": Erasable(table="matchmaking_need", changes="evidence = '{}'"),
    # One that waits is withdrawn at the time of its offer: to erase is no event, which would keep the file longer.
    "hand_overs": Erasable(
        table="matchmaking_handover",
        changes=f"{_word('note')}, {_word('answer')}, answered_at = coalesce(answered_at, offered_at), "
        "state = CASE state WHEN 'offered' THEN 'withdrawn' ELSE state END",
    ),
    "results": Erasable(table="matchmaking_result"),
    "reviewed_results": Erasable(table="matchmaking_result", changes="facts = '{}', spoken_activities = '{}'"),
    "matches": Erasable(table="matchmaking_match"),
    # Before their matches go, which the order of the names does: ``erase_rows`` reads the shorter ones first.
    "pruned": Erasable(
        table="matchmaking_result",
        changes="pruned = (SELECT jsonb_object_agg(revision_id, closeness) FROM matchmaking_match "
        "WHERE result_id = matchmaking_result.id)",
    ),
    "reviewed_matches": Erasable(
        table="matchmaking_match", changes="unknown = '{}', to_confirm = '{}', presumed = NULL"
    ),
    "reviews": Erasable(
        table="matchmaking_review",
        changes=f"{_word('comment')}, {_word('message')}, {_word('partner')}, fact_id = NULL",
    ),
    "review_ends": Erasable(table="matchmaking_reviewend", changes=_word("message")),
    "scheme_events": Erasable(table="matchmaking_schemeevent", changes=_word("note")),
    "surveys": Erasable(table="matchmaking_survey", changes=_word("comment")),
    "file_events": Erasable(table="matchmaking_fileevent", changes=_word("note")),
    "follow_ups": Erasable(table="matchmaking_followup", changes=_word("note")),
    "calls": Erasable(table="matchmaking_followup"),  # of a dead address: they would lead from its digest to the file
    "file_links": Erasable(table="matchmaking_filelink"),
    "notes": Erasable(table="matchmaking_note"),
    "partner_shares": Erasable(table="matchmaking_partnershare"),
    "partner_words": Erasable(table="matchmaking_partnershare", changes=_word("message")),
    "reminders": Erasable(table="matchmaking_reminder"),
    "escalations": Erasable(table="matchmaking_escalation"),
    "guests": Erasable(table="matchmaking_guest"),
    "alerts": Erasable(table="matchmaking_alert"),
    "moves": Erasable(table="matchmaking_verdictmove"),
    "languages": Erasable(table="matchmaking_language", key="version"),
    "catalogue_tasks": Erasable(table="schemes_cataloguetask", changes=_word("text")),
    "mails": Erasable(table="notifications_notification"),
    "mail_bodies": Erasable(table="notifications_notification", changes="subject = '', text = '', html = ''"),
    "suppressions": Erasable(table="notifications_suppression", changes="detail = ''"),
    "note_recipients": Erasable(table="steering_noterecipient"),
    "webhook_deliveries": Erasable(table="webhooks_delivery"),
    "stops": Erasable(table="notifications_stop"),
    "links": Erasable(table="links_link"),
    "sessions": Erasable(table="django_session", key="session_key"),
    "journal": Erasable(table="journal_auditevent"),
    "administration": Erasable(table="django_admin_log"),
    "admin_log": Erasable(table="django_admin_log", changes=f"object_repr = '{ERASED}', change_message = ''"),
}


def store_treatments(*, using: str) -> None:
    """Write the table to the database, in place of what was there."""
    rows = [(name, row.table, row.key, row.changes) for name, row in TREATMENTS.items()]
    with connections[using].cursor() as cursor:
        cursor.execute("DELETE FROM privacy_treatment")
        cursor.executemany('INSERT INTO privacy_treatment (name, "table", key, changes) VALUES (%s, %s, %s, %s)', rows)
