"""Evaluates decisions and decision services of linked files (DMN 1.5, 10.4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from laneway.engine.dmn.boxed import Boxed, result_type
from laneway.engine.dmn.document import Document, Element
from laneway.engine.dmn.reading import read_text
from laneway.engine.dmn.trace import Trace
from laneway.engine.dmn.xmlns import child, expression_in, type_ref
from laneway.engine.feel import Env, FeelLimit, Meter, to_feel
from laneway.engine.feel.types import coerce
from laneway.engine.feel.values import Function, Value

_SERVICE_STEPS: Final = 10


def compile_logic(document: Document, is_open: bool) -> None:
    """Compile the logic of all elements of a linked file; what is wrong becomes problems of the file."""
    boxed = Boxed(document, reads_texts=is_open)
    for e in document.elements.values():
        e.type = document.types.of(type_ref(child(e.xml, "variable")), e.xml)
        names = [
            name for prefix, r in e.required for name in ([prefix] if prefix else [r.variable, *r.aliases])
        ]
        others, document.free = document.free, set()
        if e.kind == "decision":
            e.code = boxed.compile(expression_in(e.xml), names)
        elif e.kind == "businessKnowledgeModel":
            logic = child(e.xml, "encapsulatedLogic")
            e.code = None if logic is None else boxed.function(logic, [*names, e.variable])
        e.free = frozenset(document.free)
        document.free |= others


class Evaluation:
    """One evaluation: given inputs, values found so far, the meter.

    `outer` is a scope behind that of each element: with it, expressions see variables that they do not require
    and the aliases of what they require, as in Camunda; without it, only what the standard lets them see.
    """

    def __init__(self, given: Mapping[str, Value], m: Meter, outer: Env | None = None) -> None:
        self._given, self._m, self._outer = given, m, outer
        self._values: dict[Element, Value] = {}
        self._open: set[Element] = set()

    def value(self, e: Element, prefix: str | None = None) -> Value:
        """The value of an element as seen by those who require it; `prefix` is the name of its import."""
        if e in self._values:
            return self._values[e]
        m = self._m
        if e in self._open:
            return m.warn("the requirements of %s go round in a circle", e.name)
        self._open.add(e)
        around, m.element_id = m.element_id, e.key
        self._values[e] = v = _KINDS[e.kind](self, e, prefix)
        m.element_id = around
        self._open.discard(e)
        return v

    def run_service(self, e: Element) -> Value:
        """The output of a decision service for the given inputs."""
        f = self.value(e)
        params = zip(f.params, f.types, strict=True)
        args = [coerce(self._m, self._given.get(name), ty, name) for name, ty in params]
        return coerce(self._m, f.code(self._m, *args), f.result, e.name)

    def _input_data(self, e: Element, prefix: str | None) -> Value:
        v = self._given.get(e.name)
        if v is None:
            v = self._given.get(e.variable)
        if v is None and prefix:
            space = self._given.get(prefix)
            inside = space.get(e.name) if type(space) is dict else None
            v = self._given.get(f"{prefix}.{e.name}", inside)
        ty = e.type
        return coerce(self._m, read_text(v, ty) if self._outer else v, ty, e.name)

    def _scope(self, e: Element) -> Env:
        """What an element requires: imported names are inside a context of the import's name."""
        found: dict[str, Value] = {}
        aliases: dict[str, Value] = {}
        for prefix, r in e.required:
            v = self.value(r, prefix)
            if prefix:
                found.setdefault(prefix, {})[r.variable] = v
                continue
            found[r.variable] = v
            if self._outer:
                aliases.update(dict.fromkeys(r.aliases, v))
        return Env({**aliases, **found} if aliases else found, self._outer, self._m)

    def _decision(self, e: Element, prefix: str | None) -> Value:
        env, m = self._scope(e), self._m
        if e.code is None:
            return m.warn("%s has no logic", e.name)
        if not isinstance(m, Trace):
            return coerce(m, e.code(env), e.type, e.name)
        m.begin(e.key, e.title, e.logic)
        v = coerce(m, e.code(env), e.type, e.name)
        m.end(v)
        return v

    def _knowledge_model(self, e: Element, prefix: str | None) -> Value:
        if e.code is None:
            return self._m.warn("%s has no logic", e.name)
        env = Env({}, self._outer, self._m)
        self._values[e] = None  # what requires itself is found in the scope below when it is called
        env.vars.update(self._scope(e).vars)
        f = e.code(env)
        if f is None:
            return None
        env.vars.setdefault(e.variable, f)
        f.name = e.name
        f.result = result_type(e.type) or f.result
        return f

    def _decision_service(self, e: Element, prefix: str | None) -> Function:
        """A function of the service's input data, then its input decisions."""
        inputs, outputs = e.service_inputs, e.service_outputs

        def call(m: Meter, *args: Value) -> Value:
            m.enter(_SERVICE_STEPS)
            inner = Evaluation({}, m)
            inner._values.update(zip(inputs, args, strict=True))
            values = {r.variable: inner.value(r) for r in outputs}
            m.leave()
            return next(iter(values.values())) if len(values) == 1 else values

        types = [r.type for r in inputs]
        result = result_type(e.type)
        return Function([r.variable for r in inputs], call, types, e.name, result)


_KINDS: Final[dict[str, Callable[[Evaluation, Element, str | None], Value]]] = {
    "inputData": Evaluation._input_data,
    "decision": Evaluation._decision,
    "businessKnowledgeModel": Evaluation._knowledge_model,
    "decisionService": Evaluation._decision_service,
}


def evaluate_element(e: Element, inputs: Mapping[str, Any], m: Meter) -> Value:
    """The FEEL value of a decision or decision service by the standard: only required inputs are seen.

    Raises `FeelLimit`.
    """
    try:
        run = Evaluation({name: to_feel(v, m) for name, v in inputs.items()}, m)
        return run.run_service(e) if e.kind == "decisionService" else run.value(e)
    except RecursionError:
        raise FeelLimit("the decision is nested too deeply", "决策嵌套过深") from None
