"""Keeping secret links and keys out of logs: whatever a library or a page logs, in whichever handler."""

import logging
import re
from typing import Any

HIDDEN = "[lien]"
TOKEN_START = "lien-"  # noqa: S105 -- every token starts so, and is found wherever it stands
HIDDEN_KEY = "[clé]"
KEY_START = "jonction_"  # of every key of the API: who searches code for secrets that leaked finds it by this
KEY_LENGTH = 43
_KEY = re.compile(rf"{KEY_START}[\w-]{{{KEY_LENGTH}}}", re.ASCII)
_TOKEN = re.compile(rf"{TOKEN_START}[\w-]{{24}}", re.ASCII)
# The addresses of pages behind a secret: also those whose token was cut or altered.
_PATHS = re.compile(
    r"(/(?:resultat|confirmer|arreter|apercu|acces|agenda|agenda-agent|partage|bilan|comite|porteur|invitation)/|/compte/mot-de-passe/nouveau/)(?!fait/)[^/\s\"'<>?#]+"
)


def redact(text: str) -> str:
    """Return a text without its secret links and keys."""
    return _KEY.sub(HIDDEN_KEY, _TOKEN.sub(HIDDEN, _PATHS.sub(rf"\1{HIDDEN}", text)))


def redact_logs() -> None:
    """Make every log record of this process without secret links and keys, its traceback included."""
    make = logging.getLogRecordFactory()
    if isinstance(make, _RedactingFactory):
        return
    logging.setLogRecordFactory(_RedactingFactory(make))


class _RedactingFactory:
    def __init__(self, make: Any) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record: logging.LogRecord = self._make(*args, **kwargs)
        try:
            said = record.getMessage()
        except (TypeError, ValueError):  # arguments that do not fit
            said = f"{record.msg} {record.args}"
            record.msg, record.args = said, None
        if (clean := redact(said)) != said:
            record.msg, record.args = clean, None
        if record.exc_info and record.exc_info[0]:
            record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
        return record
