"""Variables as in Camunda 8: values live once per scope, expressions read the chain, results go to who has them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from laneway.engine.bpmn.feel_texts import use_of
from laneway.engine.feel import FeelWarning
from laneway.engine.spiff.elements import Token
from laneway.engine.spiff.requests import Host, Note, StepFailed
from laneway.words import Text

_MOST_WARNED = 20
"""Expressions of one step whose warnings are kept."""


class VariableScopes:
    """The variables of an instance: the element's own, its owners', the process's; and the history of their changes.

    Mixed into `Instance`.
    """

    host: Host
    data: dict[str, Any]
    notes: list[Note]
    variables_changed: bool
    warned: dict[tuple[str, str], list[FeelWarning]]
    """What expressions warned of in this step, by element and expression."""
    conditions_due: bool
    """Whether something has changed since conditional events were last looked at."""

    def note(self, event: str, token: Token, **details: Any) -> None:
        """Write a line of history."""
        self.notes.append(Note(event, token.task_spec.name, token.id, details))

    def _chain(self, token: Token) -> list[dict[str, Any]]:
        maps, scope = [token.data], token.workflow
        while scope.owner is not None:
            maps.append(scope.owner.data)
            scope = scope.owner.workflow
        return [*maps, self.data]

    def visible(self, token: Token, **extra: Any) -> Mapping[str, Any]:
        """What an expression at this token sees, innermost first; to be read only."""
        maps = [known for known in (extra, *self._chain(token)) if known]
        return maps[0] if len(maps) == 1 else ChainMap(*maps)

    def evaluate(self, token: Token, expression: str, **extra: Any) -> Any:
        """The JSON value of a FEEL text at this token; raises StepFailed."""
        found = self.host.evaluate(expression, self.visible(token, **extra))
        self.warn(token, expression, found.warnings)
        return found.value

    def holds(self, token: Token, condition: str, **extra: Any) -> bool:
        """Whether a condition is true; anything but a boolean is a failure, null counts as false."""
        found = self.host.ask(condition, self.visible(token, **extra))
        self.warn(token, condition, found.warnings)
        return _truth(condition, found.value)

    def holds_quietly(self, token: Token, condition: str) -> bool:
        """Like `holds`, for a condition that is asked again and again."""
        return _truth(condition, self.host.ask(condition, self.visible(token)).value)

    def warn(self, token: Token, expression: str, warnings: Sequence[FeelWarning]) -> None:
        """Keep what made an expression null, for whoever debugs; each expression of an element once in a step."""
        key = (token.task_spec.name, expression)
        if not warnings or key in self.warned or len(self.warned) == _MOST_WARNED:
            return
        self.warned[key] = list(warnings)
        told = [{"zh": one.text.zh, "en": one.text.en, "pos": one.pos} for one in warnings]
        self.note(
            "expression_warned",
            token,
            use=list(_use(token, expression)),
            expression=expression,
            warnings=told,
        )

    def explained(self, token: Token, failure: StepFailed) -> str:
        """The message of a failure, with what made null of the expressions that it is about."""
        parts = [failure.message]
        if failure.expression:
            parts.append(f"It is {_use(token, failure.expression).en}.")
        for (element_id, expression), warnings in self.warned.items():
            is_meant = expression in failure.message or failure.type == "CONDITION_ERROR"
            if element_id == token.task_spec.name and is_meant:
                why = "; ".join(f"{one}{_at(one)}" for one in warnings)
                use = _use(token, expression).en
                parts.append(f"{use[:1].upper()}{use[1:]} '{expression}' warns: {why}.")
        return " ".join(parts)

    def set_variables(
        self, token: Token, values: Mapping[str, Any], *, outer: bool = False, keeps_old: bool = False
    ) -> None:
        """Each to the innermost scope that has it, else to the instance (Camunda 8's propagation rule).

        With `keeps_old`, the history says what they were.
        """
        if not values:
            return
        maps = self._chain(token)[1 if outer else 0 :]
        local = []
        before = {}
        for name, value in values.items():
            scope = next((known for known in maps if name in known), self.data)
            if name in scope:
                before[name] = scope[name]
            scope[name] = value
            if scope is not self.data:
                local.append(name)
        self._note_variables(token, values, local, before if keeps_old else {})

    def set_result(self, token: Token, name: str | None, value: Any) -> None:
        """Keep the result of a script or decision: for the output mappings alone if there are any."""
        if name is None:
            return
        if token.task_spec.node.outputs:
            token.data[name] = value
        else:
            self.set_variables(token, {name: value})

    def _note_variables(
        self, token: Token, values: Mapping[str, Any], local: Collection[str], before: Mapping[str, Any]
    ) -> None:
        """History says which of the values did not reach the instance's own scope."""
        if values:
            self.variables_changed = self.conditions_due = True
            more: dict[str, Any] = {"local": list(local)} if local else {}
            if before:
                more["before"] = dict(before)
            self.note("variables_set", token, values=dict(values), **more)

    def set_local_variables(self, token: Token, values: Mapping[str, Any]) -> None:
        """Set variables of this token's own scope; the history keeps what they were."""
        before = {name: token.data[name] for name in values if name in token.data}
        token.data.update(values)
        self._note_variables(token, values, values, before)

    def set_own_variables(self, values: Mapping[str, Any]) -> None:
        """Set variables of the instance itself; the history keeps what they were."""
        if values:
            before = {name: self.data[name] for name in values if name in self.data}
            self.data.update(values)
            self.variables_changed = self.conditions_due = True
            self.notes.append(Note("variables_set", None, None, {"values": dict(values), "before": before}))

    def delete_variables(self, token: Token | None, names: Collection[str]) -> None:
        """Delete variables of the instance itself, or of the scope of a token; the history keeps what they were."""
        scope = self.data if token is None else token.data
        gone = {name: scope.pop(name) for name in names if name in scope}
        if gone:
            self.variables_changed = self.conditions_due = True
            number = token.id if token is not None else None
            element_id = token.task_spec.name if token is not None else None
            details = {"values": gone, "is_local": token is not None}
            self.notes.append(Note("variables_deleted", element_id, number, details))

    def replace_own_variables(self, values: Mapping[str, Any]) -> None:
        """Let the instance have these variables and no other."""
        self.delete_variables(None, [name for name in self.data if name not in values])
        self.set_own_variables(
            {
                name: value
                for name, value in values.items()
                if self.data.get(name) != value or name not in self.data
            }
        )

    def take_in(self, token: Token, variables: Mapping[str, Any]) -> None:
        """What came with the end of a wait; with output mappings, only they bring it further than the token."""
        if token.task_spec.node.outputs:
            token.data.update(variables)
            self._note_variables(token, variables, variables, {})
        else:
            self.set_variables(token, variables)


def _use(token: Token, expression: str) -> Text:
    """What an expression is for: at the token's element, or at an event that is awaited on its behalf."""
    spec = token.workflow.spec
    node = getattr(token.task_spec, "node", None)
    near = [] if node is None else [node, *spec.boundaries_of(node.id)]
    return use_of(expression, [*near, *spec.level.nodes.values()])


def _at(warning: FeelWarning) -> str:
    return "" if warning.pos is None else f" (character {warning.pos + 1})"


def _truth(condition: str, value: Any) -> bool:
    if value is not None and not isinstance(value, bool):
        raise StepFailed("CONDITION_ERROR", f"'{condition}' should be true or false but gives {value!r}.")
    return bool(value)
