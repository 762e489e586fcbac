"""Declarations, plan tables, files."""

TABLE: dict[str, tuple[str, str]] = {
    "declaration.period_unknown": (
        "没有“%(given)s”这个申报期间。月度写作 2026-03，季度写作 2026-Q1，年度写作 2026。",
        "There is no period “%(given)s”. Write 2026-03 for a month, 2026-Q1 for a quarter, 2026 for a year.",
    ),
    "declaration.not_due_for_class": (
        "本单位的管理类别不需要申报 %(period)s 这样的期间。请在“台账与申报”中选择列出的期间。",
        "A unit of this class does not declare periods such as %(period)s. Choose one that is listed.",
    ),
    "declaration.period_open": (
        "本期到 %(end_on)s 才结束，结束后才能提交申报。",
        "The period ends on %(end_on)s; it can be declared after that.",
    ),
    "declaration.ledger_moved": (
        "您打开本页之后，台账又有了新的记录，数字已经变化。请核对刷新后的申报表再提交。",
        "The ledger has grown since you opened the page, and the figures have changed. "
        "Check the new ones, then file.",
    ),
    "declaration.unbalanced": (
        "%(codes)s 的物料不平衡，不能提交。请联系系统管理员核对账本。",
        "%(codes)s: the mass balance does not close, so it cannot be filed. "
        "Ask the administrator to check the ledger.",
    ),
    "declaration.unchanged": (
        "台账与已提交的第 %(edition)s 版（%(filed_at)s）完全相同，没有需要更正的内容。",
        "The ledger tells exactly what edition %(edition)s (%(filed_at)s) said: there is nothing to correct.",
    ),
    "declaration.note_needed": (
        "有红色事项或提交更正版时，必须写明原因。",
        "With red points, or for a correction, write down the reason.",
    ),
    "declaration.receipted": (
        "这一版已登记回执编号 %(receipt_no)s，不能再改。内容有误的，请提交更正版。",
        "This edition already has the receipt %(receipt_no)s. If the content is wrong, file a correction.",
    ),
    "declaration.no_contract": (
        "本单位与该平台没有在有效期内的收集合同，不能委托它申报。请先登记合同。",
        "There is no contract in force with this platform, so it cannot declare for you. "
        "Enter the contract first.",
    ),
    "declaration.delegated": (
        "已经委托了收集平台代为申报。要换一家，请先终止现在的委托。",
        "A platform already declares for you. End that delegation first.",
    ),
    "declaration.not_delegated": (
        "现在没有委托申报，无需终止。",
        "Nobody declares for you at present.",
    ),
    "plan_line.transfer_kind_unknown": (
        "转移类型只能是省内转移、跨省转移或境外转移。",
        "The kind of transfer is within the province, to another province, or abroad.",
    ),
    "plan_line.acceptor_kind_unknown": (
        "接收单位类型只能是列出的三种之一。",
        "The kind of acceptor is one of the three that are listed.",
    ),
    "export.kind_unknown": (
        "没有这种文件。请从页面上的按钮生成。",
        "There is no such kind of file. Use the buttons of the page.",
    ),
    "export.form_unknown": (
        "文件格式只能是 XLSX、CSV 或 PDF。",
        "The form of a file is XLSX, CSV or PDF.",
    ),
    "export.period_wrong": (
        "起止日期不对：开始不能晚于结束，最长 %(longest_days)s 天。",
        "These dates do not fit: the first must not lie behind the last, at most %(longest_days)s days.",
    ),
    "export.too_many": (
        "您已有 %(most)s 个文件在生成。请等其中一个完成，或取消一个。",
        "%(most)s of your files are being made. Wait for one of them, or cancel one.",
    ),
    "export.over": (
        "这个文件已经生成完毕或已取消，不能再取消。",
        "This file is finished or cancelled already.",
    ),
    "export.gone": (
        "文件不存在：还没有生成，或已过保留期被删除。请重新生成。",
        "The file is not there: not made yet, or deleted after its days. Make it again.",
    ),
    "export.failed": (
        "文件没有生成成功，原因已记入服务器日志。请重试；仍不行请联系系统管理员。",
        "The file could not be made; the reason is in the server's log. Try again, or ask the administrator.",
    ),
    "export.worker_lost": (
        "后台程序三次中断，文件没有生成。请缩短期间后重试，或联系系统管理员。",
        "The worker was lost three times, so the file was not made. Try a shorter period, or ask the "
        "administrator.",
    ),
}
