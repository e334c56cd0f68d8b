"""Variables as in Camunda 8: values live once per scope, expressions read the chain, results go to who has them."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from laneway.engine.spiff.effects import Host, Note, StepFailed
from laneway.engine.spiff.elements import Token


class VariableScopes:
    """The variables of an instance: the element's own, its owners', the process's; and the history of their changes.

    Mixed into `Instance`.
    """

    host: Host
    data: dict[str, Any]
    notes: list[Note]
    variables_changed: bool
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

    def visible(self, token: Token, **extra: Any) -> ChainMap[str, Any]:
        """What an expression at this token sees, innermost first."""
        return ChainMap(extra, *self._chain(token))

    def evaluate(self, token: Token, expression: str, **extra: Any) -> Any:
        """The JSON value of a FEEL text at this token; raises StepFailed."""
        return self.host.evaluate(expression, self.visible(token, **extra))

    def holds(self, token: Token, condition: str, **extra: Any) -> bool:
        """Whether a condition is true; anything but a boolean is a failure, null counts as false."""
        value = self.host.ask(condition, self.visible(token, **extra))
        if value is not None and not isinstance(value, bool):
            raise StepFailed("CONDITION_ERROR", f"'{condition}' should be true or false but gives {value!r}.")
        return bool(value)

    def set_variables(self, token: Token, values: Mapping[str, Any], *, outer: bool = False) -> None:
        """Each to the innermost scope that has it, else to the instance (Camunda 8's propagation rule)."""
        if not values:
            return
        maps = self._chain(token)[1 if outer else 0 :]
        for name, value in values.items():
            next((known for known in maps if name in known), self.data)[name] = value
        self._note_variables(token, values)

    def set_result(self, token: Token, name: str | None, value: Any) -> None:
        """Keep the result of a script or decision: for the output mappings alone if there are any."""
        if name is None:
            return
        if token.task_spec.node.outputs:
            token.data[name] = value
        else:
            self.set_variables(token, {name: value})

    def _note_variables(self, token: Token, values: Mapping[str, Any]) -> None:
        if values:
            self.variables_changed = self.conditions_due = True
            self.note("variables_set", token, values=dict(values))

    def take_in(self, token: Token, variables: Mapping[str, Any]) -> None:
        """What came with the end of a wait; with output mappings, only they bring it further than the token."""
        if token.task_spec.node.outputs:
            token.data.update(variables)
            self._note_variables(token, variables)
        else:
            self.set_variables(token, variables)
