"""Exit code 0 if the process of this container is well: the image's health check. Standard library only, to be quick.

Where JONCTION_HEARTBEAT_FILE is set, it is a worker or beat, and the file says until when to believe it alive (see
tasks/heartbeat.py). Else it is the site, which must answer /healthz, as its proxy would ask.
"""

import http.client
import os
import sys
import time
from pathlib import Path

SECONDS = 4


def main() -> int:
    heartbeat = os.environ.get("JONCTION_HEARTBEAT_FILE")
    if heartbeat:
        path = Path(heartbeat)
        return 0 if path.exists() and path.stat().st_mtime > time.time() else 1
    host = os.environ.get("JONCTION_ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".").replace("*", "")
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("JONCTION_PORT", "8000")), timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": host or "localhost", "X-Forwarded-Proto": "https"})
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except (OSError, http.client.HTTPException):
        return 1


if __name__ == "__main__":
    sys.exit(main())
