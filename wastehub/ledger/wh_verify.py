#!/usr/bin/env python3
"""Checks a WasteHub evidence bundle with nothing but Python: no network, no WasteHub, no other package.
核验 WasteHub 证据包，只需 Python 3.9 及以上版本：不联网，不依赖本系统，不需要其他软件包。

    python3 wh_verify.py BUNDLE.zip --policy POLICY [--seen "SIZE ROOT"]... [--state FILE]
                         [--level 0-3] [--lang zh|en]

BUNDLE.zip   the evidence bundle, as exported (an uncompressed zip file)          证据包
--policy     C2SP tlog-policy: the keys of the log and of its witnesses and the quorum. Take your own copy,
             never the suggestion inside the bundle.                              自己留存的信任策略
--seen       "SIZE ROOT" as printed on an earlier paper (the first 16 characters of the root are enough):
             proves that this log continues that one. May be repeated.            早先纸面上的封存点
--state      remembers what was checked; the next audit hashes only what is new   增量核验的记录文件
--level      0 seals and tree, 1 + forms and chains, 2 + masses recomputed, 3 + every signature. Default:
             2 for a whole log, 1 for a part.                                     核验级别

Exit code: 0 everything holds; 1 refuted (says where); 2 cannot be checked (says why).

It shares no code with WasteHub: the masses are computed here a second time, after docs/ledger.md.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import bisect
import csv
import datetime
import hashlib
import io
import json
import os
import re
import struct
import sys
import unicodedata
import zlib
from array import array
from collections.abc import Collection, Iterator, Sequence
from typing import Any, BinaryIO, Callable, NamedTuple

sha256 = hashlib.sha256
TILE = 256
LEAF_BYTES_MAX = 16_384
NOTE_BYTES_MAX = 65_536
TEXT_FILE_BYTES_MAX = 1 << 20
MEMBERS_MAX = 8_000_000
SEEN_MAX = 10_000
PROBLEMS_MAX = 20


# --- what it says ------------------------------------------------------------------------------------------

MESSAGES: dict[str, tuple[str, str]] = {
    # not checkable
    "file.unreadable": ("无法读取文件 {name}：{why}", "cannot read {name}: {why}"),
    "zip.form": ("不是可核验的压缩包：{why}", "not a zip file that can be checked: {why}"),
    "zip.compressed": (
        "{name} 被压缩过；请用“仅存储”方式重新打包（zip -0）",
        "{name} is compressed; pack the bundle again without compression (zip -0)",
    ),
    "zip.twice": ("压缩包内有两个 {name}", "the zip file holds {name} twice"),
    "member.missing": ("证据包缺少 {name}", "the bundle lacks {name}"),
    "member.size": ("{name} 过大（{size} 字节）", "{name} is too large ({size} bytes)"),
    "bundle.form": ("bundle.json 无法理解：{why}", "bundle.json cannot be understood: {why}"),
    "policy.form": ("信任策略第 {line} 行有误：{why}", "the policy is wrong in line {line}: {why}"),
    "seen.form": ('--seen 应为“条数 根”，如 "1000 abc…"：{text}', '--seen takes "SIZE ROOT": {text}'),
    "seen.part": (
        "局部证据包只能与第 {size} 条的封存点比较；请索取全部账册的证据包",
        "a part can be compared only with the checkpoint of size {size}; ask for a bundle of the whole log",
    ),
    "state.form": ("记录文件 {name} 无法使用：{why}", "the state file {name} cannot be used: {why}"),
    "state.part": ("局部证据包不能做增量核验", "a part cannot be checked incrementally"),
    "level.part": (
        "局部证据包不能重算质量：质量平衡取决于全部账册。请用 --level 1 或 3，或索取全部账册",
        "masses cannot be recomputed from a part: they follow from the whole log. Use --level 1 or 3",
    ),
    "leaf.version": (
        "记录 {idx}：格式版本 {version} 比本程序新",
        "entry {idx}: format version {version} is newer than this program",
    ),
    "program.fault": (
        "本程序遇到意外情况，未能得出结论：{why}",
        "this program met something unexpected and came to no conclusion: {why}",
    ),
    # refuted: seals
    "member.damaged": ("{name} 已损坏（校验和不符）", "{name} is damaged (its checksum does not fit)"),
    "note.form": ("封存点的格式有误：{why}", "the checkpoint is malformed: {why}"),
    "note.forged": (
        "封存点上 {name} 的签名是伪造的，或正文被改过",
        "the signature of {name} under the checkpoint is forged, or the text was changed",
    ),
    "note.unsigned": (
        "封存点没有信任策略所列账册的签名",
        "no log of the policy has signed the checkpoint",
    ),
    "note.quorum": (
        "见证方不足：已见证 {got}，策略要求 {want}",
        "too few witnesses: {got} have cosigned, the policy asks for {want}",
    ),
    "tile.missing": (
        "缺少记录 {idx} 至 {last}（{name}）",
        "entries {idx} to {last} are missing ({name})",
    ),
    "tile.surplus": (
        "{name} 超出封存点所含的条数",
        "{name} lies beyond the entries that the checkpoint covers",
    ),
    "tile.form": (
        "记录 {idx} 起的一组（{name}）长度不符",
        "the group of entries from {idx} ({name}) has lengths that do not add up",
    ),
    "tile.count": (
        "记录 {idx} 起的一组（{name}）有 {got} 条，应为 {want} 条",
        "the group of entries from {idx} ({name}) has {got} entries instead of {want}",
    ),
    "tree.root": (
        "全部记录算出的根与封存点所签的根不同：账册被改动",
        "the root over all entries is not the signed one: the log was altered",
    ),
    "tree.entry": (
        "记录 {idx} 与其散列不符：内容被改动、移位或替换",
        "entry {idx} does not have its hash: altered, moved or replaced",
    ),
    "tree.tile": (
        "散列文件 {name} 与记录不符（从记录 {idx} 起）",
        "the hash tile {name} does not fit the entries (from entry {idx})",
    ),
    "seen.rollback": (
        "曾见过 {size} 条，本账册只有 {have} 条：账册被倒退",
        "{size} entries were seen before, this log has {have}: it was rolled back",
    ),
    "seen.fork": (
        "在第 {size} 条处，本账册的根与曾见过的不同：历史被改写或分叉",
        "at size {size} the root of this log is not the one seen before: history was rewritten or forked",
    ),
    "state.origin": (
        "这是另一本账册：上次核验 {old}，这次 {new}",
        "this is another log: {old} was checked before, this is {new}",
    ),
    "proof.missing": ("记录 {idx} 缺少包含证明", "entry {idx} has no inclusion proof"),
    "proof.surplus": (
        "有记录 {idx} 的证明，却没有该记录",
        "there is a proof for entry {idx}, but not the entry",
    ),
    "proof.form": ("记录 {idx} 的包含证明格式有误：{why}", "the proof of entry {idx} is malformed: {why}"),
    "proof.wrong": (
        "记录 {idx} 不在所封存的账册中：内容或位置被改动",
        "entry {idx} does not stand in the sealed log: its content or place was altered",
    ),
    "part.count": (
        "证据包应有 {want} 条记录，实有 {got} 条",
        "the bundle says it holds {want} entries, but it holds {got}",
    ),
    "part.site": (
        "记录 {idx} 不属于 {site}",
        "entry {idx} does not belong to {site}",
    ),
    "part.period": (
        "记录 {idx} 的登记时间 {recv} 与所述期间不符",
        "entry {idx} was recorded at {recv}, which does not fit the period",
    ),
    "part.gap": (
        "记录 {idx} 之前缺少记录：期间内应连续",
        "entries before {idx} are missing: a period has no gaps",
    ),
    # refuted: forms and chains
    "leaf.size": ("记录 {idx} 有 {size} 字节，超过上限", "entry {idx} has {size} bytes, more than allowed"),
    "leaf.json": ("记录 {idx} 不是规范的 JSON：{why}", "entry {idx} is not canonical JSON: {why}"),
    "leaf.field": ("记录 {idx} 的字段 {field} 有误", "entry {idx}: the field {field} is wrong"),
    "id.twice": ("记录 {idx} 的事件编号 {id} 已经用过", "entry {idx} repeats the event id {id}"),
    "parent.missing": (
        "记录 {idx} 所依据的事件 {id} 不在账册中",
        "entry {idx} follows the event {id}, which is not in the log",
    ),
    "author.gap": (
        "记录 {idx}：{name} 的序号为 {got}，应为 {want}",
        "entry {idx}: number {got} of {name} where {want} is due",
    ),
    "author.chain": (
        "记录 {idx} 与 {name} 的上一条不相接：上一条被改动",
        "entry {idx} does not follow the previous one of {name}: that one was altered",
    ),
    "site.gap": (
        "记录 {idx}：{name} 的序号为 {got}，应为 {want}",
        "entry {idx}: number {got} of {name} where {want} is due",
    ),
    "site.chain": (
        "记录 {idx} 与 {name} 的上一条不相接：上一条被改动",
        "entry {idx} does not follow the previous one of {name}: that one was altered",
    ),
    # refuted: masses
    "report.form": ("{name} 第 {line} 行格式有误", "{name} is malformed in line {line}"),
    "report.changed": (
        "{name}：{key} 报告为 {reported}，由记录算出 {given}（最后变动于记录 {idx}）",
        "{name}: {key} is reported as {reported}, the entries give {given} (last changed by entry {idx})",
    ),
    "report.surplus": (
        "{name}：{key} 在记录中没有依据",
        "{name}: {key} does not follow from any entry",
    ),
    "report.missing": (
        "{name}：缺少 {key}，由记录算出 {given}（记录 {idx}）",
        "{name}: {key} is missing, the entries give {given} (entry {idx})",
    ),
    # refuted: signatures
    "key.form": ("记录 {idx} 登记的密钥有误", "entry {idx} registers a key that is malformed"),
    "key.unknown": (
        "记录 {idx} 的签名密钥 {key} 此前没有登记",
        "entry {idx} is signed with the key {key}, which was not registered before",
    ),
    "key.revoked": (
        "记录 {idx} 的签名密钥 {key} 已在记录 {since} 注销",
        "entry {idx} is signed with the key {key}, revoked by entry {since}",
    ),
    "signature.wrong": (
        "记录 {idx} 的签名不是密钥 {key} 所签",
        "entry {idx}: the key {key} did not sign this",
    ),
    # good
    "ok.note": (
        "封存点：{origin}，共 {size} 条，根 {root}；见证方：{who}",
        "checkpoint: {origin}, {size} entries, root {root}; witnesses: {who}",
    ),
    "ok.tree": (
        "全部 {size} 条记录未被改动、遗漏、移位或添加（本次计算 {new} 条）",
        "all {size} entries are unchanged, complete and in order ({new} hashed now)",
    ),
    "ok.seen": (
        "曾见过的第 {size} 条处的根是本账册的前段",
        "the root seen at size {size} is a prefix of this log",
    ),
    "ok.part": (
        "{count} 条记录都在所封存的账册中（{scope}）",
        "all {count} entries stand in the sealed log ({scope})",
    ),
    "ok.site": (
        "{site} 的序号 1 至 {last} 无缺（其后是否还有记录，须看全部账册）",
        "{site}: numbers 1 to {last} without a gap (whether more follow, only the whole log tells)",
    ),
    "ok.period": (
        "期间 {since} 至 {until} 的记录连续，两端以相邻记录为界",
        "the entries of {since} to {until} are without a gap, fenced by their neighbours",
    ),
    "ok.chains": (
        "格式、编号、{authors} 个经办方与 {sites} 个单位的记录链、所依据的事件：无误",
        "forms, ids, the chains of {authors} authors and {sites} sites, and parents hold",
    ),
    "ok.forms": (
        "格式、编号及相邻记录的衔接：无误",
        "forms, ids and the links between neighbouring entries hold",
    ),
    "ok.mass": (
        "质量由 {entries} 条记录重算，与报告逐克一致：{accounts} 个账户，{cases} 项差异，{held} 条未入账",
        "masses recomputed from {entries} entries equal the reports to the gram: {accounts} accounts, "
        "{cases} cases, {held} held",
    ),
    "ok.closing": (
        "产生 {GEN} = 贮存 {STOCK} + 在途 {TRANS} + 利用处置 {DONE} + 损耗 {LOSS} + 事故 {SPILL} + 允差 {TOL}"
        " + 待查 {SUSP}（千克）",
        "generated {GEN} = stored {STOCK} + on the road {TRANS} + treated {DONE} + lost {LOSS} + spilled "
        "{SPILL} + tolerance {TOL} + open cases {SUSP} (kg)",
    ),
    "ok.signatures": ("{count} 个签名全部有效", "all {count} signatures hold"),
    "note.unchecked": (
        "未核验（不属于证据，仅供阅读）：{names}",
        "not checked (for reading, no evidence): {names}",
    ),
    "note.script": (
        "提示：证据包内的 wh_verify.py 与正在运行的程序不同",
        "note: the wh_verify.py in the bundle is not the program that runs now",
    ),
    "note.firm": (
        "提示：局部证据包能证明所列记录属实，不能证明没有其他相关记录",
        "note: a part proves that its entries are genuine, not that no others exist",
    ),
    "note.reports": (
        "提示：局部证据包中的报告是账册方的陈述，未经重算",
        "note: the reports of a part are the hub's statements, not recomputed",
    ),
    "verdict.good": ("结论：成立（级别 {level}）", "Result: good (level {level})"),
    "verdict.refuted": ("结论：不成立", "Result: REFUTED"),
    "verdict.uncheckable": ("结论：无法核验", "Result: NOT CHECKABLE"),
}


class Finding(Exception):
    """Something that does not fit: `code` of MESSAGES, the entry it is about (-1: none), what it says."""

    def __init__(self, code: str, idx: int = -1, **said: Any) -> None:
        super().__init__(code)
        self.code = code
        self.idx = idx
        self.said = dict(said, idx=idx)


class Refuted(Finding):
    """The evidence contradicts itself or the policy: exit code 1."""


class Uncheckable(Finding):
    """The input cannot be judged: exit code 2."""


class Voice:
    """Prints sentences in Chinese, English or both."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def say(self, mark: str, code: str, **said: Any) -> None:
        shown = {name: _shown(value) for name, value in said.items()}
        chinese, english = (text.format(**shown) for text in MESSAGES[code])
        tag = f"[{code}] "
        if self.lang != "en":
            print(mark + " " + tag + chinese)
        if self.lang != "zh":
            print((mark if self.lang == "en" else " " * len(mark)) + " " + tag + english)

    def finding(self, finding: Finding) -> None:
        self.say("✗" if isinstance(finding, Refuted) else "?", finding.code, **finding.said)


