"""What Linux tells of processes and of their connections on loopback, in /proc."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STOPPED = "T"
ESTABLISHED = "01"


@dataclass(frozen=True, slots=True)
class Socket:
    """One end of a connection; ``unread`` bytes have arrived that its owner has not read."""

    inode: int
    unread: int


def socket_at(port: int, *, peer_port: int) -> Socket | None:
    """Return the end that has ``port`` of an IPv4 connection whose other end has ``peer_port``."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, queues, _, _, _, _, inode, *_ = line.split()
        if state == ESTABLISHED and (_port(local), _port(remote)) == (port, peer_port):
            return Socket(inode=int(inode), unread=int(queues.split(":")[1], 16))
    return None


def owner(socket: Socket, *, among: Iterable[int]) -> int | None:
    """Return the process that holds a socket."""
    for pid in among:
        with suppress(FileNotFoundError):  # a process, or one of its files, that has just gone
            for file in Path(f"/proc/{pid}/fd").iterdir():
                if file.readlink() == Path(f"socket:[{socket.inode}]"):
                    return pid
    return None


def state(pid: int) -> str:
    """Return the letter of a process's state, and nothing once it is dead."""
    try:
        letter = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if letter in "ZX" else letter


def children(pid: int) -> list[int]:
    """Return the living children of a process, the oldest first."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for child in map(int, found) if state(child)]


def is_stopped(pid: int) -> bool:
    return state(pid) == STOPPED


def pids_of_group(group: int) -> list[int]:
    """Return the living processes of a group."""
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    found = []
    for pid in pids:
        with suppress(ProcessLookupError):
            if os.getpgid(pid) == group and state(pid):
                found.append(pid)
    return found


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
