"""Why nothing may be written: the database contradicts what was signed and kept outside it."""

TABLE: dict[str, tuple[str, str]] = {
    "ledger.rolled_back": (
        "数据库现有 %(size)s 条账册记录，而已经封存过 %(anchored)s 条：数据库很可能被换成了旧备份"
        "。为保护证据，恢复之前一律不能写入。请管理员按运行手册“账册回退”恢复最新数据库。",
        "The database holds %(size)s ledger entries, but %(anchored)s were sealed before: it was "
        "probably replaced by an old backup. To protect the evidence nothing can be written "
        "until it is recovered. Administrators: see 'After a rollback' in the operations manual.",
    ),
    "ledger.forked": (
        "账册的前 %(anchored)s 条记录与已封存的不一致：有人换过或改过数据库。为保护证据，恢复之前"
        "一律不能写入。请管理员按运行手册“账册回退”处理，并通知监管部门。",
        "The first %(anchored)s ledger entries are not those that were sealed: the database was "
        "replaced or changed. Nothing can be written until it is recovered. Administrators: see "
        "'After a rollback' in the operations manual, and tell the authority.",
    ),
    "ledger.anchor_missing": (
        "账册已封存到 %(size)s 条，但库外的封存底档不见了，无法判断数据库是否最新。确认数据库是最"
        "新的之后，请管理员运行 wastehub ledger adopt；在此之前不能写入。",
        "The ledger is sealed up to %(size)s entries, but the record kept outside the database "
        "is gone, so nobody can tell whether the database is the newest. Once you are sure that "
        "it is, run wastehub ledger adopt; until then nothing can be written.",
    ),
    "ledger.damaged": (
        "账册有一处存储损坏，暂不能封存新记录；业务可以照常办理。请管理员运行 wastehub ledger "
        "verify 查明位置，并从备份恢复。(%(detail)s)",
        "Part of the stored ledger is damaged, so new entries are not sealed for now; work can "
        "go on. Administrators: run wastehub ledger verify to find the place, and recover it "
        "from a backup. (%(detail)s)",
    ),
    "ledger.witness_ahead": (
        "见证方“%(witness)s”已见证到 %(seen)s 条记录，多于本数据库：数据库很可能被换成了旧备份。"
        "恢复之前不能写入。请管理员按运行手册“账册回退”处理。",
        "The witness %(witness)s has cosigned %(seen)s entries, more than this database holds: "
        "it was probably replaced by an old backup. Nothing can be written until it is "
        "recovered. Administrators: see 'After a rollback' in the operations manual.",
    ),
    "ledger.witness_disagrees": (
        "见证方“%(witness)s”保存的账册与本数据库不一致，不予认可。查清之前不能写入。请管理员按运"
        "行手册“账册回退”处理，并与该见证方联系。",
        "What the witness %(witness)s has cosigned does not fit this database. Nothing can be "
        "written until that is settled. Administrators: see 'After a rollback' in the operations "
        "manual, and call the witness.",
    ),
    "ledger.not_sealed_yet": (
        "这条记录尚未封存，还没有凭证。通常几秒后即可下载，请稍后再试。",
        "This entry is not sealed yet, so there is no receipt. It usually takes a few seconds; try again.",
    ),
}
