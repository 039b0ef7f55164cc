"""Secrets that the service must read again, encrypted at rest: a copy of the database alone gives none of them.

The keys are derived from ``JONCTION_SECRET_KEY``, one for each purpose; the former ones of its fallbacks still read.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def encrypt(text: str, *, purpose: str) -> str:
    return _cipher(purpose).encrypt(text.encode()).decode()


def decrypt(encrypted: str, *, purpose: str) -> str:
    """Return the text; raise ``InvalidToken`` where neither the key nor a fallback encrypted it for this purpose."""
    return _cipher(purpose).decrypt(encrypted.encode()).decode()


def _cipher(purpose: str) -> MultiFernet:
    """The first key writes; those it replaced still read."""
    return MultiFernet([_key(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"jonction {purpose}".encode())
    return Fernet(urlsafe_b64encode(derived.derive(secret.encode())))