def _shown(value: Any) -> str:
    """A value as text that can do nothing to a terminal."""
    text = str(value)
    if len(text) > 500:
        text = text[:500] + "…"
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in text)


# --- Ed25519 (RFC 8032) ------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z
NEUTRAL: Point = (0, 1, 1, 0)
Comb = list[list[Point]]


def _recover_x(y: int, sign: int) -> int | None:
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def _decompress(data: bytes) -> Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = _recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def _add(p: Point, q: Point) -> Point:
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _comb(point: Point) -> Comb:
    """digit * 16**window * point for 64 windows: a multiplication becomes 64 additions."""
    rows: Comb = []
    for _ in range(64):
        row = [NEUTRAL]
        for _ in range(15):
            row.append(_add(row[-1], point))
        rows.append(row)
        point = _add(row[15], point)
    return rows


def _times(scalar: int, rows: Comb, start: Point) -> Point:
    """start + scalar * the point of the comb."""
    for row in rows:
        digit = scalar & 15
        if digit:
            start = _add(start, row[digit])
        scalar >>= 4
    return start


_BASE_Y = 4 * pow(5, P - 2, P) % P
_BASE_X = _recover_x(_BASE_Y, 0) or 0
_COMBS: dict[bytes, Comb | None] = {}


def _comb_of(public_key: bytes) -> Comb | None:
    """The comb of minus the public key; None for bytes that are no point."""
    if public_key not in _COMBS:
        if len(_COMBS) >= 64:
            _COMBS.clear()
        point = _decompress(public_key)
        _COMBS[public_key] = _comb((P - point[0], point[1], 1, P - point[3])) if point else None
    return _COMBS[public_key]


_BASE_COMB: Comb = []


def ed25519_verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature is the key's: s*B - h*A must be written exactly as R."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    minus_a = _comb_of(public_key)
    if s >= ORDER or minus_a is None:
        return False
    if not _BASE_COMB:
        _BASE_COMB.extend(_comb((_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % P)))
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    made = _times(int.from_bytes(digest, "little") % ORDER, minus_a, _times(s, _BASE_COMB, NEUTRAL))
    inverse = pow(made[2], P - 2, P)
    x, y = made[0] * inverse % P, made[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


# --- ECDSA on P-256 (FIPS 186-5), for devices whose browser lacks Ed25519 -----------------------------------

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
P256_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Jacobian = tuple[int, int, int]  # x = X/Z**2, y = Y/Z**3; Z = 0 at infinity


def _double_p256(p: Jacobian) -> Jacobian:
    x, y, z = p
    if not y or not z:
        return 0, 1, 0
    y2 = y * y % P256
    s = 4 * x * y2 % P256
    z2 = z * z % P256
    m = 3 * (x - z2) * (x + z2) % P256
    x3 = (m * m - 2 * s) % P256
    return x3, (m * (s - x3) - 8 * y2 * y2) % P256, 2 * y * z % P256


def _add_p256(p: Jacobian, q: Jacobian) -> Jacobian:
    if not p[2]:
        return q
    if not q[2]:
        return p
    z1, z2 = p[2] * p[2] % P256, q[2] * q[2] % P256
    u1, u2 = p[0] * z2 % P256, q[0] * z1 % P256
    s1, s2 = p[1] * z2 * q[2] % P256, q[1] * z1 * p[2] % P256
    if u1 == u2:
        return _double_p256(p) if s1 == s2 else (0, 1, 0)
    h, r = u2 - u1, s2 - s1
    h2 = h * h % P256
    h3 = h * h2 % P256
    v = u1 * h2 % P256
    x3 = (r * r - h3 - 2 * v) % P256
    return x3, (r * (v - x3) - s1 * h3) % P256, h * p[2] * q[2] % P256


def p256_verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether r || s (32 bytes each) is the signature of SHA-256(message) by the key 04 || x || y."""
    if len(public_key) != 65 or public_key[0] != 4 or len(signature) != 64:
        return False
    x, y = int.from_bytes(public_key[1:33], "big"), int.from_bytes(public_key[33:], "big")
    if x >= P256 or y >= P256 or (y * y - (x * x * x - 3 * x + P256_B)) % P256:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < P256_ORDER and 0 < s < P256_ORDER):
        return False
    inverse = pow(s, P256_ORDER - 2, P256_ORDER)
    u = int.from_bytes(sha256(message).digest(), "big") * inverse % P256_ORDER
    v = r * inverse % P256_ORDER
    base, key = (P256_BASE[0], P256_BASE[1], 1), (x, y, 1)
    choice = (None, base, key, _add_p256(base, key))
    made: Jacobian = (0, 1, 0)
    for bit in range(255, -1, -1):
        made = _double_p256(made)
        added = choice[(u >> bit & 1) | (v >> bit & 1) << 1]
        if added is not None:
            made = _add_p256(made, added)
    if not made[2]:
        return False
    return made[0] * pow(made[2], 2 * (P256 - 2), P256) % P256 % P256_ORDER == r


VERIFIERS: dict[str, Callable[[bytes, bytes, bytes], bool]] = {
    "ed25519": ed25519_verify,
    "ecdsa-p256": p256_verify,
}


# --- policy and checkpoint (C2SP tlog-policy, signed-note, tlog-cosignature, tlog-checkpoint) ---------------

ED25519_KEY, COSIGNATURE_KEY = 1, 4


def strict_base64(text: bytes) -> bytes | None:
    """The bytes of standard base64 in its one canonical spelling, else None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data) == text else None


class Key(NamedTuple):
    name: bytes
    id: bytes
    public: bytes


class Policy:
    """Whom the auditor trusts: logs, witnesses, groups and the quorum. Names are opaque bytes."""

    def __init__(self, text: bytes) -> None:
        self.logs: list[Key] = []
        self.witnesses: dict[bytes, Key] = {}
        self.groups: dict[bytes, tuple[int, list[bytes]]] = {}
        self.quorum: bytes | None = None
        self._members: set[bytes] = set()
        for number, line in enumerate(text.split(b"\n"), 1):
            if any((octet < 32 and octet != 9) or octet == 127 for octet in line):
                raise Uncheckable("policy.form", line=number, why="control character")
            words = [word for word in re.split(rb"[ \t]+", line) if word]
            if words and not words[0].startswith(b"#"):
                why = self._take(words)
                if why:
                    raise Uncheckable("policy.form", line=number, why=why)
        if self.quorum is None or not self.logs:
            why = "no quorum line" if self.logs else "no log line"
            raise Uncheckable("policy.form", line="-", why=why)

    def _take(self, words: list[bytes]) -> str:
        """Take over one line; what is wrong with it, or nothing."""
        kind, rest = words[0], words[1:]
        if kind == b"log" and len(rest) in (1, 2):
            key = self._key(rest[0], ED25519_KEY)
            if key is None or key.public in [known.public for known in self.logs]:
                return "not an Ed25519 verifier key, or given twice"
            self.logs.append(key)
        elif kind == b"witness" and len(rest) in (2, 3):
            key = self._key(rest[1], COSIGNATURE_KEY)
            if key is None or key.public in [known.public for known in self.witnesses.values()]:
                return "not a cosignature verifier key, or given twice"
            if self._taken(rest[0]):
                return "name taken"
            self.witnesses[rest[0]] = key
        elif kind == b"group" and len(rest) >= 3:
            return self._group(rest[0], rest[1], rest[2:])
        elif kind == b"quorum" and len(rest) == 1 and self.quorum is None:
            if rest[0] != b"none" and not self._known(rest[0]):
                return "the quorum names nobody that was defined before"
            self.quorum = rest[0]
        else:
            return "not a line of a policy"
        return ""

    def _group(self, name: bytes, threshold: bytes, members: list[bytes]) -> str:
        words = {b"any": 1, b"all": len(members)}
        if threshold not in words and not re.match(rb"[1-9][0-9]{0,5}\Z", threshold):
            return "a group needs any, all or a number"
        needed = words.get(threshold) or int(threshold)
        if self._taken(name) or needed > len(members):
            return "name taken, or more asked for than there are members"
        for member in members:
            if not self._known(member) or member in self._members:
                return "a member is unknown or stands in two groups"
            self._members.add(member)
        self.groups[name] = (needed, members)
        return ""

    def _known(self, name: bytes) -> bool:
        return name in self.witnesses or name in self.groups

    def _taken(self, name: bytes) -> bool:
        return name == b"none" or self._known(name)

    @staticmethod
    def _key(text: bytes, kind: int) -> Key | None:
        parts = text.split(b"+", 2)
        raw = strict_base64(parts[2]) if len(parts) == 3 and parts[0] else None
        if raw is None or len(raw) != 33 or raw[0] != kind:
            return None
        key_id = sha256(parts[0] + b"\n" + raw).digest()[:4]
        return Key(parts[0], key_id, raw[1:]) if parts[1] == key_id.hex().encode() else None

    def satisfied(self, cosigned: set[bytes]) -> bool:
        """Whether these witnesses reach the quorum. Groups refer only to earlier lines: no cycles."""
        reached: dict[bytes, bool] = {name: name in cosigned for name in self.witnesses}
        for name, (needed, members) in self.groups.items():
            reached[name] = sum(reached[member] for member in members) >= needed
        return self.quorum == b"none" or reached[self.quorum or b""]


class Checkpoint(NamedTuple):
    origin: bytes
    size: int
    root: bytes
    witnesses: list[str]


