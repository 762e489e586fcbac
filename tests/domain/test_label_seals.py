"""What the seal in a QR code proves, and what a forger gets for an answer."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wastehub.domain import label_codes, label_seals
from wastehub.domain.errors import InvalidInput
from wastehub.domain.label_seals import PublishedKey
from wastehub.ledger.signing import Checker, Signer

CODE = "91330400MA2XXXXX1X" + "90024908" + "20260315" + "001"
ORIGIN = "wastehub.jiaxing/ledger"
SIGNER, STRANGER = Signer.from_seed(b"a" * 32), Signer.from_seed(b"b" * 32)
BASE, HOST = "https://hw.jiaxing.example", "hw.jiaxing.example"


def sealed(code: str = CODE, signer: Signer = SIGNER, origin: str = ORIGIN) -> str:
    number = label_seals.key_number(signer.public_key)
    return label_seals.seal(number, signer.sign(label_seals.message(origin, code)))


def keys(revoked: bool = False) -> dict[int, PublishedKey]:
    number = label_seals.key_number(SIGNER.public_key)
    return {number: PublishedKey(number, SIGNER.public_key, revoked)}


def judged(text: str, **changes: object) -> str:
    known = {"keys": keys(), "origin": ORIGIN, "hosts": {HOST}} | changes
    return label_seals.judge(
        label_seals.read(text),
        verify=lambda key, signature, said: Checker(key).accepts(signature, said),
        **known,
    )


def test_the_payload_is_upper_case_and_digits_only_so_that_the_symbol_stays_small():
    text = label_seals.payload(BASE + "/", CODE, sealed())
    assert re.fullmatch(r"HTTPS://HW\.JIAXING\.EXAMPLE/C/[0-9A-Z]{37}/[0-9]{159}", text)
    assert label_seals.read(text) == label_seals.Scanned(code=CODE, seal=sealed(), host=HOST)


def test_a_path_of_the_base_address_keeps_its_case():
    assert label_seals.payload("http://127.0.0.1:8000/wh", CODE) == f"HTTP://127.0.0.1:8000/wh/C/{CODE}"


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**253 - 1), st.integers(1, 99_999))
def test_any_signature_comes_back_from_its_digits(r, s, number):
    signature = r + s.to_bytes(32, "little")
    digits = label_seals.seal(number, signature)
    assert len(digits) == label_seals.SEAL_DIGITS
    assert label_seals.open_seal(digits) == (number, signature)


@pytest.mark.parametrize("digits", ["", "1" * 158, "9" * 159, "1" * 160, "12345" + "x" * 154])
def test_what_no_seal_can_be_is_not_opened(digits):
    assert label_seals.open_seal(digits) is None


def test_our_own_seal_is_genuine_wherever_the_address_points():
    assert judged(label_seals.payload(BASE, CODE, sealed())) == "genuine"
    assert judged(label_seals.payload("http://127.0.0.1:8000", CODE, sealed())) == "genuine"


def test_a_changed_code_is_forged():
    other = CODE[:-1] + "2"
    assert judged(label_seals.payload(BASE, other, sealed())) == "forged"


@pytest.mark.parametrize("at", [5, 80, 158])
def test_a_changed_seal_is_forged(at):
    digits = sealed()
    changed = digits[:at] + str((int(digits[at]) + 1) % 10) + digits[at + 1 :]
    assert judged(label_seals.payload(BASE, CODE, changed)) == "forged"


def test_a_cut_seal_is_forged():
    assert judged(label_seals.payload(BASE, CODE, sealed()[:-1])) == "forged"


def test_a_key_that_was_not_published_is_unknown():
    assert judged(label_seals.payload(BASE, CODE, sealed(signer=STRANGER))) == "key_unknown"


def test_a_revoked_key_proves_nothing():
    assert judged(label_seals.payload(BASE, CODE, sealed()), keys=keys(revoked=True)) == "key_revoked"


def test_another_citys_label_is_said_to_be_that():
    elsewhere = label_seals.payload("https://hw.other.example", CODE, sealed(signer=STRANGER))
    assert judged(elsewhere) == "other_origin"
    assert judged(f"https://hw.other.example/c/{CODE}") == "other_origin"


def test_a_seal_holds_in_its_own_installation_only():
    """The same key used by mistake in two cities: the origin is part of what is signed."""
    text = label_seals.payload(BASE, CODE, sealed(origin="wastehub.elsewhere/ledger"))
    assert judged(text) == "forged"


@pytest.mark.parametrize("text", [CODE, f"{BASE}/c/{CODE}", f"/c/{CODE}"])
def test_an_old_label_without_a_seal_is_unsigned(text):
    assert judged(text) == "unsigned"


def test_the_short_code_is_read_as_well():
    assert label_seals.read(label_codes.grouped(label_codes.human_code(48_271_936))).short_no == 48_271_936


def test_key_numbers_have_five_digits_and_are_never_zero():
    numbers = {label_seals.key_number(bytes([at] * 32)) for at in range(256)}
    assert all(0 < number < 100_000 for number in numbers)
    assert len(numbers) > 250


@given(st.text(max_size=200))
def test_any_scanned_text_is_read_or_refused_by_name(text):
    try:
        assert judged(text) in label_seals.JUDGEMENTS
    except InvalidInput as refusal:
        assert refusal.code in ("label.malformed", "label.typed_wrong")
