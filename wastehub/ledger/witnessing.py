"""The log's side of the witness protocol: show a checkpoint, prove that it continues the last one the witness
saw, keep its cosignature. A witness that is down, slow or wrong never stops the log.

Source: C2SP tlog-witness.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from urllib.parse import urlsplit

from wastehub.db import Database

from . import checkpoints, integrating, notes, proofs, stored_tiles
from .anchor import Anchor, Refusal, WitnessState
from .checkpoints import BadCheckpoint
from .integrating import Checkpoint
from .policies import Policy, Witness

PATIENCE_S = 5
ANSWER_BYTES_MAX = 65_536
SIZE_TYPE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a witness answered over HTTP."""

    status: int
    content_type: str
    body: bytes


Post = Callable[[str, bytes], Reply]


class Unreachable(Exception):
    """No answer: refused, timed out, no such name."""


def request_body(old_size: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of add-checkpoint."""
    lines = [f"old {old_size}", *map(checkpoints.in_base64, proof)]
    return ("\n".join(lines) + "\n\n" + note).encode()


def ask_all(
    database: Database,
    policy: Policy,
    anchor: Anchor,
    *,
    now: datetime,
    post: Post | None = None,
    again: bool = False,
) -> dict[str, WitnessState]:
    """Show the newest checkpoint to each witness that has not cosigned it, or `again` to all of them; the
    outcome by name.

    Cosignatures are kept, outcomes remembered beside the anchor.
    """
    states: dict[str, WitnessState] = {}
    for witness in policy.witnesses:
        with database.reading() as session:
            newest = integrating.latest(session)
            known = integrating.last_cosigned(session, str(witness.key))
        if newest is None or not witness.url or (known == newest.size and not again):
            continue
        states[witness.name] = _ask(database, witness, newest, known, now, post or post_over_http)
        anchor.note_witness(witness.name, states[witness.name])
    return states


def check_at_start(
    database: Database, policy: Policy, anchor: Anchor, *, now: datetime, post: Post | None = None
) -> None:
    """A witness that has seen a longer log, or another one, forbids writing until it agrees again.

    Only at a start, when the anchor may have been restored together with the database; later the anchor
    knows better than a witness that errs. All are asked: what an old copy of the database remembers of them
    is as old as itself. One that cannot be reached changes nothing.
    """
    for name, state in ask_all(database, policy, anchor, now=now, post=post, again=True).items():
        if state.outcome == "ahead":
            anchor.note_refusal(
                name, Refusal("ledger.witness_ahead", {"witness": name, "seen": state.detail})
            )
        elif state.outcome == "refused":
            anchor.note_refusal(name, Refusal("ledger.witness_disagrees", {"witness": name}))
        elif state.outcome == "cosigned":
            anchor.note_refusal(name, None)


def _ask(
    database: Database, witness: Witness, newest: Checkpoint, known: int, now: datetime, post: Post
) -> WitnessState:
    try:
        reply = _submit(database, witness, newest, known, post)
        if reply.status == 409 and reply.content_type == SIZE_TYPE:
            # It knows another size than we remember: it says which.
            seen = checkpoints.read_number(reply.body.decode().removesuffix("\n"))
            if seen > newest.size:
                return WitnessState("ahead", now, str(seen))
            if seen < known:
                # We hold its signature over more: it lost its state and would cosign a fork as well.
                return WitnessState("forgot", now, str(seen))
            reply = _submit(database, witness, newest, seen, post)
        if reply.status in (409, 422):
            return WitnessState("refused", now, f"HTTP {reply.status}")
        if reply.status != 200:
            return WitnessState("down", now, f"HTTP {reply.status}")
        return _keep(database, witness, newest, reply.body.decode(), now)
    except Unreachable as silence:
        return WitnessState("down", now, str(silence)[:200])
    except (notes.BadNote, BadCheckpoint, UnicodeDecodeError) as nonsense:
        return WitnessState("down", now, f"not an answer of a witness: {nonsense}"[:200])


def _submit(database: Database, witness: Witness, newest: Checkpoint, old_size: int, post: Post) -> Reply:
    with database.reading() as session:
        read = stored_tiles.reader(session, newest.size)
        proof = proofs.consistency(old_size, newest.size, read)
    return post(witness.url.rstrip("/") + "/add-checkpoint", request_body(old_size, proof, newest.note))


def _keep(
    database: Database, witness: Witness, newest: Checkpoint, lines: str, now: datetime
) -> WitnessState:
    """Keep the line of the key we know; others are ignored. Raises notes.BadNote."""
    (signature,) = notes.open_note(newest.note + lines, [witness.key]).signatures
    at = now if signature.at_s is None else datetime.fromtimestamp(signature.at_s, UTC)
    with database.transaction() as session:
        integrating.keep_cosignature(session, newest.size, signature, at=at)
    return WitnessState("cosigned", now)


def post_over_http(url: str, body: bytes) -> Reply:
    """Ask, and wait for the whole answer at most PATIENCE_S: one that drips in byte by byte is no answer.

    Raises Unreachable.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unreachable(f"not an http address: {url}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection = kind(parts.hostname, parts.port, timeout=PATIENCE_S)
        with closing(connection):
            connection.connect()
            with _at_most(PATIENCE_S, connection.sock) as too_late:
                connection.request("POST", path, body, {"Content-Type": "text/plain; charset=utf-8"})
                answer = connection.getresponse()
                reply = Reply(answer.status, _type(answer.headers), answer.read(ANSWER_BYTES_MAX))
    except (OSError, ValueError, http.client.HTTPException) as silence:
        raise Unreachable(str(silence)) from silence
    if too_late.is_set():
        raise Unreachable(f"no whole answer within {PATIENCE_S} s")
    return reply


@contextmanager
def _at_most(seconds: float, channel: socket.socket) -> Iterator[threading.Event]:
    """Cuts the channel when the time is over; a timeout of the socket begins anew with each byte."""
    too_late = threading.Event()

    def cut() -> None:
        too_late.set()
        with suppress(OSError):
            channel.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield too_late
    finally:
        timer.cancel()


def _type(headers: Message) -> str:
    return str(headers.get_content_type())
