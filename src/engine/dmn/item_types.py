"""Item definitions of a file as FEEL types (DMN 1.5, 7.3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from laneway.engine.dmn.problems import Problems
from laneway.engine.dmn.xmlns import Xml, child, children, text_in, type_ref
from laneway.engine.feel import Env, FeelSyntaxError, Meter, parse_and_compile
from laneway.engine.feel.types import ANY, NAMED, Type
from laneway.engine.feel.values import Value

_CAMUNDA: Final = {"integer": "number", "long": "number", "double": "number"}
"""Types that Camunda's modelers write and the standard does not have."""


class ItemTypes:
    """The types of one file, made on first use. `imports` are those of other files by import name."""

    def __init__(self, root: Xml, problems: Problems) -> None:
        self.imports: dict[str, ItemTypes] = {}
        self._problems = problems
        self._items: Mapping[str, Xml] = {x.get("name"): x for x in children(root, "itemDefinition")}
        self._types: dict[str, Type] = {}
        self._open: set[str] = set()

    def find(self, ref: str) -> Type | None:
        """The type of a name; None for an unknown one."""
        if ref in self._types:
            return self._types[ref]
        if ref in self._items:
            return self._define(ref)
        if ref in NAMED or ref in _CAMUNDA:
            return NAMED[_CAMUNDA.get(ref, ref)]
        prefix, _, rest = ref.partition(".")
        if rest and prefix in self.imports:
            return self.imports[prefix].find(rest)
        if "" in self.imports and ref in self.imports[""]._items:
            return self.imports[""].find(ref)
        _, _, rest = ref.partition(":")  # DMN 1.1 wrote feel:string
        return self.find(rest) if rest else None

    def of(self, ref: str | None, where: Xml) -> Type | None:
        """The type of a typeRef, None when there is none; an unknown name is a problem and fits no value."""
        if not ref:
            return None
        found = self.find(ref)
        if found is None:
            self._problems.add("unknown_type", where, f"the type {ref!r} is unknown", f"未知的类型 {ref!r}")
            return Type("unknown", label=ref)
        return found

    def allowed_text(self, ref: str | None) -> str | None:
        """The allowed values of a type as text, for the order of outputs."""
        item = self._items.get(ref or "")
        return None if item is None else text_in(child(item, "allowedValues"))

    def constraints(self, ref: str | None) -> list[str]:
        """The texts of all constraints that a value of a type of this file keeps."""
        texts: list[str | None] = []
        seen: set[str] = set()
        while ref is not None and ref in self._items and ref not in seen:
            seen.add(ref)
            item = self._items[ref]
            texts += [text_in(child(item, "allowedValues")), text_in(child(item, "typeConstraint"))]
            ref = type_ref(item)
        return [text for text in texts if text]

    def check_all(self) -> None:
        """Make all types, so that their problems are noted."""
        for ref in self._items:
            self.find(ref)

    def _define(self, ref: str) -> Type:
        if ref in self._open:
            return ANY  # a recursive type is checked one level deep
        self._open.add(ref)
        made = self._types[ref] = self._item(self._items[ref], ref)
        self._open.discard(ref)
        return made

    def _item(self, item: Xml, name: str | None = None) -> Type:
        parts, function = children(item, "itemComponent"), child(item, "functionItem")
        if parts:
            ty = Type("context", fields={p.get("name"): self._item(p) for p in parts}, label=name)
        elif function is not None:
            params = [self.of(type_ref(p), p) or ANY for p in children(function, "parameters")]
            result = self.of(function.get("outputTypeRef"), function) or ANY
            ty = Type("function", params=params or None, item=result, label=name)
        else:
            ty = replace(self.of(type_ref(item), item) or ANY, label=name)
        ty = self._constrained(ty, child(item, "allowedValues"))
        if item.get("isCollection") == "true":
            ty = Type("list", item=ty, label=name)
        return self._constrained(ty, child(item, "typeConstraint"))

    def _constrained(self, ty: Type, constraint: Xml | None) -> Type:
        source = text_in(constraint)
        if constraint is None or not source:
            return ty
        try:
            tests = parse_and_compile(source, is_unary=True)
        except FeelSyntaxError as error:
            self._problems.add_syntax(error, source, constraint)
            return ty
        before = ty.allowed

        def is_allowed(m: Meter, v: Value) -> bool:
            if before is not None and not before(m, v):
                return False
            return tests.run(Env({"?": v}, None, m)) is True

        return replace(ty, allowed=is_allowed)