def open_checkpoint(note: bytes, policy: Policy) -> Checkpoint:
    """Origin, size and root that a log of the policy signed and its quorum cosigned. Raises Refuted."""
    body, lines = _split_note(note)
    head = body.split(b"\n")
    if len(head) < 4 or not head[0] or not re.match(rb"(0|[1-9][0-9]{0,15})\Z", head[1]):
        raise Refuted("note.form", why="origin, size, root")
    root = strict_base64(head[2])
    if root is None or len(root) != 32 or any(not extension for extension in head[3:-1]):
        raise Refuted("note.form", why="root")
    by_log, cosigned = False, set()
    for line in lines:
        match = re.match("— (\\S+) (\\S+)\\Z".encode(), line)
        raw = strict_base64(match.group(2)) if match else None
        if match is None or raw is None or len(raw) < 5:
            raise Refuted("note.form", why="signature line")
        signer = (match.group(1), raw[:4])
        for key in policy.logs:
            if signer == (key.name, key.id):
                _require(ed25519_verify(key.public, body, raw[4:]), key)
                by_log = by_log or key.name == head[0]
        for name, key in policy.witnesses.items():
            if signer == (key.name, key.id):
                stamp = int.from_bytes(raw[4:12], "big")
                message = b"cosignature/v1\ntime %d\n" % stamp + body
                _require(stamp < 2**63 and ed25519_verify(key.public, message, raw[12:]), key)
                cosigned.add(name)
    if not by_log:
        raise Refuted("note.unsigned")
    names = sorted(name.decode("utf-8", "replace") for name in cosigned)
    if not policy.satisfied(cosigned):
        want = (policy.quorum or b"").decode("utf-8", "replace")
        raise Refuted("note.quorum", got=", ".join(names) or "-", want=want)
    return Checkpoint(head[0], int(head[1]), root, names)


def _split_note(note: bytes) -> tuple[bytes, list[bytes]]:
    try:
        text = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Refuted("note.form", why="UTF-8") from None
    body, found, signatures = note.rpartition(b"\n\n")
    if not found or not signatures.endswith(b"\n") or any(ord(sign) < 32 and sign != "\n" for sign in text):
        raise Refuted("note.form", why="text, empty line, signatures")
    lines = signatures[:-1].split(b"\n")
    if len(lines) > 100:
        raise Refuted("note.form", why="more than 100 signatures")
    return body + b"\n", lines


def _require(good: bool, key: Key) -> None:
    if not good:
        raise Refuted("note.forged", name=key.name.decode("utf-8", "replace"))


# --- the zip file: stored members only, so that nothing can unfold -----------------------------------------


class Member(NamedTuple):
    name: str
    offset: int
    size: int
    crc: int


class Family:
    """Members that are numbered (tiles, leaves, proofs), in 28 bytes each instead of an object each."""

    def __init__(self, form: Callable[[int, int], str]) -> None:
        self.form = form
        self.numbers, self.offsets, self.sizes = array("Q"), array("Q"), array("Q")
        self.widths = array("H")
        self.crcs = array("L")

    def add(self, number: int, width: int, member: Member) -> None:
        self.numbers.append(number)
        self.offsets.append(member.offset)
        self.sizes.append(member.size)
        self.widths.append(width)
        self.crcs.append(member.crc)

    def close(self) -> None:
        """In order of their numbers, none twice."""
        order: Any = range(len(self.numbers))
        if any(self.numbers[at] >= self.numbers[at + 1] for at in range(len(self.numbers) - 1)):
            order = sorted(order, key=self.numbers.__getitem__)
            for name in ("numbers", "offsets", "sizes", "widths", "crcs"):
                values = getattr(self, name)
                setattr(self, name, array(values.typecode, (values[at] for at in order)))
        for at in range(len(self.numbers) - 1):
            if self.numbers[at] == self.numbers[at + 1]:
                raise Uncheckable("zip.twice", name=self.name(at))

    def name(self, at: int) -> str:
        return self.form(self.numbers[at], self.widths[at])

    def member(self, at: int) -> Member:
        return Member(self.name(at), self.offsets[at], self.sizes[at], self.crcs[at])


def tile_name(folder: str, number: int, width: int) -> str:
    """C2SP tlog-tiles: tile/entries/x001/234 or tile/0/000.p/17."""
    width_part = "" if width == TILE else f".p/{width}"
    parts = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        parts.append(f"x{number % 1000:03d}")
    return "/".join(["tile", folder, *reversed(parts)]) + width_part


TILE_PATH = re.compile(r"tile/(entries|[0-9])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?\Z")
LEAF_PATH = re.compile(r"entries/(0|[1-9][0-9]{0,15})\.leaf\Z")
PROOF_PATH = re.compile(r"proofs/(0|[1-9][0-9]{0,15})\.tlog-proof\Z")


class Bundle:
    """Reads members of the bundle. Time and memory stay linear in the size of the file."""

    def __init__(self, path: str) -> None:
        try:
            self.file: BinaryIO = open(path, "rb", buffering=0)  # noqa: SIM115  (open as long as the audit)
            self.length = os.fstat(self.file.fileno()).st_size
        except OSError as error:
            raise Uncheckable("file.unreadable", name=path, why=error.strerror) from None
        self.plain: dict[str, Member] = {}
        self.families: dict[str, Family] = {}
        try:
            self._read_directory(*self._find_directory())
            for family in self.families.values():
                family.close()
        except BaseException:
            self.file.close()
            raise

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_problem: Any) -> None:
        self.file.close()

    def _at(self, offset: int, size: int) -> bytes:
        if offset < 0 or size < 0 or offset + size > self.length:
            raise Uncheckable("zip.form", why="it ends too early")
        self.file.seek(offset)
        data = self.file.read(size)
        while len(data) < size:
            more = self.file.read(size - len(data))
            if not more:
                raise Uncheckable("zip.form", why="it ends too early")
            data += more
        return data

    def _find_directory(self) -> tuple[int, int, int]:
        """Offset, size and number of entries of the central directory."""
        tail_size = min(self.length, 22 + 65_535)
        tail = self._at(self.length - tail_size, tail_size)
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or at + 22 > len(tail) or at + 22 + struct.unpack_from("<H", tail, at + 20)[0] != len(tail):
            raise Uncheckable("zip.form", why="no end record")
        count, size, offset = struct.unpack_from("<HLL", tail, at + 10)
        if count == 0xFFFF or size == 0xFFFFFFFF or offset == 0xFFFFFFFF:
            if at < 20 or tail[at - 20 : at - 16] != b"PK\x06\x07":
                raise Uncheckable("zip.form", why="no zip64 locator")
            record = self._at(struct.unpack_from("<Q", tail, at - 12)[0], 56)
            if record[:4] != b"PK\x06\x06":
                raise Uncheckable("zip.form", why="no zip64 record")
            count, size, offset = struct.unpack_from("<QQQ", record, 32)
        if count > MEMBERS_MAX or offset + size > self.length or count * 46 > size:
            raise Uncheckable("zip.form", why="directory")
        return offset, size, count

    def _read_directory(self, offset: int, size: int, count: int) -> None:
        end, window, start, total = offset + size, b"", offset, 0
        at = 0
        for _ in range(count):
            if at + 46 + 3 * 65_535 > len(window) and start + len(window) < end:
                window, start = window[at:], start + at
                more = min(1 << 18, end - start - len(window))
                window, at = window + self._at(start + len(window), more), 0
            if at + 46 > len(window) or window[at : at + 4] != b"PK\x01\x02":
                raise Uncheckable("zip.form", why="directory entry")
            flags, method = struct.unpack_from("<HH", window, at + 8)
            crc, packed, plain = struct.unpack_from("<LLL", window, at + 16)
            names, extras, comments = struct.unpack_from("<HHH", window, at + 28)
            header = struct.unpack_from("<L", window, at + 42)[0]
            raw = window[at + 46 : at + 46 + names]
            extra = window[at + 46 + names : at + 46 + names + extras]
            at += 46 + names + extras + comments
            plain, packed, header = _zip64(extra, plain, packed, header)
            name = _member_name(raw)
            if method != 0 or packed != plain or flags & 1:
                raise Uncheckable("zip.compressed", name=name)
            total += plain + 30
            if total > self.length:
                raise Uncheckable("zip.form", why="members overlap")
            if not name.endswith("/"):
                self._add(Member(name, header, plain, crc))

    def _add(self, member: Member) -> None:
        tile = TILE_PATH.match(member.name)
        leaf, proof = LEAF_PATH.match(member.name), PROOF_PATH.match(member.name)
        if tile:
            folder, width = tile.group(1), int(tile.group(3) or TILE)
            number = int(tile.group(2).replace("x", "").replace("/", ""))
            if width <= TILE and tile_name(folder, number, width) == member.name:
                form = _tile_form(folder)
                self._family("tile/" + folder, form).add(number, width, member)
                return
        elif leaf:
            self._family("entries", _leaf_form).add(int(leaf.group(1)), TILE, member)
            return
        elif proof:
            self._family("proofs", _proof_form).add(int(proof.group(1)), TILE, member)
            return
        if member.name in self.plain:
            raise Uncheckable("zip.twice", name=member.name)
        if len(self.plain) >= 1000:
            raise Uncheckable("zip.form", why="too many other files")
        self.plain[member.name] = member

    def _family(self, name: str, form: Callable[[int, int], str]) -> Family:
        if name not in self.families:
            self.families[name] = Family(form)
        return self.families[name]

    def family(self, name: str) -> Family:
        return self.families.get(name) or Family(_leaf_form)

    def _start(self, member: Member) -> int:
        """Where the member's bytes begin; its own header must name it, too."""
        header = self._at(member.offset, 30)
        names, extras = struct.unpack_from("<HH", header, 26)
        name = self._at(member.offset + 30, names)
        if header[:4] != b"PK\x03\x04" or _member_name(name) != member.name or header[8:10] != b"\0\0":
            raise Uncheckable("zip.form", why="header of " + member.name)
        return member.offset + 30 + int(names) + int(extras)

    def data(self, member: Member) -> bytes:
        """The member's bytes, unchecked: the tree or a proof judges them."""
        return self._at(self._start(member), member.size)

    def read(self, name: str, limit: int) -> bytes:
        """A whole member with its checksum verified."""
        member = self.plain.get(name)
        if member is None:
            raise Uncheckable("member.missing", name=name)
        if member.size > limit:
            raise Uncheckable("member.size", name=name, size=member.size)
        data = self.data(member)
        if zlib.crc32(data) != member.crc:
            raise Refuted("member.damaged", name=name)
        return data

    def chunks(self, member: Member) -> Iterator[bytes]:
        """The member's bytes a piece at a time; its checksum is verified at the end."""
        start, crc = self._start(member), 0
        for at in range(0, member.size, 1 << 16):
            data = self._at(start + at, min(1 << 16, member.size - at))
            crc = zlib.crc32(data, crc)
            yield data
        if crc != member.crc:
            raise Refuted("member.damaged", name=member.name)


def _tile_form(folder: str) -> Callable[[int, int], str]:
    return lambda number, width: tile_name(folder, number, width)


def _leaf_form(number: int, _width: int) -> str:
    return f"entries/{number}.leaf"


def _proof_form(number: int, _width: int) -> str:
    return f"proofs/{number}.tlog-proof"


def _member_name(raw: bytes) -> str:
    try:
        name = raw.decode("ascii")
    except UnicodeDecodeError:
        raise Uncheckable("zip.form", why="a name that is not ASCII") from None
    if not name or len(name) > 200 or "\x00" in name:
        raise Uncheckable("zip.form", why="a member's name")
    return name


def _zip64(extra: bytes, plain: int, packed: int, header: int) -> tuple[int, int, int]:
    """Sizes and offset of a member beyond 4 GiB."""
    values = [plain, packed, header]
    if 0xFFFFFFFF not in values:
        return plain, packed, header
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            wide = list(struct.unpack_from(f"<{min(size, len(extra) - at - 4) // 8}Q", extra, at + 4))
            made = [wide.pop(0) if value == 0xFFFFFFFF and wide else value for value in values]
            return made[0], made[1], made[2]
        at += 4 + size
    raise Uncheckable("zip.form", why="zip64 field")


# --- the tree (RFC 6962) -----------------------------------------------------------------------------------

_new_leaf = sha256(b"\x00").copy
_new_node = sha256(b"\x01").copy
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    made = _new_leaf()
    made.update(leaf)
    return made.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    made = _new_node()
    made.update(left + right)
    return made.digest()


def leaf_hashes(data: bytes) -> list[bytes]:
    """The hash of each entry of a tile. Raises ValueError when the lengths do not add up."""
    made: list[bytes] = []
    keep, new, at, end = made.append, _new_leaf, 0, len(data)
    try:
        while at < end:
            after = at + 2 + (data[at] << 8 | data[at + 1])
            hashed = new()
            hashed.update(data[at + 2 : after])
            keep(hashed.digest())
            at = after
    except IndexError:
        at = -1
    if at != end:
        raise ValueError("lengths")
    return made


