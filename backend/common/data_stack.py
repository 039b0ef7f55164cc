"""Room for Python's frames in one piece of memory.

CPython puts the frames of a thread on chunks of 16 KiB. Before 3.13.13 and 3.14.4 it asks the system for a chunk each
time that a call crosses the end of one, and gives it back when that call returns: a loop which happens to stand there
maps and unmaps memory at each turn (https://github.com/python/cpython/issues/142183). A page or a test is a hundred
frames deep, so some loop always does. Debian 13 has 3.13.5.
"""

from collections.abc import Callable
from functools import wraps

FRAME_WORDS = 70_000  # just over half a MiB: its chunk is then one MiB, the rest of which is free for calls


def with_room[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Return the same function, called with some 480 KiB of the thread's data stack in one piece before it.

    The frame of what calls it asks for more words than it uses, and CPython makes a chunk that can hold them. Memory
    that is not used is not touched: a call costs one mapping, about 0.01 ms.
    """

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    call.__code__ = call.__code__.replace(co_stacksize=FRAME_WORDS)
    return wraps(function)(call)
