"""A colleague's spreadsheet becomes products: uploaded, looked over, the right rows taken, what is wrong told."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .conftest import Served
from .department import Login
from .looks import DESK, faults

SHEET = "代码,中文名称,英文名称,计量单位,备注\nHX-Z1,新品一,New one,t,x\nHX-Z2,,New two,t,\n"


@pytest.fixture
def served(served_for_all: Served) -> Served:
    return served_for_all


def test_a_spreadsheet_is_checked_and_its_right_rows_come_in(login: Login) -> None:
    page = login("he.ping")
    page.goto("/records/product")
    page.get_by_role("link", name="导入").click()
    assert list(faults(page, "zh")) == []
    page.set_viewport_size(DESK)
    sheet = {"name": "产品.csv", "mimeType": "text/csv", "buffer": SHEET.encode("gb18030")}
    page.get_by_label("文件", exact=True).set_input_files(sheet)
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_label("英文名称")).to_have_value("name_en")
    expect(page.get_by_label("备注")).to_have_value("")
    assert list(faults(page, "zh")) == []
    page.set_viewport_size(DESK)
    page.get_by_role("button", name="检查").click()
    expect(page.get_by_text("已检查，尚未写入")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("cell", name="请填写")).to_be_visible()
    assert list(faults(page, "zh")) == []
    page.set_viewport_size(DESK)
    page.get_by_role("button", name="导入无误的行").click()
    expect(page.get_by_text("已导入")).to_be_visible(timeout=20_000)
    page.goto("/records/product?q=新品")
    page.get_by_role("link", name="新品一").click()
    page.get_by_role("link", name="变更").click()
    expect(page.get_by_text("产品.csv")).to_be_visible()
