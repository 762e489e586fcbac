"""Counts of a store, scales, and the posting that stands still."""

TABLE: dict[str, tuple[str, str]] = {
    "count.open_already": (
        "这个分区正在盘点（%(count_no)s），没有新建。请打开那一次继续，或先放弃它。",
        "Count %(count_no)s of this place is still open; none was begun. Go on with it, or give it up.",
    ),
    "count.not_counted": (
        "盘点 %(count_no)s 还没有提交，不能签字。请等盘点人提交后再核对签字。",
        "Count %(count_no)s has not been handed in yet and cannot be signed. Wait for whoever counts.",
    ),
    "count.closed_already": (
        "盘点 %(count_no)s 已经提交，不能再改。发现遗漏请再盘一次。",
        "Count %(count_no)s was handed in already and cannot be changed. Count again if something is wrong.",
    ),
    "count.already_signed": (
        "盘点 %(count_no)s 已经签字，不能再次处理。需要时请再盘一次。",
        "Count %(count_no)s was signed already. Count once more if something is wrong.",
    ),
    "count.dropped": (
        "盘点 %(count_no)s 已被放弃。请从日盘点页面重新开始。",
        "Count %(count_no)s was given up. Begin a new one on the page of the daily count.",
    ),
    "count.second_person_needed": (
        "参加盘点的人不能自己签字，没有记录。请本单位另一个账号（负责人或同事）核对后签字。",
        "Whoever counted does not sign; nothing was recorded. Ask somebody else of your unit.",
    ),
    "count.moved_since_opened": (
        "盘点打开之后账面有 %(containers)s 个容器变动，没有提交。请更新清单，核对后再提交；已扫到的保留。",
        "%(containers)s containers moved in the books since the count was opened; it was not handed in. "
        "Bring the list up to date and hand it in again; what was scanned stays.",
    ),
    "count.missing_in_lot": (
        "没有找到的容器 %(label_code)s 已装入出库批次，盘点没有提交。请先把它移出出库批次，再提交。",
        "Container %(label_code)s was not found but is packed in a lot; the count was not handed in. Take it "
        "out of the lot first.",
    ),
    "count.source_unknown": (
        "无法识别标记方式“%(given)s”。请用 scan（扫码）、tick（勾选）或 sheet（盘点单）。",
        "Unknown kind of mark “%(given)s”. Use scan, tick or sheet.",
    ),
    "count.too_long": (
        "一次盘点最多 %(longest)s 个容器，没有保存。请按分区分开盘点。",
        "A count takes at most %(longest)s containers; nothing was saved. Count zone by zone.",
    ),
    "scale.unknown": (
        "本单位没有这台在用的计量器具。请从列表中选择。",
        "Your unit has no such scale in use. Choose one of the list.",
    ),
    "scale.class_unknown": (
        "计量器具类别“%(given)s”不存在。请选择台秤、便携秤或汽车衡。",
        "There is no class of scale “%(given)s”. Choose bench, portable or bridge.",
    ),
    "scale.code_taken": (
        "编号 %(given)s 已被本单位另一台计量器具使用。请换一个编号。",
        "Another scale of your unit has the number %(given)s. Choose another number.",
    ),
    "scale.standard_needed": (
        "默认的计量器具不能停用，没有保存。请先把另一台设为默认。",
        "The standard scale cannot be taken out of use. Make another one the standard first.",
    ),
    "drift.month_unknown": (
        "月份应写成 2026-03 这样。请从图表中选择。",
        "A month is written like 2026-03. Choose one from the charts.",
    ),
    "books.stopped": (
        "账目核对发现不一致，过账已暂停：事实照常记入账本，但依赖余额的更正和差异处理暂不能办理。请等管理员修复后再试。",
        "A reconciliation found a difference and posting has stopped: facts are logged as before, but "
        "corrections and cases that depend on the balances must wait until it is repaired.",
    ),
}
