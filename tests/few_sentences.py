"""Learning from one sentence in ninety, where it is no question what is learnt: a second or two, not a minute."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from unittest.mock import patch

from backend.matchmaking import language

EVERY = 90


@contextmanager
def few_sentences() -> Iterator[None]:
    every = language.examples
    with (
        patch.object(language, "examples", lambda: islice(every(), 0, None, EVERY)),
        patch.object(language, "code_state", lambda: "a release with fewer sentences"),
    ):
        yield
