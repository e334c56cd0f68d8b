"""`laneway records import` and `export`: files in, files out, and an exit code that scripts can trust."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import Result

HEADER = ["code", "name_zh", "name_en", "unit"]
GOOD = [["HX-1", "聚合 MDI", "Polymeric MDI", "t"], ["HX-2", "聚醚", "Polyol", "t"]]
BAD = ["HX-3", "", "No Chinese name", "t"]


@pytest.fixture
def run(
    run_laneway: Callable[..., Result], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    monkeypatch.setenv("LANEWAY_DATABASE_URL", database_url)
    return partial(run_laneway, "records")


def written(rows: list[list[str]], name: str = "rows.csv", encoding: str = "utf-8") -> str:
    with Path(name).open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return name


def test_a_dry_run_writes_nothing_and_the_run_writes_all_but_the_wrong_row(run: Any) -> None:
    file = written([*GOOD, BAD])
    checked = run("import", "product", file, "--dry-run", "--json")
    assert checked.exit_code == 1
    assert json.loads(checked.output)["counts"] == {
        "new": 2,
        "changed": 0,
        "unchanged": 0,
        "skipped": 0,
        "proposed": 0,
        "wrong": 1,
    }
    assert run("export", "product").output.splitlines()[1:] == []

    done = run("import", "product", file, "--report", "wrong.csv")
    assert done.exit_code == 1
    assert "4  name_zh" in done.stderr
    assert "2 新增 / new, 1 有误 / wrong" in done.stdout
    assert "请填写" in Path("wrong.csv").read_text("utf-8-sig")
    exported = run("export", "product")
    codes = [row["code"] for row in csv.DictReader(exported.stdout.removeprefix("\ufeff").splitlines())]
    assert codes == ["HX-1", "HX-2"]


def test_the_same_file_again_changes_nothing_and_a_good_one_ends_well(run: Any) -> None:
    file = written(GOOD, encoding="gb18030")
    assert run("import", "product", file, "--encoding", "gb18030").exit_code == 0
    again = run("import", "product", file, "--json")
    assert again.exit_code == 0
    assert json.loads(again.output)["counts"]["unchanged"] == 2


def test_known_records_can_be_left_alone(run: Any) -> None:
    run("import", "product", written(GOOD))
    changed = [[GOOD[0][0], "别的名字", *GOOD[0][2:]], ["HX-9", "新品", "New", "t"]]
    told = json.loads(run("import", "product", written(changed), "--only-new", "--json").output)["counts"]
    assert (told["new"], told["changed"], told["skipped"]) == (1, 0, 1)


def test_an_export_as_a_workbook_is_imported_again(run: Any) -> None:
    run("import", "product", written(GOOD))
    assert run("export", "product", "out.xlsx", "--header", "zh").exit_code == 0
    sheet = openpyxl.load_workbook("out.xlsx").active
    assert sheet is not None
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["HX-1", "HX-2"]
    assert json.loads(run("import", "product", "out.xlsx", "--json").output)["counts"]["unchanged"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import", "nothing", "rows.csv"), "nothing"),
        (("export", "nothing"), "nothing"),
        (("import", "product", "rows.csv", "--by", "nobody"), "nobody"),
    ],
)
def test_what_there_is_not_is_named_and_ends_with_an_error(
    run: Any, arguments: tuple[str, ...], words: str
) -> None:
    written(GOOD)
    refused = run(*arguments)
    assert refused.exit_code != 0
    assert words in refused.output
