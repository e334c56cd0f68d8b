import assert from "node:assert/strict";
import { test } from "node:test";

import { DOMParser as Parser, XMLSerializer as Serializer } from "@xmldom/xmldom";
import { BpmnModdle } from "bpmn-moddle";

import { makeKeeper } from "../src/modeler/keep.js";

const FOREIGN = `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:x="http://example.com/x" id="d" targetNamespace="t">
  <process id="P" isExecutable="true">
    <x:owner name="sales"><x:since>2020</x:since></x:owner>
    <userTask id="a" name="A" isForCompensation="false" startQuantity="1">
      <dataInputAssociation id="in"><sourceRef>one</sourceRef><sourceRef>two</sourceRef><targetRef>i</targetRef></dataInputAssociation>
    </userTask>
    <task id="b" name="B" x:colour="red" />
  </process>
  <di:BPMNDiagram id="dia" resolution="72.0"><di:BPMNPlane id="pl" bpmnElement="P">
    <di:BPMNShape id="s" bpmnElement="a"><dc:Bounds x="10.0" y="20.0" width="100.0" height="80.0" />
      <di:BPMNLabel labelStyle="bold" /></di:BPMNShape>
  </di:BPMNPlane></di:BPMNDiagram>
</definitions>`;

/** The diagram as the drawing tool reads and writes it, after a change. */
async function written(change = () => undefined) {
  const moddle = new BpmnModdle();
  const { rootElement, elementsById } = await moddle.fromXML(FOREIGN);
  change(elementsById);
  return (await moddle.toXML(rootElement, { format: true })).xml;
}

/** Everything a text says: elements, attributes and texts, each as one line. */
function said(xml) {
  const lines = [];
  const visit = (element) => {
    for (const { name, value } of element.attributes) if (!name.startsWith("xmlns")) lines.push(`${element.localName} ${name}=${value}`);
    for (const child of element.childNodes) {
      if (child.nodeType === 1) visit(child);
      else if (child.nodeValue.trim()) lines.push(`${element.localName}: ${child.nodeValue.trim()}`);
    }
  };
  visit(new Parser().parseFromString(xml, "application/xml").documentElement);
  return lines.sort();
}

const keeper = async () => makeKeeper(FOREIGN, await written(), { Parser, Serializer });

test("a diagram in which nothing was changed is saved byte for byte", async () => {
  assert.equal((await keeper()).restore(await written()), FOREIGN);
});

test("the drawing tool alone would lose something", async () => {
  assert.notDeepEqual(said(await written()), said(FOREIGN));
});

test("a change is saved with everything that the tool does not understand", async () => {
  const xml = (await keeper()).restore(await written((elements) => (elements.b.name = "Changed")));
  assert.deepEqual(said(xml), said(FOREIGN.replace('name="B"', 'name="Changed"')));
});

test("what was changed or removed stays so", async () => {
  const change = (elements) => {
    elements.a.isForCompensation = true;
    elements.s.bounds.x = 30;
    const process = elements.P;
    process.flowElements = process.flowElements.filter(({ id }) => id !== "b");
  };
  const lines = said((await keeper()).restore(await written(change)));
  assert.ok(lines.includes("userTask isForCompensation=true"));
  assert.ok(lines.includes("Bounds x=30"));
  assert.ok(lines.includes("Bounds y=20.0"));
  assert.ok(!lines.some((line) => line.startsWith("task ")));
});
