"""Erasing the sessions that are over, with the drafts they hold."""

from django.core.management import call_command

from tasks.app import app


@app.task(name="sessions.erase", max_retries=2, time_limit=300)
def erase() -> None:
    call_command("clearsessions")
