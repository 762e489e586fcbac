"""Trust policies: which logs and witnesses are known, and how many of them make a quorum. Pure.

Source: C2SP tlog-policy. Names are octets there; here they are the text that those octets are in UTF-8, and
octets that are no UTF-8 are kept apart by surrogates, so two names are equal exactly when their octets are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .notes import COSIGNATURE, ED25519, BadKey, VerifierKey

NONE = "none"


class BadPolicy(ValueError):
    """A line that the format does not allow; the message begins with its number."""


@dataclass(frozen=True, slots=True)
class Log:
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """`name` counts inside the policy only; `url`: where checkpoints are submitted, may be empty."""

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Has witnessed a checkpoint when at least `threshold` of its members (witnesses, groups) have."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What one party trusts. `quorum`: name of a witness or group, or "none"."""

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: Mapping[str, Group]
    quorum: str

    def reached(self, signed: Collection[VerifierKey]) -> bool:
        """Whether the cosignatures of these keys make the quorum."""
        return self.quorum == NONE or self._witnessed(self.quorum, signed)

    def _witnessed(self, name: str, signed: Collection[VerifierKey]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return any(witness.name == name and witness.key in signed for witness in self.witnesses)
        return sum(self._witnessed(member, signed) for member in group.members) >= group.threshold

    def keys_of(self, origin: str) -> list[VerifierKey]:
        """The log keys that may sign for that origin."""
        return [log.key for log in self.logs if log.key.name == origin]


NO_WITNESSES = Policy((), (), MappingProxyType({}), NONE)


def parse(data: bytes) -> Policy:
    """The policy of a file's octets. Raises BadPolicy with the number of the line at fault."""
    reader = _Reader()
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            reader.take(line)
        except (BadPolicy, BadKey) as error:
            raise BadPolicy(f"line {number}: {error}") from error
    if reader.quorum is None:
        raise BadPolicy(f"line {data.count(bytes([10])) + 1}: the file has no quorum line")
    return Policy(tuple(reader.logs), tuple(reader.witnesses), MappingProxyType(reader.groups), reader.quorum)


class _Reader:
    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.witnesses: list[Witness] = []
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._grouped: set[str] = set()

    def take(self, line: bytes) -> None:
        if any((octet < 0x20 and octet != 0x09) or octet == 0x7F for octet in line):
            raise BadPolicy("a control character")
        words = [word.decode(errors="surrogateescape") for word in line.replace(b"\t", b" ").split(b" ")]
        words = [word for word in words if word]
        if not words or words[0].startswith("#"):
            return
        kinds = {"log": self._log, "witness": self._witness, "group": self._group, "quorum": self._quorum}
        if words[0] not in kinds:
            raise BadPolicy(f"{words[0]!r} is none of {', '.join(kinds)}")
        kinds[words[0]](words[1:])

    def _log(self, words: list[str]) -> None:
        if not 1 <= len(words) <= 2:
            raise BadPolicy("log <vkey> [<url>]")
        key = _key(words[0], ED25519, (log.key for log in self.logs))
        self.logs.append(Log(key, *words[1:]))

    def _witness(self, words: list[str]) -> None:
        if not 2 <= len(words) <= 3:
            raise BadPolicy("witness <name> <vkey> [<url>]")
        self._require_new(words[0])
        key = _key(words[1], COSIGNATURE, (witness.key for witness in self.witnesses))
        self.witnesses.append(Witness(words[0], key, *words[2:]))

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:
            raise BadPolicy("group <name> all|any|<k> <name>...")
        name, count, *members = words
        self._require_new(name)
        for member in members:
            self._require_known(member)
            if member in self._grouped:
                raise BadPolicy(f"{member!r} stands in a group already")
            self._grouped.add(member)
        self.groups[name] = Group(name, _threshold(count, len(members)), tuple(members))

    def _quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            raise BadPolicy("quorum <name>")
        if self.quorum is not None:
            raise BadPolicy("a second quorum line")
        if words[0] != NONE:
            self._require_known(words[0])
        self.quorum = words[0]

    def _require_new(self, name: str) -> None:
        if name == NONE or self._known(name):
            raise BadPolicy(f"the name {name!r} is taken")

    def _require_known(self, name: str) -> None:
        if not self._known(name):
            raise BadPolicy(f"{name!r} is not defined above")

    def _known(self, name: str) -> bool:
        return name in self.groups or any(witness.name == name for witness in self.witnesses)


def _key(text: str, kind: int, others: Iterable[VerifierKey]) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.kind != kind:
        raise BadPolicy(f"{key.name}: a key of kind 0x{kind:02x} is needed here")
    if any(other.public_key == key.public_key for other in others):
        raise BadPolicy(f"{key.name}: the same public key stands above")
    return key


def _threshold(count: str, members: int) -> int:
    """The k of `all`, `any` or a number."""
    if count in ("all", "any"):
        return members if count == "all" else 1
    if not (count.isascii() and count.isdigit()) or not 1 <= int(count) <= members:
        raise BadPolicy(f"{count!r} is not all, any or a number from 1 to {members}")
    return int(count)
