"""Compiles boxed expressions (DMN 1.5, 7.3 and 10.2) to closures over a scope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from laneway.engine.dmn.document import Document, titled
from laneway.engine.dmn.places import placed, typed
from laneway.engine.dmn.reading import read_typed
from laneway.engine.dmn.tables import AGGREGATIONS, HIT_POLICIES, Input, Output, Rule, Table, Test
from laneway.engine.dmn.xmlns import Xml, child, children, expression_in, local, text_in, type_ref
from laneway.engine.feel import Code, Env, Expression, FeelSyntaxError, Meter, Names, parse_and_compile
from laneway.engine.feel.calls import invoke_named
from laneway.engine.feel.compiler import Compiler
from laneway.engine.feel.expressions import without_equals
from laneway.engine.feel.reader import node
from laneway.engine.feel.sentences import Word
from laneway.engine.feel.types import Type, coerce
from laneway.engine.feel.values import Function, Value

_CALL_STEPS: Final = 5
_EXPRESSION: Final = Word("expression")
_LIST: Final = Word("list")
_OUTPUT: Final = Word("output")


def null_with(message: str) -> Code:
    """A code that gives null with a warning."""
    return lambda env: env.m.warn(message)


class Boxed:
    """Compiles the boxed expressions of one file. What cannot be compiled is a problem and gives null.

    `names` are the names visible in an expression; only those with operators or numbers in them matter.
    `reads_texts`: table inputs with a temporal type may be given as ISO text.
    """

    def __init__(self, document: Document, reads_texts: bool) -> None:
        self._document, self._reads_texts = document, reads_texts
        self._problems = document.problems
        self._builder = Compiler(document.types.find)
        self._kinds: dict[str, Callable[[Xml, Sequence[str]], Code]] = {
            "literalExpression": self._literal,
            "context": self._context,
            "list": self._list,
            "relation": self._relation,
            "invocation": self._invocation,
            "functionDefinition": self.function,
            "conditional": self._conditional,
            "filter": self._filter,
            "for": self._loop,
            "every": self._loop,
            "some": self._loop,
            "decisionTable": self._table,
        }

    def compile(self, x: Xml | None, names: Sequence[str]) -> Code:
        """The code of an expression element; none gives null."""
        if x is None:
            return null_with("there is no expression")
        kind = local(x)
        code = self._kinds[kind](x, names)
        ty = self._type(x) if kind not in ("functionDefinition", "list") else None
        return placed(x, typed(code, ty, _EXPRESSION))

    def function(self, x: Xml, names: Sequence[str]) -> Code:
        """The code that makes the Function of a function definition or encapsulated logic."""
        if x.get("kind", "FEEL") != "FEEL":
            self._problems.add_unsupported("external_function", x)
            return null_with("external functions are not supported")
        params = children(x, "formalParameter")
        keys = [p.get("name") or "" for p in params]
        types = [self._type(p) for p in params]
        body = self.compile(expression_in(x), [*names, *keys])
        result = result_type(self._document.types.of(x.get("typeRef"), x))

        def make(env: Env) -> Function:
            def call(m: Meter, *args: Value) -> Value:
                m.enter(_CALL_STEPS)
                out = body(Env(dict(zip(keys, args, strict=True)), env, m))
                m.leave()
                return out

            return Function(keys, call, types, "function", result)

        return make

    # texts

    def _type(self, x: Xml) -> Type | None:
        return self._document.types.of(type_ref(x), x)

    def _expression(
        self, source: str, names: Sequence[str], where: Xml, *, is_unary: bool = False
    ) -> Expression | Code:
        """A FEEL text compiled, or a code that warns of what is wrong; Camunda's files may begin it with =."""
        language = where.get("expressionLanguage") or self._document.root.get("expressionLanguage") or "feel"
        if "feel" not in language.lower():
            self._problems.add_unsupported("expression_language", where)
            return null_with("the expression language is not supported")
        members, type_of = self._document.members(), self._document.types.find
        text = without_equals(source) if not is_unary and self._reads_texts else source
        try:
            expression = parse_and_compile(
                text, Names(names), members, type_of, is_unary=is_unary, is_strict=not self._reads_texts
            )
        except FeelSyntaxError as error:
            self._problems.add_syntax(error, source, where)
            return null_with("the expression is wrong")
        self._document.free |= expression.free
        return expression

    def _feel(self, source: str, names: Sequence[str], where: Xml) -> Code:
        expression = self._expression(source, names, where)
        return expression.run if isinstance(expression, Expression) else expression

    def _literal(self, x: Xml, names: Sequence[str]) -> Code:
        source = text_in(x)
        return self._feel(source, names, x) if source else null_with("the expression is empty")

    def _inside(self, x: Xml, name: str, names: Sequence[str]) -> Code:
        return self.compile(expression_in(child(x, name)), names)

    # structures

    def _context(self, x: Xml, names: Sequence[str]) -> Code:
        seen, result = list(names), None
        entries: list[tuple[str, Code, Type | None]] = []
        for entry in children(x, "contextEntry"):
            variable, body = child(entry, "variable"), expression_in(entry)
            if variable is None:
                result = self.compile(body, seen)
                continue
            name = variable.get("name") or ""
            is_function = body is not None and local(body) == "functionDefinition"  # it may call itself
            code = self.compile(body, [*seen, name] if is_function else seen)
            entries.append((name, code, self._type(variable)))
            seen.append(name)
        if len({name for name, _, _ in entries}) < len(entries):
            return null_with("a context has two entries of one name")

        def run(env: Env) -> Value:
            out: dict[str, Value] = {}
            inner = Env(out, env, env.m)
            for name, code, ty in entries:
                out[name] = coerce(env.m, code(inner), ty, name)
            return out if result is None else result(inner)

        return run

    def _list(self, x: Xml, names: Sequence[str]) -> Code:
        parts, ty = [self.compile(e, names) for e in x if local(e) in self._kinds], self._type(x)
        return lambda env: coerce(env.m, [part(env) for part in parts], ty, _LIST)

    def _relation(self, x: Xml, names: Sequence[str]) -> Code:
        columns = [(c.get("name") or "", self._type(c)) for c in children(x, "column")]
        rows = [
            [self.compile(c, names) for c in row if local(c) in self._kinds] for row in children(x, "row")
        ]

        def one(env: Env, row: list[Code]) -> Value:
            cells = zip(columns, row, strict=False)
            return {name: coerce(env.m, cell(env), ty, name) for (name, ty), cell in cells}

        return lambda env: [one(env, row) for row in rows]

    def _invocation(self, x: Xml, names: Sequence[str]) -> Code:
        target = self.compile(expression_in(x), names)
        pairs: list[tuple[str, Code]] = []
        for binding in children(x, "binding"):
            parameter = child(binding, "parameter")
            name = "" if parameter is None else parameter.get("name") or ""
            pairs.append((name, self.compile(expression_in(binding), names)))
        return lambda env: invoke_named(env.m, target(env), [(name, code(env)) for name, code in pairs])

    def _conditional(self, x: Xml, names: Sequence[str]) -> Code:
        condition, then, otherwise = (self._inside(x, name, names) for name in ("if", "then", "else"))
        return lambda env: then(env) if condition(env) is True else otherwise(env)

    def _filter(self, x: Xml, names: Sequence[str]) -> Code:
        match = self._inside(x, "match", [*names, "item"])
        return self._builder.compile(node(0, "filter", self._inside(x, "in", names), match))

    def _loop(self, x: Xml, names: Sequence[str]) -> Code:
        variable = x.get("iteratorVariable") or ""
        body = self._inside(x, "return" if local(x) == "for" else "satisfies", [*names, variable, "partial"])
        return self._builder.compile(node(0, local(x), [(variable, self._loop_source(x, names))], body))

    def _loop_source(self, x: Xml, names: Sequence[str]) -> Code:
        """What a loop goes over; 1..3 without brackets is written like the loop of a text."""
        expression = expression_in(child(x, "in"))
        source = text_in(expression)
        if expression is not None and source and ".." in source and source[0] not in '[]("':
            return self._feel(f"for i in {source} return i", names, expression)
        return self.compile(expression, names)

    # decision tables

    def _table(self, x: Xml, names: Sequence[str]) -> Code:
        inputs = [self._input(i, names) for i in children(x, "input")]
        outputs = [self._output(o, x, names) for o in children(x, "output")]
        if len(outputs) > 1 and len({o.name for o in outputs} - {""}) < len(outputs):
            self._problems.add("unnamed_output", x, "outputs need different names", "各输出列需要不同的名称")
        types = [self._type(o) for o in children(x, "output")]
        rows = enumerate(children(x, "rule"), 1)
        rules = [self._rule(r, number, len(inputs), types, names) for number, r in rows]
        policy, aggregation = x.get("hitPolicy") or "UNIQUE", x.get("aggregation")
        if policy not in HIT_POLICIES or (aggregation and aggregation not in AGGREGATIONS):
            word = policy if policy not in HIT_POLICIES else aggregation
            self._problems.add(
                "unknown_hit_policy", x, f"there is no hit policy {word}", f"没有命中策略 {word}"
            )
            return null_with("the hit policy is unknown")
        return Table(inputs, outputs, rules, policy, aggregation if policy == "COLLECT" else None).run

    def _input(self, i: Xml, names: Sequence[str]) -> Input:
        expression, allowed = child(i, "inputExpression"), child(i, "inputValues")
        label = i.get("label") or text_in(expression) or "input"
        if expression is None:
            code, ty = null_with("an input has no expression"), None
        else:
            code, ty = self._literal(expression, names), self._type(expression)
        if self._reads_texts and ty is not None:
            code = read_typed(code, ty)
        test = self._test(text_in(allowed), names, i)
        return Input(i.get("id") or "", label, titled(i, label), placed(i, typed(code, ty, label)), test)

    def _output(self, o: Xml, table: Xml, names: Sequence[str]) -> Output:
        default = child(o, "defaultOutputEntry")
        ref = type_ref(o) or type_ref(child(table.getparent(), "variable"))
        listed = text_in(child(o, "outputValues")) or self._document.types.allowed_text(ref)
        name = o.get("name") or ""
        return Output(
            o.get("id") or "",
            name,
            titled(o, o.get("label") or name),
            self._listed(listed, names, o),
            self._result(default, names, self._type(o)) if default is not None else None,
        )

    def _listed(self, source: str | None, names: Sequence[str], where: Xml) -> Code | None:
        """The values that rank outputs; a list that is no list of values (a condition) ranks nothing."""
        if not source:
            return None
        try:
            expression = parse_and_compile(f"[{source}]", Names(names), self._document.members())
        except FeelSyntaxError:
            return None
        return placed(where, expression.run)

    def _rule(
        self, r: Xml, number: int, inputs: int, types: Sequence[Type | None], names: Sequence[str]
    ) -> Rule:
        tests, results = children(r, "inputEntry"), children(r, "outputEntry")
        if len(tests) != inputs or len(results) != len(types):
            self._problems.add(
                "uneven_rule", r, "a rule has not one cell per column", "规则的单元格数与列数不符"
            )
        return Rule(
            r.get("id") or "",
            number,
            [self._test(text_in(c), names, c) for c in tests],
            [self._result(c, names, ty) for c, ty in zip(results, types, strict=False)],
        )

    def _result(self, c: Xml, names: Sequence[str], ty: Type | None) -> Code:
        """The code of an output cell, for the value in the type of its column."""
        return placed(c, typed(self._literal(c, names), ty, _OUTPUT))

    def _test(self, source: str | None, names: Sequence[str], where: Xml) -> Test | None:
        """Unary tests of a cell or of allowed values; None when anything passes."""
        if not source or source == "-":
            return None
        expression = self._expression(source, [*names, "?"], where, is_unary=True)
        if isinstance(expression, Expression):
            return Test(placed(where, expression.run), expression.quick)
        return Test(placed(where, expression), None)


def result_type(ty: Type | None) -> Type | None:
    """What a function of this type gives: a function type names its result, any other type is the result."""
    return ty.item if ty is not None and ty.base == "function" else ty
