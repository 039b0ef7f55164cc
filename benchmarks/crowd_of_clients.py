"""Fifty clients at once over HTTP/1.1, each on a connection that stays open: asyncio and bytes, little else."""

import asyncio
from collections.abc import Sequence
from time import perf_counter

N_CLIENTS = 50


def post(address: str, body: bytes) -> bytes:
    """Return a request as bytes, as a proxy that holds the certificate passes it on."""
    head = (
        f"POST /{address} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
        f"X-Forwarded-For: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(address: str, cookie: str) -> bytes:
    """Return a request for a page as bytes, of somebody who is signed in."""
    head = (
        f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-Proto: https\r\n"
        f"X-Forwarded-For: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\r\n"
    )
    return head.encode()


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    _, _, rest = head.lower().partition(b"content-length: ")
    body = await reader.readexactly(int(rest[: rest.index(b"\r")]))
    if not head.startswith(b"HTTP/1.1 200 "):
        raise AssertionError(head + body[:500])
    return body


async def _all(port: int, requests: Sequence[bytes], n_clients: int) -> tuple[list[bytes], list[float]]:
    waiting = iter(enumerate(requests))
    bodies, seconds = [b""] * len(requests), [0.0] * len(requests)

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**22)
        for number, request in waiting:
            start = perf_counter()
            bodies[number] = await exchange(reader, writer, request)
            seconds[number] = perf_counter() - start
        writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(min(n_clients, len(requests))):
            group.create_task(client())
    return bodies, seconds


def send(port: int, requests: Sequence[bytes], n_clients: int = N_CLIENTS) -> tuple[list[bytes], list[float]]:
    """Send requests, each client one after the other; return the bodies of the answers, and how long each took.

    Raises ``AssertionError`` where an answer is not 200.
    """
    return asyncio.run(_all(port, requests, n_clients))
