"""How long the demo takes, stage by stage: `python3 -m wastehub bench demo_load --firms 4416`."""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from wastehub import clock, config
from wastehub.seeding import demo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=4416)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = config.from_environment({"WASTEHUB_VAR": folder})
        settings = replace(settings, database_url=f"sqlite:///{folder}/bench.db")
        report = Path(folder) / "report.json"
        begun_wall, begun_cpu = time.monotonic(), time.process_time()
        demo.run(
            settings,
            firms=arguments.firms,
            on=None,
            seed=arguments.seed,
            report_path=report,
            fresh=False,
            now=clock.now_utc(),
            say=lambda _line: None,
        )
        wall, cpu = time.monotonic() - begun_wall, time.process_time() - begun_cpu
        found = json.loads(report.read_text(encoding="utf-8"))
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for stage, seconds in found["seconds"].items():
        print(f"{stage:12} {seconds:8.1f} s wall")
    print(f"whole        {wall:8.1f} s wall, {cpu:.1f} s of CPU in the main process")
    print(f"{found['ledger_entries']} ledger entries, {found['manifests']} manifests")


if __name__ == "__main__":
    main()
