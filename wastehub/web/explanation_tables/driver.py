"""Refusals on the road: late reports, photos, manifest numbers."""

TABLE: dict[str, tuple[str, str]] = {
    "round.report_too_old": (
        "这条记录发生在 %(acted_at)s，已超过 3 天，没有登记。请联系调度核实后处理；"
        "如手机时间不准，请打开自动校时。",
        "This record dates from %(acted_at)s, more than 3 days ago, and was not entered. Ask the "
        "dispatcher to sort it out; if the phone's clock is wrong, set it to automatic time.",
    ),
    "scan.clock_ahead": (
        "手机时间比服务器快 10 分钟以上，扫码没有生效。请在手机设置里打开自动校时，再重新扫码。",
        "The phone's clock is more than 10 minutes ahead, so the scan did not count. Set the phone to "
        "automatic time and scan again.",
    ),
    "scan.note_unreadable": (
        "说明文字太长或含有不可见字符，扫码没有生效。请改写说明后重新提交。",
        "The note is too long or holds invisible characters, so the scan did not count. Rewrite the note and "
        "send it again.",
    ),
    "scan.photo_unknown": (
        "记录已保存，但随附的照片还没有上传成功。请重新拍照上传。",
        "The record is kept, but its photo has not arrived. Take and send the photo again.",
    ),
    "photo.empty": ("没有收到照片。请重新拍照。", "No photo arrived. Please take it again."),
    "photo.too_large": (
        "照片超过 %(largest_mb)s MB，没有保存。请降低相机分辨率后重拍。",
        "The photo is larger than %(largest_mb)s MB and was not kept. Lower the camera's resolution and "
        "take it again.",
    ),
    "photo.not_an_image": (
        "这个文件不是可识别的照片（JPEG、PNG、WebP），没有保存。请重新拍照。",
        "This file is not a photo that can be read (JPEG, PNG, WebP) and was not kept. Please take it again.",
    ),
    "photo.too_many_pixels": (
        "照片超过 %(most)s 百万像素，没有保存。请降低相机分辨率后重拍。",
        "The photo has more than %(most)s megapixels and was not kept. Lower the camera's resolution and "
        "take it again.",
    ),
    "photo.name_malformed": (
        "照片编号不是 64 位十六进制的 SHA-256，没有保存。请在手机上重新拍照。",
        "The photo is not named by a SHA-256 of 64 hexadecimal digits and was not kept. Take it "
        "again on the phone.",
    ),
    "photo.hash_differs": (
        "照片内容与手机上签名的不一致，可能在传输中损坏，没有保存。手机会自动重传；仍不成功请重新拍照。",
        "The photo is not the one that the phone signed; it may have been damaged on the way and was not "
        "kept. The phone sends it again; if that fails, take it again.",
    ),
    "photo.not_bare": (
        "照片文件里带有位置、设备等附加信息，没有保存。请用本系统的拍照按钮重新拍照。",
        "The file carries more than a picture (place, device or the like) and was not kept. Take the photo "
        "with the button of this page.",
    ),
    "photo.piece_too_large": (
        "照片分段超出范围（每段最多 %(largest_kb)s KB），没有保存。请刷新页面后重试。",
        "A piece of the photo is out of bounds (at most %(largest_kb)s kB each) and was not kept. Reload the "
        "page and try again.",
    ),
    "photo.piece_missing": (
        "照片前面的部分还没有收到（已收到 %(received_bytes)s 字节）。手机会从断点继续上传，不需要操作。",
        "An earlier part of the photo is missing (%(received_bytes)s bytes have arrived). The phone goes on "
        "from there by itself.",
    ),
    "photo.too_many_unfinished": (
        "未传完的照片超过 %(most)s 张，没有保存。请先在网络好的地方上传手机里的照片。",
        "More than %(most)s photos are half uploaded, so this one was not kept. Let the phone finish them "
        "where the network is good.",
    ),
    "photo.lost": (
        "照片文件缺失或已损坏，无法显示。请管理员从备份恢复。",
        "The photo's file is missing or damaged and cannot be shown. An administrator must restore it from a "
        "backup.",
    ),
    "manifest.number_taken": (
        "联单编号 %(number)s 已用于另一张联单，没有保存。请核对国家系统中的编号。",
        "Number %(number)s is on another manifest already and was not saved. Check it in the "
        "national system.",
    ),
    "manifest.number_sealed": (
        "该联单已经办结，编号 %(number)s 不能再改。如有错误，请联系生态环境部门说明。",
        "This manifest is closed and its number %(number)s cannot be changed. If it is wrong, tell the "
        "authority.",
    ),
}
