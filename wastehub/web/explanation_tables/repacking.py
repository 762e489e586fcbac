"""Refusals of merging, splitting, repacking and of declared losses."""

TABLE: dict[str, tuple[str, str]] = {
    "repacking.no_inputs": (
        "没有选择要倒空的容器。请在贮存分区的库存明细里勾选容器，再点“合并、分装”。",
        "No container was chosen. Tick containers in the store's list, then choose Merge or split.",
    ),
    "repacking.no_outputs": (
        "没有填写装入哪些新容器。请至少填写一行包装和重量。",
        "No new container was entered. Fill in at least one row with type and mass.",
    ),
    "repacking.too_many": (
        "一次最多 %(most)s 个容器（倒空的和装入的合计），这里有 %(given)s 个。请分几次办理。",
        "At most %(most)s containers at once, emptied and filled together; there are %(given)s. Do it in "
        "parts.",
    ),
    "repacking.mixed_codes": (
        "废物代码不同（%(waste_code)s 与 %(other_code)s），不能倒在一起。请只选同一代码的容器。",
        "Two waste codes (%(waste_code)s and %(other_code)s) are never poured together. Choose containers "
        "of one.",
    ),
    "repacking.mixed_forms": (
        "容器 %(label_code)s 的形态与其他容器不同，不能倒在一起。请只选形态相同的容器。",
        "Container %(label_code)s holds another form of waste than the others. Choose containers of one "
        "form.",
    ),
    "repacking.unclassified": (
        "%(waste_code)s 还没有判定相容性分组，不同单位的这种废物不能倒在一起。"
        "请先由管理员判定分组，或逐个单位换装。",
        "%(waste_code)s has no segregation group yet: that of two units is not poured together. Have an "
        "administrator assign one, or repack unit by unit.",
    ),
    "repacking.incompatible": (
        "相容性分组 %(group)s 与 %(other_group)s 的废物不能直接接触（容器 %(label_code)s）。"
        "请去掉不相容的容器。",
        "Wastes of the groups %(group)s and %(other_group)s may not touch (container %(label_code)s). "
        "Leave it out.",
    ),
    "repacking.more_than_inputs": (
        "装入的合计重量 %(filled_g)s 超过倒空容器的账面重量 %(there_g)s。"
        "请核对称重；确实更重的，请先盘点这些容器再办理。",
        "What is filled in (%(filled_g)s) is more than the books hold for the emptied containers "
        "(%(there_g)s). "
        "Check the scale; if it is right, count those containers first.",
    ),
    "repacking.recode_without_note": (
        "变更废物代码必须说明依据。请在备注里填写鉴别或检测报告的编号。",
        "Another waste code needs its ground. Enter the number of the identification or analysis report "
        "as note.",
    ),
    "repacking.undone_before": (
        "批次 %(batch_no)s 的合并、分装已经撤销过，没有重复撤销。",
        "The repacking of batch %(batch_no)s was taken back before; nothing was done twice.",
    ),
    "repacking.not_undoable": (
        "容器 %(label_code)s 之后又有新的记录（现在状态：%(container_state)s），不能再撤销。"
        "请按现状如实登记后续操作。",
        "Something has happened to container %(label_code)s since (now: %(container_state)s), so this "
        "cannot be taken back. "
        "Record what happens next as it is.",
    ),
    "loss.more_than_content": (
        "申报的 %(mass_g)s 超过容器里现有的 %(there_g)s。请核对重量。",
        "The declared %(mass_g)s is more than the container holds (%(there_g)s). Check the mass.",
    ),
    "loss.reversed_before": (
        "容器 %(label_code)s 的这次申报已经撤销过，没有重复撤销。",
        "This declaration for container %(label_code)s was taken back before; nothing was done twice.",
    ),
    "loss.not_reversible": (
        "容器 %(label_code)s 之后又有新的记录，这次申报不能再撤销。请用盘点或更正如实登记。",
        "Something has happened to container %(label_code)s since: this declaration cannot be taken back. "
        "Count "
        "or correct the container instead.",
    ),
}
