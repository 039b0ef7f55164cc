"""A private PostgreSQL and Redis for ./run and ./test, on free loopback ports, under an unprivileged account.

    python scripts/services.py RUN_DIR [--ephemeral]

Stays in the foreground. Once both answer, RUN_DIR/services.env holds REDIS_URL, DATABASE_URL (the role that serves)
and JONCTION_OWNER_DATABASE_URL (the owner of the tables); a URL that is already in the environment belongs to somebody
else's server, and none is started for it. With --ephemeral, DATABASE_URL is a superuser, who makes databases, and the
two roles are SERVING_DATABASE_URL and OWNER_DATABASE_URL. SIGTERM stops both. If one of them dies, the other is
stopped too and the exit code is 1. Standard library only; the last line on stderr is in French, for the user.
"""

# ruff: noqa: S603 -- every command below is a list built here, from paths of this machine
import argparse
import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
EPHEMERAL_POSTGRES = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
OWNER, SERVER = "jonction_owner", "jonction_server"
# Two roles of no particular right; what an older release left belonged to the superuser, and is given to the owner.
ROLES = """
SELECT 'CREATE ROLE ' || name FROM unnest(ARRAY['jonction_owner', 'jonction_server']) name
WHERE name NOT IN (SELECT rolname FROM pg_roles) \\gexec
ALTER ROLE jonction_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{jonction_owner}';
ALTER ROLE jonction_server LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD '{jonction_server}';
ALTER DATABASE jonction OWNER TO jonction_owner;
SELECT format('ALTER TABLE %s OWNER TO jonction_owner', oid::regclass) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
  AND relowner <> 'jonction_owner'::regrole \\gexec
SELECT format('ALTER ROUTINE %s OWNER TO jonction_owner', oid::regprocedure) FROM pg_proc p
WHERE pronamespace = 'public'::regnamespace AND proowner <> 'jonction_owner'::regrole
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e') \\gexec
SELECT format('ALTER TEXT SEARCH CONFIGURATION %s OWNER TO jonction_owner', oid::regconfig) FROM pg_ts_config
WHERE cfgnamespace = 'public'::regnamespace AND cfgowner <> 'jonction_owner'::regrole \\gexec
"""
LOCK_SECONDS = 20
START_SECONDS = 60
STOP_SECONDS = 8  # less than the 10 s that ./run grants before it kills us


@dataclass(frozen=True)
class Account:
    """Who owns the files and runs the servers: PostgreSQL refuses to run as root."""

    uid: int
    gid: int

    def command(self, *command: str | Path, last_signal: str = "TERM") -> list[str]:
        """Return ``command`` as run by this account; it gets ``last_signal`` if we are killed without warning."""
        switch = []
        if os.geteuid() == 0:
            switch = [f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]
        return ["/usr/bin/setpriv", "--pdeathsig", last_signal, *switch, "--", *map(str, command)]


@dataclass(frozen=True)
class Place:
    """Where things are: logs and addresses in ``run_dir`` (the caller's), the servers' files in ``store``."""

    run_dir: Path
    store: Path
    account: Account
    ephemeral: bool


