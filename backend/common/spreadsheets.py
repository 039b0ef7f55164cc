"""Text in the cells of a spreadsheet: never a formula, whoever opens it.

A spreadsheet runs what stands in a cell of a CSV after "=", "+", "-" or "@". What we write starts with an apostrophe
then, which is how a spreadsheet itself says "this is text"; what we read loses it again.
"""

import re

# The wide forms are what a spreadsheet in Japanese takes for the narrow ones; a tab or a line end may be skipped.
_RUN = "=+\\-@\t\r\n＝＋－＠"  # noqa: RUF001
_WOULD_RUN = re.compile(f"'*[{_RUN}]")
_ESCAPED = re.compile(f"'+[{_RUN}]")


def escape_cell(text: str) -> str:
    """Return a text that no spreadsheet runs; ``read_cell`` gives it back."""
    return f"'{text}" if _WOULD_RUN.match(text) else text


def read_cell(text: str) -> str:
    """Return what a cell written by ``escape_cell``, or by hand in the same way, says."""
    return text[1:] if _ESCAPED.match(text) else text
