"""`wastehub field verify | export`: what phones signed, against their keys and the log."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any
from uuid import UUID

from . import migrate
from .config import Settings
from .db import Database
from .domain.errors import NotFound
from .ledger import signing
from .services.field import bundles, verifying


class CannotBeDone(Exception):
    """The command cannot be carried out as given: exit code 2."""


def say(text: str) -> None:
    print(text, flush=True)


def add_to(commands: Any) -> None:
    text = "check texts, signatures and chains of phones, and the log's word about them"
    field_it = commands.add_parser("field", help=text, description=text)
    parts = field_it.add_subparsers(required=True, metavar="COMMAND")
    verify_it = parts.add_parser("verify", help=text, description=text)
    verify_it.set_defaults(command=verify)
    where = "default: WASTEHUB_DATABASE_URL or var/wastehub.db"
    verify_it.add_argument("--database", metavar="URL", help=where)
    what = verify_it.add_mutually_exclusive_group()
    what.add_argument("--round", metavar="NO", help="the phones that reported on a round")
    what.add_argument("--device", type=UUID, metavar="ID", help="one phone; default: all")
    what.add_argument("--file", type=Path, help="a file that `field export` wrote; needs no database")
    text = "write the signed texts of a round with their keys into a file"
    export_it = parts.add_parser("export", help=text, description=text)
    export_it.set_defaults(command=export)
    export_it.add_argument("--database", metavar="URL", help=where)
    export_it.add_argument("--round", metavar="NO", required=True)
    export_it.add_argument("--out", type=Path, required=True, metavar="FILE")


def _open(settings: Settings) -> Database:
    database = Database(settings.database_url, signer=signing.load_or_create(settings.signing_key_path))
    migrate.require_current(database.engine)
    return database


def export(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 written. The texts are not changed by a letter."""
    with _open(settings).reading() as session:
        try:
            made = bundles.bundle(session, arguments.round)
        except NotFound as missing:
            raise CannotBeDone("no such round in this database") from missing
    arguments.out.write_text(json.dumps(made, ensure_ascii=False, indent=1), encoding="utf-8")
    count = sum(len(phone["events"]) for phone in made["devices"])
    say(f"{arguments.out}: {len(made['devices'])} phones, {count} events")
    return 0


def _verify_file(path: Path) -> int:
    try:
        findings = bundles.check(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise CannotBeDone(f"{path}: cannot be read ({type(wrong).__name__})") from wrong
    for each in findings:
        say(f"WRONG  {each}")
    say(f"{'NOT OK' if findings else 'ok'}: {len(findings)} findings")
    return 1 if findings else 0


def verify(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 all as it should be, 1 something is wrong, 2 nothing to check."""
    if arguments.file:
        return _verify_file(arguments.file)
    with _open(settings).reading() as session:
        try:
            if arguments.round:
                report = verifying.verify_round(session, arguments.round)
            else:
                wanted = [arguments.device] if arguments.device else verifying.all_devices(session)
                report = verifying.verify_devices(session, wanted)
        except NotFound as missing:
            raise CannotBeDone("no such round or phone in this database") from missing
    for each in report.notes:
        say(f"note   {_place(each)}: {each.what}")
    for each in report.findings:
        say(f"WRONG  {_place(each)}: {each.what}")
    say(
        f"{'ok' if report.ok else 'NOT OK'}: {report.devices} phones, {report.events} events, "
        f"{report.signatures} signatures, {report.entries} ledger entries, {len(report.findings)} findings"
    )
    return 0 if report.ok else 1


def _place(finding: verifying.Finding) -> str:
    return f"{finding.device} number {finding.seq}" if finding.seq else str(finding.device)
