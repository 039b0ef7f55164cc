"""Try the image that scripts/image.py built: every process of it, as a container would run it, from start to stop."""

# ruff: noqa: S108, S603, S607 -- every command below is a list built here; /tmp is that of the container
import asyncio
import http.client
import json
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from dockerfile import Stage
from image import Root, build, run, say

PATIENCE_SECONDS = 90
GRACE_SECONDS = 45  # stop_grace_period of docker-compose.yml
HOST = "jonction.example.org"
WRITABLE = {"/backups", "/var/lib/jonction", "/tmp", "/var/tmp", "/run/lock"}
OWE = (
    "from backend.notifications.services import Message, enqueue_email; "
    "enqueue_email(kind='job_alarm', key='trial', recipient='a@jonction.example', "
    "message=Message(subject='Essai', text='Essai', html='<p>Essai</p>'))"
)
STATE = (
    "from backend.notifications.models import Notification; print(Notification.objects.get(dedupe_key='trial').state)"
)


class SlowServer(Sink):
    """A mail server that takes no message to its end until it may."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.may_end.set()

    async def handle_DATA(self, *args: Any) -> str:
        while not self.may_end.is_set():
            await asyncio.sleep(0.1)
        return "250 OK"


def check(condition: object, what: str) -> None:
    if not condition:
        sys.exit(f"scripts/image: not so: {what}")
    say(f"  {what}")


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"scripts/image: waited {PATIENCE_SECONDS} s for: {what}")
        time.sleep(0.2)
    say(f"  {what}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Services:
    """PostgreSQL and Redis of Debian 13, in a system of their own."""

    def __init__(self, place: Path) -> None:
        self._root = Root.copy(place / "debian", place / "services")
        policy = self._root.inside("/usr/sbin/policy-rc.d")
        policy.write_text("#!/bin/sh\nexit 101\n")  # nothing is started by its installation
        policy.chmod(0o755)
        install = "apt-get update && apt-get install --yes --no-install-recommends postgresql redis-server python3"
        self._root.shell(f"export DEBIAN_FRONTEND=noninteractive; {install}; mkdir /srv/run")
        shutil.copy2(place / "clone" / "scripts" / "services.py", self._root.inside("/srv/services.py"))
        command = self._root.command("python3", "/srv/services.py", "/srv/run", "--ephemeral", environment={})
        self._process = subprocess.Popen(command, start_new_session=True)
        written = self._root.inside("/srv/run/services.env")
        wait_until(written.exists, "PostgreSQL 17 and Redis 8 answer")
        lines = (line.removeprefix("export ").split("=", 1) for line in written.read_text().splitlines())
        self.environment = dict(lines)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)


class Containers:
    """Processes of the image: its account, no capability, its files read-only but for /tmp and its volumes."""

    def __init__(self, stage: Stage, root: Root, environment: dict[str, str]) -> None:
        self._root, self._environment = root, environment
        self._user = stage.last("USER").text.split(":")
        self._health: list[str] = json.loads(stage.last("HEALTHCHECK").text.partition(" CMD ")[2])
        self.stop_signal = signal.Signals[stage.last("STOPSIGNAL").text]
        self._running: dict[str, tuple[subprocess.Popen[bytes], dict[str, str]]] = {}

    def command(self, *words: str, **changes: str) -> list[str]:
        uid, gid = self._user
        limits = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"]
        words = ("setpriv", *limits, "--no-new-privs", "--", *words)
        return self._root.command(*words, environment={**self._environment, **changes})

    def make_read_only(self) -> None:
        path, (uid, gid) = self._root.path, self._user
        run("mount", "--bind", path, path)
        run("mount", "-o", "remount,bind,ro", path)
        self._root.mount()
        run("mount", "-t", "tmpfs", "-o", "mode=1777,nosuid,nodev,noexec,size=64m", "tmpfs", path / "tmp")
        for volume in ("backups", "var/lib/jonction"):
            run("mount", "-t", "tmpfs", "-o", f"mode=700,uid={uid},gid={gid}", "tmpfs", path / volume)

    def finish(self, *words: str, fails: bool = False, **changes: str) -> str:
        """Run a command to its end, and return what it said; it must succeed, unless it must fail."""
        done = subprocess.run(self.command(*words, **changes), capture_output=True, text=True, check=False)
        if bool(done.returncode) != fails:
            sys.exit(f"{done.stdout}{done.stderr}\nscripts/image: code {done.returncode} from: {' '.join(words)}")
        return done.stdout + (done.stderr if fails else "")

    def start(self, name: str, *words: str, **changes: str) -> None:
        with (self._root.path.parent / f"{name}.log").open("wb") as log:
            child = subprocess.Popen(self.command(*words, **changes), stdout=log, stderr=log, start_new_session=True)
        self._running[name] = child, changes

    def is_healthy(self, name: str) -> bool:
        child, changes = self._running[name]
        if child.poll() is not None:
            sys.exit(f"scripts/image: {name} ended with code {child.returncode}, see {name}.log")
        return subprocess.run(self.command(*self._health, **changes), check=False).returncode == 0

    def signal(self, name: str, number: signal.Signals) -> None:
        self._running[name][0].send_signal(number)

    def is_running(self, name: str) -> bool:
        return self._running[name][0].poll() is None

    def wait(self, name: str) -> int:
        return self._running[name][0].wait(GRACE_SECONDS)

    def kill_all(self) -> None:
        for child, _ in self._running.values():
            child.kill()
            child.wait()


def main() -> None:
    place = Path(sys.argv[1])
    stage, root = build(place)
    size = subprocess.run(["du", "-shx", root.path], capture_output=True, text=True, check=True).stdout.split()[0]
    say(f"Image built: {size}")
    services = Services(place)
    mail, port = free_port(), free_port()
    owner = services.environment.pop("OWNER_DATABASE_URL")
    superuser, server = services.environment["DATABASE_URL"], services.environment.pop("SERVING_DATABASE_URL")
    environment = {
        **services.environment,
        "DATABASE_URL": server,
        "JONCTION_SECRET_KEY": secrets.token_hex(32),
        "JONCTION_URL": f"https://{HOST}",
        "JONCTION_ALLOWED_HOSTS": HOST,
        "JONCTION_MAIL_HOST": "127.0.0.1",
        "JONCTION_MAIL_PORT": str(mail),
        "JONCTION_OUTBOX_SECONDS": "2",
        "JONCTION_ERASED": "/backups/erased",
        "JONCTION_BIND": "127.0.0.1",
        "JONCTION_PORT": str(port),
    }
    containers = Containers(stage, root, environment)
    mail_server = SlowServer()
    catcher = Controller(mail_server, hostname="127.0.0.1", port=mail)  # the image has none
    catcher.start()
    try:
        check_files(containers, root)
        try_processes(containers, port, owner)
        try_backup(containers, superuser, owner, server)
        stop_all(containers, mail_server)
    finally:
        containers.kill_all()
        catcher.stop()
        services.stop()
    check(not left_running(place), "nothing is left running")


def check_files(containers: Containers, root: Root) -> None:
    say("What is in the image")
    root.mount()
    found = containers.finish("sh", "-c", "find / -xdev -writable ! -type l 2>/dev/null || true").split()
    check(set(found) <= WRITABLE, f"its account can write in {', '.join(sorted(found))} and nowhere else")
    check(not list(root.inside(".venv").rglob("aiosmtpd")), "it has no library of a demonstration alone")
    names = ["gcc", "cc", "make", "uv", "pip", "pip3", "git", "curl"]
    there = containers.finish("sh", "-c", f"for name in {' '.join(names)}; do command -v $name || true; done").split()
    check(not there, f"it has none of {', '.join(names)}")
    check(
        not any(re.search("SECRET|PASSWORD|_URL", name) for name in root.environment), "no secret is in its settings"
    )
    check((root.inside("staticfiles") / "staticfiles.json").exists(), "its static files are there")
    root.unmount()
    containers.make_read_only()


def try_processes(containers: Containers, port: int, owner: str) -> None:
    say("Its processes, the site as in production, by a role that only serves")
    containers.finish("scripts/start", "migrate", JONCTION_DEMO="1", JONCTION_OWNER_DATABASE_URL=owner)
    say("  migrate ended")
    containers.start("web", "scripts/start", "web")
    for name in ("worker", "mailer", "beat"):
        containers.start(name, "scripts/start", name, JONCTION_HEARTBEAT_FILE=f"/tmp/{name}")
    for name in ("web", "worker", "mailer", "beat"):
        wait_until(lambda name=name: containers.is_healthy(name), f"{name} is healthy")
    check(ask("/readyz", port) == (200, "ok"), "/readyz says ok")
    check(ask("/", port, proxied=False)[0] == 301, "plain HTTP is sent to HTTPS")
    status, page = ask("/", port)
    check(status == 200, "the home page answers behind a proxy")
    styles = re.findall(r'href="(/static/[^"]+\.css)"', page)
    check(styles and all(ask(path, port)[0] == 200 for path in styles), f"so do its styles: {' '.join(styles)}")
    said = containers.finish("python", "manage.py", "demo", JONCTION_DEMO="1")
    sent = re.findall(r"^.* → .*@.*$", said, re.MULTILINE)
    check(sent, f"a submission was filed and {len(sent)} e-mails left")


def ask(path: str, port: int, *, proxied: bool = True) -> tuple[int, str]:
    """Ask the site as its TLS proxy does, or as somebody who goes round it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": HOST, **({"X-Forwarded-Proto": "https"} if proxied else {})})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def try_backup(containers: Containers, superuser: str, owner: str, server: str) -> None:
    say("A backup, and its restore into an empty database")
    said = containers.finish("python", "manage.py", "backup_key", "/backups/key")
    public = said.strip().partition("=")[2]
    containers.finish("python", "manage.py", "backup", "/backups/one.zip.age", JONCTION_BACKUP_RECIPIENTS=public)
    containers.finish("psql", "--quiet", superuser, "--command", "CREATE DATABASE rehearsal OWNER jonction_owner")
    restore = ("python", "manage.py", "restore", "/backups/one.zip.age", "--identity", "/backups/key")
    empty = {
        "DATABASE_URL": f"{server.rpartition('/')[0]}/rehearsal",
        "JONCTION_OWNER_DATABASE_URL": f"{owner.rpartition('/')[0]}/rehearsal",
    }
    said = containers.finish(*restore, **empty)
    say(f"  {said.splitlines()[-2]}")
    said = containers.finish(*restore, JONCTION_OWNER_DATABASE_URL=owner, fails=True)
    check("n’est pas vide" in said, "the database in use is refused")


