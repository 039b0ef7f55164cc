"""Append-only rows change and go in one way only."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from backend.companies.models import Fact
from backend.matchmaking.models import Result, Review
from backend.privacy.erasing import erase_rows
from backend.privacy.models import RetentionRun, Treatment
from backend.privacy.treatments import ERASED, TREATMENTS
from tests.factories import decide, first_matches, make_officer, make_submission
from tests.neighbour import ours

pytestmark = pytest.mark.django_db


def query(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def guarded() -> list[str]:
    rows = query("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_append\\_only'")
    return sorted(name for (name,) in rows)


@pytest.fixture
def review():
    submission = make_submission(confirmed=True)
    (match,) = first_matches(submission)
    return decide(submission, match.scheme, make_officer(), "other", comment="Le zigzag d’Isabelle.")


def refuses(sql: str) -> None:
    with pytest.raises(DatabaseError, match="never rewritten"), transaction.atomic():
        connection.cursor().execute(sql)


def test_every_append_only_table_refuses_changes_and_deletions():
    rows = query(
        "SELECT tgrelid::regclass::text, tgtype, tgenabled, proname "
        "FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgname LIKE '%\\_append\\_only'"
    )
    assert len(rows) >= 20
    for table, kind, enabled, function in rows:
        # For each row, before, on delete and on update (pg_trigger.h).
        assert (table, kind, enabled, function) == (table, 1 | 2 | 8 | 16, "O", "refuse_change")


@pytest.mark.cases(2)
@pytest.mark.parametrize("table", ["matchmaking_review", "companies_fact", "matchmaking_result", "schemes_revision"])
def test_a_row_is_neither_rewritten_nor_deleted_by_hand(review, table):
    refuses(f"UPDATE {table} SET id = id")  # noqa: S608
    refuses(f"DELETE FROM {table}")  # noqa: S608


def test_no_setting_of_the_session_opens_the_door(review):
    for name in ("privacy.permit", "append_only.permit", "append_only_permit"):
        query(f"SELECT set_config('{name if '.' in name else 'x.' + name}', 'on', true)")
    refuses("DELETE FROM matchmaking_review")


def test_a_table_of_a_session_does_not_pass_for_the_permit(review):
    query("SELECT pg_current_xact_id()")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE append_only_permit (xid xid8)")
        cursor.execute("INSERT INTO pg_temp.append_only_permit VALUES (pg_current_xact_id())")
    refuses("DELETE FROM matchmaking_review")


def test_the_function_treats_the_rows_it_is_given_and_leaves_a_proof(review):
    other = decide(review.submission, first_matches(review.submission, 2)[1].scheme, make_officer(), "not_worth_it")
    done = erase_rows(rule="erasure", rows={"reviews": [review.pk]})
    assert done == {"reviews": 1}
    review.refresh_from_db()
    assert (review.comment, review.reason, review.verdict) == (ERASED, "other", "rejected")
    assert Review.objects.get(pk=other.pk).comment == other.comment
    run = RetentionRun.objects.get()
    assert (run.rule, run.counts) == ("erasure", {"reviews": 1})
    facts = ours(Fact).filter(sheet=review.submission.sheet)
    assert erase_rows(rule="erasure", rows={"facts": facts.values_list("pk", flat=True)})["facts"] > 5
    assert not facts.exists()


def test_the_door_is_shut_again_behind_the_function(review):
    erase_rows(rule="erasure", rows={"reviews": [review.pk]})
    refuses("DELETE FROM matchmaking_review")
    assert query("SELECT count(*) FROM append_only_permit") == [(0,)]


def test_a_function_that_fails_leaves_neither_permit_nor_proof(review):
    with pytest.raises(DatabaseError, match="No treatment is called"), transaction.atomic():
        erase_rows(rule="erasure", rows={"reviews": [review.pk], "schemes": [1]})
    review.refresh_from_db()
    assert review.comment != ERASED
    assert not RetentionRun.objects.exists()
    refuses("DELETE FROM matchmaking_review")


def test_no_treatment_touches_the_catalogue_or_rewrites_a_verdict():
    for row in Treatment.objects.all():
        assert not row.table.startswith("schemes_") or row.table == "schemes_cataloguetask"
        assert "verdict" not in row.changes
        assert "decided_at" not in row.changes


def test_the_database_holds_the_table_of_the_code():
    rows = {row.name: (row.table, row.key, row.changes) for row in Treatment.objects.all()}
    assert rows == {name: (row.table, row.key, row.changes) for name, row in TREATMENTS.items()}
    assert {table for table, _key, _changes in rows.values()} <= set(connection.introspection.table_names())


@pytest.fixture
def serving():
    """Stand for the role that serves: every right on every table is granted to it, and it owns none."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE serves_only_in_this_test")
        cursor.execute("GRANT USAGE ON SCHEMA public TO serves_only_in_this_test")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO serves_only_in_this_test")
        cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO serves_only_in_this_test")
        cursor.execute("SET LOCAL ROLE serves_only_in_this_test")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def test_a_role_that_owns_nothing_erases_by_the_function_only(review, serving):
    for forged in (
        "INSERT INTO append_only_permit VALUES (pg_current_xact_id())",
        "INSERT INTO privacy_treatment VALUES ('reviews2', 'matchmaking_review', 'id', 'verdict = ''kept''')",
        "INSERT INTO privacy_retentionrun (rule, ran_at, counts) VALUES ('erasure', now(), '{}')",
    ):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            connection.cursor().execute(forged)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE privacy_treatment SET changes = ''")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM privacy_treatment")
        assert cursor.rowcount == 0
    refuses("DELETE FROM matchmaking_review")
    refuses("UPDATE matchmaking_review SET verdict = 'kept'")
    assert erase_rows(rule="erasure", rows={"reviews": [review.pk]}) == {"reviews": 1}


def test_proofs_are_append_only_too(review):
    erase_rows(rule="erasure", rows={})
    assert "privacy_retentionrun" in guarded()
    refuses("DELETE FROM privacy_retentionrun")
    refuses("UPDATE privacy_retentionrun SET rule = 'x'")


def test_every_key_of_a_treatment_is_its_primary_key():
    tables = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    for row in TREATMENTS.values():
        assert tables[row.table]._meta.pk.column == row.key
    assert Result._meta.db_table in tables