def entries_of(data: bytes) -> Iterator[bytes]:
    """The entries of a tile that leaf_hashes accepted."""
    at = 0
    while at < len(data):
        after = at + 2 + (data[at] << 8 | data[at + 1])
        yield data[at + 2 : after]
        at = after


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over some hashes; the last may stand for a smaller subtree."""
    row, new = list(hashes), _new_node
    while len(row) > 1:
        odd = row.pop() if len(row) & 1 else None
        upper: list[bytes] = []
        keep, pairs = upper.append, iter(row)
        for left in pairs:
            hashed = new()
            hashed.update(left + next(pairs))
            keep(hashed.digest())
        if odd is not None:
            upper.append(odd)
        row = upper
    return row[0] if row else EMPTY_ROOT


class Frontier:
    """The roots of the perfect subtrees of what was read so far, in whole tiles, largest first."""

    def __init__(self, tiles: int = 0, hashes: Sequence[bytes] = ()) -> None:
        self.tiles = tiles
        self.hashes = list(hashes)

    def push(self, root: bytes) -> None:
        """Add the root of a full tile."""
        rest = self.tiles
        while rest & 1:
            root = node_hash(self.hashes.pop(), root)
            rest >>= 1
        self.hashes.append(root)
        self.tiles += 1

    def root(self, rest: Sequence[bytes] = ()) -> bytes:
        """The root over all tiles and the leaf hashes that follow them."""
        row = self.hashes + ([fold(rest)] if rest else [])
        made = row.pop() if row else EMPTY_ROOT
        while row:
            made = node_hash(row.pop(), made)
        return made


def proves_inclusion(index: int, size: int, hashed: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf to the root (RFC 9162, section 2.1.3.2)."""
    at, last = index, size - 1
    for sibling in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            hashed = node_hash(sibling, hashed)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            hashed = node_hash(hashed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and hashed == root


# --- level 1: forms and chains -----------------------------------------------------------------------------

INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 8
VERSIONS = (1, 2)
LEAF_FIELDS = frozenset(("ev", "recv", "sig", "key", "sseq", "sprev"))
EVENT_FIELDS = frozenset(
    (
        "v", "id", "type", "eventTime", "author", "site", "subject", "lines", "facts", "after", "aseq",
        "aprev", "pd",
    )
)  # fmt: skip
LINE_TEXTS = {
    "label": 120, "batch": 160, "code": 20, "place": 120, "to_place": 120, "basis": LEAF_BYTES_MAX,
    "reason": LEAF_BYTES_MAX,
}  # fmt: skip
FACT_TEXTS = {"place": 120, "to_place": 120, "batch": 160, "code": 20, "label": 120, "site": 120,
              "author": 120, "subject": 120}  # fmt: skip
UUID_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
TIME_FORM = re.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}"
    r"[+-][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{6})?)?\Z"
)
TYPE_FORM = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+\Z")
HASH_FORM = re.compile(r"(?:[0-9a-f]{64})?\Z")
KEY_FORM = re.compile(r"[0-9a-zA-Z_.:-]{1,120}\Z")
Json = dict[str, Any]


def _no_float(text: str) -> Any:
    raise ValueError("a number with a fraction")


_decode = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).decode
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


class Leaf(NamedTuple):
    idx: int
    value: Json
    ev: Json
    signed: bytes
    hashed: bytes


def read_leaf(idx: int, data: bytes, hashed: bytes) -> Leaf:
    """The entry, if it is canonical JSON of the right form. Raises Refuted, Uncheckable."""
    if len(data) > LEAF_BYTES_MAX:
        raise Refuted("leaf.size", idx, size=len(data))
    try:
        text = data.decode("utf-8")
        value = _decode(text)
    except (ValueError, RecursionError) as error:
        raise Refuted("leaf.json", idx, why=type(error).__name__) from None
    wrong = _wrong_field(value)
    if wrong == "ev.v" and type(value["ev"].get("v")) is int:
        raise Uncheckable("leaf.version", idx, version=value["ev"]["v"])
    if wrong:
        raise Refuted("leaf.field", idx, field=wrong)
    signed = _encode(value["ev"])
    # Equal texts also exclude repeated keys, white space, unsorted keys and other spellings.
    if _respelt(value, signed) != text:
        raise Refuted("leaf.json", idx, why="not the canonical spelling")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise Refuted("leaf.json", idx, why="not in Unicode form C")
    return Leaf(idx, value, value["ev"], signed.encode(), hashed)


def _respelt(value: Json, signed: str) -> str:
    """The leaf in canonical form; its own texts have forms that need no escapes."""
    return (
        f'{{"ev":{signed},"key":"{value["key"]}","recv":"{value["recv"]}","sig":"{value["sig"]}",'
        f'"sprev":"{value["sprev"]}","sseq":{value["sseq"]}}}'
    )


def _wrong_field(leaf: Any) -> str:
    """The name of the first field that is not as the ledger writes it, or nothing."""
    if type(leaf) is not dict or leaf.keys() != LEAF_FIELDS or type(leaf["ev"]) is not dict:
        return "-"
    ev = leaf["ev"]
    if ev.get("v") not in VERSIONS or type(ev["v"]) is not int:
        return "ev.v"
    if ev.keys() != EVENT_FIELDS:
        return "ev"
    for name, form in (("recv", TIME_FORM), ("sprev", HASH_FORM), ("key", KEY_FORM)):
        if type(leaf[name]) is not str or not form.match(leaf[name]):
            return name
    if type(leaf["sig"]) is not str or strict_base64(leaf["sig"].encode()) is None:
        return "sig"
    for name, form in (
        ("id", UUID_FORM),
        ("type", TYPE_FORM),
        ("eventTime", TIME_FORM),
        ("aprev", HASH_FORM),
    ):
        if type(ev[name]) is not str or not form.match(ev[name]):
            return "ev." + name
    for name, least in (("author", 1), ("site", 1), ("subject", 0)):
        if type(ev[name]) is not str or not least <= len(ev[name]) <= 120 or "\x00" in ev[name]:
            return "ev." + name
    for number in (leaf["sseq"], ev["aseq"]):
        if type(number) is not int or not 0 < number <= INTEGER_MAX:
            return "sequence"
    return _wrong_content(ev)


def _wrong_content(ev: Json) -> str:
    if type(ev["lines"]) is not list or not all(_is_line(line) for line in ev["lines"]):
        return "ev.lines"
    if type(ev["after"]) is not list:
        return "ev.after"
    for parent in ev["after"]:
        if type(parent) is not str or not UUID_FORM.match(parent):
            return "ev.after"
    if type(ev["facts"]) is not dict or not _is_plain(ev["facts"], 0):
        return "ev.facts"
    if type(ev["pd"]) is not dict:
        return "ev.pd"
    for name, commitment in ev["pd"].items():
        raw = strict_base64(commitment.encode()) if type(commitment) is str and name.isascii() else None
        if raw is None or len(raw) != 32:
            return "ev.pd"
    return ""


def _is_line(line: Any) -> bool:
    if type(line) is not dict:
        return False
    for name, value in line.items():
        if name == "mass_g":
            if type(value) is not int or not 0 <= value <= INTEGER_MAX:
                return False
        elif (
            name not in LINE_TEXTS
            or type(value) is not str
            or not 0 < len(value) <= LINE_TEXTS[name]
            or "\x00" in value
        ):
            return False
    return True


def _is_plain(value: Any, depth: int) -> bool:
    """Texts, booleans, integers within 2**53, lists and objects with ASCII keys, at most 8 deep."""
    kind = type(value)
    if kind is str:
        return "\x00" not in str(value)
    if kind is bool:
        return True
    if kind is int:
        return abs(int(value)) <= INTEGER_MAX
    if depth >= DEPTH_MAX:
        return False
    if kind is list:
        return all(_is_plain(item, depth + 1) for item in value)
    if kind is dict:
        return all(_is_plain(item, depth + 1) for item in value.values()) and "".join(value).isascii()
    return False


class Chains:
    """Numbers without gaps and hashes of predecessors, per author and per site; ids and parents.

    `whole` is False for a part: there a chain is checked where its neighbours are present.
    """

    def __init__(self, whole: bool = True) -> None:
        self.whole = whole
        self.authors: dict[str, tuple[int, bytes]] = {}
        self.sites: dict[str, tuple[int, bytes]] = {}
        self._ids: set[bytes] = set()
        self._awaited: dict[bytes, int] = {}

    def take(self, leaf: Leaf) -> None:
        ev = leaf.ev
        own = bytes.fromhex(ev["id"].replace("-", ""))
        if own in self._ids:
            raise Refuted("id.twice", leaf.idx, id=ev["id"])
        self._ids.add(own)
        if self.whole:
            self._awaited.pop(own, None)
            # What moves mass is held until its parents are there: level 2 says so. All else must not dangle.
            for parent in ev["after"] if ev["v"] == 1 or ev["type"] not in MASS_RULES else ():
                needed = bytes.fromhex(parent.replace("-", ""))
                if needed not in self._ids:
                    self._awaited.setdefault(needed, leaf.idx)
        self._link("author", self.authors, ev["author"], ev["aseq"], ev["aprev"], leaf.idx)
        self._link("site", self.sites, ev["site"], leaf.value["sseq"], leaf.value["sprev"], leaf.idx)
        self.authors[ev["author"]] = (ev["aseq"], sha256(leaf.signed).digest())
        self.sites[ev["site"]] = (leaf.value["sseq"], leaf.hashed)

    def _link(self, what: str, heads: dict[str, tuple[int, bytes]], name: str, number: int, before: str,
              idx: int) -> None:  # fmt: skip
        last, hashed = heads.get(name, (0, b""))
        if number <= last or (self.whole and number != last + 1):
            raise Refuted(what + ".gap", idx, name=name, got=number, want=last + 1)
        if number == last + 1 and before != hashed.hex():
            raise Refuted(what + ".chain", idx, name=name)

    def finish(self) -> None:
        for parent, idx in sorted(self._awaited.items(), key=lambda item: item[1]):
            shown = parent.hex()
            parts = (shown[:8], shown[8:12], shown[12:16], shown[16:20], shown[20:])
            raise Refuted("parent.missing", idx, id="-".join(parts))


# --- level 2: the masses, computed a second time -----------------------------------------------------------

# What each type of event does to the books; all others move no mass.
MASS_RULES = {
    "batch.registered": "generate",
    "container.voided": "void",
    "label.replaced": "relabel",
    "container.loaded": "depart",
    "container.load_undone": "undo_load",
    "container.received": "arrive",
    "container.returned": "arrive",
    "lot.shipped": "depart",
    "lot.received": "arrive",
    "lot.returned": "arrive",
    "container.treated": "treat",
    "loss.declared": "lose",
    "spill.declared": "spill",
    "stock.counted": "count",
    "case.resolved": "resolve",
    "mass.corrected": "correct",
    "container.repacked": "repack",
    "container.recoded": "recode",
    "custody.relayed": "relay",
    "fact.reversed": "reverse",
}
POURING = ("container.repacked", "container.recoded")
PRESENT = ("STOCK", "TRANS")
EITHER_SIGN = ("GEN", "TOL", "SUSP")
Account = tuple[str, str, str, str]  # kind, place, waste code, batch


class Hold(Exception):
    """The books refuse the event: the code of the reason, and what may help when it is posted."""

    def __init__(self, code: str, need: tuple[str, str] | None = None) -> None:
        super().__init__(code)
        self.need = need


class Drum(NamedTuple):
    """A container by the books. `weighed`: against_g, basis, place and case of the last weighing."""

    kind: str
    place: str
    code: str
    batch: str
    mass_g: int
    basis: str
    origin: str
    source: str
    mass_event: str
    moves: int = 0
    weighed: tuple[int, str, str, str] | None = None
    before: tuple[Any, ...] | None = None
    loaded_by: str = ""

    def account(self) -> Account:
        return self.kind, self.place, self.code, self.batch

    def under(self, kind: str, place: str = "") -> Account:
        return kind, place or self.place, self.code, self.batch


class Dispute(NamedTuple):
    """A case: a difference beyond tolerance, in the suspense account at `place`."""

    label: str
    place: str
    code: str
    batch: str
    mass_g: int
    due_on: str
    opened_idx: int
    closed_idx: int = -1
    closed: str = ""


