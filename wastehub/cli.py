"""The command line: reads the clock, opens the transaction, calls one service, prints the result."""

from __future__ import annotations

import argparse
import getpass
import json
import runpy
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from . import (
    backups,
    clock,
    config,
    evidence_commands,
    field_commands,
    label_commands,
    ledger_commands,
    migrate,
    paths,
)
from .domain.actors import Actor
from .domain.errors import RuleViolation
from .seeding.csv_rows import SeedError

SYSTEM = Actor(author="service", role="admin")


def say(text: str) -> None:
    print(text, flush=True)


class UsageError(Exception):
    """The command cannot be carried out as given: exit code 2."""


REFUSALS = (
    UsageError,
    RuleViolation,
    SeedError,
    backups.BadBackup,
    migrate.DatabaseNotCurrent,
    ledger_commands.CannotBeDone,
    ledger_commands.BadPolicy,
    evidence_commands.CannotBeDone,
    label_commands.CannotBeDone,
    field_commands.CannotBeDone,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. 0 done, 1 refuted or failed, 2 used wrongly."""
    arguments = build_parser().parse_args(sys.argv[1:] if argv is None else argv)
    try:
        return int(arguments.command(arguments, settings_for(arguments)) or 0)
    except REFUSALS as error:
        print(f"wastehub: {error}", file=sys.stderr)
        return 2


def settings_for(arguments: argparse.Namespace) -> config.Settings:
    """The environment's settings, changed by what the command line says."""
    settings = config.from_environment()
    if getattr(arguments, "database", None):
        settings = replace(settings, database_url=arguments.database)
    if getattr(arguments, "demo_lan", False):
        settings = replace(settings, demo_lan=True)
    for name in ("host", "port"):
        value = getattr(arguments, name, None)
        if value is not None:
            settings = replace(settings, **{name: value})
            settings = replace(settings, base_url=f"http://{settings.host}:{settings.port}")
    return settings


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wastehub", description="小微危废收运 · hazardous-waste collection")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: Callable[..., Any], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=function)
        return added

    run_it = command("run", run, "make the demo if there is none yet, then serve it")
    _demo_options(run_it)
    _serve_options(run_it)
    demo_it = command("demo", demo, "load the region, drive one full working day, print the day's report")
    _demo_options(demo_it)
    serve_it = command("serve", serve, "serve the installation: web server and job worker")
    _serve_options(serve_it)
    _database_option(serve_it)
    for name, function, text in (
        ("migrate", migrate_database, "bring the database to this version's tables"),
        ("seed", seed, "load reference data and the region (twice changes nothing)"),
        ("worker", worker, "run the job worker alone"),
    ):
        _database_option(command(name, function, text))
    bench_it = command("bench", bench, "measure: one of the programs in bench/, without a name lists them")
    bench_it.add_argument("name", nargs="?")
    bench_it.add_argument("rest", nargs=argparse.REMAINDER)
    admin = command("create-admin", create_admin, "make the first administrator of a real installation")
    _database_option(admin)
    admin.add_argument("login")
    admin.add_argument("--password-file", type=Path, help="read the password from a file instead of asking")
    label_commands.add_to(commands)
    ledger_commands.add_to(commands)
    field_commands.add_to(commands)
    save = command("backup", backup, "write everything into one file")
    _database_option(save)
    save.add_argument("file", type=Path)
    bring_back = command("restore", restore, "fill an empty database from a backup file")
    _database_option(bring_back)
    bring_back.add_argument("file", type=Path)
    return parser


def _database_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--database", metavar="URL", help="default: WASTEHUB_DATABASE_URL or var/wastehub.db")


def _serve_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="default 127.0.0.1")
    parser.add_argument("--port", type=int, help="default 8000")
    parser.add_argument("--demo-lan", action="store_true", help="let demo accounts in from other machines")


def _demo_options(parser: argparse.ArgumentParser) -> None:
    _database_option(parser)
    parser.add_argument("--firms", type=int, default=4416, help="50 to 20000, default 4416")
    parser.add_argument("--date", type=date.fromisoformat, help="default: last working day up to today")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, help="default var/demo-report.json")
    parser.add_argument("--fresh", action="store_true", help="delete an existing demo database first")


