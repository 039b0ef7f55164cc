"""An e-mail whose headers arrive as they were written: those for programs on one line, neither folded nor encoded."""

from email import policy
from email.header import Header
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from django.core.mail import EmailMultiAlternatives

# Python folds a line of more than 78 characters, and where it finds no space it encodes the word (RFC 2047): mail
# programs then see no address to stop at, and no Message-ID to match a bounce with.
UNFOLDED = ("list-unsubscribe", "list-unsubscribe-post", "message-id")


class UnfoldedHeader(UnstructuredHeader):
    """A header of one line, up to the 998 characters of RFC 5322."""

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"  # type: ignore[attr-defined]


class SubjectHeader(UnstructuredHeader):
    """A subject encoded as a whole: Python's newer folding leaves two spaces beside a word that it encodes alone."""

    def fold(self, *, policy: EmailPolicy) -> str:
        folded = Header(str(self), header_name=self.name).encode(linesep=policy.linesep)  # type: ignore[attr-defined]
        return f"{self.name}: {folded}{policy.linesep}"  # type: ignore[attr-defined]


class Email(EmailMultiAlternatives):
    def message(self, *, policy: Any = policy.default) -> EmailMessage:
        registry = HeaderRegistry()
        for name in UNFOLDED:
            registry.map_to_type(name, UnfoldedHeader)  # type: ignore[arg-type]
        registry.map_to_type("subject", SubjectHeader)  # type: ignore[arg-type]
        return super().message(policy=policy.clone(header_factory=registry))