class Books:
    """All accounts, containers and cases, as the entries made them so far."""

    def __init__(self) -> None:
        self.sums: dict[Account, list[int]] = {}  # in_g, out_g, index of the last entry
        self.drums: dict[str, Drum] = {}
        self.cases: dict[str, Dispute] = {}
        self.held: dict[int, str] = {}
        self.batches: set[str] = set()
        self.derived: set[str] = set()
        self.poured: dict[str, list[str]] = {}  # event id -> its labels
        self.entries = 0
        self._posted: set[bytes] = set()
        self._waiting: dict[tuple[str, str], list[tuple[int, Json]]] = {}
        self._fresh: list[tuple[str, str]] = []  # labels that the last posted event issued

    def take(self, idx: int, ev: Json) -> None:
        """Post the event, whole, or note why it is held; then what waited for it."""
        self.entries += 1
        if not self._try(idx, idx, ev):
            return
        awaited = [("event", ev["id"]), *self._fresh]
        while awaited and self._waiting:
            queue = self._waiting.pop(awaited.pop(0), [])
            for own, other in sorted(queue, key=lambda item: item[0]):
                if self._try(idx, own, other):
                    del self.held[own]
                    awaited += [("event", other["id"]), *self._fresh]

    def posted(self, event_id: str) -> bool:
        return bytes.fromhex(event_id.replace("-", "")) in self._posted

    def _try(self, idx: int, own: int, ev: Json) -> bool:
        """Post the event of entry `own` at entry `idx`. False: it is held."""
        turn = Turn(self, idx, ev)
        try:
            turn.run()
        except Hold as held:
            self.held[own] = held.args[0]
            if held.need is not None and ev["v"] > 1:
                self._waiting.setdefault(held.need, []).append((own, ev))
            return False
        self._posted.add(bytes.fromhex(ev["id"].replace("-", "")))
        if ev["type"] in POURING:
            self.poured[ev["id"]] = [line["label"] for line in ev["lines"]]
        for source, target, mass_g in turn.moves:
            out, into = self._sum(source), self._sum(target)
            out[1] += mass_g
            into[0] += mass_g
            out[2] = into[2] = idx
            self.batches.update((source[3], target[3]))
        self.derived.update(turn.derived)
        self._fresh = [("label", label) for label in turn.drums if label not in self.drums]
        self.drums.update(turn.drums)
        self.cases.update(turn.cases)
        return True

    def _sum(self, account: Account) -> list[int]:
        found = self.sums.get(account)
        if found is None:
            found = self.sums[account] = [0, 0, -1]
        return found

    def totals_g(self) -> dict[str, int]:
        """Grams by kind of account; GEN as what was generated."""
        made = dict.fromkeys(("GEN", "STOCK", "TRANS", "DONE", "LOSS", "SPILL", "TOL", "SUSP"), 0)
        for account, (in_g, out_g, _) in self.sums.items():
            made[account[0]] += in_g - out_g
        made["GEN"] = -made["GEN"]
        return made


class Turn:
    """One event at work: what it changes, thrown away when it is held."""

    def __init__(self, books: Books, idx: int, ev: Json) -> None:
        self.books, self.idx = books, idx
        self.id, self.site = ev["id"], ev["site"]
        self.lines, self.facts = ev["lines"], ev["facts"]
        self.rule, self.after, self.version = MASS_RULES.get(ev["type"]), ev["after"], ev["v"]
        self.derived: set[str] = set()
        self.moves: list[tuple[Account, Account, int]] = []
        self.drums: dict[str, Drum] = {}
        self.cases: dict[str, Dispute] = {}

    def run(self) -> None:
        """Apply the event's rule. Raises Hold."""
        if self.rule is None:
            return
        for parent in self.after if self.version > 1 else ():
            if not self.books.posted(parent):
                raise Hold("parent.missing", ("event", parent))
        getattr(self, self.rule)()
        self.check_no_negative()

    # reading

    def each(self) -> list[Json]:
        if not self.lines:
            raise Hold("line.missing")
        for line in self.lines:
            if "label" not in line:
                raise Hold("label.missing")
        return list(self.lines)

    def text(self, name: str) -> str:
        value = self.facts.get(name, "")
        if type(value) is not str or len(value) > FACT_TEXTS.get(name, len(value)):
            raise Hold("facts.invalid")
        return value

    def number(self, name: str, default: int) -> int:
        value = self.facts.get(name, default)
        if type(value) is not int or value < 0:
            raise Hold("facts.invalid")
        return int(value)

    def drum(self, label: str) -> Drum | None:
        return self.drums.get(label) or self.books.drums.get(label)

    def issued(self, label: str) -> Drum:
        drum = self.drum(label)
        if drum is None:
            raise Hold("label.unknown", ("label", label))
        return drum

    def found(self, line: Json, kinds: tuple[str, ...] = PRESENT, place: str = "") -> Drum:
        """The container, if it is there and what the line says it is."""
        drum = self.issued(line["label"])
        if drum.kind not in PRESENT:
            raise Hold("label.consumed")
        if drum.kind not in kinds or (place and drum.place != place):
            raise Hold("label.elsewhere")
        if line.get("batch", drum.batch) != drum.batch:
            raise Hold("batch.mismatch")
        if line.get("code", drum.code) != drum.code:
            raise Hold("code.mismatch")
        return drum

    def from_place(self, line: Json, default: str) -> str:
        return line.get("place") or self.text("place") or default

    def to_place(self, line: Json, default: str) -> str:
        return line.get("to_place") or self.text("to_place") or default

    def scale_g(self, line: Json, drum: Drum) -> int | None:
        """What the scale showed; None when the act only repeats the books."""
        mass_g = line.get("mass_g", 0)
        basis = line.get("basis") or self.text("basis") or ("weighed" if mass_g else "recorded")
        if basis not in ("weighed", "estimated", "recorded"):
            raise Hold("facts.invalid")
        if basis != "recorded":
            return int(mass_g)
        if mass_g and mass_g != drum.mass_g:
            raise Hold("mass.differs_from_record")
        return None

    def allowed_g(self, basis: str, recorded_g: int) -> int:
        floor_g, ppm = self.number("tolerance_floor_g", 0), self.number("tolerance_ppm", 0)
        if basis == "estimated":
            floor_g = self.number("tolerance_estimated_floor_g", floor_g)
            ppm = self.number("tolerance_estimated_ppm", ppm)
        return max(floor_g, recorded_g * ppm // 1_000_000)

    def open_case(self, key: str) -> Dispute:
        case = self.cases.get(key) or self.books.cases.get(key)
        if case is None:
            event_id = key.rpartition(".")[0]
            raise Hold("case.unknown", ("event", event_id) if len(event_id) == 36 else None)
        if case.closed:
            raise Hold("case.closed")
        return case

    # writing

    def pour(self, source: Account, target: Account, mass_g: int) -> None:
        if mass_g and source != target:
            self.moves.append((source, target, mass_g) if mass_g > 0 else (target, source, -mass_g))

    def settle(self, line: Json, account: Account, recorded_g: int, basis: str, scale_g: int,
               place: str) -> tuple[int, str, str, str]:  # fmt: skip
        """Recorded minus measured leaves `account` for TOL, or beyond tolerance for SUSP with a case."""
        missing_g = recorded_g - scale_g
        if abs(missing_g) <= self.allowed_g(basis, recorded_g):
            self.pour(account, ("TOL", place, *account[2:]), missing_g)
            return recorded_g, basis, place, ""
        key = f"{self.id}.{len(self.cases)}"
        due_on = iso_date(self.text("case_due_on"))
        self.cases[key] = Dispute(line["label"], place, account[2], account[3], missing_g, due_on, self.idx)
        self.pour(account, ("SUSP", place, *account[2:]), missing_g)
        return recorded_g, basis, place, key

    def unsettle(self, account: Account, drum: Drum, how: str) -> None:
        """The exact reverse of the difference that the drum's weighing made."""
        assert drum.weighed is not None
        against_g, _, place, key = drum.weighed
        if key:
            self.cases[key] = self.open_case(key)._replace(closed=how, closed_idx=self.idx)
        self.pour(("SUSP" if key else "TOL", place, *account[2:]), account, against_g - drum.mass_g)

    def carry(self, line: Json, drum: Drum, kind: str, place: str) -> Drum:
        """Move the content; if it was weighed, what the scale says arrives and the rest is settled."""
        scale_g = self.scale_g(line, drum)
        target = drum.under(kind, place)
        arriving_g = drum.mass_g if scale_g is None else min(scale_g, drum.mass_g)
        self.pour(drum.account(), target, arriving_g)
        if scale_g is None:
            return drum._replace(kind=kind, place=place)
        side = target if scale_g > drum.mass_g else drum.account()
        weighed = self.settle(line, side, drum.mass_g, drum.basis, scale_g, self.site)
        return drum._replace(kind=kind, place=place, mass_g=scale_g, basis="weighed", source="weighing",
                             mass_event=self.id, weighed=weighed)  # fmt: skip

    def reweigh(self, line: Json, drum: Drum, against_g: int, basis: str, place: str) -> Drum:
        scale_g = self.scale_g(line, drum)
        if scale_g is None:
            raise Hold("mass.missing")
        weighed = self.settle(line, drum.account(), against_g, basis, scale_g, place)
        return drum._replace(mass_g=scale_g, basis="weighed", source="weighing", mass_event=self.id,
                             weighed=weighed, before=None, loaded_by="")  # fmt: skip

    def remember(self, now: Drum, before: Drum, since: int) -> Drum:
        """The drum with its state before this act, which the exact reverse of the act goes back to."""
        if self.version < since:
            return now._replace(before=None, loaded_by="")
        # The last two fields are this memory itself: of the state before it is not kept.
        return Drum._make((*now[:-2], (*before[:-2], None, ""), self.id))

    def check_no_negative(self) -> None:
        change: dict[Account, int] = {}
        for source, target, mass_g in self.moves:
            change[source] = change.get(source, 0) - mass_g
            change[target] = change.get(target, 0) + mass_g
        for account, mass_g in change.items():
            if mass_g < 0 and account[0] not in EITHER_SIGN:
                in_g, out_g, _ = self.books.sums.get(account, (0, 0, 0))
                if in_g - out_g + mass_g < 0:
                    raise Hold("balance.negative")

    # the rules

    def generate(self) -> None:
        for line in self.each():
            mass_g, basis = self.first_mass(line, "estimated")
            if line["batch"] in self.books.derived:
                raise Hold("batch.derived")
            # One object for each name, however many entries repeat it: the books of years stay small.
            place = sys.intern(self.to_place(line, self.site))
            code, batch = sys.intern(line["code"]), sys.intern(line["batch"])
            drum = Drum("STOCK", place, code, batch, mass_g, basis, place, "generation", self.id)
            self.pour(drum.under("GEN"), drum.account(), mass_g)
            self.drums[line["label"]] = drum

    def first_mass(self, line: Json, default: str) -> tuple[int, str]:
        """Grams and basis of a label that is new in the books."""
        if self.drum(line["label"]) is not None:
            raise Hold("label.used")
        if "batch" not in line:
            raise Hold("batch.mismatch")
        if "code" not in line:
            raise Hold("code.mismatch")
        mass_g = line.get("mass_g", 0)
        if mass_g <= 0:
            raise Hold("mass.missing")
        basis = line.get("basis") or self.text("basis") or default
        if basis not in ("estimated", "weighed"):
            raise Hold("facts.invalid")
        return int(mass_g), basis

    def depart(self) -> None:
        for line in self.each():
            drum = self.found(line, ("STOCK",), self.from_place(line, self.site))
            vehicle = self.to_place(line, "")
            if not vehicle:
                raise Hold("place.missing")
            carried = self.carry(line, drum, "TRANS", vehicle)
            self.drums[line["label"]] = self.remember(carried._replace(moves=drum.moves + 1), drum, 1)

    def undo_load(self) -> None:
        undoes = self.text("undoes")
        for line in self.each():
            drum = self.found(line, ("TRANS",))
            if drum.before is None or drum.before[0] != "STOCK" or (undoes and undoes != drum.loaded_by):
                raise Hold("load.not_undoable")
            self.step_back(line["label"], drum)

    def step_back(self, label: str, drum: Drum) -> None:
        """Exactly undo the last act of a drum: a move with its weighing, or a write-off."""
        assert drum.before is not None
        before, own_mass = Drum(*drum.before), drum.mass_event == drum.loaded_by
        self.drums[label] = before
        if own_mass and drum.source in ("loss", "spill"):
            sink = before.under(drum.source.upper())
            self.pour(sink, before.account(), before.mass_g - drum.mass_g)
            return
        if own_mass and drum.weighed is not None:
            side = drum.account() if drum.mass_g > before.mass_g else before.account()
            self.unsettle(side, drum, "undone")
        self.pour(drum.account(), before.account(), min(drum.mass_g, before.mass_g))

    def arrive(self) -> None:
        for line in self.each():
            drum = self.found(line, ("TRANS",), self.from_place(line, ""))
            carried = self.carry(line, drum, "STOCK", self.to_place(line, self.site))
            self.drums[line["label"]] = self.remember(carried, drum, 2)

    def relay(self) -> None:
        for line in self.each():
            drum = self.found(line, ("TRANS",), self.from_place(line, ""))
            vehicle = self.to_place(line, "")
            if not vehicle:
                raise Hold("place.missing")
            if vehicle == drum.place:
                raise Hold("place.same")
            self.drums[line["label"]] = self.remember(self.carry(line, drum, "TRANS", vehicle), drum, 1)

    def treat(self) -> None:
        for line in self.each():
            drum = self.found(line, ("STOCK",), self.from_place(line, self.site))
            self.drums[line["label"]] = self.remember(self.carry(line, drum, "DONE", drum.place), drum, 2)

    def lose(self) -> None:
        for line in self.each():
            self.write_off(line, self.found(line, ("STOCK",), self.from_place(line, "")), "LOSS")

    def spill(self) -> None:
        for line in self.each():
            self.write_off(line, self.found(line, PRESENT, self.from_place(line, "")), "SPILL")

    def write_off(self, line: Json, drum: Drum, kind: str) -> None:
        if not (line.get("reason") or self.text("reason")):
            raise Hold("reason.missing")
        mass_g = line.get("mass_g", 0)
        if mass_g <= 0:
            raise Hold("mass.missing")
        if mass_g > drum.mass_g:
            raise Hold("mass.exceeds_content")
        self.pour(drum.account(), drum.under(kind), mass_g)
        rest_g = drum.mass_g - mass_g
        source = kind.lower() if self.version > 1 else "other"
        rest = drum._replace(kind=drum.kind if rest_g else kind, mass_g=rest_g, source=source,
                             mass_event=self.id, weighed=None)  # fmt: skip
        self.drums[line["label"]] = self.remember(rest, drum, 2)

    def count(self) -> None:
        for line in self.each():
            drum = self.found(line, ("STOCK",), self.from_place(line, self.site))
            self.drums[line["label"]] = self.reweigh(line, drum, drum.mass_g, drum.basis, self.site)

    def correct(self) -> None:
        corrects = self.text("corrects")
        for line in self.each():
            drum = self.found(line)
            if corrects != drum.mass_event:
                raise Hold("correction.superseded")
            if drum.source == "generation":
                self.drums[line["label"]] = self.correct_generation(line, drum)
            elif drum.weighed is None:
                raise Hold("correction.not_a_weighing")
            else:
                self.unsettle(drum.account(), drum, "corrected")
                against_g, basis, place, _ = drum.weighed
                self.drums[line["label"]] = self.reweigh(line, drum, against_g, basis, place)

    def correct_generation(self, line: Json, drum: Drum) -> Drum:
        mass_g = line.get("mass_g", 0)
        if mass_g <= 0:
            raise Hold("mass.missing")
        self.pour(drum.under("GEN", drum.origin), drum.account(), mass_g - drum.mass_g)
        basis = line.get("basis") or self.text("basis") or drum.basis
        return drum._replace(mass_g=mass_g, basis=basis, mass_event=self.id, before=None, loaded_by="")

    def void(self) -> None:
        for line in self.each():
            drum = self.found(line, ("STOCK",), self.from_place(line, self.site))
            if drum.moves:
                raise Hold("void.after_movement")
            self.pour(drum.account(), drum.under("GEN", drum.origin), drum.mass_g)
            self.drums[line["label"]] = drum._replace(kind="VOID", before=None, loaded_by="")

    def relabel(self) -> None:
        lines = self.each()
        if len(lines) != 2:
            raise Hold("facts.invalid")
        old, new = lines
        drum = self.found(old)
        if self.drum(new["label"]) is not None:
            raise Hold("label.used")
        self.drums[new["label"]] = drum
        self.drums[old["label"]] = drum._replace(kind="VOID", weighed=None, before=None, loaded_by="")

    def repack(self) -> None:
        self.transform(new_code=False)

    def recode(self) -> None:
        self.transform(new_code=True)

    def transform(self, new_code: bool) -> None:
        """The first "inputs" drums are emptied into the others, which are new."""
        lines, count = self.each(), self.number("inputs", 0)
        if count < 1 or count >= len(lines):
            raise Hold("facts.invalid")
        place = self.text("place") or self.site
        sources = [self.empty(line, place) for line in lines[:count]]
        codes = {drum.code for drum in sources}
        targets = []
        for line in lines[count:]:
            mass_g, basis = self.first_mass(line, "weighed")
            if line["batch"] in self.books.batches:
                raise Hold("batch.used")
            if new_code and line["code"] in codes:
                raise Hold("code.unchanged")
            if len(codes) > 1 or (not new_code and line["code"] not in codes):
                raise Hold("code.recode_needed")
            drum = Drum("STOCK", place, line["code"], line["batch"], mass_g, basis, place, "repack", self.id,
                        1, None, None, self.id)  # fmt: skip
            self.drums[line["label"]] = drum
            targets.append(drum)
        left_g = sum(drum.mass_g for drum in sources) - sum(drum.mass_g for drum in targets)
        if left_g < 0:
            raise Hold("mass.exceeds_content")
        if not self.text("reason") and (new_code or left_g > 0):
            raise Hold("reason.missing")
        self.pour_over(sources, targets, back=False)

    def empty(self, line: Json, place: str) -> Drum:
        drum = self.found(line, ("STOCK",), place)
        if line.get("mass_g", 0) not in (0, drum.mass_g):
            raise Hold("mass.differs_from_record")
        self.drums[line["label"]] = self.remember(drum._replace(kind="REPACKED"), drum, 1)
        return drum

    def pour_over(self, sources: list[Drum], targets: list[Drum], back: bool) -> None:
        """Fill the targets one after the other from the sources in order; what is left over is lost."""
        at, room_g = 0, targets[0].mass_g
        for drum in sources:
            left_g = drum.mass_g
            while left_g > 0 and at < len(targets):
                poured_g = min(left_g, room_g)
                self.pour(drum.account(), targets[at].account(), -poured_g if back else poured_g)
                self.derived.add(targets[at].batch)
                left_g, room_g = left_g - poured_g, room_g - poured_g
                if room_g == 0:
                    at += 1
                    room_g = targets[at].mass_g if at < len(targets) else 0
            self.pour(drum.account(), drum.under("LOSS"), -left_g if back else left_g)

    def reverse(self) -> None:
        """The exact reverse of the act that was the last one for every drum named."""
        reverses = self.text("reverses")
        lines = self.each()
        for line in lines:
            drum = self.issued(line["label"])
            if not reverses or drum.loaded_by != reverses:
                raise Hold("reversal.not_the_last")
        poured = self.books.poured.get(reverses)
        if poured is not None:
            self.pour_back(poured, [line["label"] for line in lines])
            return
        for line in lines:
            drum = self.issued(line["label"])
            if drum.before is None or line["label"] in self.drums:
                raise Hold("reversal.not_the_last")
            self.step_back(line["label"], drum)

    def pour_back(self, poured: list[str], labels: list[str]) -> None:
        if labels != poured:
            raise Hold("reversal.not_whole")
        drums = [self.issued(label) for label in labels]
        sources = [Drum(*drum.before) for drum in drums if drum.before is not None]
        targets = [drum for drum in drums if drum.before is None]
        self.pour_over(sources, targets, back=True)
        for label, drum in zip(labels, drums):
            was = drum.before
            self.drums[label] = Drum(*was) if was is not None else drum._replace(kind="VOID", loaded_by="")

    def resolve(self) -> None:
        key = self.text("case")
        case, into = self.open_case(key), self.text("to")
        if into not in ("TOL", "LOSS", "SPILL") or (case.mass_g < 0 and into != "TOL"):
            raise Hold("case.resolution")
        where = (case.place, case.code, case.batch)
        self.pour(("SUSP", *where), (into, *where), case.mass_g)
        self.cases[key] = case._replace(closed=into, closed_idx=self.idx)


DATE_FORMS = (
    re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})\Z"),
)
WEEK_FORMS = (
    re.compile(r"([0-9]{4})-W([0-9]{2})(?:-([0-9]))?\Z"),
    re.compile(r"([0-9]{4})W([0-9]{2})([0-9])?\Z"),
)


