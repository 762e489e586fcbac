"""Refusals of services that serve several roles: rounds, gates, stores, lots, cases, corrections."""

TABLE: dict[str, tuple[str, str]] = {
    "round.not_startable": (
        "该收运任务当前不能出发，可能尚未发布、已出发或已取消。请刷新任务列表核对状态。",
        "This round cannot start now: it may not be published yet, have started already or be cancelled. "
        "Reload the list of rounds.",
    ),
    "round.other_day": (
        "该任务安排在 %(service_on)s，今天不能出发。请在任务当天操作。",
        "This round is for %(service_on)s and cannot start today. Start it on its day.",
    ),
    "round.crew_incomplete": (
        "任务缺少驾驶员或押运员，不能出发。请联系调度补充班组。",
        "The round lacks a driver or an escort and cannot start. Ask the dispatcher to complete the crew.",
    ),
    "round.not_under_way": (
        "任务尚未出发或已经结束，不能登记站点。请先点“出发”，或联系调度。",
        "The round has not started or is finished. Start it first, or ask the dispatcher.",
    ),
    "round.trips_open": (
        "还有第 %(trips)s 趟没有回到平台，不能收车。请先登记到达。",
        "Trip %(trips)s has not come back to the platform yet. Record its arrival first.",
    ),
    "stop.already_closed": (
        "该站点已经办结，没有重复登记。请继续下一站。",
        "This stop is closed already; nothing was recorded twice. Go on to the next stop.",
    ),
    "stop.outcome_unknown": (
        "无法识别的站点结果“%(given)s”。请选择“完成”或“未能收运”。",
        'Unknown outcome "%(given)s". Choose done or missed.',
    ),
    "stop.already_loaded": (
        "该站点已有 %(containers)s 个容器装车，不能登记为“未能收运”。请先撤销装车，或登记为完成。",
        "%(containers)s containers of this stop are loaded, so it cannot be missed. Undo the loading first, "
        "or close the stop as done.",
    ),
    "trip.not_under_way": (
        "本趟尚未出发或已经到达，不能登记到达。请刷新任务核对状态。",
        "This trip has not started or has arrived already. Reload the round.",
    ),
    "trip.stops_open": (
        "第 %(stops)s 站还没有办结，不能登记到达。请先逐站登记完成或未能收运。",
        "Stop %(stops)s is still open. Close each stop as done or missed before arriving.",
    ),
    "trip.not_arrived": (
        "该趟车尚未到达平台或已完成接收，不能过磅入库。请刷新列表。",
        "This trip has not arrived or was received already. Reload the list.",
    ),
    "scan.id_reused": (
        "同一编号的扫码记录内容不同，没有执行。请重新扫码。",
        "The same scan number came with different content and was not carried out. Scan again.",
    ),
    "scan.sequence_reused": (
        "本机序号 %(seq)s 已被另一条记录使用，没有执行。请刷新页面后重新扫码。",
        "Sequence number %(seq)s of this device was used by another record. Reload the page and scan again.",
    ),
    "vehicle.permit_expired": (
        "车辆 %(plate)s 的道路运输证已于 %(until_on)s 到期，不能承运。请更换车辆或更新证件。",
        "The road transport permit of vehicle %(plate)s expired on %(until_on)s. Use another vehicle or "
        "renew the permit.",
    ),
    "vehicle.not_licensed": (
        "车辆 %(plate)s 不具备 %(category)s 类的运输资质。请更换车辆。",
        "Vehicle %(plate)s is not licensed for %(category)s. Use another vehicle.",
    ),
    "vehicle.overloaded": (
        "装载 %(load_g)s，超过车辆 %(plate)s 的核定载质量 %(capacity_g)s。请减少容器或更换车辆。",
        "The load of %(load_g)s exceeds the rated load %(capacity_g)s of vehicle %(plate)s. Take containers "
        "off or use another vehicle.",
    ),
    "crew.certificate_expired": (
        "驾驶员或押运员的从业资格证已于 %(until_on)s 到期，不能出车。请更换人员或更新证件。",
        "The certificate of the driver or escort expired on %(until_on)s. Change the crew or renew it.",
    ),
    "weighbridge.tare_above_gross": (
        "皮重不应大于或等于毛重。请核对地磅读数。",
        "The tare cannot reach the gross weight. Check the weighbridge readings.",
    ),
    "reception.container_not_expected": (
        "该容器不在本次到货清单内，没有入库。请核对标签；如确属多到，请单独登记来源。",
        "This container is not on this arrival's list and was not taken in. Check its label; a surplus "
        "container needs its own origin.",
    ),
    "reception.containers_missing": (
        "清单中还有 %(containers)s 个容器没有登记结果：%(labels)s。请逐一扫码过磅，或登记拒收。",
        "%(containers)s containers of the list have no decision yet: %(labels)s. Scan and weigh each, or "
        "refuse it.",
    ),
    "reception.decision_unknown": (
        "接收意见只能是“接受”或“拒收”。请重新选择。",
        "A decision is accepted or refused. Please choose again.",
    ),
    "storage.platform_full": (
        "平台现存 %(stock_g)s，再收 %(add_g)s 将超过贮存能力 %(limit_g)s，没有入库。请先安排出库。",
        "The platform holds %(stock_g)s; %(add_g)s more would exceed its capacity of %(limit_g)s. "
        "Send waste on first.",
    ),
    "container.not_in_store": (
        "容器 %(label_code)s 不在库内，不能放入分区。请先办理入库接收。",
        "Container %(label_code)s is not in the store. Receive it first.",
    ),
    "zone.group_not_allowed": (
        "分区 %(zone)s 不存放 %(group)s 组废物。请选择与该分组对应的分区。",
        "Zone %(zone)s does not hold wastes of group %(group)s. Choose a zone laid out for that group.",
    ),
    "zone.full": (
        "分区 %(zone)s 现存 %(stock_g)s，再放 %(add_g)s 将超过容量 %(capacity_g)s。请另选分区或先出库。",
        "Zone %(zone)s holds %(stock_g)s; %(add_g)s more would exceed %(capacity_g)s. Choose another zone or "
        "send waste on first.",
    ),
    "zone.incompatible": (
        "分区 %(zone)s 内已有 %(group_there)s 组废物，与 %(group)s 组不相容，不能同区。请另选分区。",
        "Zone %(zone)s holds wastes of group %(group_there)s, which may not share a zone with %(group)s. "
        "Choose another zone.",
    ),
    "zone.neighbour_incompatible": (
        "相邻分区 %(neighbour)s 存有 %(group_there)s 组废物，与 %(group)s 组严禁相邻。请选择不相邻的分区。",
        "The adjoining zone %(neighbour)s holds group %(group_there)s, which must never adjoin %(group)s. "
        "Choose a zone that does not adjoin it.",
    ),
    "zone.none_suitable": (
        "没有可以存放容器 %(label_code)s(%(group)s 组)的分区。请腾出空间，或由管理员确认分组。",
        "No zone may take container %(label_code)s (group %(group)s). Make room, or have an administrator "
        "confirm its group.",
    ),
    "lot.no_containers": (
        "出库批次里没有容器。请至少选择一个在库容器。",
        "The lot has no containers. Choose at least one in store.",
    ),
    "lot.too_many_containers": (
        "一个出库批次最多 %(most)s 个容器。请分批出库。",
        "A lot takes at most %(most)s containers. Make several lots.",
    ),
    "lot.mixed_codes": (
        "出库批次的废物代码是 %(waste_code)s，不能装入 %(other_code)s 的容器。请为其另建批次。",
        "The lot is for %(waste_code)s; a container of %(other_code)s cannot go into it. Open another lot.",
    ),
    "lot.plant_cannot": (
        "该利用处置单位没有登记 %(waste_code)s 的利用处置方式。请选择其他单位。",
        "This plant has no registered method for %(waste_code)s. Choose another plant.",
    ),
    "lot.real_plant_in_demo": (
        "演示数据不能转移给真实单位“%(name)s”。请选择标有“示例”的单位。",
        'Demo waste cannot go to the real firm "%(name)s". Choose a plant marked 示例.',
    ),
    "lot.method_unknown": (
        "该单位没有登记“%(given)s”这种利用处置方式。请从列表中选择。",
        'The plant has no method "%(given)s". Choose one from the list.',
    ),
    "lot.not_open": (
        "该出库批次已发运或已取消，不能再改。请刷新列表。",
        "This lot was shipped or cancelled and cannot be changed. Reload the list.",
    ),
    "lot.not_on_the_road": (
        "该出库批次不在运输途中，不能接收。请刷新列表核对状态。",
        "This lot is not on the road and cannot be received. Reload the list.",
    ),
    "treatment.no_containers": (
        "没有选择容器。请选择要利用处置的容器。",
        "No containers were chosen. Choose what is to be treated.",
    ),
    "treatment.method_unknown": (
        "没有“%(given)s”这种利用处置方式代码。请从列表中选择。",
        'There is no method code "%(given)s". Choose one from the list.',
    ),
    "treatment.method_not_licensed": (
        "本单位没有登记用 %(method)s 处理 %(waste_code)s；登记的方式是 %(methods)s。请改选。",
        "This plant is not registered to treat %(waste_code)s by %(method)s; registered: %(methods)s. "
        "Choose another method.",
    ),
    "case.surplus_is_no_loss": (
        "该差异是多出重量，不能按损耗或泄漏处理。请选择计量、申报或录入原因。",
        "This difference is a surplus, so it is neither a loss nor a spill. Choose a reason of weighing, "
        "declaration or typing.",
    ),
    "correction.not_handed_over": (
        "该容器不在对方处，不能提出更正。仍在本单位的请直接修改登记重量；在途的请等入库后再提。",
        "This container is not with another party. Amend it directly while it is yours; wait for reception "
        "while it is on the road.",
    ),
    "correction.already_proposed": (
        "该容器已有一条待确认的更正。请先等对方处理。",
        "A correction of this container is already waiting for an answer.",
    ),
    "correction.nothing_changes": (
        "更正后的重量与现重量 %(mass_g)s 相同。请填写新的重量。",
        "The corrected mass equals the present %(mass_g)s. Enter the new mass.",
    ),
    "correction.difference_settled": (
        "该容器的称重差异已经说明并处理，不能再更正这次称重。如仍有出入，请在下一次称重时如实记录。",
        "The difference of this weighing was explained and settled, so it cannot be corrected any more. "
        "Record what the next weighing says.",
    ),
    "correction.decided": (
        "该更正已经处理过。请刷新列表。",
        "This correction was decided already. Reload the list.",
    ),
    "correction.superseded": (
        "提出更正后重量又有变化（现为 %(present_g)s），不能按原更正执行。请重新提出。",
        "The mass has changed since (now %(present_g)s), so this correction no longer applies. Propose anew.",
    ),
    "text.missing": ("该栏不能为空。请填写。", "This field is empty. Please fill it in."),
    "text.too_long": (
        "内容有 %(length)s 个字符，最多 %(longest)s 个。请缩短。",
        "The text has %(length)s characters; at most %(longest)s are allowed. Please shorten it.",
    ),
    "text.control_character": (
        "内容含有不可见的控制字符。请删除后重新输入。",
        "The text contains invisible control characters. Delete them and type it again.",
    ),
    "limit.not_in_force": (
        "系统缺少限值“%(key)s”在 %(on)s 的数值，操作没有提交。请管理员载入法规数据。",
        'The limit "%(key)s" has no value for %(on)s; nothing was submitted. An administrator must load '
        "the legal data.",
    ),
    "waste_code.unknown": (
        "名录中没有废物代码“%(given)s”。请按名称、拼音首字母或数字重新查找。",
        'The catalogue has no waste code "%(given)s". Search again by name, pinyin initials or digits.',
    ),
    "segregation.group_unknown": (
        "没有“%(group_a)s”这个相容性分组。请从列表中选择。",
        'There is no segregation group "%(group_a)s". Choose one from the list.',
    ),
}
