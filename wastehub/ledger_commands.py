"""`wastehub ledger ...` and `wastehub witness ...`: what an operator, an auditor and a witness type."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from . import books_commands, clock, evidence_commands, ledger, migrate, witness
from .config import Settings
from .db import Database
from .ledger import integrating, notes, policies, sealing, signing, transparency
from .ledger.anchor import AnchorMoved
from .ledger.appending import KEY_REVOKED, SERVICE_AUTHOR, SERVICE_SITE
from .ledger.checkpoints import BadCheckpoint, TreeHead, in_base64, short_form
from .ledger.policies import BadPolicy
from .ledger.transparency import FORBIDS_WRITING, Transparency

Command = Callable[[argparse.Namespace, Settings], int]


class CannotBeDone(Exception):
    """The command cannot be carried out as given; the message says why and what to do."""


def say(text: str) -> None:
    print(text, flush=True)


def add_to(commands: Any) -> None:
    """The sub-commands of `ledger`, and the two of the witness."""
    parser = commands.add_parser("ledger", help="verify, seal and prove the ledger; its keys and anchor")
    parts = parser.add_subparsers(required=True, metavar="WHAT")

    def part(name: str, function: Command, text: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = parts.add_parser(name, help=text, description=text)
        added.set_defaults(command=function)
        added.add_argument(
            "--database", metavar="URL", help="default: WASTEHUB_DATABASE_URL or var/wastehub.db"
        )
        return added

    part("verify", verify, "verify every leaf, sequence, tile, checkpoint and gram")
    part("checkpoint", checkpoint, "sign a checkpoint now and show it to the witnesses")
    prove_it = part("prove", prove, "write the receipt (.tlog-proof) of an entry")
    prove_it.add_argument("entry", metavar="EVENT_ID|IDX")
    prove_it.add_argument("--out", type=Path, help="write FILE and the entry itself to FILE.leaf")
    part("policy", policy, "print the trust policy that an auditor keeps")
    part("adopt", adopt, "make the anchor anew where it is missing, after you checked the database")
    evidence_commands.add_to(part)
    books_commands.add_to(part)
    succeed_it = part("succeed", succeed, "begin a log that takes the place of one that ended")
    succeed_it.add_argument("old", metavar="CHECKPOINT", type=Path, help="last witnessed note of the old log")
    succeed_it.add_argument("--lost", required=True, help="which entries are lost, in plain words")
    succeed_it.add_argument("--decided-by", required=True, help="who decided that")
    _add_keys(part)
    serve_it = commands.add_parser("witness", help="run a witness: a process that cosigns checkpoints")
    serve_it.set_defaults(command=serve_witness)
    serve_it.add_argument("--state", type=Path, required=True, help="folder for what was cosigned")
    serve_it.add_argument("--key", type=Path, required=True, help="file made by witness-key")
    serve_it.add_argument("--policy", type=Path, required=True, help="policy file with the logs it knows")
    serve_it.add_argument("--host", default="127.0.0.1")
    serve_it.add_argument("--port", type=int, default=8010)
    key_it = commands.add_parser("witness-key", help="make the key of a witness and print its public half")
    key_it.set_defaults(command=witness_key)
    key_it.add_argument("name", help="name of the key, such as bureau.example/witness")
    key_it.add_argument("file", type=Path)


def _add_keys(part: Callable[..., argparse.ArgumentParser]) -> None:
    part("keys", keys, "list the keys that sign entries and checkpoints")
    retire = part("retire-log-key", retire_log_key, "enter in the log that a log key no longer signs")
    revoke = part("revoke-key", revoke_key, "enter in the log that a service key no longer counts")
    retire.add_argument("key", metavar="VKEY", help="as `wastehub ledger keys` prints it")
    revoke.add_argument("key", metavar="KEY_ID")
    for each in (retire, revoke):
        each.add_argument("--reason", required=True)


def _open(settings: Settings) -> Database:
    signer = signing.load_or_create(settings.signing_key_path)
    database = Database(settings.database_url, signer=signer)
    migrate.require_current(database.engine)
    return database


def say_refusal(settings: Settings) -> None:
    """Warn whoever starts or restores an installation whose database contradicts its anchor.

    Raises BadPolicy.
    """
    held = Transparency.of(settings)
    refusal = sealing.check(_open(settings), held.anchor)
    if refusal is not None and refusal.code in FORBIDS_WRITING:
        say(
            f"{refusal.code} {refusal.params}: nothing can be written; docs/operations.md, 'After a rollback'"
        )


# --- sealing and proving -----------------------------------------------------------------------------------


def verify(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 good, 1 refuted (says where)."""
    with _open(settings).reading() as session:
        report = ledger.verify(session)
    for problem in report.problems:
        say(f"entry {problem.idx}: {problem.kind}: {problem.detail}")
    say(f"{report.entries} entries: " + ("all good" if report.ok else f"{len(report.problems)} problems"))
    return 0 if report.ok else 1


