# ruff: noqa: E501 - the report is prose and tables
"""How fast labels become a PDF file, beside one label at a time: python3 -m wastehub bench labels.

    python3 -m wastehub bench labels [--labels 1000] [--runs 3] [--out docs/benchmarks/labels.md]

Each measurement runs in a process of its own, pinned to one core where the system can do that.
"Together" is what the product does: one file on the disk that grows page by page, shapes drawn once, the
mask of all QR codes chosen with numpy. "One at a time" is the plain way: a file for each label, written
with the same drawing, its QR code made by the library alone. Signing is included.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

OUT = Path("docs/benchmarks/labels.md")
LIMIT_S = 10.0
FEW_TO_MANY = 5
BASE = "https://wastehub.example.cn"


def papers(count: int) -> Iterator[object]:
    from wastehub.domain.label_templates import DEFAULT
    from wastehub.seeding import label_samples
    from wastehub.web import label_papers

    made = label_papers.papers(
        label_samples.samples(count),
        template=DEFAULT,
        sealer=label_samples.specimen_sealer(),
        base_url=BASE,
    )
    return itertools.islice(made, count)


def together(count: int, format: str) -> int:
    from wastehub.papers import labels

    with tempfile.TemporaryFile() as file:
        labels.write(file, papers(count), format=format)
        return file.tell()


def one_at_a_time(count: int, format: str) -> int:
    import qrcode

    from wastehub.papers import labels, qr

    def plain(text: str, *, level: str, version: int | None = None) -> qr.Matrix:
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_H, border=0)
        code.add_data(text)
        code.make(fit=True)
        return tuple(tuple(row) for row in code.get_matrix())

    qr.matrix = plain  # type: ignore[assignment]
    size = 0
    for paper in papers(count):
        file = io.BytesIO()
        labels.write(file, [paper], format="single")
        size += len(file.getvalue())
    return size


WAYS = {"together": together, "one_at_a_time": one_at_a_time}


def worker(way: str, count: int, format: str) -> None:
    """Measure in this process and print the figures as one line."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    list(papers(1))  # what a server has loaded long before
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, used = time.perf_counter(), time.process_time()
    size = WAYS[way](count, format)
    print(
        json.dumps(
            {
                "wall_s": time.perf_counter() - started,
                "cpu_s": time.process_time() - used,
                "bytes": size,
                "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
                "before_kib": before,
            }
        )
    )


def measured(way: str, count: int, format: str, runs: int) -> dict[str, float]:
    """Medians of several runs."""
    command = [sys.executable, __file__, "--worker", way, "--labels", str(count), "--format", format]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    found = [
        json.loads(
            subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
        )
        for _ in range(runs)
    ]
    return {key: statistics.median(each[key] for each in found) for key in found[0]}


def main() -> int:
    parser = argparse.ArgumentParser(prog="labels", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--labels", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--format", default="single")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--worker", choices=WAYS)
    given = parser.parse_args()
    if given.worker:
        worker(given.worker, given.labels, given.format)
        return 0
    rows = [
        (f"together, {name}", given.labels, measured("together", given.labels, format, given.runs))
        for name, format in (("a page each", "single"), ("A4 sheets", "a4"))
    ]
    rows.append(
        ("one at a time", given.labels, measured("one_at_a_time", given.labels, "single", given.runs))
    )
    rows += [
        ("together, a page each", count, measured("together", count, "single", 1))
        for count in (given.labels // 10, FEW_TO_MANY * given.labels)
    ]
    lines = report(rows, given)
    given.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))
    return 0 if rows[0][2]["cpu_s"] / given.labels * 1_000 < LIMIT_S else 1


def report(rows: list[tuple[str, int, dict[str, float]]], given: argparse.Namespace) -> list[str]:
    fast, plain = rows[0][2], rows[2][2]
    lines = [
        "# Labels as one PDF file", "",
        f"`python3 -m wastehub bench labels --labels {given.labels} --runs {given.runs}` wrote this file; "
        "medians, one core, "
        f"Python {sys.version.split()[0]}. The mark: 1,000 labels in less than {LIMIT_S:.0f} s of one core (CPU seconds: other work on the machine does not count).", "",
        "| way | labels | seconds | CPU seconds | ms a label | file kB a label | memory at its peak MB | of that for the labels MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for name, count, row in rows:
        lines.append(
            f"| {name} | {count:,} | {row['wall_s']:.2f} | {row['cpu_s']:.2f} | {row['cpu_s'] / count * 1000:.2f} | "
            f"{row['bytes'] / count / 1000:.1f} | {row['peak_kib'] / 1024:.0f} | "
            f"{(row['peak_kib'] - row['before_kib']) / 1024:.0f} |"
        )
    many, count = rows[-1][2], (FEW_TO_MANY - 1) * given.labels
    grown = (many["peak_kib"] - fast["peak_kib"]) / count
    lines += [
        "",
        f"Together is {plain['cpu_s'] / fast['cpu_s']:.1f} times as fast as one at a time, and the file is "
        f"{plain['bytes'] / fast['bytes']:.1f} times smaller: the font's subset stands in it once. The memory is flat: from "
        f"{given.labels:,} to {FEW_TO_MANY * given.labels:,} labels it grows by {grown:.2f} KiB a label, because every page "
        "is written when it is finished.",
        "",
    ]
    return lines


if __name__ == "__main__":
    sys.exit(main())
