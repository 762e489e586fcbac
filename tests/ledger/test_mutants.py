"""Small faults in the mass kernel and in the verifier: a test must notice each (docs/ledger-mutants.md)."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ledger.mutants import run
from tests.ledger.mutants.making import mutants

ROOT = Path(__file__).resolve().parents[2]
SAMPLE, MINUTES = 60, 30


def test_each_mutant_differs_from_its_original_in_one_place(tmp_path: Path) -> None:
    text = 'def f(a, b):\n    """Text."""\n    if a and a < 1:\n        raise ValueError("x")\n'
    text += "    return a + b\n"
    path = tmp_path / "f.py"
    path.write_text(text)
    made = {mutant.what: mutant.applied(text) for mutant in mutants(path, tmp_path)}
    assert len(set(made.values())) == len(made)
    assert all(ast.dump(ast.parse(source)) != ast.dump(ast.parse(text)) for source in made.values())
    assert {
        "a < 1 -> (a <= 1)",
        "a and a < 1 -> (a)",
        'raise ValueError("x") -> pass',
        "a + b -> (a - b)",
        "return a + b -> return None",
    } <= made.keys()
    assert "Text." not in str(made.keys())


def test_whoever_is_called_equivalent_still_exists() -> None:
    """A reason is bound to the text of its function: when that changes, it has to be thought of again."""
    known = {mutant.name for part in run.PARTS.values() for mutant in run.all_mutants(part)}
    reasons = json.loads(run.EQUIVALENT.read_text(encoding="utf-8"))
    assert set(reasons) <= known
    assert all(len(why) > 20 for why in reasons.values())


@pytest.mark.long
def test_a_sample_of_the_mutants_dies() -> None:
    words = ["--sample", str(SAMPLE), "--minutes", str(MINUTES)]
    done = subprocess.run([sys.executable, "-m", "tests.ledger.mutants.run", *words], cwd=ROOT)
    assert done.returncode == 0, "see docs/ledger-mutants.md: these are alive"