def checkpoint(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 sealed (or nothing new), 1 refused."""
    database, held = _open(settings), Transparency.of(settings)
    refusals = held.check_at_start(database, now=clock.now_utc())
    for source, refusal in refusals.items():
        say(f"{source}: {refusal.code} {refusal.params}")
    if refusals:
        return 1
    try:
        held.seal(database, now=clock.now_utc())
    except sealing.Refused as refused:
        say(str(refused))
        return 1
    for name, state in held.ask_witnesses(database, now=clock.now_utc()).items():
        say(f"{name}: {state.outcome} {state.detail}".rstrip())
    with database.reading() as session:
        newest = integrating.latest(session)
    say("no entries yet" if newest is None else short_form(newest.size, newest.root))
    return 0


def prove(arguments: argparse.Namespace, settings: Settings) -> int:
    database = _open(settings)
    with database.reading() as session:
        idx = _index_of(session, arguments.entry)
        try:
            made = transparency.receipt(session, idx, transparency.policy_of(settings))
        except transparency.NotSealedYet as waiting:
            raise CannotBeDone(f"{waiting}: run `wastehub ledger checkpoint`") from waiting
        except LookupError as missing:
            raise CannotBeDone(str(missing)) from missing
        leaf = transparency.leaf_of(session, idx)
    if arguments.out is None:
        print(made.text(), end="")
        return 0
    arguments.out.write_text(made.text(), encoding="utf-8", newline="")
    arguments.out.with_name(arguments.out.name + ".leaf").write_bytes(leaf)
    say(f"{arguments.out} and {arguments.out.name}.leaf: entry {idx}")
    return 0


def _index_of(session: Any, entry: str) -> int:
    if entry.isdecimal():
        return int(entry)
    try:
        found = transparency.index_of(session, UUID(entry))
    except ValueError as error:
        raise CannotBeDone(f"{entry!r} is neither an index nor an event id") from error
    if found is None:
        raise CannotBeDone(f"no entry carries the event id {entry}")
    return found


def policy(arguments: argparse.Namespace, settings: Settings) -> int:
    print(Transparency.of(settings).policy_text(), end="")
    return 0


def adopt(arguments: argparse.Namespace, settings: Settings) -> int:
    held = Transparency.of(settings)
    try:
        adopted = sealing.adopt(_open(settings), held.anchor)
    except AnchorMoved as there:
        raise CannotBeDone(
            f"{there}. The anchor is there and is never replaced: see docs/operations.md, after a rollback"
        ) from there
    say("no checkpoint yet" if adopted is None else short_form(adopted.size, adopted.root))
    return 0


def succeed(arguments: argparse.Namespace, settings: Settings) -> int:
    """The first fact of an empty log under another name: which log it takes the place of, and why."""
    try:
        old = TreeHead.parse(arguments.old.read_text(encoding="utf-8"))
    except (OSError, BadCheckpoint) as error:
        raise CannotBeDone(f"{arguments.old}: {error}") from error
    if old.origin == settings.log_origin:
        raise CannotBeDone("the new log needs a name of its own: set WASTEHUB_LOG_ORIGIN")
    facts = {
        "origin": old.origin,
        "size": old.size,
        "root": in_base64(old.root),
        "lost": arguments.lost,
        "decided_by": arguments.decided_by,
    }
    now = clock.now_utc()
    with _open(settings).transaction() as session:
        if ledger.size(session):
            raise CannotBeDone("this log has entries already: a succession begins with an empty database")
        event = ledger.Event("log.succeeded", SERVICE_AUTHOR, SERVICE_SITE, now, facts=facts)
        ledger.append(session, [event], now=now)
    say(f"{settings.log_origin} takes the place of {old.origin} from {old.size} entries on")
    return 0


# --- keys --------------------------------------------------------------------------------------------------


def keys(arguments: argparse.Namespace, settings: Settings) -> int:
    database, held = _open(settings), Transparency.of(settings)
    current = signing.load(settings.signing_key_path).key_id
    with database.reading() as session:
        for key in transparency.author_keys(session):
            states = ["in use"] * (key.key_id == current) + ["revoked"] * key.revoked
            say(f"service  {key.key_id}  from entry {key.from_idx}  {', '.join(states)}".rstrip())
    for signer in held.log_signers:
        say(f"log      {signer.key}")
    return 0


def retire_log_key(arguments: argparse.Namespace, settings: Settings) -> int:
    """The key must be out of WASTEHUB_LOG_KEY by then, so that nothing signs with it any more."""
    held = Transparency.of(settings)
    key = notes.VerifierKey.parse(arguments.key)
    if any(signer.key == key for signer in held.log_signers):
        raise CannotBeDone("this key still signs: take it out of WASTEHUB_LOG_KEY first")
    now = clock.now_utc()
    with _open(settings).transaction() as session:
        if not transparency.log_key_known(session, key):
            raise CannotBeDone("the log does not know this key")
        event = transparency.log_key_event("log_key.retired", key, now, reason=arguments.reason)
        ledger.append(session, [event], now=now)
    say(f"retired {key}")
    return 0


def revoke_key(arguments: argparse.Namespace, settings: Settings) -> int:
    """Signed by the new key, which must be in place: entries signed before stay good."""
    if signing.load_or_create(settings.signing_key_path).key_id == arguments.key:
        raise CannotBeDone("this key signs at present: give WASTEHUB_SIGNING_KEY another file first")
    now = clock.now_utc()
    facts = {"key": arguments.key, "reason": arguments.reason}
    with _open(settings).transaction() as session:
        if arguments.key not in {key.key_id for key in transparency.author_keys(session)}:
            raise CannotBeDone("the log does not know this key")
        event = ledger.Event(
            KEY_REVOKED, SERVICE_AUTHOR, SERVICE_SITE, now, subject=arguments.key, facts=facts
        )
        ledger.append(session, [event], now=now)
    say(f"revoked {arguments.key}")
    return 0


# --- the witness -------------------------------------------------------------------------------------------


def serve_witness(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until Ctrl-C."""
    try:
        cosigner = witness.load_key(arguments.key)
        known = policies.parse(arguments.policy.read_bytes())
    except (OSError, notes.BadKey, signing.BadKeyFile, BadPolicy) as error:
        raise CannotBeDone(str(error)) from error
    if not known.logs:
        raise CannotBeDone(f"{arguments.policy}: no `log` line, so there is nothing to cosign")
    server = witness.server(witness.Witness(cosigner, known, arguments.state), arguments.host, arguments.port)
    say(f"{cosigner.key.name}: http://{arguments.host}:{server.server_address[1]}/add-checkpoint")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


def witness_key(arguments: argparse.Namespace, settings: Settings) -> int:
    try:
        say(str(witness.make_key(arguments.file, arguments.name)))
    except FileExistsError as there:
        raise CannotBeDone(f"{arguments.file} is there already: a key is never overwritten") from there
    except notes.BadKey as error:
        raise CannotBeDone(str(error)) from error
    return 0
