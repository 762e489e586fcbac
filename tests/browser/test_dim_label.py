"""The scanner's second, closer look reads what its first one cannot: a dim label from the decode bench."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, serving
from tests.web.gallery import gallery_app
from wastehub.ledger.signing import Signer
from wastehub.services.label_keys import Sealer

Open = Callable[..., Page]
SAMPLE, CONDITION = 10, "low light"


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with serving(gallery_app()) as url:
        yield url


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """bench/label_decode.py, which is a program and no part of a package."""
    path = Path(__file__).parents[2] / "bench" / "label_decode.py"
    spec = importlib.util.spec_from_file_location("label_decode_bench", path)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


def dim_photo(bench: ModuleType, path: Path) -> str:
    """A phone's frame of a label in low light, and the text that stands in it."""
    sealer = Sealer(Signer.from_seed(hashlib.sha256(b"bench").digest()), "wastehub.bench/ledger")
    code, number = bench.REAL[0], list(bench.CONDITIONS).index(CONDITION)
    text = str(bench.text_of(np.random.default_rng([1, SAMPLE]), sealer))
    modules = code.matrix(text)
    printed, _ = bench.printed(modules, code.side_mm)
    shot = bench.CONDITIONS[CONDITION][1](printed, np.random.default_rng([1, SAMPLE, number]), len(modules))
    frame = bench.middle_of(shot, *bench.FRAME_PX)
    assert bench.by_zxing(frame) == "", "one look must not be enough, else this test proves nothing"
    cv2.imwrite(str(path), frame)
    return text


def test_the_closer_look_reads_a_dim_label(
    base_url: str, new_page: Open, bench: ModuleType, tmp_path: Path
) -> None:
    text = dim_photo(bench, tmp_path / "dim.png")
    page = new_page(base_url=base_url, viewport=PHONE)
    page.goto("/scan")
    page.locator(".scanner[data-state=closed]").wait_for()
    page.set_input_files("[data-scanner-photo]", tmp_path / "dim.png")
    expect(page.locator("input[name=code]")).to_have_value(text)
