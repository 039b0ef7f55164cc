"""What the role that serves pages may do in the database: read and write rows, and no more.

The owner of the tables grants it, after each migration. What is append-only and what has row security is read from the
database itself, so that no list can forget a table. ADR 25 says why there are two roles.
"""

from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.utils import ProgrammingError
from psycopg import sql
from psycopg.errors import InsufficientPrivilege

LOCK = 0x726F6C65  # one grant at a time: two would trip over the same rows of the catalogue
GUARD = "refuse_change"  # the function of append-only triggers

# Each table: whether it is for its owner alone to write, whether it is append-only, and which columns of it may be
# rewritten all the same where only some are guarded.
_TABLES = """
SELECT c.oid::regclass::text, c.relrowsecurity OR c.relname = 'django_migrations', t.oid IS NOT NULL, ARRAY(
  SELECT quote_ident(attname) FROM pg_attribute
  WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
    AND cardinality(t.tgattr::int2[]) > 0 AND attnum <> ALL (t.tgattr::int2[])
)
FROM pg_class c LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgfoid = to_regproc(%s)
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
ORDER BY 1
"""
_FUNCTIONS = """
SELECT oid::regprocedure::text, prorettype = 'trigger'::regtype FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prosecdef ORDER BY 1
"""
# Excess privileges, granted here or elsewhere: SQL that is true where the role has one.
_EXCESSES = {
    "être superutilisateur, créer des rôles ou des bases": (
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls FROM me"
    ),
    "agir au nom d’un autre rôle": "SELECT EXISTS (SELECT FROM pg_auth_members JOIN me ON member = me.oid)",
    "posséder la base, ses tables ou ses fonctions": (
        "SELECT EXISTS (SELECT FROM pg_shdepend JOIN me ON refobjid = me.oid JOIN here ON dbid = here.oid OR objid ="
        " here.oid WHERE refclassid = 'pg_authid'::regclass AND deptype = 'o')"
    ),
    "créer des tables ou des fonctions (CREATE)": (
        "SELECT has_schema_privilege(me.oid, 'public', 'CREATE') OR has_database_privilege(me.oid, here.oid, 'CREATE')"
        " FROM me, here"
    ),
    "créer des tables temporaires (TEMPORARY)": (
        "SELECT has_database_privilege(me.oid, here.oid, 'TEMPORARY') FROM me, here"
    ),
    "vider des tables (TRUNCATE) ou en régler les déclencheurs (TRIGGER)": (
        "SELECT coalesce(bool_or(has_table_privilege(me.oid, pg_class.oid, 'TRUNCATE, TRIGGER, REFERENCES')), false)"
        " FROM pg_class, me WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    ),
}
_ABOUT = (
    "WITH me AS (SELECT * FROM pg_roles WHERE rolname = %s),"
    " here AS (SELECT oid FROM pg_database WHERE datname = current_database()) "
)


class RoleError(Exception):
    """Why nothing was granted, as a sentence in French that says what to ask for."""


def grant_serving_role(*, serving: Mapping[str, Any]) -> str:
    """Grant what serving needs, and nothing else, to the role of other connection settings; return its name.

    The role is made where it does not exist and the owner may make one. Raises ``RoleError`` where it cannot be, where
    it is the owner itself, or where it has more than it needs from elsewhere.
    """
    role = str(serving["USER"])
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s), current_user", [LOCK])
        owner = cursor.fetchone()[1]
        if role == owner:
            raise RoleError(
                f"DATABASE_URL et JONCTION_OWNER_DATABASE_URL donnent le même rôle, {owner} : donnez à DATABASE_URL un"
                " autre rôle, qui ne fera que servir."
            )
        _make_role(cursor, role, str(serving["PASSWORD"]), owner)
        try:
            _grant(cursor, role)
        except ProgrammingError as error:
            raise RoleError(
                f"{owner} ne peut pas donner de droits à {role} ({str(error).splitlines()[0]}). La base et ses tables"
                " doivent lui appartenir ; demandez à l’administrateur de la base :"
                f" ALTER DATABASE {connection.settings_dict['NAME']} OWNER TO {owner};"
            ) from None
        excesses = [what for what, test in _EXCESSES.items() if _is_true(cursor, _ABOUT + test, role)]
        if excesses:
            raise RoleError(
                f"Le rôle {role} peut plus que servir : {' ; '.join(excesses)}. Demandez à l’administrateur de la base"
                " de le lui retirer, ou donnez un autre rôle à DATABASE_URL."
            )
    return role


def serves_as_owner() -> bool:
    """Tell whether the role of this connection could change the shape of the database."""
    with connection.cursor() as cursor:
        return _is_true(cursor, "SELECT has_schema_privilege(current_user, 'public', 'CREATE')")


def _make_role(cursor: CursorWrapper, role: str, password: str, owner: str) -> None:
    if _is_true(cursor, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", role):
        return
    link = connection.connection
    # What is sent is what the server keeps of a password: its log never has the password itself.
    kept = link.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    make = sql.SQL(
        "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT PASSWORD {}"
    ).format(sql.Identifier(role), sql.Literal(kept))
    try:
        with transaction.atomic():
            cursor.execute(make.as_string(link))
    except ProgrammingError as error:
        if not isinstance(error.__cause__, InsufficientPrivilege):
            raise
        raise RoleError(
            f"Le rôle {role} n’existe pas, et {owner} n’a pas le droit de créer un rôle."
            f" Demandez à l’administrateur de la base : CREATE ROLE {role} LOGIN PASSWORD '…' (le mot de passe de"
            " DATABASE_URL) ; puis relancez la commande. Ou retirez JONCTION_OWNER_DATABASE_URL et donnez à"
            " DATABASE_URL le rôle propriétaire : le service marche avec un seul rôle, et une protection de moins."
        ) from None


def _grant(cursor: CursorWrapper, role: str) -> None:
    database = connection.settings_dict["NAME"]

    def run(statement: str, **names: str) -> None:
        quoted = {name: sql.Identifier(value) for name, value in names.items()}
        composed = sql.SQL(statement).format(role=sql.Identifier(role), **quoted)
        cursor.execute(composed.as_string(connection.connection))

    run("REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role}", database=database)
    run("GRANT CONNECT ON DATABASE {database} TO {role}", database=database)
    run("REVOKE ALL ON SCHEMA public FROM PUBLIC, {role}")
    run("GRANT USAGE ON SCHEMA public TO {role}")
    run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role}")
    run("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {role}")
    run("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
    cursor.execute(_TABLES, [GUARD])
    for table, is_owners, is_append_only, columns in cursor.fetchall():  # quoted by PostgreSQL itself
        rights = "SELECT"
        if not is_owners:
            rights += ", INSERT" if is_append_only else ", INSERT, UPDATE, DELETE"
        run(f"GRANT {rights} ON {table} TO {{role}}")
        if columns and not is_owners:
            run(f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {{role}}")
    cursor.execute(_FUNCTIONS)
    for function, is_trigger in cursor.fetchall():
        run(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC, {{role}}")
        if not is_trigger:
            run(f"GRANT EXECUTE ON FUNCTION {function} TO {{role}}")
    # Until the next grant, a new table can be read and added to only: what it is, nobody has said yet.
    run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {role}")
    run("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}")


def _is_true(cursor: CursorWrapper, test: str, *arguments: str) -> bool:
    cursor.execute(test, arguments)
    return bool(cursor.fetchone()[0])
