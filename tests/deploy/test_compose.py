"""What docker-compose.yml promises, read as YAML, and by docker-compose itself where it is installed."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from backend.config.server import STOP_SECONDS
from scripts.dockerfile import read_dockerfile
from tasks.app import app

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
ONE_SHOT = {"migrate"}
EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = "".join((ROOT / "backend" / "config" / name).read_text() for name in ("settings.py", "limits.py"))
READ_BY_SETTINGS = set(re.findall(r'(?:env\.\w+|_rate)\(\s*"(\w+)"', SETTINGS))
# The port is that of the image; mailpit catches; manage.py says when the owner works, and migrate alone is given it.
NOT_IN_A_CONTAINER = {"JONCTION_PORT", "JONCTION_CATCHER_DIR", "JONCTION_BY_OWNER", "JONCTION_OWNER_DATABASE_URL"}
SECRET = re.compile(r"SECRET|PASSWORD|_URL$")
REQUIRED = [
    "JONCTION_SECRET_KEY",
    "POSTGRES_PASSWORD",
    "POSTGRES_SERVER_PASSWORD",
    "REDIS_PASSWORD",
    "JONCTION_URL",
    "JONCTION_ALLOWED_HOSTS",
    "JONCTION_MAIL_HOST",
]
PRODUCTION = {
    "JONCTION_DEMO": "0",
    "COMPOSE_PROFILES": "",
    "JONCTION_URL": "https://jonction.example.org",
    "JONCTION_ALLOWED_HOSTS": "jonction.example.org",
    "JONCTION_MAIL_HOST": "smtp.example.org",
}
PROGRAM = shutil.which("docker-compose")
needs_program = pytest.mark.skipif(
    PROGRAM is None, reason="apt-get install docker-compose, to have the file read by it"
)
by_name = pytest.mark.parametrize("name", SERVICES)


def seconds(text: str) -> int:
    assert text.endswith("s")
    return int(text.removesuffix("s"))


def example() -> dict[str, str]:
    """Return what .env.example sets."""
    lines = [line.split("=", 1) for line in EXAMPLE.splitlines() if line and not line.startswith("#")]
    return dict(lines)


def resolve(*options: str, env_file: Path = Path(os.devnull), **variables: str) -> subprocess.CompletedProcess[str]:
    """Have docker-compose read the file, with .env.example filled in and changed."""
    filled = {**example(), **{name: "0" * 64 for name, value in example().items() if not value}, **variables}
    return subprocess.run(
        [PROGRAM, "--env-file", env_file, "config", *options],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **filled},
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_are_the_processes_and_the_servers():
    assert set(OURS) == {"migrate", "web", "worker", "mailer", "beat"}
    assert set(SERVICES) - set(OURS) == {"postgres", "redis", "mailpit"}


@by_name
def test_each_service_that_stays_has_a_health_check_and_comes_back(name):
    service = SERVICES[name]
    if name in ONE_SHOT:
        assert service["restart"] == "no"
    else:
        assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
        assert service["restart"] == "unless-stopped"


@by_name
def test_each_service_can_do_little(name):
    service = SERVICES[name]
    assert service["init"] is True
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    last_stage = read_dockerfile((ROOT / "Dockerfile").read_text())[-1]
    user = last_stage.last("USER").text if name in OURS else service["user"]
    assert user not in {"root", "0", "0:0"}


def test_only_the_site_and_the_mail_of_a_trial_are_published_and_on_loopback():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"web", "mailpit"}
    assert SERVICES["mailpit"]["profiles"] == ["demo"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_servers_are_on_a_network_that_leads_nowhere():
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert all(SERVICES[name]["networks"] == ["data"] for name in ("postgres", "redis"))


@by_name
def test_no_secret_is_written_in_the_file(name):
    for variable, value in SERVICES[name].get("environment", {}).items():
        if SECRET.search(variable) and value is not None:
            assert re.search(r"\$\{\w+:\?.+\}", value), variable


def test_no_secret_is_written_in_the_example():
    assert {name for name, value in example().items() if not value} == set(REQUIRED[:4])
    assert not any(SECRET.search(name) and value for name, value in example().items() if name != "JONCTION_URL")


@pytest.mark.parametrize("name", sorted(READ_BY_SETTINGS - NOT_IN_A_CONTAINER))
def test_each_name_that_the_settings_read_reaches_the_containers(name):
    assert all(name in OURS[process]["environment"] for process in ("worker", "mailer", "beat"))
    assert name in OURS["web"]["environment"] or name == "JONCTION_HEARTBEAT_FILE"


def test_each_setting_of_the_readme_and_of_the_example_reaches_a_container():
    """Also those that are read elsewhere than in the settings; a test alone is told where real data are."""
    table = re.findall(r"^\| (`JONCTION_.*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    named = set(re.findall(r"`(JONCTION_\w+)`", " ".join(table))) | set(
        re.findall(r"^#?(JONCTION_\w+)=", EXAMPLE, re.M)
    )
    assert "JONCTION_REGISTER_URL" in named
    passed = {name for service in OURS.values() for name in service["environment"]}
    of_the_file = set(re.findall(r"\$\{(JONCTION_\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert named - passed - of_the_file - NOT_IN_A_CONTAINER == {"JONCTION_REAL_DATA"}


@pytest.mark.parametrize("name", OURS)
def test_only_what_migrates_knows_the_owner_of_the_tables(name):
    environment = OURS[name]["environment"]
    assert ("JONCTION_OWNER_DATABASE_URL" in environment) == (name == "migrate")
    assert "POSTGRES_PASSWORD" not in environment["DATABASE_URL"]


@pytest.mark.parametrize("name", sorted(READ_BY_SETTINGS))
def test_each_name_that_the_settings_read_is_documented(name):
    text = "".join((ROOT / path).read_text() for path in ("README.md", "docs/operations.md"))
    assert f"`{name}`" in text or f"`_{name.rpartition('_')[2]}`" in text


def test_no_name_is_passed_that_nobody_reads():
    passed = {name for service in OURS.values() for name in service["environment"]}
    assert passed <= READ_BY_SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_one_that_scripts_start_knows(name):
    said = subprocess.run([ROOT / "scripts" / "start", "?"], capture_output=True, text=True, check=False).stderr
    known = said.rpartition("known: ")[2].strip().split(", ")
    program, process = OURS[name]["command"]
    assert program == "scripts/start"
    assert process == name
    assert process in known


def test_a_second_site_on_a_port_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as first:
        port = str(first.getsockname()[1])
        command, taken = [ROOT / "scripts" / "start", "web"], {"JONCTION_BIND": "127.0.0.1", "JONCTION_PORT": port}
        done = subprocess.run(command, env=os.environ | taken, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr


def test_each_queue_has_one_process_that_reads_it_and_each_start_of_the_service_starts_it():
    """Celery would read all queues unless it is told which."""
    read = dict(re.findall(r"(\w+)\) queue=(\w+) ;;", (ROOT / "scripts" / "start").read_text()))
    assert sorted(read.values()) == sorted(app.amqp.queues)
    for process in read:
        assert OURS[process]["command"] == ["scripts/start", process]
        assert f"start {process} scripts/start {process}\n" in (ROOT / "run").read_text()


def test_a_container_is_given_longer_to_stop_than_its_process_takes():
    assert seconds(OURS["worker"]["stop_grace_period"]) > app.conf.worker_soft_shutdown_timeout + 10
    assert seconds(OURS["web"]["stop_grace_period"]) > STOP_SECONDS
    assert "REMAP_SIGTERM=SIGQUIT exec" in (ROOT / "scripts" / "start").read_text()


def test_the_processes_wait_for_the_migrations():
    for name in set(OURS) - ONE_SHOT:
        assert OURS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_pg_dump_of_the_image_is_not_older_than_the_server():
    server = int(re.match(r"postgres:(\d+)", SERVICES["postgres"]["image"])[1])
    client = int(re.search(r"postgresql-client-(\d+)", (ROOT / "Dockerfile").read_text())[1])
    assert client >= server


def test_what_must_last_is_in_volumes():
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql/data"]
    assert SERVICES["redis"]["volumes"] == ["redis:/data"]
    assert OURS["beat"]["volumes"] == ["beat:/var/lib/jonction"]
    assert set(COMPOSE["volumes"]) == {"postgres", "redis", "beat", "backups"}


def test_redis_refuses_rather_than_forgets(tmp_path):
    settings = SERVICES["redis"]["command"][-1]
    assert "appendonly yes" in settings
    assert "maxmemory-policy noeviction" in settings


@needs_program
def test_docker_compose_accepts_the_file():
    done = resolve("--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs_program
@pytest.mark.parametrize("name", REQUIRED)
def test_docker_compose_asks_in_french_for_what_is_missing(name):
    done = resolve("--quiet", **{name: ""})
    assert done.returncode != 0
    assert name in done.stderr
    assert "donnez dans .env" in done.stderr


@needs_program
@pytest.mark.parametrize("changes", [{}, PRODUCTION], ids=["trial", "production"])
def test_the_settings_accept_what_docker_compose_gives_them(changes):
    services = json.loads(resolve("--format", "json", **changes).stdout)["services"]
    assert ("mailpit" in services) == (not changes)
    given = {name: value for name, value in services["web"]["environment"].items() if value is not None}
    given["JONCTION_SECRET_KEY"] = "".join(map(chr, range(40, 110)))
    deploy = ["--deploy", "--fail-level", "WARNING"] if changes else []
    done = subprocess.run(
        [sys.executable, "manage.py", "check", *deploy],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@needs_program
def test_a_trial_answers_on_the_address_it_is_published_at():
    web = json.loads(resolve("--format", "json").stdout)["services"]["web"]
    (port,) = web["ports"]
    assert web["environment"]["JONCTION_URL"] == f"http://{port['host_ip']}:{port['published']}"
    assert port["host_ip"] in web["environment"]["JONCTION_ALLOWED_HOSTS"].split(",")


@pytest.mark.parametrize("path", ["docs/operations.md", "docs/privacy.md"])
def test_who_stops_the_service_stops_all_that_uses_the_database(path):
    """A process that stays would send e-mails, and keep the database from being renamed."""
    stops = re.findall(r"docker compose stop ([a-z ]+)", (ROOT / path).read_text())
    assert [set(names.split()) for names in stops] == [OURS.keys() - ONE_SHOT]
