"""The texts that travel with a bundle. Both languages, Chinese first: whoever opens it may have neither us
nor a network.
"""

from __future__ import annotations

POLICY_WARNING = (
    "# 账册方自己的建议，仅供起步。请从可靠渠道核对每一个密钥，另存为自己的策略后使用。",
    "# Suggested by the hub itself. It proves nothing until you have checked every key through a channel",
    "# that you trust and keep your own copy.",
)

_README = """危险废物收运台账 证据包
=======================

怎样核验
  1. 准备一台装有 Python 3.9 或以上版本的电脑，不需要联网，不需要本系统。
  2. 准备自己留存的信任策略文件（列有账册与各见证方的密钥）。包内的 policy 只是账册方的建议，
     应先从其他渠道核对密钥。核验程序也请从可靠渠道取得，或请人先读一遍：它只有一个文件。
  3. 在命令行运行：
         python3 wh_verify.py 证据包.zip --policy 信任策略
     手里若有印着“条数 根”的旧纸面（联单、申报表、检查单），加上 --seen "条数 根"。
  4. 退出码 0 为成立，1 为不成立（说明第几条记录、为什么），2 为无法核验（说明原因）。
     不要解压后再压缩；确需重新打包，请用“仅存储”方式（zip -0）。

能证明什么
  · 自封存以来，没有记录被改动、删除、调换次序或事后插入；
  · 与各见证方、与曾经印出的封存点相比，是同一本账册；
  · 全部账册的证据包：每一克废物在库、在途、已利用处置、有原因地损耗，或列为待查差异（级别 2 重算）；
  · 单位的证据包：该单位的记录序号 1 至末号无缺；期间的证据包：期间内无缺，两端有相邻记录为界。

不能证明什么
  · 称重的人是否如实称重，当事人是否把每件事都登记：这要靠交接双方的记录、封签和地磅来印证；
  · 单位、产废单位、批次的局部证据包，不能证明末号之后或包外没有其他相关记录；
  · 局部证据包里的报告和封面是账册方的陈述，只有全部账册的证据包才能重算；
  · 个人信息只以加盐承诺的形式在账：内容已依法删除的，记录照样可以核验。

包内文件
  checkpoint     封存点：条数、根、账册与见证方的签名（C2SP tlog-checkpoint）
  tile/          全部记录与散列（C2SP tlog-tiles）；局部证据包则为 entries/ 与 proofs/
  reports/       账户余额、差异、未入账记录（CSV，单位为克）
  policy         账册方建议的信任策略           bundle.json  范围说明
  wh_verify.py   核验程序                       cover.pdf    供阅读的封面


Evidence bundle of a hazardous-waste ledger
===========================================

How to check it
  1. Any computer with Python 3.9 or later: no network, none of our software.
  2. Your own copy of a trust policy (the keys of the log and of its witnesses). The file `policy` in the
     bundle is only the hub's suggestion: check its keys elsewhere first. Take the program from a source
     that you trust, too, or have somebody read it: it is a single file.
  3. Run  python3 wh_verify.py BUNDLE.zip --policy POLICY
     With an older paper that carries "SIZE ROOT" add  --seen "SIZE ROOT".
  4. Exit code 0: it holds. 1: refuted, it says at which entry and why. 2: not checkable, it says why.
     Do not pack it again with compression; if you must, store the files (zip -0).

What it proves
  - since it was sealed no entry was changed, dropped, reordered or inserted later;
  - it is the log that the witnesses saw, and the one of every paper printed before;
  - a bundle of the whole log: every gram is in stock, on the road, treated, lost with a reason, or an open
    case (level 2 computes it again);
  - of a site: its entries 1 to the last are without a gap; of a period: it is without a gap, fenced by its
    neighbours.

What it does not prove
  - that somebody weighed honestly or recorded everything: that takes the other side's entries, seals and
    scales;
  - that a site, firm or batch has no further entries behind the last one or outside this file;
  - the reports and the cover of a part: they are the hub's statements. Only a bundle of the whole log lets
    you compute them again;
  - personal data: entries hold salted commitments only, and verify also after the data was erased.

Files
  checkpoint     size, root, signatures of the log and its witnesses (C2SP tlog-checkpoint)
  tile/          all entries and hashes (C2SP tlog-tiles); in a part entries/ and proofs/ instead
  reports/       balances, cases, held entries (CSV, grams)
  policy         the hub's suggestion           bundle.json  what this file is about
  wh_verify.py   the program                    cover.pdf    for reading
"""


_STOPPED = """入账暂停说明

导出这份文件时，系统正停止入账：核对发现账户与记录不一致（{scope}，{kind}，第 {idx} 条记录）。
自 {since} 起的记录照常登记并封存，但尚未入账，共 {waiting} 条。
因此本文件不含账户余额和差异报告。记录本身、封存点和签名不受影响，可照常核验：加上 --level 1。
恢复入账后请重新导出。


Posting stood still

When this file was written, posting had been stopped: a reconciliation found that the books differ from the
log ({scope}, {kind}, entry {idx}). Entries since {since} are recorded and sealed as usual, but
{waiting} of them are not in the books yet. So this file carries no balances and no cases. The entries, the
checkpoint and the signatures are not affected: check them with --level 1. Export again once posting goes on.
"""


def stopped(*, scope: str, kind: str, idx: int, since: str, waiting: int) -> str:
    """STOPPED.txt: why there are no balances. `idx` -1: the difference concerns no single entry."""
    told = "-" if idx < 0 else str(idx)
    return _STOPPED.format(scope=scope, kind=kind, idx=told, since=since, waiting=waiting)


def readme() -> str:
    """README.txt: how to check, what it proves and what it does not."""
    return _README
