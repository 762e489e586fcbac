"""The register of firms: particulars, leaving, and files of many firms."""

TABLE: dict[str, tuple[str, str]] = {
    "area.ambiguous": (
        "名为“%(given)s”的镇（街道）不止一个。请在前面写上县（市、区），例如“南湖区七星街道”，或填写代码。",
        "There is more than one town called “%(given)s”. Write its county before it, or its code.",
    ),
    "organisation.county_fixed": (
        "%(name)s 已登记过危险废物，不能改到别的县（市、区）：过去的公斤数会跟着改变。"
        "请选择本县的镇（街道）；确已迁走的，先处理完在库废物并停用。",
        "%(name)s has registered waste, so it cannot move to another county: the kilograms of the past would "
        "move with it. Choose a town of its county; if it has moved away, have its waste fetched and "
        "deactivate it.",
    ),
    "organisation.industry_unknown": (
        "没有“%(given)s”这个行业。请从列表中选择，拿不准时选“其他”。",
        "There is no industry “%(given)s”. Please choose from the list; if in doubt, “other”.",
    ),
    "organisation.position_far": (
        "该坐标距%(county)s超过一度（约 100 公里），可能是经纬度填反或多写了一位。请核对，或都不填。",
        "This position is more than one degree (some 100 km) from the county: longitude and latitude may be "
        "swapped. Check them, or leave both empty.",
    ),
    "organisation.still_holds_waste": (
        "%(name)s 还有 %(count)s 个容器在库或在途，停用后将无人收运。请先收运或作废这些容器。",
        "%(name)s still has %(count)s containers in store or on the road, which nobody would fetch "
        "after that. Have them fetched or voided first.",
    ),
    "position.malformed": (
        "“%(given)s”不是经纬度。请填写十进制度，例如 120.705000 和 30.766000。",
        "“%(given)s” is no longitude or latitude. Write decimal degrees such as 120.705000 and 30.766000.",
    ),
    "upload.empty": (
        "文件只有标题，没有任何单位。请在标题下面每行填写一家单位。",
        "The file has headings but no firm. Write one firm a line below them.",
    ),
    "upload.heading_missing": (
        "文件第一行缺少这些栏目：%(labels)s。请使用空白模板，保留第一行标题。",
        "The first line lacks these headings: %(labels)s. Use the empty template and keep its first line.",
    ),
    "upload.missing": (
        "还没有选择文件，或文件是空的。请选择要上传的 CSV 文件。",
        "No file was chosen, or it is empty. Choose the CSV file to be read.",
    ),
    "upload.not_text": (
        "这不是可读的 CSV 文件。请在电子表格中另存为“CSV UTF-8”后重新上传。",
        "This is not a CSV file that can be read. Save it from your spreadsheet as “CSV UTF-8” and "
        "send it again.",
    ),
    "upload.too_long": (
        "文件太大。一次最多 %(most)s 家单位，请分成几个文件。",
        "The file is too large. At most %(most)s firms at once: please split it.",
    ),
}
