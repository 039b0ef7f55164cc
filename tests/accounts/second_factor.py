"""What a person holds in a hand: an application that shows codes, and a security key, both in software."""

import json
import secrets
import time
from hashlib import sha256

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

PERIOD = 30
PRESENT, VERIFIED, NEW = 0x01, 0x04, 0x40


def code_of(secret: str) -> str:
    """Return the code an application shows now; wait if it is about to change."""
    left = PERIOD - time.time() % PERIOD
    if left < 3:
        time.sleep(left)
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD))


def add_application(user) -> str:
    """Give someone an application, with codes on paper; return its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


class Key:
    """A security key that answers as a browser passes it on."""

    def __init__(self, host: str = "testserver") -> None:
        self._host, self._id = host, secrets.token_bytes(16)
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._count = 0

    def create(self, options) -> str:
        attested = AttestedCredentialData.create(
            bytes(16), self._id, ES256.from_cryptography_key(self._private.public_key())
        )
        content = AuthenticatorData.create(
            sha256(self._host.encode()).digest(), PRESENT | VERIFIED | NEW, 0, bytes(attested)
        )
        response = {
            "clientDataJSON": websafe_encode(self._client(options, "webauthn.create")),
            "attestationObject": websafe_encode(AttestationObject.create("none", content, {})),
        }
        return self._credential(response)

    def sign(self, options) -> str:
        self._count += 1
        content = AuthenticatorData.create(sha256(self._host.encode()).digest(), PRESENT | VERIFIED, self._count)
        client = self._client(options, "webauthn.get")
        signature = self._private.sign(bytes(content) + client.hash, ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(content),
            "signature": websafe_encode(signature),
            "userHandle": None,
        }
        return self._credential(response)

    def _client(self, options, kind) -> CollectedClientData:
        challenge = options["publicKey"]["challenge"]
        return CollectedClientData.create(kind, challenge, f"https://{self._host}")

    def _credential(self, response) -> str:
        identifier = websafe_encode(self._id)
        return json.dumps(
            {"id": identifier, "rawId": identifier, "type": "public-key", "response": response,
             "clientExtensionResults": {}}
        )  # fmt: skip
