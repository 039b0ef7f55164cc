"""Two roles of the database: the one that serves reads and writes rows, and can do nothing else."""

import psycopg
import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from psycopg import errors, sql

from backend.common.roles import serves_as_owner
from backend.jobs.registry import JOBS
from backend.jobs.running import run
from backend.journal.models import AuditEvent, Kind
from backend.matchmaking.models import Review, Submission, WeightSet
from backend.matchmaking.reviews import end_review
from backend.matchmaking.weights import activate_weights
from backend.notifications.models import Notification
from backend.privacy.erasing import erase_submission
from tests.factories import (
    DAY,
    decide,
    first_matches,
    make_lead,
    make_officer,
    make_submission,
    next_morning,
    rewriting,
    write_version,
)
from tests.neighbour import ours
from tests.security.roles import SUPERUSER, TwoRoles, empty_database, run_command

# Each table whose rows are never rewritten: a new one is written here, and guarded by append_only().
APPEND_ONLY = {
    "companies_fact",
    "journal_auditevent",
    "matchmaking_activation",
    "matchmaking_fileevent",
    "matchmaking_match",
    "matchmaking_needcorrection",
    "matchmaking_partnerfiling",
    "matchmaking_preferencecorrection",
    "matchmaking_result",
    "matchmaking_review",
    "matchmaking_reviewend",
    "matchmaking_reviewpolicy",
    "matchmaking_schemeevent",
    "matchmaking_weightset",
    "privacy_retentionrun",
    "schemes_criterion",
    "schemes_fielddecision",
    "schemes_importrun",
    "schemes_operatorrole",
    "schemes_proposaledit",
    "schemes_relation",
    "schemes_revision",
    "schemes_servedneed",
    "schemes_sheetanswer",
    "schemes_source",
    "schemes_tagdecision",
    "schemes_windowobservation",
    "steering_target",
}
IN_PART = {"accounts_apikey", "matchmaking_ranker"}  # some of their columns only
OWNERS = {"append_only_permit", "django_migrations", "privacy_retentionrun", "privacy_treatment"}


@pytest.fixture(scope="module")
def roles(django_db_setup, django_db_blocker, tmp_path_factory):
    """Restore the tests' reference data as an owner that is no superuser, which also grants what serving needs."""
    backup = tmp_path_factory.mktemp("backup") / "reference.zip"
    with django_db_blocker.unblock(), empty_database(creates_roles=True) as made:
        source = {**made.environment, "JONCTION_OWNER_DATABASE_URL": ""}
        source["DATABASE_URL"] = f"{SUPERUSER.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
        saved = run_command("backup", backup, **source)
        assert saved.returncode == 0, saved.stderr
        with rewriting():  # the backup is noted in the database of all the other tests
            AuditEvent.objects.filter(kind=Kind.BACKUP).delete()
        restored = made.command("restore", backup, "--no-register")
        assert restored.returncode == 0, restored.stderr
        yield made


@pytest.fixture
def server(roles):
    with roles.connect(roles.server) as link:
        yield link


@pytest.fixture
def served(roles, django_db_blocker):
    """Give Django the role that serves; what is written stays in that database until the end of the module."""
    with django_db_blocker.unblock(), roles.served():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (roles.server.name,)
        yield


# -- what it cannot do


