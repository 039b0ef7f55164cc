"""The hash that places a term: MurmurHash3, x86, 32 bits (Appleby, 2011), as scikit-learn has it.

That of scikit-learn comes with all of scipy.stats: a second and 60 MB of each process, for this one function.
"""

_MASK = 0xFFFFFFFF


def murmurhash3(text: str) -> int:
    """Return the hash of a text in UTF-8, seed 0, as a signed number of 32 bits.

    >>> murmurhash3("tour")
    1761994720
    """
    raw = text.encode()
    state = 0
    for start in range(0, len(raw) - 3, 4):
        state ^= _scrambled(int.from_bytes(raw[start : start + 4], "little"))
        state = ((state << 13 | state >> 19) * 5 + 0xE6546B64) & _MASK
    if len(raw) % 4:
        state ^= _scrambled(int.from_bytes(raw[len(raw) & ~3 :], "little"))
    state ^= len(raw)
    state = (state ^ state >> 16) * 0x85EBCA6B & _MASK
    state = (state ^ state >> 13) * 0xC2B2AE35 & _MASK
    state ^= state >> 16
    return state - (1 << 32) if state >> 31 else state


def _scrambled(block: int) -> int:
    block = block * 0xCC9E2D51 & _MASK
    return (block << 15 | block >> 17) * 0x1B873593 & _MASK
