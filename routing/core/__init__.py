"""The compiled engine: ruin and recreate over arrays. Needs numba; routing.solve does without if it must."""

from __future__ import annotations


def is_warm() -> bool:
    """Whether this version of the engine was compiled on this machine before. Raises ImportError as warm."""
    from routing.core.jit import CACHE, WARM

    return (CACHE / WARM).exists()


def warm() -> None:
    """Compile everything and fill the cache on disk, so that the first real plan need not wait.

    Takes a minute or so the first time and about a second afterwards. Raises ImportError without numba.
    """
    from routing.core.jit import CACHE, WARM
    from routing.engine import Engine, Run
    from routing.toy import toy_problem

    run = Run(Engine(toy_problem()), seed=1)
    run.step(20, 10.0, 1.0)
    run.adopt(run.best())
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / WARM).touch()