@dataclass(frozen=True)
class Server:
    """A running server, and the signal that makes it stop at once but cleanly."""

    name: str
    child: subprocess.Popen[bytes]
    stop_signal: signal.Signals
    log: Path

    def wait_until(self, answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers():
            if self.child.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{self.name} ne démarre pas (journal : {self.log}).")
            time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--ephemeral", action="store_true", help="for tests: fast, unsafe, deleted at the end")
    arguments = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for ./run, which stops us in its turn
    place = open_place(arguments.run_dir.resolve(), ephemeral=arguments.ephemeral)
    servers: list[Server] = []
    try:
        start_servers(place, servers)
        while True:
            for server in servers:
                if server.child.poll() is not None:
                    sys.exit(f"{server.name} s’est arrêté (journal : {server.log}).")
            time.sleep(0.5)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stop_servers(servers)
        if place.ephemeral:
            shutil.rmtree(place.store, ignore_errors=True)


def start_servers(place: Place, servers: list[Server]) -> None:
    """Start what is missing, each added to ``servers`` as soon as it exists; write services.env once all answer."""
    lock = lock_store(place.store)
    urls = {}
    if not os.environ.get("DATABASE_URL"):
        urls.update(start_postgres(place, servers, lock))
    if not os.environ.get("REDIS_URL"):
        urls["REDIS_URL"] = start_redis(place, servers, lock)
    unfinished = place.run_dir / "services.env.new"
    write_private(unfinished, "".join(f"export {name}={url}\n" for name, url in urls.items()))
    unfinished.rename(place.run_dir / "services.env")


def stop_servers(servers: list[Server]) -> None:
    for server in servers:
        server.child.send_signal(server.stop_signal)
    deadline = time.monotonic() + STOP_SECONDS
    for server in servers:
        try:
            server.child.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            server.child.kill()
            server.child.wait()


def open_place(run_dir: Path, *, ephemeral: bool) -> Place:
    """Choose the servers' directory and account: run_dir/store, or one in /var/tmp if the account cannot reach it.

    As root the account is the owner of an existing store, else an unprivileged one; otherwise the caller's.
    """
    own = unprivileged_account() if os.geteuid() == 0 else Account(os.geteuid(), os.getegid())
    inside = run_dir / "store"
    outside = Path("/var/tmp") / f"jonction-{hashlib.sha256(bytes(run_dir)).hexdigest()[:12]}"  # noqa: S108
    for store in (inside, outside):
        store.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0 == store.lstat().st_uid:
            os.chown(store, own.uid, own.gid, follow_symlinks=False)
        account = Account(store.lstat().st_uid, store.lstat().st_gid)
        if os.geteuid() != 0 or store == outside:  # anybody may have written in /var/tmp before us
            account = own
        test = account.command("test", "-O", store, "-a", "-w", store)
        if subprocess.run(test, cwd="/", check=False).returncode == 0:
            return Place(run_dir, store, account, ephemeral)
        if os.geteuid() != 0 or store == outside or any(store.iterdir()):
            sys.exit(f"{store} n’est pas à vous, ou pas accessible : relancez sous son compte, ou supprimez-le.")
        store.rmdir()
    raise AssertionError


def unprivileged_account() -> Account:
    for name in ("postgres", "redis", "nobody"):  # the first two come with their Debian packages
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    sys.exit("Aucun compte non privilégié (postgres, redis ou nobody) sur cette machine.")


def lock_store(store: Path) -> int:
    """Take the lock that the servers inherit, so that it is free only once those of an earlier start are gone."""
    lock = os.open(store / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                sys.exit(f"D’autres serveurs utilisent encore {store}.")
            time.sleep(0.1)
        else:
            return lock


def start_postgres(place: Place, servers: list[Server], lock: int) -> dict[str, str]:
    cluster, password_file = place.store / "postgresql", place.store / "postgresql-password"
    programs = postgres_programs(cluster)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    log_file = place.run_dir / "postgresql.log"
    port = free_port()
    with log_file.open("wb") as log:
        if not cluster.exists():
            unfinished = place.store / "postgresql.new"  # initdb may be killed half-way
            shutil.rmtree(unfinished, ignore_errors=True)
            write_private(password_file, secrets.token_hex(24), place.account)
            options = ["--username=jonction", f"--pwfile={password_file}", "--auth=scram-sha-256", "--no-sync"]
            initdb = place.account.command(
                programs / "initdb", "-D", unfinished, "--encoding=UTF8", "--locale=C.UTF-8", *options
            )
            if subprocess.run(initdb, cwd="/", env=environment, stdout=log, stderr=log, check=False).returncode != 0:
                sys.exit(f"Le dossier de PostgreSQL n’a pas pu être créé (journal : {log_file}).")
            unfinished.rename(cluster)
        (cluster / "postmaster.pid").unlink(missing_ok=True)  # left by a power cut: we hold the lock
        # Compiling a query takes longer than any of ours runs.
        settings = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", "jit=off"]
        options = [word for setting in settings for word in ("-c", setting)]
        if place.ephemeral:
            options += EPHEMERAL_POSTGRES
        postgres = place.account.command(programs / "postgres", "-D", cluster, *options, last_signal="INT")
        child = subprocess.Popen(postgres, cwd="/", env=environment, stdout=log, stderr=log, pass_fds=[lock])
    server = Server("PostgreSQL", child, signal.SIGINT, log_file)
    servers.append(server)

    address = ["-h", "127.0.0.1", "-p", str(port)]
    pg_isready = [str(programs / "pg_isready"), "-q", *address]
    server.wait_until(lambda: subprocess.run(pg_isready, env=environment, check=False).returncode == 0)
    password = password_file.read_text()
    created = subprocess.run(
        [str(programs / "createdb"), *address, "-U", "jonction", "jonction"],
        env={**environment, "PGPASSWORD": password, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if created.returncode != 0 and "already exists" not in created.stderr:
        sys.exit(f"La base de données n’a pas pu être créée : {created.stderr.strip()}")
    passwords = {OWNER: secrets.token_hex(24), SERVER: secrets.token_hex(24)}
    made = subprocess.run(
        [str(programs / "psql"), *address, "-U", "jonction", "-XqAt", "-v", "ON_ERROR_STOP=1", "jonction"],
        input=ROLES.format(**passwords),
        env={**environment, "PGPASSWORD": password, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        sys.exit(f"Les rôles de la base n’ont pas pu être créés : {made.stderr.strip()}")
    urls = {role: f"postgres://{role}:{passwords[role]}@127.0.0.1:{port}/jonction" for role in passwords}
    if not place.ephemeral:
        return {"DATABASE_URL": urls[SERVER], "JONCTION_OWNER_DATABASE_URL": urls[OWNER]}
    superuser = f"postgres://jonction:{password}@127.0.0.1:{port}/jonction"
    return {"DATABASE_URL": superuser, "SERVING_DATABASE_URL": urls[SERVER], "OWNER_DATABASE_URL": urls[OWNER]}


def postgres_programs(cluster: Path) -> Path:
    """Return the programs of the cluster's major version, else of the newest (PATH may hold a stray older one)."""
    installed = {int(path.parts[-3]): path.parent for path in DEBIAN_POSTGRES.glob("*/bin/initdb")}
    if not installed:
        sys.exit("PostgreSQL n’est pas installé : apt-get install postgresql")
    if not cluster.exists():
        return installed[max(installed)]
    major = int((cluster / "PG_VERSION").read_text())
    if major not in installed:
        sys.exit(
            f"Les données de {cluster} sont celles de PostgreSQL {major}, qui n’est pas installé : "
            f"installez postgresql-{major}, ou supprimez ce dossier pour repartir de zéro."
        )
    return installed[major]


def start_redis(place: Place, servers: list[Server], lock: int) -> str:
    program = shutil.which("redis-server")
    if program is None:
        sys.exit("Redis n’est pas installé : apt-get install redis-server")
    directory = place.store / "redis"
    directory.mkdir(mode=0o700, exist_ok=True)
    os.chown(directory, place.account.uid, place.account.gid)
    port, password = free_port(), secrets.token_hex(24)
    settings = (
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{directory}"\nsave ""\n'
        f"appendonly {'no' if place.ephemeral else 'yes'}\nmaxmemory-policy noeviction\n"
    )
    log_file = place.run_dir / "redis.log"
    with log_file.open("wb") as log:
        redis = place.account.command(program, "-")  # settings on stdin: every user can read a command line
        child = subprocess.Popen(redis, cwd="/", stdin=subprocess.PIPE, stdout=log, stderr=log, pass_fds=[lock])
    server = Server("Redis", child, signal.SIGTERM, log_file)
    servers.append(server)
    if child.stdin is not None:
        child.stdin.write(settings.encode())
        child.stdin.close()

    def answers_ping() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\nQUIT\r\n".encode())
                return b"+PONG" in b"".join(iter(lambda: connection.recv(1024), b""))
        except OSError:
            return False

    server.wait_until(answers_ping)
    return f"redis://:{password}@127.0.0.1:{port}/0"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Write a file that nobody but its owner (``account``, else the caller) can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if account is not None:
        os.chown(path, account.uid, account.gid)


if __name__ == "__main__":
    main()
