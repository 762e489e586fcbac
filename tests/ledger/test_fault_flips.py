"""F11 and F12: what was changed without a key is noticed by both verifiers; a flipped bit by them or the
engine.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.ledger import tampering
from tests.ledger.tampering import Original
from wastehub import ledger
from wastehub.db import Database


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    return Original.made(tmp_path_factory.mktemp("original"))


def test_the_original_is_whole(original: Original) -> None:
    """Without its triggers, which the forger had to drop, nothing else is wrong with it."""
    log = Database(f"sqlite:///{original.database}")
    with log.reading() as session:
        assert ledger.verify(session).ok
    log.dispose()


def all_noticed(original: Original, seeds: range, folder: Path) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for seed in seeds:
        kind, in_bundle, in_database = tampering.noticed(original, seed, folder)
        assert in_bundle and in_database, f"seed {seed}, {kind}: {in_bundle=} {in_database=}"
        kinds[kind] += 1
    return kinds


def test_changes_without_a_key_are_noticed_by_both_verifiers(original: Original, tmp_path: Path) -> None:
    assert set(all_noticed(original, range(20), tmp_path)) == set(tampering.KINDS)


@pytest.mark.long
def test_two_thousand_changes_are_noticed_by_both_verifiers(original: Original, tmp_path: Path) -> None:
    all_noticed(original, range(10_000, 12_000), tmp_path)


def test_no_flipped_bit_changes_what_the_database_tells(original: Original, tmp_path: Path) -> None:
    found = Counter(tampering.flipped_file(original, seed, tmp_path) for seed in range(14))
    assert found["unnoticed"] == 0
    assert found["verifier"] > 0, found
