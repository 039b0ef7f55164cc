"""What a process of the site holds once it has answered a question, and one in words: megabytes, written as JSON.

    python -P first_answer.py OUT

:mod:`benchmarks.commands` runs it in either tree.
"""

import json
import sys
from io import BytesIO
from pathlib import Path

from backend.config.wsgi import application

QUESTION = {
    "commune": "60159",
    "naf": "25.62B",
    "headcount": 35,
    "needs": ["competences.recruter"],
    "on": "2026-11-24",
}
WORDS = {**QUESTION, "text": "Je cherche deux soudeurs"}


def main(out: Path) -> None:
    found = []
    for question in (QUESTION, WORDS):
        ask(json.dumps(question).encode())
        found.append(resident())
    out.write_text(json.dumps(found))


def ask(body: bytes) -> bytes:
    """Ask the application as the server does."""
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/match", "QUERY_STRING": "", "SCRIPT_NAME": "",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "127.0.0.1",
        "HTTP_X_FORWARDED_PROTO": "https", "REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body), "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }  # fmt: skip
    response = application(environ, lambda status, headers: told.append(status))
    found = b"".join(response)
    response.close()
    assert told == ["200 OK"], (told, found[:500])
    return found


def resident() -> float:
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
