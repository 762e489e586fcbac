"""Why an evidence bundle cannot be made."""

TABLE: dict[str, tuple[str, str]] = {
    "evidence.unknown_scope": (
        "已封存的账册中没有“%(scope)s”的记录。请核对编号或日期；几家单位批次同号时，填“地点编号/批次编码”。",
        "The sealed ledger has no entries about %(scope)s. Check the number or the days; when several "
        "firms use a batch number, give site/number.",
    ),
    "evidence.unknown_form": (
        "没有这种导出格式。请从列出的格式中选择。",
        "There is no such form. Choose one of those listed.",
    ),
    "evidence.not_sealed": (
        "账册还没有封存过，暂不能出具证据包。系统每隔几秒封存一次，请稍后再试。",
        "The ledger has not been sealed yet. It is sealed every few seconds: try again in a moment.",
    ),
    "evidence.too_large": (
        "账册已有 %(size)s 条记录，超过网页导出的上限 %(most)s 条。请管理员在服务器上运行 wastehub "
        "ledger export，结果相同。",
        "The ledger has %(size)s entries; the web exports at most %(most)s. Administrators: run "
        "wastehub ledger export on the server, the file is the same.",
    ),
    "evidence.whole_log": (
        "全部账册和期间涉及全市各县，由市级监管人员导出。请改选本县的单位或批次。",
        "The whole ledger and periods concern all counties; the city's regulators export them. "
        "Choose a unit or a batch of your county.",
    ),
    "evidence.elsewhere": (
        "该单位不在您监管的区域内。请核对编号。",
        "This unit is not in your county. Check the number.",
    ),
}
