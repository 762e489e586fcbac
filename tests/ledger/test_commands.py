"""`wastehub ledger ...` and the witness's commands, as they are typed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ledger import acts
from tests.ledger.acts import NOW
from tests.ledger.logs import whole_way
from wastehub import cli, config, ledger
from wastehub.db import Database
from wastehub.ledger import integrating, policies, receipts, signing
from wastehub.ledger.anchor import CHECKPOINT
from wastehub.ledger.transparency import Transparency


@dataclass
class Shell:
    """One installation, and what its commands print."""

    database: Database
    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def settings(self) -> config.Settings:
        return config.from_environment()

    def __call__(self, *words: str, code: int = 0) -> str:
        assert cli.main(words) == code, self.capsys.readouterr()
        captured = self.capsys.readouterr()
        return captured.out + captured.err


@pytest.fixture
def shell(
    log: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """A log of eight entries whose service key is the installation's."""
    monkeypatch.setenv("WASTEHUB_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("WASTEHUB_DATABASE_URL", log.url)
    for name in ("WASTEHUB_ANCHOR", "WASTEHUB_WITNESSES", "WASTEHUB_LOG_KEY", "WASTEHUB_SIGNING_KEY"):
        monkeypatch.delenv(name, raising=False)
    log.signer = signing.load_or_create(config.from_environment().signing_key_path)
    whole_way(log)
    return Shell(log, tmp_path, capsys)


def put(shell: Shell, label: str) -> ledger.Receipt:
    with shell.database.transaction() as session:
        return ledger.append(session, [acts.registered(label)], now=NOW)[0]


def test_a_checkpoint_is_signed_and_told_in_its_short_form(shell: Shell) -> None:
    said = shell("ledger", "checkpoint")
    with shell.database.reading() as session:
        newest = integrating.latest(session)
    assert newest is not None and newest.size == 9
    assert said.startswith("9 ")
    assert shell("ledger", "checkpoint") == said, "nothing new, nothing changed"


def test_a_receipt_and_its_entry_hold_under_the_printed_policy(shell: Shell) -> None:
    receipt = put(shell, "L7")
    assert "run `wastehub ledger checkpoint`" in shell("ledger", "prove", str(receipt.idx), code=2)
    shell("ledger", "checkpoint")
    policy = policies.parse(shell("ledger", "policy").encode())
    out = shell.folder / "e.tlog-proof"
    shell("ledger", "prove", str(receipt.event_id), "--out", str(out))
    made = receipts.Receipt.parse(out.read_text(encoding="utf-8"))
    leaf = (shell.folder / "e.tlog-proof.leaf").read_bytes()
    assert receipts.check(made, leaf, policy).size > receipt.idx
    assert shell("ledger", "prove", str(receipt.idx)) == made.text()


@pytest.mark.parametrize("entry", ["nonsense", "999", "00000000-0000-0000-0000-000000000001"])
def test_what_is_not_in_the_log_is_not_proven(shell: Shell, entry: str) -> None:
    shell("ledger", "checkpoint")
    shell("ledger", "prove", entry, code=2)


def test_a_missing_anchor_is_made_anew_only_by_decision(shell: Shell) -> None:
    sealed = shell("ledger", "checkpoint")
    (shell.settings.anchor_path / CHECKPOINT).unlink()
    assert "ledger.anchor_missing" in shell("ledger", "checkpoint", code=1)
    assert shell("ledger", "adopt") == sealed
    shell("ledger", "checkpoint")
    assert "never replaced" in shell("ledger", "adopt", code=2)


def test_a_service_key_is_revoked_by_its_successor(shell: Shell) -> None:
    old = shell.settings.signing_key_path
    key_id = signing.load(old).key_id
    assert "another file first" in shell("ledger", "revoke-key", key_id, "--reason", "stolen", code=2)
    old.rename(old.with_suffix(".old"))
    shell("ledger", "revoke-key", key_id, "--reason", "stolen")
    assert "revoked" in shell("ledger", "keys")
    assert "all good" in shell("ledger", "verify")
    assert "does not know" in shell("ledger", "revoke-key", "0000", "--reason", "x", code=2)


def test_a_log_key_is_retired_once_it_no_longer_signs(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("ledger", "checkpoint")
    old, new = shell.settings.log_key_paths[0], shell.folder / "new.key"
    vkey = str(Transparency.of(shell.settings).log_signers[0].key)
    assert "still signs" in shell("ledger", "retire-log-key", vkey, "--reason", "rotation", code=2)
    signing.load_or_create(new)
    monkeypatch.setenv("WASTEHUB_LOG_KEY", os.pathsep.join(map(str, (old, new))))
    put(shell, "L7")
    shell("ledger", "checkpoint")
    monkeypatch.setenv("WASTEHUB_LOG_KEY", str(new))
    shell("ledger", "retire-log-key", vkey, "--reason", "rotation")
    with shell.database.reading() as session:
        types = [entry.event.type for entry in ledger.entries_for(session, site="hub")]
    assert types == ["key.registered", "log_key.added", "log_key.added", "log_key.retired"]
    assert vkey not in shell("ledger", "policy")


def test_a_succession_begins_with_the_old_log_s_last_word(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("ledger", "checkpoint")
    old = shell.settings.anchor_path / CHECKPOINT
    words = ("ledger", "succeed", str(old), "--lost", "entries after 9", "--decided-by", "示例局")
    assert "a name of its own" in shell(*words, code=2)
    monkeypatch.setenv("WASTEHUB_LOG_ORIGIN", "wastehub.jiaxing/ledger/2")
    assert "has entries already" in shell(*words, code=2)
    url = f"sqlite:///{shell.folder / 'second.db'}"
    shell("migrate", "--database", url)
    shell(*words, "--database", url)
    with Database(url).reading() as session:
        (event,) = [
            e.event for e in ledger.entries_for(session, site="hub") if e.event.type == "log.succeeded"
        ]
    assert (event.facts["origin"], event.facts["size"]) == ("wastehub.jiaxing/ledger", 9)


def test_a_policy_that_cannot_be_read_is_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shell.folder / "witnesses.policy"
    monkeypatch.setenv("WASTEHUB_WITNESSES", str(path))
    assert "witnesses.policy" in shell("ledger", "checkpoint", code=2)
    path.write_text("nonsense\n")
    assert "line 1" in shell("ledger", "checkpoint", code=2)


def test_whoever_restores_a_backup_is_told_to_decide(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell("ledger", "checkpoint")
    saved, url = shell.folder / "saved.zip", f"sqlite:///{shell.folder / 'restored.db'}"
    shell("backup", str(saved))
    assert "ledger.anchor_missing" in shell("restore", str(saved), "--database", url)
    shell("ledger", "adopt", "--database", url)
    assert shell("ledger", "checkpoint", "--database", url).startswith("10 ")
    assert "all good" in shell("ledger", "verify", "--database", url)


# --- the witness -------------------------------------------------------------------------------------------


def test_a_witness_of_its_own_process_cosigns(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    key, policy = shell.folder / "witness.key", shell.folder / "log.policy"
    vkey = shell("witness-key", "bureau.test/witness", str(key)).strip()
    assert "never overwritten" in shell("witness-key", "bureau.test/witness", str(key), code=2)
    policy.write_text(shell("ledger", "policy"), encoding="utf-8")
    command = [sys.executable, "-m", "wastehub.cli", "witness", "--key", str(key), "--policy", str(policy)]
    command += ["--state", str(shell.folder / "state"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split(": ")[1].strip()
        hub = shell.folder / "witnesses.policy"
        hub.write_text(f"witness 局 {vkey} {address.removesuffix('/add-checkpoint')}\nquorum 局\n")
        monkeypatch.setenv("WASTEHUB_WITNESSES", str(hub))
        try:
            assert "局: cosigned" in shell("ledger", "checkpoint")
            put(shell, "L7")
            assert "局: cosigned" in shell("ledger", "checkpoint")
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    policy_now = policies.parse(shell("ledger", "policy").encode())
    out = shell.folder / "e.tlog-proof"
    shell("ledger", "prove", "3", "--out", str(out))
    made = receipts.Receipt.parse(out.read_text(encoding="utf-8"))
    leaf = (shell.folder / "e.tlog-proof.leaf").read_bytes()
    assert policy_now.quorum == "局"
    assert receipts.check(made, leaf, policy_now).size == 10


def test_a_witness_without_a_log_to_watch_does_not_start(shell: Shell) -> None:
    key, policy = shell.folder / "witness.key", shell.folder / "log.policy"
    shell("witness-key", "bureau.test/witness", str(key))
    policy.write_text("quorum none\n")
    words = ("witness", "--key", str(key), "--policy", str(policy), "--state", str(shell.folder / "s"))
    assert "nothing to cosign" in shell(*words, code=2)
    policy.write_text("nonsense\n")
    assert "line 1" in shell(*words, code=2)