def refusals(roles: TwoRoles) -> list[str]:
    return [
        "CREATE TABLE public.mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE VIEW public.mine AS SELECT 1",
        "CREATE EXTENSION dblink",
        "DROP TABLE journal_auditevent",
        "DROP TABLE matchmaking_submission",
        "DROP TRIGGER journal_auditevent_append_only ON journal_auditevent",
        "ALTER TABLE journal_auditevent DISABLE TRIGGER ALL",
        "ALTER TABLE journal_auditevent DISABLE TRIGGER journal_auditevent_append_only",
        "ALTER TABLE matchmaking_submission ADD COLUMN mine int",
        "ALTER TABLE append_only_permit DISABLE ROW LEVEL SECURITY",
        "ALTER FUNCTION erase_rows(text, jsonb) SECURITY INVOKER",
        "ALTER FUNCTION erase_rows(text, jsonb) SET search_path = pg_temp, public",
        "DROP FUNCTION erase_rows(text, jsonb)",
        "SET session_replication_role = replica",
        "TRUNCATE journal_auditevent",
        "TRUNCATE matchmaking_submission CASCADE",
        f"SET ROLE {roles.owner.name}",
        f"SET SESSION AUTHORIZATION {roles.owner.name}",
        f"GRANT {roles.owner.name} TO {roles.server.name}",
        f"ALTER ROLE {roles.server.name} CREATEROLE",
        f"ALTER ROLE {roles.server.name} SUPERUSER",
        f"REASSIGN OWNED BY {roles.owner.name} TO {roles.server.name}",
        f"ALTER DATABASE {roles.database} OWNER TO {roles.server.name}",
        f"DROP DATABASE {roles.database}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC; CREATE TABLE public.mine (id int)",
        "COPY matchmaking_submission TO PROGRAM 'cat'",
        "COPY journal_auditevent TO '/tmp/jonction-rows'",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
        "INSERT INTO append_only_permit VALUES (pg_current_xact_id())",
        "INSERT INTO privacy_treatment (name, \"table\", key, changes) VALUES ('a', 'accounts_user', 'id', '')",
        "UPDATE privacy_treatment SET changes = ''",
        "INSERT INTO privacy_retentionrun (rule, ran_at, counts) VALUES ('a', now(), '{}')",
    ]


def test_it_can_change_nothing_but_rows(roles, server):
    passed = []
    for statement in refusals(roles):
        try:
            server.execute(statement)
        except errors.InsufficientPrivilege:
            continue
        except psycopg.Error as error:
            passed.append(f"{statement}: {error}")
            continue
        passed.append(statement)
    assert passed == []


def test_it_cannot_hand_its_own_rights_on(roles, server):
    """PostgreSQL only warns there: what counts is that nobody has more."""
    server.execute("GRANT SELECT ON accounts_user TO PUBLIC")
    assert server.execute("SELECT has_table_privilege('public', 'accounts_user', 'SELECT')").fetchone() == (False,)


