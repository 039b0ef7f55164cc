"""Signatures of the Standard Webhooks specification, version 1.0.0 (https://www.standardwebhooks.com).

``HMAC-SHA256`` of ``id.timestamp.body`` under a secret of 24 bytes or more, which is written ``whsec_`` and its
base64. The header lists one ``v1,`` signature for each secret in force: one can be replaced without a refused request.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from secrets import token_bytes

PREFIX = "whsec_"
SECRET_BYTES = 32


def make_secret() -> str:
    return PREFIX + b64encode(token_bytes(SECRET_BYTES)).decode()


def sign(secret: str, *, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature of a request, as its header lists it."""
    key = b64decode(secret.removeprefix(PREFIX))
    content = f"{webhook_id}.{timestamp}.".encode() + body
    return f"v1,{b64encode(hmac.digest(key, content, 'sha256')).decode()}"


def signed_headers(secrets: Iterable[str], *, webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a request, signed with each of some secrets."""
    signatures = (sign(secret, webhook_id=webhook_id, timestamp=timestamp, body=body) for secret in secrets)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
