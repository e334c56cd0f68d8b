"""Files of cases and the documents made for them, on both databases."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator

import docx
import pytest

from laneway.engine import deployments, instances
from laneway.engine.database import reading, unit_of_work
from laneway.engine.queries.names import FieldWords
from laneway.errors import Conflict, Invalid, NotFound, Unavailable
from laneway.records.documents import attachments, blocks, filling, manuals, scanner, templates
from laneway.records.documents.attachments import State
from laneway.records.documents.kinds_of_file import LARGEST, clean_name, content_type
from laneway.words import Resource, Text

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f0005000201"
    "a0fbb4f20000000049454e44ae426082"
)
DIAGRAM = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
<bpmn:process id="letters" name="Letters" isExecutable="true">
<bpmn:startEvent id="s"/><bpmn:userTask id="look" name="Look"/><bpmn:endEvent id="e"/>
<bpmn:sequenceFlow id="a" sourceRef="s" targetRef="look"/><bpmn:sequenceFlow id="b" sourceRef="look" targetRef="e"/>
</bpmn:process></bpmn:definitions>"""
WORDS = FieldWords(
    {"remedy": Text("补救", "Remedy")}, {"remedy": {"replacement": Text("换货", "Replacement")}}
)


@pytest.fixture
def root_key(database, owner, mei) -> int:
    """A case that stands at a user task."""
    with unit_of_work() as session:
        deployments.deploy(session, [Resource("letters.bpmn", DIAGRAM)], by=owner)
    with unit_of_work() as session:
        return instances.start(session, process_id="letters", variables={}, by=mei).instance_key


@pytest.fixture
def no_checker() -> Iterator[None]:
    yield
    scanner.configure("")


def test_a_file_is_read_as_it_was_added_and_a_second_of_its_name_is_its_next_version(root_key, mei):
    with unit_of_work() as session:
        first = attachments.add(session, root_key, "桶.png", PNG, mei)
        second = attachments.add(session, root_key, "桶.png", PNG + b"more", mei)
        again = attachments.add(session, root_key, "other.png", PNG, mei)
    with reading() as session:
        assert attachments.read(session, root_key, first)[1] == PNG
        listed = attachments.listed(session, root_key)
        assert [(one.key, one.version) for one in listed] == [(again, 1), (second, 2), (first, 1)]
        assert attachments.count(session, root_key) == 2
        with pytest.raises(NotFound):
            attachments.read(session, root_key + 1, first)


def test_a_job_that_runs_again_makes_its_file_once(root_key):
    with unit_of_work() as session:
        keys = {attachments.add(session, root_key, "a.png", PNG, None, source_key=7) for _ in range(2)}
        assert len(keys) == 1


def test_with_a_checker_nobody_reads_a_file_before_it_has_looked(root_key, mei, no_checker):
    with ClamAV(b"stream: Eicar-Test FOUND\0") as address:
        scanner.configure(address)
        with unit_of_work() as session:
            key = attachments.add(session, root_key, "a.png", PNG, mei)
        with reading() as session, pytest.raises(Conflict, match="attachment_quarantined"):
            attachments.read(session, root_key, key)
        with unit_of_work() as session:
            assert attachments.check(session, root_key, key) is State.REFUSED
        with reading() as session, pytest.raises(Conflict, match="attachment_refused"):
            attachments.read(session, root_key, key)


def test_a_checker_that_is_away_leaves_the_file_in_quarantine(root_key, mei, no_checker):
    scanner.configure("/nowhere/clamd.sock")
    with unit_of_work() as session:
        key = attachments.add(session, root_key, "a.png", PNG, mei)
    with pytest.raises(Unavailable), unit_of_work() as session:
        attachments.check(session, root_key, key)


