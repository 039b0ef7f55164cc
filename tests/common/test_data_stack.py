"""Calls have room: no loop maps memory at each turn, wherever on the stack it stands."""

import resource
from concurrent.futures import ThreadPoolExecutor

from backend.common.data_stack import with_room

CHUNK_WORDS = 2048  # 16 KiB
STEP_WORDS = 8  # less than any frame
TURNS = 50


def leaf(value: int) -> int:
    return value + 1


def at(offset: int) -> int:
    """Return how many pages the system gave for a loop that only calls, so many words further down the stack."""

    def loop() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for turn in range(TURNS):
            leaf(turn)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    loop.__code__ = loop.__code__.replace(co_stacksize=STEP_WORDS + offset)
    return loop()


def test_nowhere_does_a_loop_ask_for_memory_at_each_turn() -> None:
    with ThreadPoolExecutor(1) as thread:  # the thread of the tests has room already
        assert max(thread.map(with_room(at), range(0, CHUNK_WORDS, STEP_WORDS))) < TURNS / 2


def test_the_function_is_the_same() -> None:
    @with_room
    def told(name: str, *, loud: bool = False) -> str:
        """Say a name."""
        return name.upper() if loud else name

    assert (told("Noyon"), told("Noyon", loud=True)) == ("Noyon", "NOYON")
    assert (told.__name__, told.__doc__) == ("told", "Say a name.")