def stop_all(containers: Containers, mail_server: SlowServer) -> None:
    """Stop as ``docker stop`` does, the mailer while the mail server makes it wait in the middle of a message."""
    say(f"Stopping, by {containers.stop_signal.name}")
    mail_server.may_end.clear()
    containers.finish("python", "-c", f"import django; django.setup(); {OWE}")
    wait_until(lambda: state(containers) == "claimed", "the mailer is sending an e-mail")
    began = time.monotonic()
    for name in ("worker", "mailer", "beat"):
        containers.signal(name, containers.stop_signal)
    time.sleep(2)
    check(containers.is_running("mailer"), "told to stop, the mailer goes on")
    mail_server.may_end.set()
    code = containers.wait("mailer")
    check(
        code == 0 and state(containers) == "sent", f"it ended after {time.monotonic() - began:.0f} s, the e-mail sent"
    )
    for name in ("worker", "beat"):
        check(containers.wait(name) == 0, f"{name} ended")
    containers.signal("web", containers.stop_signal)
    check(containers.wait("web") == 0, "web ended")


def state(containers: Containers) -> str:
    return containers.finish("python", "-c", f"import django; django.setup(); {STATE}").strip()


def left_running(place: Path) -> list[str]:
    """Return the processes whose root is one of the systems of ``place``."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "root").readlink().is_relative_to(place):
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it has ended meanwhile
            continue
    return found


if __name__ == "__main__":
    main()
