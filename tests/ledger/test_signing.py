"""The service key: Ed25519, one file, for its owner only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from wastehub.ledger import signing


def test_signatures_are_those_of_rfc_8032() -> None:
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    signer = signing.Signer.from_seed(seed)
    assert signer.public_key.hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert signer.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_a_new_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "ledger.key"
    made = signing.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert signing.load_or_create(path).key_id == made.key_id


def test_a_key_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    signing.load_or_create(path)
    path.chmod(0o640)
    with pytest.raises(signing.BadKeyFile, match="chmod 600"):
        signing.load_or_create(path)


def test_a_file_without_a_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    path.write_text("no key")
    path.chmod(0o600)
    with pytest.raises(signing.BadKeyFile, match="not a private key"):
        signing.load(path)


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.key"
    path.touch(0o600)
    key = generate_private_key(65537, 2048)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(signing.BadKeyFile, match="Ed25519"):
        signing.load(path)


def test_a_signature_holds_for_its_message_only() -> None:
    signer = signing.Signer.generate()
    checker = signing.Checker(signer.public_key)
    assert checker.accepts(signer.sign(b"a"), b"a")
    assert not checker.accepts(signer.sign(b"a"), b"b")