def iso_date(text: str) -> str:
    """YYYY-MM-DD of any ISO 8601 date that names a day; nothing for nothing. Raises Hold."""
    if not text:
        return ""
    try:
        for form in DATE_FORMS:
            match = form.match(text)
            if match:
                return datetime.date(*(int(part) for part in match.groups())).isoformat()
        for form in WEEK_FORMS:
            match = form.match(text)
            if match:
                year, week, day = (int(part or 1) for part in match.groups())
                return datetime.date.fromisocalendar(year, week, day).isoformat()
    except ValueError:
        pass
    raise Hold("facts.invalid")


BALANCES, CASES, HELD = "reports/balances.csv", "reports/cases.csv", "reports/held.csv"
COLUMNS = {
    BALANCES: ["kind", "place", "code", "batch", "in_g", "out_g"],
    CASES: ["key", "label", "place", "code", "batch", "mass_g", "opened_idx", "closed_idx", "resolution",
            "due_on"],
    HELD: ["idx", "reason"],
}  # fmt: skip


class Right(NamedTuple):
    """What the entries give for a row of a report: its cells, the entry to blame, a mark of its own."""

    cells: list[str]
    idx: int
    mark: int


def compare_reports(bundle: Bundle, books: Books) -> None:
    """Every balance, case and hold of the reports equals what the entries give. Raises Refuted."""

    def balance(key: tuple[str, ...]) -> Right | None:
        sums = books.sums.get(key)  # type: ignore[arg-type]
        return None if sums is None else Right([str(sums[0]), str(sums[1])], sums[2], id(sums))

    def case(key: tuple[str, ...]) -> Right | None:
        found = books.cases.get(key[0])
        if found is None:
            return None
        closed = [str(found.closed_idx), found.closed] if found.closed else ["", ""]
        opened = str(found.opened_idx)
        cells = [found.label, found.place, found.code, found.batch, str(found.mass_g), opened, *closed,
                 found.due_on]  # fmt: skip
        return Right(cells, found.opened_idx, id(found))

    def hold(key: tuple[str, ...]) -> Right | None:
        idx = int(key[0]) if re.match(r"(0|[1-9][0-9]{0,15})\Z", key[0]) else -1
        return Right([books.held[idx]], idx, idx) if idx in books.held else None

    _compare(bundle, BALANCES, 4, balance, books.sums)
    _compare(bundle, CASES, 1, case, [(key,) for key in books.cases])
    _compare(bundle, HELD, 1, hold, [(str(idx),) for idx in books.held])


def _compare(
    bundle: Bundle,
    name: str,
    keys: int,
    right_of: Callable[[tuple[str, ...]], Right | None],
    expected: Collection[tuple[str, ...]],
) -> None:
    found: set[int] = set()
    for number, row in _rows(bundle, name):
        if len(row) != len(COLUMNS[name]) or (number == 1 and row != COLUMNS[name]):
            raise Refuted("report.form", name=name, line=number)
        if number == 1:
            continue
        key = tuple(row[:keys])
        right = right_of(key)
        if right is None:
            raise Refuted("report.surplus", name=name, key="/".join(key))
        if right.mark in found:
            raise Refuted("report.form", name=name, line=number)
        found.add(right.mark)
        if row[keys:] != right.cells:
            reported, given = " ".join(row[keys:]), " ".join(right.cells)
            raise Refuted(
                "report.changed", right.idx, name=name, key="/".join(key), reported=reported, given=given
            )
    if len(found) == len(expected):
        return
    for key in expected:
        right = right_of(key)
        if right is not None and right.mark not in found:
            given = " ".join(right.cells)
            raise Refuted("report.missing", right.idx, name=name, key="/".join(key), given=given)


