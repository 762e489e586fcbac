"""F13: witnesses that are slow, that forget, that lie. (Down and talking nonsense: test_witness.py.)"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.acts import NOW
from tests.ledger.logs import LOG, WITNESS, checkpointed, cosigned, many
from wastehub import witness
from wastehub.db import Database
from wastehub.ledger import integrating, policies, witnessing
from wastehub.ledger.anchor import Anchor
from wastehub.ledger.checkpoints import TreeHead
from wastehub.ledger.notes import Cosigner
from wastehub.ledger.policies import Policy
from wastehub.ledger.signing import Signer
from wastehub.ledger.witnessing import Reply, Unreachable

PLANT = Cosigner("plant.test/witness", Signer.from_seed(b"plant".ljust(32)))


@pytest.fixture
def anchor(tmp_path: Path) -> Anchor:
    return Anchor(tmp_path / "anchor")


def policy(*addresses: tuple[str, Cosigner, str]) -> Policy:
    lines = [f"witness {name} {key.key} {url}" for name, key, url in addresses]
    return policies.parse("\n".join([f"log {LOG.key}", *lines, "quorum none"]).encode() + b"\n")


@pytest.fixture(params=[b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nX-"])
def dripping(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server that sends a byte every 50 ms, for ever: in the body, or already in its headers."""
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        channel, _ = listening.accept()
        with channel:
            channel.sendall(request.param)
            while not done.wait(0.05):
                try:
                    channel.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    done.set()
    thread.join()
    listening.close()


def test_a_witness_that_drips_is_given_up(dripping: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time; the answer as a whole never does."""
    monkeypatch.setattr(witnessing, "PATIENCE_S", 0.3)
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        witnessing.post_over_http(dripping + "/add-checkpoint", b"")
    assert time.monotonic() - begun < 20  # for ever, if nobody gave up


def test_a_slow_witness_keeps_nobody_else_from_signing(
    log: Database, anchor: Anchor, dripping: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witnessing, "PATIENCE_S", 0.3)
    many(log, 3)
    made = checkpointed(log)
    other = witness.Witness(PLANT, policies.parse(f"log {LOG.key}\nquorum none\n".encode()), anchor.folder)

    def post(url: str, body: bytes) -> Reply:
        if url.startswith(dripping):
            return witnessing.post_over_http(url, body)
        answer = other.add_checkpoint(body, at_s=int(NOW.timestamp()))
        return Reply(answer.status, answer.content_type.split(";")[0], answer.text.encode())

    asked = policy(("bureau", WITNESS, dripping), ("plant", PLANT, "http://plant"))
    states = witnessing.ask_all(log, asked, anchor, now=NOW, post=post)
    assert {name: state.outcome for name, state in states.items()} == {"bureau": "down", "plant": "cosigned"}
    with log.reading() as session:
        assert integrating.last_cosigned(session, str(PLANT.key)) == made.size


def test_a_witness_that_lost_its_memory_is_named_and_no_longer_believed(
    log: Database, anchor: Anchor, tmp_path: Path
) -> None:
    """It signed our first checkpoint; now it asks to begin from nothing, and would sign a fork as well."""
    many(log, 3)
    first = checkpointed(log)
    cosigned(log, first)
    many(log, 3)
    checkpointed(log)
    known = policies.parse(f"log {LOG.key}\nquorum none\n".encode())
    without = witness.Witness(WITNESS, known, tmp_path / "empty")
    asked = 0

    def post(_url: str, body: bytes) -> Reply:
        nonlocal asked
        asked += 1
        answer = without.add_checkpoint(body, at_s=int(NOW.timestamp()))
        return Reply(answer.status, answer.content_type.split(";")[0], answer.text.encode())

    states = witnessing.ask_all(log, policy(("bureau", WITNESS, "http://w")), anchor, now=NOW, post=post)
    assert (states["bureau"].outcome, states["bureau"].detail, asked) == ("forgot", "0", 1)
    with log.reading() as session:
        assert integrating.last_cosigned(session, str(WITNESS.key)) == first.size
    assert anchor.refusals() == {}, "the log goes on"


def test_a_cosignature_for_another_tree_is_not_kept(log: Database, anchor: Anchor) -> None:
    """A witness that signs for somebody else's history and hands us the line."""
    many(log, 3)
    made = checkpointed(log)
    forked = TreeHead(made.head.origin, made.size, bytes(32)).text()
    line = WITNESS.line(forked, at_s=int(NOW.timestamp())).encode()

    def post(_url: str, _body: bytes) -> Reply:
        return Reply(200, "text/plain", line)

    states = witnessing.ask_all(log, policy(("bureau", WITNESS, "http://w")), anchor, now=NOW, post=post)
    assert states["bureau"].outcome == "down"
    with log.reading() as session:
        assert integrating.cosignatures(session, [made.size]) == []
