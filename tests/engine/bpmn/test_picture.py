"""Diagrams as SVG for paper."""

from __future__ import annotations

from pathlib import Path

from laneway.engine.bpmn import picture
from laneway.xml import parse_xml

COMPLAINT = Path(__file__).parents[3] / "processes" / "c110_complaint.bpmn"


def test_every_shape_and_flow_of_a_diagram_is_drawn():
    xml = COMPLAINT.read_bytes()
    drawn = picture.svg(xml, {})
    parse_xml(drawn.encode(), "picture.svg")
    assert drawn.count("<rect") + drawn.count("<circle") >= xml.count(b"<bpmndi:BPMNShape") * 0.7
    assert drawn.count("<polyline") == xml.count(b"<bpmndi:BPMNEdge")


def test_names_are_words_and_never_markup():
    xml = COMPLAINT.read_bytes()
    name = xml.split(b'<bpmn:userTask id="')[1].split(b'"')[0].decode()
    drawn = picture.svg(xml, {name: "<script>&"})
    assert "&lt;script&gt;&amp;" in drawn
    assert "<script" not in drawn


def test_a_file_without_a_drawing_gives_nothing():
    assert picture.svg(b"<definitions/>", {}) == ""
