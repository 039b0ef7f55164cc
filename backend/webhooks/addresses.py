"""Which addresses may be sent to: what can be told of one before its name is resolved.

The door that sends, ``common/fetching.py``, resolves the name, refuses private addresses and connects to the one that
it checked.
"""

from backend.common.fetching import FetchError, is_allowed, is_ip, parse_url

HTTPS, FIRST_FREE_PORT = 443, 1024


class AddressError(ValueError):
    """An address that nothing is sent to, in a sentence for who typed it."""


def check_address(url: str) -> None:
    """Raise ``AddressError`` unless it is an https:// address of a public host, on port 443 or from 1024 on."""
    try:
        parts = parse_url(url)
    except FetchError as error:
        raise AddressError(f"{error}.".capitalize()) from None
    if parts.scheme != "https":
        raise AddressError("L’adresse doit commencer par https:// : rien ne part en clair.")
    port = parts.port or HTTPS
    if port != HTTPS and port < FIRST_FREE_PORT:
        raise AddressError(f"Le port {port} n’est pas possible : le port 443, ou un port à partir de 1024.")
    host = parts.hostname or ""
    if is_ip(host) and not is_allowed(host):
        raise AddressError(f"{host} n’est pas une adresse publique : donnez celle d’un serveur joignable d’internet.")
