"""Checks what holds other values, and control: lists, contexts, paths, filters, `if`, loops and functions."""

from __future__ import annotations

from laneway.engine.feel.checks import spelling
from laneway.engine.feel.checks.kinds import (
    BOOLEAN,
    LIST,
    PROPERTIES,
    is_known,
    join,
    list_of,
    word,
)
from laneway.engine.feel.checks.operators import OperatorWalker, conversion
from laneway.engine.feel.reader import Node
from laneway.engine.feel.types import ANY, Type


class StructureWalker(OperatorWalker):
    """Adds structures and control to the operators."""

    def _list(self, node: Node, items: list[Node]) -> Type:
        return list_of(join([self.of(item) for item in items]))

    def _context(self, node: Node, entries: list[tuple[str, Node]]) -> Type:
        with self.scope({}) as fields:
            for key, value in entries:
                if key in fields:
                    zh, en = f"条目“{key}”出现了两次", f"the entry “{key}” stands there twice"
                    self.warn("entry_twice", value.pos, zh, en)
                fields[key] = self.of(value)
        return Type("context", fields=fields)

    def _path(self, node: Node, before: Node, name: str) -> Type:
        return self._member(node.pos, self.of(before), name)

    def _member(self, pos: int, ty: Type, name: str) -> Type:
        if ty.base == "list":
            return list_of(self._member(pos, ty.item or ANY, name))
        if ty.base == "context":
            fields = ty.fields or {}
            if name not in fields and not self.is_full_width(pos, name):
                meant = spelling.variable_like(name, spelling.spellings(fields), is_sure=True)
                if meant is not None:
                    zh, en = spelling.did_you_mean(meant)
                    self.warn(
                        "unknown_entry", pos, f"没有条目“{name}”{zh}", f"there is no entry “{name}”{en}"
                    )
            return fields.get(name, ANY)
        if not is_known(ty):
            return ANY
        known = PROPERTIES.get(str(ty.base), {})
        if name not in known:
            self._tell_no_property(pos, ty, name, spelling.variable_like(name, spelling.spellings(known)))
        return known.get(name, ANY)

    def _tell_no_property(self, pos: int, ty: Type, name: str, meant: str | None) -> None:
        kind = word(ty)
        zh, en = spelling.did_you_mean(meant)
        if ty.base == "string":
            owner = next((o for o, known in PROPERTIES.items() if name in known and o != "range"), None)
            if owner is not None:
                zh, en = conversion(ty, Type(owner))
        self.warn("path", pos, f"{kind.zh}没有“{name}”{zh}", f"a {kind.en} has no “{name}”{en}")

    def _filter(self, node: Node, source: Node, condition: Node) -> Type:
        ty = self.of(source)
        item = (ty.item or ANY) if ty.base == "list" else ty
        names = {"item": item, **(item.fields or {})}
        # An item may have members that its type does not name, and they hide the names outside.
        with self.scope(names, is_open=not is_known(item) or item.base == "context"):
            test = self.of(condition)
        if test.base == "number":
            return item
        if test.base == "boolean":
            return list_of(item)
        if is_known(test):
            kind = word(test)
            zh = f"筛选条件应为布尔值或数字，实际为{kind.zh}"
            en = f"a filter should be a boolean or a number, but is a {kind.en}"
            self.warn("condition", condition.pos, zh, en)
        return ANY

    # control

    def _if(self, node: Node, cases: list[tuple[Node, Node]], otherwise: Node) -> Type:
        found = []
        for condition, branch in cases:
            self.want_boolean(condition, self.of(condition), "if 的条件", "the condition of “if”")
            found.append(self.of(branch))
        return join([*found, self.of(otherwise)])

    def _span(self, node: Node, start: Node, end: Node) -> Type:
        first, last = self.of(start), self.of(end)
        for at, ty in ((start, first), (end, last)):
            if is_known(ty) and ty.base not in ("number", "date"):
                kind = word(ty)
                zh = f"循环的起止应为整数或日期，实际为{kind.zh}"
                en = f"an iteration goes over whole numbers or dates, not from or to a {kind.en}"
                self.warn("kinds", at.pos, zh, en)
        return list_of(first if is_known(first) else last)

    def _iterators(self, loops: list[tuple[str, Node]], names: dict[str, Type]) -> None:
        for variable, source in loops:
            ty = self.of(source)
            names[variable] = (
                (ty.item or ANY) if ty.base in ("list", "range") else ty if is_known(ty) else ANY
            )

    def _for(self, node: Node, loops: list[tuple[str, Node]], body: Node) -> Type:
        with self.scope({}) as names:
            self._iterators(loops, names)
            names["partial"] = LIST
            return list_of(self.of(body))

    def _some(self, node: Node, loops: list[tuple[str, Node]], body: Node) -> Type:
        return self._quantified("some", loops, body)

    def _every(self, node: Node, loops: list[tuple[str, Node]], body: Node) -> Type:
        return self._quantified("every", loops, body)

    def _quantified(self, kind: str, loops: list[tuple[str, Node]], body: Node) -> Type:
        with self.scope({}) as names:
            self._iterators(loops, names)
            self.want_boolean(body, self.of(body), f"{kind} 的条件", f"the condition of “{kind}”")
        return BOOLEAN

    def _function(self, node: Node, params: list[tuple[str, Node | None]], body: Node) -> Type:
        types = [ANY if ty is None else self.known_type(ty) for _, ty in params]
        with self.scope(dict(zip([name for name, _ in params], types, strict=True))):
            return Type("function", params=types, item=self.of(body))