class ClamAV:
    """A server that speaks clamd's INSTREAM and always gives the same answer."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> str:
        self._thread.start()
        return f"127.0.0.1:{self._listening.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._listening.close()

    def _serve(self) -> None:
        line, _ = self._listening.accept()
        with line, line.makefile("rb") as asked:
            assert asked.read(10) == b"zINSTREAM\0"
            while length := int.from_bytes(asked.read(4)):
                asked.read(length)
            line.sendall(self._answer)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b""),
        ("a.png", b"MZ" + bytes(100)),
        ("a.html", b"<html><script>alert(1)</script>"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("a.txt", b"a\0b"),
        ("a.png", PNG + bytes(LARGEST)),
    ],
)
def test_what_a_case_does_not_need_is_refused(name, content):
    with pytest.raises(Invalid):
        content_type(name, content)


def test_the_type_is_told_by_the_content_and_the_name_is_cleaned():
    assert content_type("a.pdf", PNG) == "image/png"
    assert content_type("信.txt", "你好".encode("gb18030")) == "text/plain"
    assert clean_name("..\\..\\C:\\报告\u202e.pdf") == "报告.pdf"
    assert clean_name("///") == "file"
    assert len(clean_name("长" * 300 + ".pdf")) == 120


def test_values_are_put_in_as_words_and_never_as_markdown():
    filled = filling.fill("{{ a }}", {"a": "# *x* <b> {{ c }}"}, _show)
    assert filled.blocks[0].kind == "paragraph"
    assert filled.blocks[0].runs[0].text == "# *x* <b> {{ c }}"


def test_lines_are_kept_by_a_condition_and_repeated_for_a_list():
    text = "{{#if n > 1}}\nkept\n{{/if}}\n{{#if n > 2}}\nleft out\n{{/if}}\n\n"
    text += "| a |\n|---|\n{{#each team}}\n| {{ item.x }} |\n{{/each}}"
    filled = filling.fill(text, {"n": 2, "team": [{"x": "p|q"}, {"x": 2}]}, _show)
    assert filled.blocks[0].runs[0].text == "kept"
    assert [row[0][0].text for row in filled.blocks[1].cells] == ["a", "p|q", "2"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ a + }}", "a +"),
        ("{{#if a}}", "{{#if a}}"),
        ("{{/each}}", "{{/each}}"),
        ("{{#each for x in 1..1000 return x}}\nx\n{{/each}}", "{{#each for x in 1..1000 return x}}"),
    ],
)
def test_what_is_wrong_in_a_template_is_named(text, named):
    with pytest.raises(Invalid) as caught:
        filling.fill(text, {"a": 1}, _show)
    assert caught.value.params["placeholder"] == named


@pytest.mark.parametrize(("language", "word"), [("zh", "换货"), ("en", "Replacement")])
def test_a_template_makes_pdf_and_word_and_tells_what_is_missing(root_key, language, word):
    text = "# Letter {{ case_number }}\n\n**{{ remedy }}** {{ amount }} {{ nothing }}"
    with unit_of_work() as session:
        template = templates.save(session, "letters", "letter", language, text, by=None)
    values = {"remedy": "replacement", "amount": 1234.5}
    as_pdf = templates.make(template, values, WORDS, number="CP-1", format_="pdf")
    assert as_pdf.content.startswith(b"%PDF")
    assert b"NotoSansSC" in as_pdf.content
    as_word = templates.make(template, values, WORDS, number="CP-1", format_="docx")
    words = "\n".join(one.text for one in docx.Document(io.BytesIO(as_word.content)).paragraphs)
    assert f"{word} 1,234.50 [nothing]" in words
    assert as_word.missing == ("nothing",)
    assert as_word.name == "CP-1-Letter.docx"


def test_what_was_improved_in_the_browser_does_not_come_back_from_the_folder(root_key, owner, tmp_path):
    folder = tmp_path / "letters" / "documents"
    folder.mkdir(parents=True)
    (folder / "letter.zh.md").write_text("# 信", "utf-8")
    (tmp_path / "letters" / "README.md").write_text("## 中文\n\n目的\n\n## English\n\nPurpose\n", "utf-8")
    with unit_of_work() as session:
        assert (templates.add_shipped(session, tmp_path), manuals.add_shipped(session, tmp_path)) == (1, 1)
        templates.save(session, "letters", "letter", "zh", "# 更好的信", by=owner)
    with unit_of_work() as session:
        assert (templates.add_shipped(session, tmp_path), manuals.add_shipped(session, tmp_path)) == (0, 0)
        assert templates.newest(session, "letters", "letter", "en").title == "更好的信"
        manual = manuals.newest(session, "letters", 1)
        assert manual is not None
        assert (manual.part("zh"), manual.part("en")) == ("目的", "Purpose")


def test_a_manual_on_a_page_runs_nothing():
    shown = blocks.html("<script>alert(1)</script>\n\n[x](javascript:alert(1))")
    assert "<script" not in shown
    assert "href" not in shown


def _show(_name: str, value: object) -> str:
    return filling.as_text(value, "en")
