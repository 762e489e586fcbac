"""QR codes: the mask is the one that the standard's penalties choose, and digits go into numeric mode."""

from __future__ import annotations

import numpy as np
import pytest
import qrcode
from qrcode import util

from wastehub.papers import qr, qr_masks

TEXT = (
    "HTTPS://WASTEHUB.EXAMPLE.CN/C/91330400MA2XXXXX1X9002490820260315001/" + "8314159265" * 15 + "358979323"
)


def test_the_best_of_the_eight_masks_is_taken():
    """Against the library's own slow penalties, mask by mask."""
    chosen = qr.matrix(TEXT, level="Q")
    lost = []
    for mask in range(8):
        code = qrcode.QRCode(
            version=9, error_correction=qrcode.constants.ERROR_CORRECT_Q, border=0, mask_pattern=mask
        )
        for piece in qr.segments(TEXT):
            code.add_data(piece)
        code.make(fit=False)
        lost.append(util.lost_point(code.modules))
        assert qr_masks.penalties(np.array(code.modules, bool)[None])[0] == lost[-1]
    assert util.lost_point([list(row) for row in chosen]) == min(lost)


def test_digits_and_capitals_need_a_smaller_symbol():
    longer = TEXT.replace("WASTEHUB", "WASTEHUB.JIAXING")
    assert len(qr.matrix(longer, level="Q")) == 53
    assert len(qr.matrix(longer.lower(), level="Q")) > 53


def test_what_does_not_fit_is_said():
    with pytest.raises(qr.TooLong):
        qr.matrix(TEXT * 2, level="Q", version=9)
