"""Beside every test that imports ``complete``: an e-mail is given each name that its templates read."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.template import Context, Template
from django.test.signals import template_rendered

OPTIONAL = {"forloop", "stop_url", "why"}  # of any kind, asked for by ``{% if %}``
OF_SOME = {
    "handed_over": {"answered", "assigned", "referred", "note", "epci"},
    "file_moved": {"assigned"},
    "proposal_sent_back": {"undone_by"},
}  # given in some cases of a kind


class Missing(dict[str, Any]):
    """The last of what a context looks into: a name that gets here is nowhere."""

    def __init__(self, template: str, found: set[str]) -> None:
        super().__init__()
        self._template, self._found = template, found

    def __contains__(self, name: Any) -> bool:
        kind = self._template.removeprefix("emails/").partition(".")[0]
        if name not in OPTIONAL | OF_SOME.get(kind, set()):
            self._found.add(f"{self._template}: {name}")
        return False


@pytest.fixture(autouse=True)
def complete() -> Iterator[None]:
    """Fail a test one of whose e-mails reads a name that it was not given; a template shows nothing for it."""
    found: set[str] = set()

    def look(template: Template, context: Context, **_more: Any) -> None:
        if str(template.name).startswith("emails/") and not isinstance(context.dicts[0], Missing):
            context.dicts.insert(0, Missing(str(template.name), found))

    template_rendered.connect(look)
    yield
    template_rendered.disconnect(look)
    assert not found