def _rows(bundle: Bundle, name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with their numbers. Raises Refuted when the file is not spelt as an export spells it."""
    member = bundle.plain.get(name)
    if member is None:
        raise Uncheckable("member.missing", name=name)
    number, found, expected = 0, sha256(), Spelling()
    write_row = csv.writer(expected, lineterminator="\n").writerow
    try:
        for number, row in enumerate(csv.reader(_lines(bundle.chunks(member), found), strict=True), 1):
            write_row(row)
            yield number, row
    except (csv.Error, UnicodeDecodeError):
        raise Refuted("report.form", name=name, line=number + 1) from None
    if found.digest() != expected.hashed.digest():
        raise Refuted("report.form", name=name, line=number + 1)


class Spelling:
    """Hashes what a csv.writer writes, after a byte order mark."""

    def __init__(self) -> None:
        self.hashed = sha256(b"\xef\xbb\xbf")

    def write(self, text: str) -> None:
        self.hashed.update(text.encode("utf-8"))


def _lines(chunks: Iterator[bytes], hashed: Any) -> Iterator[str]:
    """Text lines of at most 64 KiB; a byte order mark at the start is passed over."""
    rest, first = b"", True
    for chunk in chunks:
        hashed.update(chunk)
        if first:
            chunk, first = (chunk[3:] if chunk.startswith(b"\xef\xbb\xbf") else chunk), False
        parts = (rest + chunk).split(b"\n")
        rest = parts.pop()
        if len(rest) > 65_536:
            raise csv.Error("line too long")
        for part in parts:
            yield part.decode("utf-8") + "\n"
    if rest:
        yield rest.decode("utf-8")


# --- level 3: signatures -----------------------------------------------------------------------------------


class Signatures:
    """Keys as the log registers and revokes them, and every entry's signature."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, bytes]] = {}
        self.revoked: dict[str, int] = {}
        self.count = 0

    def take(self, leaf: Leaf) -> None:
        ev, idx, name = leaf.ev, leaf.idx, leaf.value["key"]
        if ev["type"] == "key.registered":
            self._register(idx, ev["facts"])
        if name not in self.keys:
            raise Refuted("key.unknown", idx, key=name)
        if name in self.revoked:
            raise Refuted("key.revoked", idx, key=name, since=self.revoked[name])
        algorithm, public_key = self.keys[name]
        signature = base64.b64decode(leaf.value["sig"])
        self.count += 1
        if not VERIFIERS[algorithm](public_key, leaf.signed, signature):
            raise Refuted("signature.wrong", idx, key=name)
        if ev["type"] == "key.revoked":
            # From the next entry on; what was signed before stays good.
            self.revoked.setdefault(str(ev["facts"].get("key", ev["subject"])), idx)

    def _register(self, idx: int, facts: Json) -> None:
        name, algorithm, public = facts.get("key"), facts.get("algorithm"), facts.get("public_key")
        if type(public) is not str or not re.match(r"(?:[0-9a-f]{2}){32,65}\Z", public):
            raise Refuted("key.form", idx)
        public_key = bytes.fromhex(public)
        if algorithm not in VERIFIERS or name != sha256(public_key).hexdigest()[:16]:
            raise Refuted("key.form", idx)
        self.keys.setdefault(name, (algorithm, public_key))


# --- the audit ---------------------------------------------------------------------------------------------


class Reader:
    """Levels 1 to 3 over the entries, one after the other; keeps the first finding and then stops."""

    def __init__(self, level: int, *, whole: bool) -> None:
        self.level = level
        self.chains = Chains(whole)
        self.books = Books() if level >= 2 and whole else None
        self.signatures = Signatures() if level >= 3 else None
        self.finding: Finding | None = None

    def take(self, idx: int, data: bytes, hashed: bytes) -> Leaf | None:
        if self.level < 1 or self.finding is not None:
            return None
        try:
            leaf = read_leaf(idx, data, hashed)
            self.chains.take(leaf)
            if self.signatures is not None:
                self.signatures.take(leaf)
            if self.books is not None:
                self.books.take(idx, leaf.ev)
            return leaf
        except Finding as finding:
            self.finding = finding
            return None

    def finish(self) -> None:
        """Raises the first finding, or that parents are missing."""
        if self.finding is not None:
            raise self.finding
        self.chains.finish()


class State:
    """What an earlier audit proved, in the auditor's own file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.origin, self.size, self.root = "", 0, EMPTY_ROOT
        self.frontier = Frontier()
        if os.path.exists(path):
            self._load()

    def _load(self) -> None:
        try:
            with open(self.path, "rb") as file:
                said = json.loads(file.read(TEXT_FILE_BYTES_MAX).decode("utf-8"))
            self.origin, self.size = str(said["origin"]), int(said["size"])
            self.root = bytes.fromhex(said["root"])
            hashes = [bytes.fromhex(text) for text in said["frontier"]]
            tiles = self.size // TILE
            if self.size < 0 or len(hashes) != bin(tiles).count("1") or any(len(h) != 32 for h in hashes):
                raise ValueError("frontier")
            self.frontier = Frontier(tiles, hashes)
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise Uncheckable("state.form", name=self.path, why=error) from None

    def save(self, origin: str, size: int, root: bytes, frontier: Frontier) -> None:
        """Atomically: an interrupted audit leaves the old state."""
        made = {
            "origin": origin, "size": size, "root": root.hex(),
            "frontier": [hashed.hex() for hashed in frontier.hashes],
        }  # fmt: skip
        beside = self.path + ".new"
        try:
            with open(beside, "w", encoding="utf-8") as file:
                json.dump(made, file, ensure_ascii=True)
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, self.path)
        except OSError as error:
            raise Uncheckable("state.form", name=self.path, why=error.strerror) from None


class UpperTiles:
    """Compares the tiles of hashes above the leaves with what the entries give."""

    def __init__(self, bundle: Bundle, problems: list[Finding]) -> None:
        self._bundle = bundle
        self._problems = problems
        self._edges: dict[int, list[bytes]] = {}

    def push(self, number: int, root: bytes) -> None:
        """The root of the full tile `number` of leaves becomes a hash of level 1, and so on upwards."""
        level = 1
        while True:
            edge = self._edges.setdefault(level, [])
            if len(edge) != number % TILE:
                return  # an incremental audit began in the middle of this tile
            edge.append(root)
            if len(edge) < TILE:
                return
            number //= TILE
            self._compare(level, number, edge)
            root = fold(edge)
            edge.clear()
            level += 1

    def finish(self, size: int) -> None:
        for level, edge in self._edges.items():
            if edge and len(edge) == (size >> (8 * level)) % TILE:
                self._compare(level, size >> (8 * (level + 1)), edge)

    def _compare(self, level: int, number: int, edge: list[bytes]) -> None:
        family = self._bundle.family(f"tile/{level}")
        at = bisect.bisect_left(family.numbers, number)
        if at < len(family.numbers) and family.numbers[at] == number and len(self._problems) < PROBLEMS_MAX:
            size = family.sizes[at]
            if size != 32 * len(edge) or self._bundle.data(family.member(at)) != b"".join(edge):
                first = number << (8 * (level + 1))
                self._problems.append(Refuted("tree.tile", first, name=family.name(at)))


class Audit:
    """One run over one bundle."""

    def __init__(self, options: argparse.Namespace, voice: Voice, policy: Policy, bundle: Bundle) -> None:
        self.voice = voice
        self.options = options
        self.seen = _read_seen(options.seen)
        self.bundle = bundle
        self.scope = _read_scope(bundle)
        self.whole = bool(self.scope["scope"] == "all")
        self.note = bundle.read("checkpoint", NOTE_BYTES_MAX)
        self.head = open_checkpoint(self.note, policy)
        self.level = options.level if options.level is not None else (2 if self.whole else 1)
        self.problems: list[Finding] = []

    def run(self) -> None:
        """Say what holds. Raises the finding when something does not."""
        head = self.head
        shown = base64.b64encode(head.root).decode()
        origin = head.origin.decode("utf-8", "replace")
        who = ", ".join(head.witnesses) or "-"
        self.voice.say("✓", "ok.note", origin=origin, size=head.size, root=shown, who=who)
        if self.whole:
            self._run_whole()
        else:
            self._run_part()
        self._check_other_files()

    # the whole log

    def _run_whole(self) -> None:
        state = State(self.options.state) if self.options.state else None
        if state is not None and state.origin:
            self._continues(state)
        skipped = state.frontier if state is not None and self.level == 0 else Frontier()
        reader = Reader(self.level, whole=True)
        frontier, rest = self._walk(Frontier(skipped.tiles, skipped.hashes), reader)
        self._check_root(frontier, rest)
        new = self.head.size - skipped.tiles * TILE
        self.voice.say("✓", "ok.tree", size=self.head.size, new=new)
        for size in sorted(self.seen):
            self.voice.say("✓", "ok.seen", size=size)
        reader.finish()
        self._say_levels(reader)
        if state is not None:
            state.save(self.head.origin.decode("utf-8"), self.head.size, self.head.root, frontier)

    def _continues(self, state: State) -> None:
        origin = self.head.origin.decode("utf-8", "replace")
        if state.origin != origin:
            raise Refuted("state.origin", old=state.origin, new=origin)
        if state.size > self.head.size:
            raise Refuted("seen.rollback", size=state.size, have=self.head.size)
        self.seen.setdefault(state.size, []).append(base64.b64encode(state.root).decode())

    def _walk(self, frontier: Frontier, reader: Reader) -> tuple[Frontier, list[bytes]]:
        """Hash every tile from the frontier on. Returns the frontier and the last, open tile's hashes."""
        size, bundle = self.head.size, self.bundle
        entries, hashes = bundle.family("tile/entries"), bundle.family("tile/0")
        self._expect_tiles(entries, size)
        due = sorted(self.seen)
        for seen_size in due:
            if seen_size > size:
                raise Refuted("seen.rollback", size=seen_size, have=size)
        due = [seen_size for seen_size in due if seen_size >= frontier.tiles * TILE]
        if due and due[0] == frontier.tiles * TILE:
            self._check_seen(due.pop(0), frontier.root())
        rest: list[bytes] = []
        upper = UpperTiles(bundle, self.problems)
        for at in range(frontier.tiles, (size + TILE - 1) // TILE):
            first = at * TILE
            want = min(TILE, size - first)
            data = self._tile(entries, at, want)
            made = self._hashes(entries, at, data, want)
            self._compare_tile(hashes, at, made)
            while due and due[0] <= first + want:
                self._check_seen(due[0], frontier.root(made[: due[0] - first]))
                due.pop(0)
            if reader.level:
                for offset, entry in enumerate(entries_of(data)):
                    reader.take(first + offset, entry, made[offset])
            if want == TILE:
                root = fold(made)
                frontier.push(root)
                upper.push(at, root)
            else:
                rest = made
        upper.finish(size)
        return frontier, rest

    def _expect_tiles(self, entries: Family, size: int) -> None:
        """Exactly the tiles 0..n-1 are there."""
        needed = (size + TILE - 1) // TILE
        for at in range(needed):
            if at >= len(entries.numbers) or entries.numbers[at] != at:
                last = min(size, (at + 1) * TILE) - 1
                name = tile_name("entries", at, min(TILE, size - at * TILE))
                raise Refuted("tile.missing", at * TILE, last=last, name=name)
        for name, family in self.bundle.families.items():
            level = 0 if name == "tile/entries" else int(name[5:]) if name.startswith("tile/") else 9
            tiles = ((size >> (8 * level)) + TILE - 1) // TILE
            if len(family.numbers) > tiles:
                raise Refuted("tile.surplus", name=family.name(tiles))

    def _tile(self, entries: Family, at: int, want: int) -> bytes:
        member = entries.member(at)
        if entries.widths[at] != want:
            raise Refuted("tile.count", at * TILE, name=member.name, got=entries.widths[at], want=want)
        if member.size > TILE * (2 + 65_535):
            raise Refuted("tile.form", at * TILE, name=member.name)
        return self.bundle.data(member)

    def _hashes(self, entries: Family, at: int, data: bytes, want: int) -> list[bytes]:
        try:
            made = leaf_hashes(data)
        except ValueError:
            raise Refuted("tile.form", at * TILE, name=entries.name(at)) from None
        if len(made) != want:
            raise Refuted("tile.count", at * TILE, name=entries.name(at), got=len(made), want=want)
        return made

    def _compare_tile(self, hashes: Family, at: int, made: list[bytes]) -> None:
        """The tile of hashes beside the entries says which entry differs, should the root not fit."""
        if at >= len(hashes.numbers) or len(self.problems) >= PROBLEMS_MAX:
            return
        name = hashes.name(at)
        if hashes.numbers[at] != at or hashes.sizes[at] != 32 * len(made):
            self.problems.append(Refuted("tree.tile", at * TILE, name=name))
            return
        stored = self.bundle.data(hashes.member(at))
        if stored != b"".join(made):
            for offset, hashed in enumerate(made):
                if stored[32 * offset : 32 * offset + 32] != hashed and len(self.problems) < PROBLEMS_MAX:
                    self.problems.append(Refuted("tree.entry", at * TILE + offset, name=name))

    def _check_seen(self, size: int, root: bytes) -> None:
        shown = base64.b64encode(root).decode()
        for earlier in self.seen[size]:
            if not shown.startswith(earlier):
                raise Refuted("seen.fork", size, size=size)

    def _check_root(self, frontier: Frontier, rest: list[bytes]) -> None:
        if frontier.root(rest) == self.head.root:
            if self.problems:
                # The entries are the sealed ones: it is the tile of hashes that was altered.
                raise Refuted("tree.tile", self.problems[0].idx, name=self.problems[0].said["name"])
            return
        problems = self.problems
        if not any(problem.code == "tree.entry" for problem in problems):
            # No hash tile says which entry it is: let the chains of authors and sites tell.
            self.problems = []
            again = Reader(3, whole=True)
            self._walk(Frontier(), again)
            if again.finding is not None:
                problems.append(again.finding)
        for problem in problems:
            self.voice.finding(problem)
        raise Refuted("tree.root")

    def _say_levels(self, reader: Reader) -> None:
        chains, books = reader.chains, reader.books
        if self.level >= 1:
            code = "ok.chains" if self.whole else "ok.forms"
            self.voice.say("✓", code, authors=len(chains.authors), sites=len(chains.sites))
        if reader.signatures is not None:
            self.voice.say("✓", "ok.signatures", count=reader.signatures.count)
        if books is not None:
            compare_reports(self.bundle, books)
            self.voice.say("✓", "ok.mass", entries=books.entries, accounts=len(books.sums),
                           cases=len(books.cases), held=len(books.held))  # fmt: skip
            shown = {kind: kilograms(mass_g) for kind, mass_g in books.totals_g().items()}
            self.voice.say("✓", "ok.closing", **shown)

    # a part

    def _run_part(self) -> None:
        if self.options.state:
            raise Uncheckable("state.part")
        for size, roots in self.seen.items():
            if size > self.head.size:
                raise Refuted("seen.rollback", size=size, have=self.head.size)
            if size != self.head.size:
                raise Uncheckable("seen.part", size=self.head.size)
            if roots:
                self._check_seen(size, self.head.root)
                self.voice.say("✓", "ok.seen", size=size)
        if self.options.level == 2:
            raise Uncheckable("level.part")
        entries, proofs = self.bundle.family("entries"), self.bundle.family("proofs")
        if len(entries.numbers) != self.scope["entries"]:
            raise Refuted("part.count", want=self.scope["entries"], got=len(entries.numbers))
        reader = Reader(self.level, whole=False)
        rule = PartRule(self.scope, self.head.size)
        self._prove_each(entries, proofs, reader, rule)
        self.voice.say("✓", "ok.part", count=len(entries.numbers), scope=self.scope["scope"])
        if self.level:
            reader.finish()
            rule.finish(self.voice)
        self._say_levels(reader)
        self.voice.say("·", "note.reports")

    def _prove_each(self, entries: Family, proofs: Family, reader: Reader, rule: PartRule) -> None:
        for at in range(max(len(entries.numbers), len(proofs.numbers))):
            idx = entries.numbers[at] if at < len(entries.numbers) else -1
            proof = proofs.numbers[at] if at < len(proofs.numbers) else -1
            if proof == -1 or (idx != -1 and idx < proof):
                raise Refuted("proof.missing", idx)
            if idx != proof:
                raise Refuted("proof.surplus", proof)
            if entries.sizes[at] > 65_535 or proofs.sizes[at] > NOTE_BYTES_MAX + 8192:
                raise Refuted("leaf.size", idx, size=max(entries.sizes[at], proofs.sizes[at]))
            data = self.bundle.data(entries.member(at))
            hashed = leaf_hash(data)
            path = self._path(idx, self.bundle.data(proofs.member(at)))
            if idx >= self.head.size or not proves_inclusion(
                idx, self.head.size, hashed, path, self.head.root
            ):
                raise Refuted("proof.wrong", idx)
            leaf = reader.take(idx, data, hashed)
            if leaf is not None:
                rule.take(leaf)

    def _path(self, idx: int, text: bytes) -> list[bytes]:
        """The hashes of a C2SP tlog-proof under the very checkpoint of the bundle."""
        head, found, note = text.partition(b"\n\n")
        lines = head.split(b"\n")
        if not found or note != self.note:
            raise Refuted("proof.form", idx, why="another checkpoint")
        if lines[0] != b"c2sp.org/tlog-proof@v1":
            raise Refuted("proof.form", idx, why="first line")
        rest = lines[2:] if len(lines) > 1 and lines[1].startswith(b"extra ") else lines[1:]
        if not rest or rest[0] != b"index %d" % idx or len(rest) > 64:
            raise Refuted("proof.form", idx, why="index")
        path = [strict_base64(line) for line in rest[1:]]
        if any(hashed is None or len(hashed) != 32 for hashed in path):
            raise Refuted("proof.form", idx, why="hash")
        return [hashed for hashed in path if hashed is not None]

    # beside the evidence

    def _check_other_files(self) -> None:
        """Checksums of the files for reading, and which they are."""
        # The reports of a whole log are judged at level 2, or not at all: they may be large.
        read = {"checkpoint", "bundle.json"} | (set(COLUMNS) if self.whole else set())
        others = sorted(set(self.bundle.plain) - read)
        for name in others:
            for _ in self.bundle.chunks(self.bundle.plain[name]):
                pass
        if "wh_verify.py" in others:
            inside = self.bundle.read("wh_verify.py", TEXT_FILE_BYTES_MAX)
            if os.path.isfile(__file__) and inside != _read_file(__file__):
                self.voice.say("·", "note.script")
        if self.whole and self.level < 2:
            others = sorted({*others, *(set(COLUMNS) & set(self.bundle.plain))})
        if others:
            self.voice.say("·", "note.unchecked", names=", ".join(others))


class PartRule:
    """What the scope of a part claims about its entries, and whether they keep to it.

    Entries that register or revoke keys may come along, for the signatures. The entries of a period stand
    between two neighbours that lie outside it: that fence shows that nothing was left out.
    """

    def __init__(self, scope: Json, size: int) -> None:
        self.kind, _, self.name = scope["scope"].partition(":")
        self.since, _, self.until = self.name.partition("..")
        self._numbers = 0
        self._first, self._last = scope.get("first", 0), scope.get("last", -1)
        self._awaited = max(0, self._first - 1)
        self._end = min(self._last + 1, size - 1)

    def take(self, leaf: Leaf) -> None:
        if self.kind == "site":
            self._take_site(leaf)
        elif self.kind == "period":
            self._take_period(leaf)

    def _take_site(self, leaf: Leaf) -> None:
        if leaf.ev["site"] != self.name:
            if leaf.ev["type"].startswith("key."):
                return
            raise Refuted("part.site", leaf.idx, site=self.name)
        number = leaf.value["sseq"]
        if number != self._numbers + 1:
            raise Refuted("site.gap", leaf.idx, name=self.name, got=number, want=self._numbers + 1)
        self._numbers = number

    def _take_period(self, leaf: Leaf) -> None:
        if leaf.idx < self._first - 1 or leaf.idx > self._end:
            if leaf.ev["type"].startswith("key."):
                return
            raise Refuted("part.period", leaf.idx, recv=leaf.value["recv"])
        if leaf.idx != self._awaited:
            raise Refuted("part.gap", leaf.idx)
        self._awaited += 1
        inside = self.since <= local_day(leaf.value["recv"]) <= self.until
        if self._first <= leaf.idx <= self._last:
            fits = inside or leaf.idx not in (self._first, self._last)
        else:
            fits = not inside
        if not fits:
            raise Refuted("part.period", leaf.idx, recv=leaf.value["recv"])

    def finish(self, voice: Voice) -> None:
        if self.kind == "site":
            voice.say("✓", "ok.site", site=self.name, last=self._numbers)
        elif self.kind == "period":
            if self._awaited != self._end + 1:
                raise Refuted("part.gap", self._end)
            voice.say("✓", "ok.period", since=self.since, until=self.until)
        else:
            voice.say("·", "note.firm")


def local_day(recv: str) -> str:
    """The date at UTC+8 of an entry's time of recording."""
    at = datetime.datetime.fromisoformat(recv)
    return at.astimezone(datetime.timezone(datetime.timedelta(hours=8))).date().isoformat()


def kilograms(mass_g: int) -> str:
    sign = "-" if mass_g < 0 else ""
    return f"{sign}{abs(mass_g) // 1000}.{abs(mass_g) % 1000:03d}"


def _read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(TEXT_FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Uncheckable("file.unreadable", name=path, why=error.strerror) from None
    if len(data) > TEXT_FILE_BYTES_MAX:
        raise Uncheckable("member.size", name=path, size=len(data))
    return data


def _read_seen(texts: Sequence[str]) -> dict[int, list[str]]:
    """Size -> roots seen at that size, each in full or by its first 16 characters at least."""
    made: dict[int, list[str]] = {}
    for text in texts:
        match = re.match(r"\s*(0|[1-9][0-9]{0,15})\s+([A-Za-z0-9+/]{16,43}=?)\s*\Z", text)
        if match is None or len(made) >= SEEN_MAX:
            raise Uncheckable("seen.form", text=text)
        made.setdefault(int(match.group(1)), []).append(match.group(2))
    return made


def _read_scope(bundle: Bundle) -> Json:
    """What the bundle says it holds; only tells how to check it, proves nothing."""
    try:
        said = json.loads(bundle.read("bundle.json", NOTE_BYTES_MAX).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Uncheckable("bundle.form", why=type(error).__name__) from None
    if type(said) is not dict or said.get("format") != "wastehub-bundle/1":
        raise Uncheckable("bundle.form", why="format")
    scope, count = said.get("scope"), said.get("entries")
    if type(scope) is not str or type(count) is not int:
        raise Uncheckable("bundle.form", why="scope")
    for name in ("first", "last"):
        if type(said.get(name, 0)) is not int or not -1 <= said.get(name, 0) <= INTEGER_MAX:
            raise Uncheckable("bundle.form", why=name)
    if not re.match(r"(all|(site|firm|batch):.+|period:\d{4}-\d\d-\d\d\.\.\d{4}-\d\d-\d\d)\Z", scope):
        raise Uncheckable("bundle.form", why="scope")
    return said


def main(arguments: Sequence[str] | None = None) -> int:
    """0 good, 1 refuted, 2 not checkable."""
    parser = argparse.ArgumentParser(
        prog="wh_verify.py",
        description=(__doc__ or "").split("\n\n")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bundle", metavar="BUNDLE.zip", help="证据包 the evidence bundle")
    parser.add_argument("--policy", required=True, help="信任策略 your own policy file (C2SP tlog-policy)")
    parser.add_argument("--seen", action="append", default=[], metavar='"SIZE ROOT"',
                        help="早先见过的封存点 a checkpoint seen before")  # fmt: skip
    parser.add_argument("--state", metavar="FILE", help="增量核验的记录 remembers what was checked")
    parser.add_argument("--level", type=int, choices=range(4), help="核验级别 what to check")
    parser.add_argument("--lang", choices=("zh", "en"), default="both", help="语言 language; default both")
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    voice = Voice(options.lang)
    try:
        policy = Policy(_read_file(options.policy))
        with Bundle(options.bundle) as bundle:
            audit = Audit(options, voice, policy, bundle)
            audit.run()
    except Finding as finding:
        voice.finding(finding)
        refuted = isinstance(finding, Refuted)
        voice.say("=", "verdict.refuted" if refuted else "verdict.uncheckable")
        return 1 if refuted else 2
    except Exception as error:
        # Never the exit code 1 of a traceback: that would say that the evidence is refuted.
        voice.say("?", "program.fault", why=f"{type(error).__name__}: {error}")
        voice.say("=", "verdict.uncheckable")
        return 2
    voice.say("=", "verdict.good", level=audit.level)
    return 0


if __name__ == "__main__":
    sys.exit(main())
