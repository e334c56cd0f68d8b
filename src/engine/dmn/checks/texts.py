"""FEEL texts of a file: names, functions and kinds, told with the place in the table and in the text."""

from __future__ import annotations

from typing import Final

from laneway.engine.dmn.checks.sheets import Scope
from laneway.engine.dmn.document import Element
from laneway.engine.dmn.problems import Problems
from laneway.engine.dmn.xmlns import Xml, expression_in, local, text_in
from laneway.engine.feel.checks import Problem, check_expression, is_known, kind_of, marked, word
from laneway.engine.feel.types import Type
from laneway.words import Text

_INSIDE: Final = ("{*}variable", "{*}formalParameter")
_LOOPS: Final = ("{*}for", "{*}some", "{*}every")


class Texts:
    """Judges the texts of one decision or knowledge model.

    A file that declares its inputs names all there are; otherwise process variables are seen as well, as in
    Camunda, so that only a name that looks like a known one is told.
    """

    def __init__(self, scope: Scope, owner: Element, problems: Problems) -> None:
        self._scope, self._owner, self._problems = scope, owner, problems
        inputs = scope.input_data
        self.is_open = not inputs
        self.variables: dict[str, Type | None] = dict.fromkeys(
            [*inputs, *scope.subjects, *scope.document.imports, owner.name, owner.variable]
        )
        for prefix, r in owner.required:
            if not prefix:
                has_value = r.kind in ("inputData", "decision")
                self.variables.update(dict.fromkeys([r.variable, *r.aliases], r.type if has_value else None))
        self.variables.update(dict.fromkeys(_bound_inside(owner.xml)))
        self._checked: dict[tuple[str, bool, str | None], list[Problem]] = {}

    def knows(self, name: str) -> bool:
        """Whether a name is one of the file's own."""
        return name in self.variables

    def kind(self, text: str) -> Type:
        """The type of an expression's values, Any when it cannot be told."""
        return kind_of(text, self.variables, type_of=self._scope.document.types.find)

    def check(
        self, text: str, where: Xml, place: Text, *, is_unary: bool = False, ty: Type | None = None
    ) -> bool:
        """Note what is wrong with a text, other than its syntax, which was judged before; whether all is well."""
        key = (text, is_unary, None if ty is None else ty.base)
        if key not in self._checked:
            problems = check_expression(
                text,
                self.variables,
                is_unary=is_unary,
                input_type=ty,
                is_open=self.is_open,
                type_of=self._scope.document.types.find,
            )
            self._checked[key] = [problem for problem in problems if problem.code != "syntax"]
        found = self._checked[key]
        for problem in found:
            shown, zh, en = marked(text, problem.pos), problem.text.zh, problem.text.en
            self._problems.add(
                problem.code,
                where,
                f"{place.en}: {en} ({shown})" if place.en else f"{en} ({shown})",
                f"{place.zh}：{zh}（{shown}）" if place.zh else f"{zh}（{shown}）",
            )
        return not found

    def check_boxed(self) -> None:
        """Check the expressions of the owner that stand in no decision table."""
        logic = expression_in(self._owner.xml)
        for x in self._owner.xml.iter("{*}literalExpression"):
            text = text_in(x)
            if text and local(x) and not _is_span(text, x):
                self.check(text, x, Text("", ""))
                if x is logic and self._owner.type is not None:
                    self._check_result(self.kind(text), self._owner.type, x)

    def _check_result(self, found: Type, wanted: Type, where: Xml) -> None:
        if never_fits(found, wanted):
            given, asked = word(found), word(wanted)
            self._problems.add(
                "result_type",
                where,
                f"the decision is of the type {asked.en}, but the expression gives a {given.en}",
                f"决策的类型是{asked.zh}，而表达式的结果是{given.zh}",
            )


def never_fits(found: Type, wanted: Type) -> bool:
    """Whether values of one type are always null as another: lists of one and dates are converted."""
    if not is_known(wanted) or not is_known(found) or found.base == wanted.base:
        return False
    return "list" not in (found.base, wanted.base) and (found.base, wanted.base) != ("date", "date and time")


def _is_span(text: str, x: Xml) -> bool:
    """Whether a text is the source of a loop such as 1..3, which is no expression."""
    around = x.getparent()
    return ".." in text and around is not None and local(around) == "in"


def _bound_inside(owner: Xml) -> set[str]:
    """Names that parts of an element bind for others: their kinds depend on the place."""
    names = {x.get("name") for x in owner.iter(*_INSIDE) if x.getparent() is not owner}
    names |= {x.get("iteratorVariable") for x in owner.iter(*_LOOPS)}
    return {name for name in (*names, "item", "partial") if name}
