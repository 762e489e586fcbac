"""Random numbers for the compiled engine: xorshift64*, one state per run."""

# Numbers here are those of the compiled code: numpy integers stand for int throughout.
# mypy: disable-error-code="no-any-return,arg-type,return-value,assignment"
from __future__ import annotations

import numpy as np

from routing.core.jit import inlined
from routing.core.layout import Live


@inlined
def uniform(live: Live) -> float:
    """0 <= x < 1."""
    x = live.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    live.random[0] = x
    drawn = x * np.uint64(2685821657736338717)
    return np.float64(np.int64(drawn >> np.uint64(11))) * (1.0 / 9007199254740992.0)


@inlined
def below(live: Live, n: int) -> int:
    """A whole number from 0 to n - 1."""
    return np.int64(uniform(live) * n)
