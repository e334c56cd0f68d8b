"""The XML reader refuses what could hurt and says why in both languages."""

from __future__ import annotations

import pytest

from laneway.errors import Refused
from laneway.xml import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, parse_xml

BOMB = b'<!DOCTYPE a [<!ENTITY x "yyyyyyyyyy"><!ENTITY z "&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&z;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


def refusal(content: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        parse_xml(content, "a.dmn")
    return caught.value


def test_a_good_file_gives_its_root_without_comments() -> None:
    content = '<?xml version="1.0" encoding="UTF-8"?><a><!-- no --><b>投诉<!-- x -->单</b></a>'.encode()

    root = parse_xml(content, "a.dmn")

    assert root.tag == "a"
    assert [child.tag for child in root] == ["b"]
    assert root[0].text == "投诉单"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_xml"),
        (b"<a", "not_xml"),
        (b"<a>&nothing;</a>", "not_xml"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "not_xml"),
        (b"\x00\x01\x02", "not_xml"),
        (BOMB, "doctype"),
        (OUTSIDE, "doctype"),
        (OUTSIDE.decode().encode("utf-16"), "doctype"),
        (b"<!DOCTYPE a><a/>", "doctype"),
        (b"<!DOCTYPE a [<!ENTITY x", "doctype"),
        (b"<a>" + b" " * MAX_BYTES + b"</a>", "too_large"),
        (b"<a>" + b"<b/>" * MAX_ELEMENTS + b"</a>", "too_large"),
        (b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), "too_deep"),
        (b"<a>" * 10_000 + b"</a>" * 10_000, "too_deep"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(content: bytes, code: str) -> None:
    [finding] = refusal(content).findings

    assert finding.code == code
    assert finding.file == "a.dmn"
    assert finding.message.zh
    assert finding.message.en
    assert finding.message.zh != finding.message.en
