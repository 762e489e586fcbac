"""Random identifiers.

A version-7 UUID carries 48 bits of milliseconds and 74 random bits: two ids made in the same
millisecond collide with probability 2**-74, so a city that makes a million ids a second for a
century expects far less than one collision. Time order keeps index pages warm.
"""

import secrets
from datetime import datetime
from uuid import UUID


def new_id(at: datetime) -> UUID:
    """A version-7 UUID for a fact that came to be `at` (aware instant)."""
    return uuid7(int(at.timestamp() * 1000), secrets.randbits(74))


def uuid7(unix_ms: int, random_74: int) -> UUID:
    """The version-7 UUID of a millisecond and 74 bits of chance (RFC 9562, section 5.7)."""
    value = (unix_ms & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (random_74 >> 62) << 64
    value |= 0b10 << 62
    value |= random_74 & ((1 << 62) - 1)
    return UUID(int=value)


class SeededIds:
    """Ids that are the same for the same seed: for demo data that must be repeatable."""

    def __init__(self, seed: int) -> None:
        import random

        self._random = random.Random(seed)

    def __call__(self, at: datetime) -> UUID:
        return uuid7(int(at.timestamp() * 1000), self._random.getrandbits(74))
