"""Work done on several processors at once, and answered in the order in which it was asked."""

import gc
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from threading import Thread
from typing import TYPE_CHECKING, Any

from django.db import connections

if TYPE_CHECKING:
    from concurrent.futures import Future

AHEAD = 2  # items handed out for each process: one in hand, one that it finds as soon as it is done


class ProcessLost(RuntimeError):
    """A process that worked for this one was ended from outside, such as for want of memory."""


def processors() -> int:
    """Return on how many processors this process may run."""
    return len(os.sched_getaffinity(0))


def spare_what_is_loaded() -> None:
    """Keep the collector of garbage from reading again what lives as long as this process.

    Of a process of the site that was an eighth of each request, of one that shares the lines of a file a twentieth.
    """
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def in_order[T, R](work: Callable[[T], R], items: Iterable[T], *, processes: int) -> Iterator[R]:
    """Yield what ``work`` makes of each item, in the order of the items, however many processes share them.

    A process is a copy of this one as it is when the second item comes (a single item is worked on here), so that what
    was loaded is shared and nothing but items and results is passed on. It opens its own connection to the database
    if it needs one: in a transaction it would not see what is not committed. Raises what ``work`` raises, and
    ``ProcessLost``.
    """
    remaining = iter(items)
    first = [*islice(remaining, 2)]
    if processes == 1 or len(first) < 2:
        yield from map(work, chain(first, remaining))
        return
    # Who asks for one line waits for none of this.
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    pool = ProcessPoolExecutor(processes, mp_context=get_context("fork"), initializer=_begin, initargs=(work,))
    try:
        in_hand: deque[Future[R]] = deque()
        for item in chain(first, remaining):
            in_hand.append(pool.submit(_work_on, item))
            if len(in_hand) > processes * AHEAD:
                yield in_hand.popleft().result()
        while in_hand:
            yield in_hand.popleft().result()
    except BrokenProcessPool as error:
        raise ProcessLost(str(error)) from None
    finally:
        pool.shutdown(cancel_futures=True)


_works: list[Callable[..., Any]] = []  # of a process of the pool: what it does with each item


def _begin(work: Callable[..., Any]) -> None:
    _works[:] = [work]
    spare_what_is_loaded()
    for connection in connections.all(initialized_only=True):
        del connections[connection.alias]  # it is of the process that this one copies, which goes on using it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that asked, who ends the others
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the end of the process that asked, killed or not, and end with it."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work_on(item: Any) -> Any:
    return _works[0](item)
