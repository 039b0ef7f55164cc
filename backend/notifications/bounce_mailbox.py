"""Where reports wait: a message on standard input, an mbox or Maildir, or an IMAP folder."""

import imaplib
import mailbox
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from backend.common.work import Work
from backend.notifications.bounces import MOST_BYTES, Outcome, record_report

IMAPS_PORT = 993
SECONDS = 30
MOST_MESSAGES = 500  # of one reading: the next one goes on


class MailboxError(ValueError):
    """A mailbox that cannot be read, with a sentence for whoever set it up."""


def read_folder(path: Path) -> Iterator[Outcome]:
    """Record each report of an mbox file or a Maildir, which is left as it is."""
    box: mailbox.Mailbox[mailbox.Message]
    if (path / "cur").is_dir():
        box = mailbox.Maildir(path, create=False)
    elif path.is_file():
        box = mailbox.mbox(path, create=False)
    else:
        raise MailboxError(f"{path} n’est ni un fichier mbox ni un dossier Maildir.")
    with closing(box):
        for key in box.iterkeys():
            with closing(box.get_file(key)) as file:
                yield record_report(file.read(MOST_BYTES))


def read_imap(url: str) -> Work:
    """Record the new reports of an IMAP folder, over TLS, and mark those of our e-mails as read.

    The others stay unread and are flagged, for a person to look at, once: nothing is ever deleted.
    """
    parts = urlsplit(url)
    if parts.scheme != "imaps" or not parts.hostname or not parts.username:
        raise MailboxError(
            "JONCTION_BOUNCE_IMAP doit avoir la forme imaps://compte:mot-de-passe@serveur:993/dossier (TLS)."
        )
    try:
        port, folder = parts.port or IMAPS_PORT, unquote(parts.path.strip("/")) or "INBOX"
        session = imaplib.IMAP4_SSL(parts.hostname, port, ssl_context=ssl.create_default_context(), timeout=SECONDS)
    except (OSError, imaplib.IMAP4.error, ValueError) as error:
        raise MailboxError(f"La boîte {parts.hostname} ne répond pas : {error}") from error
    try:
        session.login(unquote(parts.username), unquote(parts.password or ""))
        status, _ = session.select(f'"{folder}"')
        if status != "OK":
            raise MailboxError(f"Le dossier {folder!r} n’existe pas dans la boîte {parts.hostname}.")
        return _read_new(session)
    except (OSError, imaplib.IMAP4.error, UnicodeEncodeError) as error:
        raise MailboxError(f"La boîte {parts.hostname} n’a pu être lue : {_said_by(error)}") from error
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            session.logout()


def _said_by(error: Exception) -> str:
    """Return the words of an error; those of the server are bytes."""
    said = error.args[0] if error.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(error)


def _read_new(session: imaplib.IMAP4_SSL) -> Work:
    _, found = session.uid("SEARCH", "UNSEEN UNFLAGGED")
    uids = (found[0] or b"").split()[:MOST_MESSAGES]
    n_recorded = 0
    for uid in uids:
        _, answer = session.uid("FETCH", uid.decode(), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
        raw = next((part[1] for part in answer if isinstance(part, tuple)), b"")
        outcome = record_report(raw)
        n_recorded += outcome.is_recorded
        # Marked once it is recorded: whoever is killed in between reads it again, which changes nothing.
        session.uid("STORE", uid.decode(), "+FLAGS", r"(\Seen)" if outcome.is_known else r"(\Flagged)")
    return Work(n_looked_at=len(uids), n_changed=n_recorded)
