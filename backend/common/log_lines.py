"""How a log line looks: when, how bad, who says it, then the message, on one line whatever it holds."""

import logging
import time


class LineFormatter(logging.Formatter):
    """Dates in UTC with their offset; a line end in a message cannot start a line that nobody wrote."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03d+00:00"

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record).replace("\r", "\\r").replace("\n", "\\n")
