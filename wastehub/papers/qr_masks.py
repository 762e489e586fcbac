"""The mask of a QR code: of all eight the one with the lowest penalty. Source: ISO/IEC 18004, 7.8."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt
import qrcode
from qrcode import util

Bits = npt.NDArray[np.bool_]
MASKS = 8
# dark-light-dark-dark-dark-light-dark with four light modules after or before it, as eleven bits.
_FINDER_LIKE = (0b00001011101, 0b10111010000)


class Drawn(qrcode.QRCode):  # type: ignore[misc]
    """A QR code that remembers which modules belong to the pattern and not to the data."""

    reserved: list[list[bool]]

    def map_data(self, data: Any, mask_pattern: int) -> None:
        self.reserved = [[module is not None for module in row] for row in self.modules]
        super().map_data(data, mask_pattern)


def best(code: Drawn) -> Bits:
    """The modules of a finished code of mask 0 under its best mask."""
    modules, reserved = np.array(code.modules, bool), np.array(code.reserved, bool)
    masks, patterns = _masks(len(modules)), _patterns(code.version, code.error_correction)
    candidates = np.where(reserved, patterns, modules ^ masks[0] ^ masks)
    return candidates[int(np.argmin(penalties(candidates)))]


def penalties(candidates: Bits) -> npt.NDArray[np.int64]:
    """Penalty of each matrix of a stack (count, n, n)."""
    return (
        _runs(candidates)
        + _runs(candidates.swapaxes(1, 2))
        + _blocks(candidates)
        + _finder_like(candidates)
        + _finder_like(candidates.swapaxes(1, 2))
        + _balance(candidates)
    )


def _runs(m: Bits) -> npt.NDArray[np.int64]:
    """Five and more alike in a row: their number less two."""
    same = m[:, :, 1:] == m[:, :, :-1]
    five = same[:, :, 3:] & same[:, :, 2:-1] & same[:, :, 1:-2] & same[:, :, :-3]
    begins = five.copy()
    begins[:, :, 1:] &= ~five[:, :, :-1]
    return five.sum((1, 2)) + 2 * begins.sum((1, 2))


def _blocks(m: Bits) -> npt.NDArray[np.int64]:
    """Two by two alike: three each."""
    alike = m[:, 1:, 1:] == m[:, :-1, :-1]
    alike &= (m[:, 1:, :-1] == m[:, :-1, 1:]) & (m[:, 1:, 1:] == m[:, 1:, :-1])
    return 3 * alike.sum((1, 2))


def _finder_like(m: Bits) -> npt.NDArray[np.int64]:
    wide = m.shape[2] - 10
    value = np.zeros((m.shape[0], m.shape[1], wide), np.int16)
    for bit in range(11):
        value |= m[:, :, bit : bit + wide].astype(np.int16) << bit
    return 40 * ((value == _FINDER_LIKE[0]) | (value == _FINDER_LIKE[1])).sum((1, 2))


def _balance(m: Bits) -> npt.NDArray[np.int64]:
    """Ten for every five percent away from half dark."""
    percent = m.sum((1, 2)) * 100 / (m.shape[1] * m.shape[2])
    return (np.abs(percent - 50) // 5).astype(np.int64) * 10


@functools.lru_cache(maxsize=8)
def _masks(size: int) -> Bits:
    return np.array(
        [[[util.mask_func(k)(y, x) for x in range(size)] for y in range(size)] for k in range(MASKS)], bool
    )


@functools.lru_cache(maxsize=16)
def _patterns(version: int, level: int) -> Bits:
    """What the modules of the pattern are under each mask: the mask's number stands among them."""
    made = []
    for mask in range(MASKS):
        code = Drawn(version=version, error_correction=level, border=0, mask_pattern=mask)
        code.add_data("0")
        code.make(fit=False)
        made.append(code.modules)
    return np.array(made, bool)
