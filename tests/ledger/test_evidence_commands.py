"""`wastehub ledger export | stats | erase`, as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ledger import acts
from tests.ledger.acts import NOW
from tests.ledger.bundles import members_of
from tests.ledger.test_commands import Shell, shell  # noqa: F401  (a fixture)
from wastehub import ledger


@pytest.fixture
def sealed(shell: Shell) -> Shell:  # noqa: F811
    """With a driver's name behind a commitment, and sealed."""
    with shell.database.transaction() as session:
        event = acts.registered("L7", personal={"driver": "李四-SECRET"}, subject="B7")
        ledger.append(session, [event], now=NOW)
    shell("ledger", "checkpoint")
    return shell


def files_of(shell: Shell) -> bytes:  # noqa: F811
    path = Path(shell.database.url.removeprefix("sqlite:///"))
    return b"".join(each.read_bytes() for each in path.parent.glob(path.name + "*"))


def test_a_bundle_and_its_policy_are_all_that_a_court_needs(sealed: Shell, tmp_path: Path) -> None:
    bundle, policy, script = tmp_path / "b.zip", tmp_path / "policy", tmp_path / "wh_verify.py"
    said = sealed("ledger", "export", "--scope", "all", "--out", str(bundle))
    assert said.startswith(f"{bundle}: all, 10 entries, checkpoint 10 ")
    policy.write_text(sealed("ledger", "policy"))
    script.write_bytes(members_of(bundle)["wh_verify.py"])
    command = [sys.executable, "-S", "-I", str(script), str(bundle), "--policy", str(policy), "--level", "3"]
    assert subprocess.run(command, capture_output=True, cwd=tmp_path).returncode == 0
    bundle.write_bytes(bundle.read_bytes().replace(b'"mass_g":100000', b'"mass_g":100001', 1))
    run = subprocess.run([*command, "--lang", "en"], capture_output=True, cwd=tmp_path)
    assert run.returncode == 1
    assert "entry 1 does not have its hash" in run.stdout.decode()


@pytest.mark.parametrize("form", ["epcis", "hj1259", "csv"])
def test_other_forms_are_written_too(sealed: Shell, tmp_path: Path, form: str) -> None:
    sealed("ledger", "export", "--form", form, "--out", str(tmp_path / form))
    assert (tmp_path / form).stat().st_size > 500
    if form == "epcis":
        assert json.loads((tmp_path / form).read_bytes())["type"] == "EPCISDocument"


@pytest.mark.parametrize(
    ("scope", "part"),
    [
        ("moon", "a scope is all, site:ID"),
        ("site:x", "has no entries about it"),
        ("batch:B9", "no batch of this"),
    ],
)
def test_an_unknown_scope_ends_with_2_and_leaves_no_file(
    sealed: Shell, tmp_path: Path, scope: str, part: str
) -> None:
    out = tmp_path / "b.zip"
    assert part in sealed("ledger", "export", "--scope", scope, "--out", str(out), code=2)
    assert list(tmp_path.glob("b.zip*")) == []


def test_an_earlier_file_survives_a_refusal(sealed: Shell, tmp_path: Path) -> None:
    out = tmp_path / "b.zip"
    out.write_bytes(b"earlier")
    sealed("ledger", "export", "--scope", "site:x", "--out", str(out), code=2)
    assert out.read_bytes() == b"earlier"


def test_before_the_first_checkpoint_there_is_nothing_to_export(shell: Shell, tmp_path: Path) -> None:  # noqa: F811
    said = shell("ledger", "export", "--out", str(tmp_path / "b.zip"), code=2)
    assert "run wastehub ledger checkpoint" in said


def test_a_folder_that_is_not_there_is_said(sealed: Shell, tmp_path: Path) -> None:
    said = sealed("ledger", "export", "--out", str(tmp_path / "none" / "b.zip"), code=2)
    assert "No such file or directory" in said


def test_statistics_are_told(sealed: Shell) -> None:
    said = sealed("ledger", "stats")
    assert said.startswith("10 entries, 10 of them sealed by 1 checkpoints\n")
    assert "0 g unexplained" in said
    assert "1 personal values, 0 erased" in said


def test_an_erased_name_is_in_no_file_any_more(sealed: Shell, tmp_path: Path) -> None:
    """Fault case F15: gone from the table, the write-ahead log and the next export."""
    assert "李四-SECRET".encode() in files_of(sealed)
    said = sealed("ledger", "erase", "--subject", "B7", "--basis", "个人信息保护法第四十七条")
    assert said == "erased; recorded as entry 10\n"
    assert "李四-SECRET".encode() not in files_of(sealed)
    sealed("ledger", "verify")
    sealed("ledger", "checkpoint")
    sealed("ledger", "export", "--out", str(tmp_path / "b.zip"))
    assert b"SECRET" not in (tmp_path / "b.zip").read_bytes()
    assert "no personal value" in sealed("ledger", "erase", "--subject", "B7", "--basis", "x", code=2)


@pytest.mark.parametrize("words", [[], ["AAAA", "--subject", "B7"], ["AAAA"]])
def test_what_is_to_be_erased_must_be_said_once(sealed: Shell, words: list[str]) -> None:
    sealed("ledger", "erase", *words, "--basis", "x", code=2)
