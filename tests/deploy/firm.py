"""What the tests of backups have a database hold and show; run in a process of its own, on that database."""

import re
import sys

from django.test import Client

from tests.factories import decide, first_matches, link_to, make_officer, make_submission

# What is drawn at each visit: the token of each form, and the number that allows our own scripts.
DRAWN = re.compile(r'(name="csrfmiddlewaretoken" value|nonce)="[\w-]+"')


def file_one() -> None:
    """File and confirm a submission, have its first match kept, and print the address of its page."""
    submission = make_submission(confirmed=True)
    officer = make_officer()
    for match in first_matches(submission):
        decide(submission, match.scheme, officer)
    sys.stdout.write(f"/resultat/{link_to(submission)}/")


def show(path: str) -> None:
    """Print a page, byte for byte but for what is drawn."""
    response = Client(HTTP_HOST="127.0.0.1").get(path)
    assert response.status_code == 200, response.status_code
    sys.stdout.write(DRAWN.sub("", response.content.decode()))
