"""The tag of an answer: a digest of all that it depends on."""

from rest_framework.request import Request

from backend.common.days import current_day
from backend.common.releases import code_state
from backend.schemes.catalogue.state import digest


def make_tag(request: Request, state: str) -> str:
    """Return the tag of the answer to a request; weak, since a proxy may compress the body."""
    asked = (request.build_absolute_uri(), request.accepted_media_type or "", str(current_day()))
    return f'W/"{digest([*asked, state, code_state()])[:32]}"'
