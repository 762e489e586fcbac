"""Evidence bundles for tests: exported ones, and ones that somebody has tampered with."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.ledger.logs import LOG, ORIGIN, WITNESS
from wastehub.db import Database
from wastehub.ledger import exports, tiles, tree, wh_verify
from wastehub.ledger.checkpoints import TreeHead
from wastehub.ledger.exports.bundles import add_log
from wastehub.ledger.exports.zipping import StoredZip
from wastehub.ledger.notes import Cosigner, LogSigner

Leaf = dict[str, Any]
Members = dict[str, bytes]
POLICY = f"log {LOG.key}\nwitness bureau {WITNESS.key}\nquorum bureau\n"


def exported(log: Database, path: Path, scope: str = "all") -> Path:
    with log.reading() as session, path.open("wb") as out:
        exports.write_bundle(session, out, scope=exports.Scope.parse(scope), policy=POLICY)
    return path


def members_of(path: Path) -> Members:
    with zipfile.ZipFile(path) as bundle:
        return {info.filename: bundle.read(info) for info in bundle.infolist()}


def packed(path: Path, members: Mapping[str, bytes]) -> Path:
    with path.open("wb") as out, StoredZip(out) as bundle:
        for name, data in members.items():
            bundle.add(name, data)
    return path


@dataclass
class Verdict:
    """What the program said: `code` 0, 1, 2; `found` the codes of its sentences."""

    code: int
    text: str

    @property
    def found(self) -> list[str]:
        return [part.partition("]")[0] for part in self.text.split("[")[1:]]


def verify(bundle: Path, *options: str, policy: str = POLICY, lang: str = "en") -> Verdict:
    """Run the program in this process."""
    kept = bundle.with_name("policy.txt")
    kept.write_text(policy)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = wh_verify.main([str(bundle), "--policy", str(kept), "--lang", lang, *options])
    return Verdict(code, said.getvalue())


def seen(size: int, root: bytes) -> str:
    return f"{size} {base64.b64encode(root).decode()}"


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def root_of(leaves: Iterable[bytes]) -> bytes:
    edge = tree.CompactRange()
    for leaf in leaves:
        edge.append(tree.leaf_hash(leaf))
    return edge.root()


def note_over(
    leaves: Sequence[bytes], log: LogSigner | None = LOG, witness: Cosigner | None = WITNESS
) -> bytes:
    """A checkpoint over these leaves, as the holders of these keys would sign it."""
    text = TreeHead(ORIGIN, len(leaves), root_of(leaves)).text()
    lines = [log.line(text)] if log else []
    lines += [witness.line(text, at_s=1_772_400_000)] if witness else []
    return f"{text}\n{''.join(lines)}".encode()


@dataclass
class Forger:
    """Somebody with the bundle, and maybe with the keys: edits entries and packs everything again."""

    members: Members
    leaves: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, path: Path) -> Forger:
        members = members_of(path)
        groups = sorted(name for name in members if name.startswith("tile/entries/"))
        return cls(members, [leaf for name in groups for leaf in tiles.decode_bundle(members[name])])

    def edit(self, idx: int, change: Callable[[Leaf], Any]) -> None:
        """Change the content of an entry and nothing else."""
        leaf = json.loads(self.leaves[idx])
        change(leaf)
        self.leaves[idx] = canonical(leaf)

    def rechain(self) -> None:
        """Number and chain all entries anew, so that they fit each other again."""
        authors: dict[str, tuple[int, str]] = {}
        sites: dict[str, tuple[int, str]] = {}
        for at, data in enumerate(self.leaves):
            leaf = json.loads(data)
            ev = leaf["ev"]
            number, before = authors.get(ev["author"], (0, ""))
            ev["aseq"], ev["aprev"] = number + 1, before
            authors[ev["author"]] = (number + 1, hashlib.sha256(canonical(ev)).hexdigest())
            number, before = sites.get(ev["site"], (0, ""))
            leaf["sseq"], leaf["sprev"] = number + 1, before
            self.leaves[at] = canonical(leaf)
            sites[ev["site"]] = (number + 1, tree.leaf_hash(self.leaves[at]).hex())

    def sealed(self, path: Path, note: bytes | None = None) -> Path:
        """Pack the entries with a checkpoint over them that has every signature (or with the given one)."""
        beside = {name: data for name, data in self.members.items() if not name.startswith("tile/")}
        beside["checkpoint"] = note or note_over(self.leaves)
        said = json.loads(beside["bundle.json"]) | {"size": len(self.leaves), "entries": len(self.leaves)}
        beside["bundle.json"] = canonical(said)
        with path.open("wb") as out, StoredZip(out) as bundle:
            for name, data in beside.items():
                bundle.add(name, data)
            add_log(bundle, self.leaves, len(self.leaves), root_of(self.leaves))
        return path
