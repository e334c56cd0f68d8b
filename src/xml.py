"""The one XML reader of the engine: files come from strangers, so size, depth and count are capped.

A document type is refused. Entities are never resolved and nothing is ever fetched from a network or a disk.
"""

from __future__ import annotations

from typing import Final, NoReturn

from lxml import etree

from laneway.errors import Refused
from laneway.words import Finding, Text

MAX_BYTES: Final = 5 * 1024 * 1024
MAX_ELEMENTS: Final = 100_000
MAX_DEPTH: Final = 200


def parse_xml(content: bytes, file: str) -> etree._Element:
    """The root element of an XML file; comments and processing instructions are left out.

    `file` is the name that findings show. Raises `Refused` with one finding: `too_large` (bytes or number of
    elements), `doctype`, `too_deep` or `not_xml`.
    """
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        _refuse("too_large", file, f"文件超过 {limit} MB", f"the file is larger than {limit} MB")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        _refuse_unreadable(content, file, error)
    if root.getroottree().docinfo.doctype:
        _refuse_doctype(file)
    _check_shape(root, file)
    return root


def _refuse_unreadable(content: bytes, file: str, error: etree.XMLSyntaxError) -> NoReturn:
    """Refuse with the reason that helps most: a document type is named even where it broke the parser."""
    if b"<!DOCTYPE" in content[:4096].replace(b"\0", b""):
        _refuse_doctype(file)
    if "xcessive depth" in str(error):
        _refuse_depth(file)
    _refuse("not_xml", file, f"不是有效的 XML：{error.msg}", f"not well-formed XML: {error.msg}")


def _check_shape(root: etree._Element, file: str) -> None:
    """Refuse too many or too deeply nested elements; walks without recursion."""
    count = depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        if event == "end":
            depth -= 1
            continue
        depth += 1
        count += 1
        if depth > MAX_DEPTH:
            _refuse_depth(file)
        if count > MAX_ELEMENTS:
            _refuse(
                "too_large",
                file,
                f"元素超过 {MAX_ELEMENTS} 个",
                f"there are more than {MAX_ELEMENTS} elements",
            )


def _refuse_doctype(file: str) -> NoReturn:
    _refuse(
        "doctype",
        file,
        "不允许使用文档类型声明（DOCTYPE）：请删除",
        "a document type (DOCTYPE) is not allowed: remove it",
    )


def _refuse_depth(file: str) -> NoReturn:
    _refuse(
        "too_deep",
        file,
        f"元素嵌套超过 {MAX_DEPTH} 层",
        f"elements are nested more than {MAX_DEPTH} levels deep",
    )


def _refuse(code: str, file: str, zh: str, en: str) -> NoReturn:
    raise Refused([Finding(code, Text(zh, en), file)])