def _open(settings: config.Settings) -> Any:
    from .app import open_database

    database = open_database(settings)
    migrate.require_current(database.engine)
    return database


def demo(arguments: argparse.Namespace, settings: config.Settings) -> int:
    """The main job, unattended. 0 only if the loop closes."""
    from .seeding import demo as demo_job

    if not 50 <= arguments.firms <= 20_000:
        raise UsageError("--firms takes 50 to 20000")
    try:
        return demo_job.run(
            settings,
            firms=arguments.firms,
            on=arguments.date,
            seed=arguments.seed,
            report_path=arguments.report or settings.var_dir / "demo-report.json",
            fresh=arguments.fresh,
            now=clock.now_utc(),
            say=say,
        )
    except demo_job.DatabaseInUse as error:
        raise UsageError(str(error)) from error


def run(arguments: argparse.Namespace, settings: config.Settings) -> int:
    """Demo first if the database is empty, then serve; a second run repeats nothing."""
    from .seeding import demo as demo_job

    if arguments.fresh or not demo_job.has_data(settings):
        failed = demo(arguments, settings)
        if failed:
            return failed
    else:
        say("The database holds data already: nothing is repeated.")
    demo_job.print_accounts(say)
    return serve(arguments, settings)


def serve(arguments: argparse.Namespace, settings: config.Settings) -> int:
    from . import serving

    if not serving.is_loopback(settings.host) and not settings.demo_lan:
        say("Listening beyond this machine: demo accounts are refused from elsewhere (see --demo-lan).")
    _open(settings).dispose()
    ledger_commands.say_refusal(settings)
    try:
        return serving.serve(settings, say=say)
    except serving.NotServing as error:
        raise UsageError(str(error)) from error


def worker(arguments: argparse.Namespace, settings: config.Settings) -> int:
    from . import jobs

    jobs.work(settings)
    return 0


def migrate_database(arguments: argparse.Namespace, settings: config.Settings) -> int:
    from .app import open_database

    database = open_database(settings)
    migrate.upgrade(database.engine)
    say(f"database at {migrate.current_revision(database.engine)}")
    return 0


def seed(arguments: argparse.Namespace, settings: config.Settings) -> int:
    from .seeding import reference, region

    database = _open(settings)
    with database.transaction() as session:
        counts = reference.load_reference(session, now=clock.now_utc())
        counts |= region.load_region(session, folder=settings.region, now=clock.now_utc())
    for table, (inserted, updated, unchanged) in counts.items():
        say(f"{table:24} {inserted:6} new {updated:6} changed {unchanged:6} unchanged")
    return 0


def create_admin(arguments: argparse.Namespace, settings: config.Settings) -> int:
    from .services import accounts

    if arguments.password_file:
        password = arguments.password_file.read_text(encoding="utf-8").strip()
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise UsageError("the two passwords differ")
    with _open(settings).transaction() as session:
        user = accounts.create_user(
            session,
            actor=SYSTEM,
            login=arguments.login,
            display_name=arguments.login,
            password=password,
            role="admin",
            now=clock.now_utc(),
        )
    say(f"administrator {user.login} may sign in")
    return 0


def bench(arguments: argparse.Namespace, settings: config.Settings) -> int:
    """Run a program of bench/: it measures and prints; it needs a checkout."""
    root = paths.checkout()
    if root is None:
        raise UsageError("benchmarks need a source checkout")
    programs = {path.stem: path for path in sorted((root / "bench").glob("*.py"))}
    if arguments.name not in programs:
        raise UsageError(f"choose one of: {', '.join(programs)}")
    sys.argv = [arguments.name, *arguments.rest]
    runpy.run_path(str(programs[arguments.name]), run_name="__main__")
    return 0


def backup(arguments: argparse.Namespace, settings: config.Settings) -> int:
    written = backups.write(_open(settings), arguments.file, settings=settings, now=clock.now_utc())
    say(json.dumps(written, ensure_ascii=False))
    return 0


def restore(arguments: argparse.Namespace, settings: config.Settings) -> int:
    from .app import open_database

    restored = backups.restore(
        open_database(settings), arguments.file, settings=settings, now=clock.now_utc()
    )
    say(json.dumps(restored, ensure_ascii=False))
    ledger_commands.say_refusal(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
