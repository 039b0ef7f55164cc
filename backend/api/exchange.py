"""Bytes in and out: JSON written so that any text can be, and a body kept as it came."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from backend.api.errors import Refused


class Renderer(JSONRenderer):
    """JSON in UTF-8, always spelt the same; half a character, which UTF-8 cannot write, is named as JSON names it."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        text = json.dumps(data, cls=self.encoder_class, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode(errors="backslashreplace")


class RawJSONParser(BaseParser):
    """The bytes of a JSON body: the reader of lines reads them, as it reads those of a file."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise Refused("corps-trop-grand", detail=f"Le corps est trop grand ; attendu : {limit} octets au plus.")
        return body