@pytest.mark.parametrize("table", sorted(APPEND_ONLY))
def test_no_row_of_an_append_only_table_is_rewritten_deleted_or_emptied(server, table):
    name = sql.Identifier(table)
    (column,) = server.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", [table]
    ).fetchone()
    for statement in ("UPDATE {name} SET {column} = {column}", "DELETE FROM {name}", "TRUNCATE {name} CASCADE"):
        with pytest.raises(errors.InsufficientPrivilege):
            server.execute(sql.SQL(statement).format(name=name, column=sql.Identifier(column)))
    assert server.execute(sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone() is not None


def rights(link, role: str) -> dict[str, set[str]]:
    rows = link.execute(
        "SELECT c.relname, r FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',"
        " 'REFERENCES', 'TRIGGER']) r WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')"
        " AND has_table_privilege(%s, c.oid, r)",
        [role],
    ).fetchall()
    found: dict[str, set[str]] = {}
    for table, right in rows:
        found.setdefault(table, set()).add(right)
    return found


def test_each_table_has_the_rights_of_its_nature_and_the_list_is_whole(roles, server):
    found = rights(server, roles.server.name)
    tables = {row[0] for row in server.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert found.keys() == tables
    guarded = {
        row[0]
        for row in server.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgfoid = 'refuse_change'::regproc AND tgattr = ''"
        )
    }
    assert guarded == APPEND_ONLY
    for table in tables:
        expected = {"SELECT", "INSERT", "UPDATE", "DELETE"}
        if table in OWNERS:
            expected = {"SELECT"}
        elif table in APPEND_ONLY | IN_PART:
            expected = {"SELECT", "INSERT"}
        assert found[table] == expected, table


def test_where_some_columns_are_guarded_the_others_alone_are_written(roles, server):
    for table in IN_PART:
        columns = dict(
            server.execute(
                "SELECT attname, has_column_privilege(attrelid, attnum, 'UPDATE') FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
                [table],
            ).fetchall()
        )
        guarded = {
            row[0]
            for row in server.execute(
                "SELECT attname FROM pg_trigger JOIN pg_attribute ON attrelid = tgrelid AND attnum = ANY (tgattr)"
                " WHERE tgfoid = 'refuse_change'::regproc AND tgrelid = %s::regclass",
                [table],
            )
        }
        assert guarded
        assert {name for name, may in columns.items() if not may} == guarded


def test_one_function_alone_lends_the_rights_of_the_owner(server):
    lent = server.execute(
        "SELECT proname, array_to_string(proconfig, ','), has_function_privilege(oid, 'EXECUTE') FROM pg_proc"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    ).fetchall()
    assert {name for name, _, may in lent if may} == {"erase_rows"}
    # What it names is found where nobody but the owner creates: temporary tables come last.
    assert {path for _, path, _ in lent} == {"search_path=public, pg_temp"}


def test_granting_again_reaches_a_later_table_and_takes_back_what_was_added(roles, server):
    before = rights(server, roles.server.name)
    with roles.connect(roles.owner) as owner:
        owner.execute(f"GRANT ALL ON journal_auditevent, companies_fact TO {roles.server.name}")
        owner.execute(f"GRANT CREATE ON SCHEMA public TO {roles.server.name}")
        owner.execute("CREATE TABLE public.later (id bigint GENERATED BY DEFAULT AS IDENTITY, word text)")
        try:
            assert rights(server, roles.server.name)["later"] == {"SELECT", "INSERT"}
            server.execute("INSERT INTO later (word) VALUES ('a')")
            done = roles.command("grant_roles")
            assert done.returncode == 0, done.stderr
            assert rights(server, roles.server.name)["later"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}
        finally:
            owner.execute("DROP TABLE public.later")
    assert rights(server, roles.server.name) == before
    with pytest.raises(errors.InsufficientPrivilege):
        server.execute("CREATE TABLE public.mine (id int)")


@pytest.mark.django_db
def test_who_owns_the_tables_is_told_apart():
    assert serves_as_owner()  # the tests' own connection


# -- the service goes on with it


def test_from_filing_to_the_e_mail_it_is_enough(served):
    assert not serves_as_owner()
    officer, lead = make_officer(), make_lead()
    sent = ours(Notification).filter(state=Notification.State.SENT)
    n_before = sent.count()  # what the other tests of this role sent is kept
    submission = make_submission(confirmed=True)
    next_morning()
    desk = Client()
    desk.force_login(officer)
    assert desk.get(f"/agent/{submission.pk}/").status_code == 200
    kept, aside = (match.scheme for match in first_matches(submission, 2))
    decide(submission, kept, officer)
    decide(submission, aside, officer, "asked_and_refused", comment="En 2024.")
    end_review(submission=submission, officer=officer, on=DAY, message="Bonjour")
    done = run(name="outbox.sweep", on=DAY)
    assert done is not None
    assert done.error == ""
    assert sent.count() - n_before == len(mail.outbox) > 0
    assert {submission.contact.email, officer.email} <= {to for message in mail.outbox for to in message.to}
    assert Review.objects.filter(submission=submission).count() == 2
    assert ours(AuditEvent).filter(submission_id=submission.pk, kind=Kind.FILE_READ, actor=officer).exists()
    desk.force_login(lead)
    assert desk.get(f"/agent/{submission.pk}/").status_code == 200


def test_a_file_is_erased_with_it(served, settings, tmp_path):
    settings.ERASED_REGISTER = tmp_path / "erased"
    submission, neighbour = make_submission(confirmed=True), make_submission(confirmed=True, email="v@voisin.example")
    officer = make_officer()
    decide(submission, first_matches(submission)[0].scheme, officer, "other", comment="Le zigzag.")
    erase_submission(submission=submission, by=officer)
    submission.refresh_from_db()
    assert submission.erased_at is not None
    assert not Review.objects.filter(comment__contains="zigzag").exists()
    assert not Submission.objects.get(pk=neighbour.pk).erased_at
    assert Submission.objects.get(pk=neighbour.pk).contact.email == "v@voisin.example"
    assert AuditEvent.objects.filter(kind=Kind.ERASURE, submission_id=submission.pk, actor=officer).count() == 1


def test_the_points_of_the_ranking_change_with_it(served):
    lead = make_lead()
    version = write_version(lead, near=33.5)
    activate_weights(weights=version, by=lead, instead_of=WeightSet.objects.in_force().get().version)
    assert WeightSet.objects.in_force().get() == version


@pytest.mark.parametrize("name", [name for name, job in JOBS.items() if job.is_on and name != "links.check"])
def test_each_job_runs_with_it(served, name):
    """All but the one that asks sites of others."""
    done = run(name=name, on=DAY)
    assert done is not None
    assert done.error == "", done.error


@pytest.mark.slow  # it may read every table, as the list of its rights says
def test_a_backup_needs_no_more(roles, tmp_path):
    saved = roles.command("backup", tmp_path / "one.zip", JONCTION_OWNER_DATABASE_URL="")
    assert saved.returncode == 0, saved.stderr


# -- where it cannot be made


def test_an_owner_who_may_not_create_roles_is_told_what_to_ask_for_and_grants_to_no_stronger_role():
    with empty_database(creates_roles=False) as poor, psycopg.connect(SUPERUSER, autocommit=True) as link:
        done = poor.command("grant_roles")
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert f"Le rôle {poor.server.name} n’existe pas" in done.stderr
        assert f"CREATE ROLE {poor.server.name} LOGIN" in done.stderr
        assert poor.server.password not in done.stderr
        link.execute(f"CREATE ROLE {poor.server.name} LOGIN CREATEDB PASSWORD '{poor.server.password}'")
        link.execute(f"GRANT {poor.owner.name} TO {poor.server.name}")
        done = poor.command("grant_roles")
        assert done.returncode == 1
        assert "peut plus que servir" in done.stderr
        assert "agir au nom d’un autre rôle" in done.stderr
        assert "des bases" in done.stderr
        link.execute(f"ALTER ROLE {poor.server.name} NOCREATEDB")
        link.execute(f"REVOKE {poor.owner.name} FROM {poor.server.name}")
        assert poor.command("grant_roles").returncode == 0
        with poor.connect(poor.server) as server, pytest.raises(errors.InsufficientPrivilege):
            server.execute("CREATE TABLE public.mine (id int)")


@pytest.mark.slow
def test_one_role_is_still_enough_and_says_so(roles):
    done = roles.command("grant_roles", JONCTION_OWNER_DATABASE_URL="")
    assert done.returncode == 0
    assert "Un seul rôle" in done.stdout


@pytest.mark.slow
def test_the_same_role_twice_is_refused(roles):
    done = roles.command("grant_roles", DATABASE_URL=roles.owner.url(roles.database))
    assert done.returncode == 1
    assert "le même rôle" in done.stderr


def test_two_databases_are_refused_at_once(roles):
    done = roles.command("check", JONCTION_OWNER_DATABASE_URL=roles.owner.url("elsewhere"))
    assert done.returncode == 1
    assert "expected the same one" in done.stderr


@pytest.mark.slow  # serves_as_owner, which it asks, is tried above for both roles
@pytest.mark.parametrize(("of_owner", "warned"), [(True, True), (False, False)])
def test_the_check_before_opening_warns_of_a_site_that_owns_its_tables(roles, of_owner, warned):
    url = roles.owner.url(roles.database) if of_owner else roles.server.url(roles.database)
    done = roles.command("check", "--deploy", DATABASE_URL=url, JONCTION_OWNER_DATABASE_URL="")
    assert ("jonction.W001" in done.stderr + done.stdout) == warned
