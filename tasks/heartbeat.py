"""Signs of life for a health check: the date of a file is the moment until which its process is to be believed alive.

A worker beats while its loop turns and its connection to Redis holds; beat, each time it has sent its sweep. Asking
a worker over Redis (``celery inspect ping``) costs a process each time, and may go unanswered though it works.
"""

import os
import time
from pathlib import Path
from typing import Any

from celery.signals import after_task_publish, heartbeat_sent
from django.conf import settings

PATIENCE_SECONDS = 60


@heartbeat_sent.connect  # every two seconds
def worker_lives(**signal: Any) -> None:
    _believe(PATIENCE_SECONDS)


@after_task_publish.connect(sender="outbox.sweep")
def beat_lives(**signal: Any) -> None:
    _believe(settings.OUTBOX_SECONDS + PATIENCE_SECONDS)


def _believe(seconds: float) -> None:
    if settings.HEARTBEAT_FILE:
        path = Path(settings.HEARTBEAT_FILE)
        path.touch()
        os.utime(path, times=(time.time(), time.time() + seconds))
