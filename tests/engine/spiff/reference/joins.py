"""Where tokens meet (BPMN 2.0 section 13.4)."""

from __future__ import annotations

from collections import deque
from typing import Any

from .parts import Scope, Token, upstream


class Joins:
    """What happens when a token arrives at a node; mixed into the game."""

    top: Scope
    queue: deque[Token | Scope]
    holds: Any

    def arrive(self, token: Token) -> None:
        """Let a token wait at its join, or let it in."""
        node = token.node
        is_join = len(node.incoming) > 1 and token.fired is None and not token.scope.is_body
        if is_join and node.type == "parallelGateway":
            self.arrive_at_parallel(token)
        elif is_join and node.type == "inclusiveGateway":
            token.is_at_join = True
        elif is_join and node.type == "complexGateway":
            self.arrive_at_complex(token)
        elif node.start_quantity > 1 and not token.scope.is_body:
            self.arrive_at_quantity(token)
        else:
            self.queue.append(token)

    def heard(self, token: Token) -> dict[str, list[Token]]:
        """Tokens waiting at this token's join, by the flow they came in by."""
        waiting = [other for other in token.scope.tokens if other.node is token.node and other.is_at_join]
        by_flow: dict[str, list[Token]] = {}
        for other in waiting:
            by_flow.setdefault(other.by, []).append(other)
        return by_flow

    def join(self, token: Token, by_flow: dict[str, list[Token]]) -> None:
        """One token from each flow that has any becomes this one."""
        for waiting in by_flow.values():
            if token not in waiting:
                token.scope.tokens.remove(waiting[0])
        token.is_at_join = False
        self.queue.append(token)

    def arrive_at_parallel(self, token: Token) -> None:
        """13.4.1: one token on each incoming flow."""
        token.is_at_join = True
        by_flow = self.heard(token)
        if len(by_flow) == len(token.node.incoming):
            self.join(token, by_flow)

    def arrive_at_quantity(self, token: Token) -> None:
        """13.3.2: an activity starts with as many tokens as its start quantity says."""
        token.is_at_join = True
        waiting = [other for other in token.scope.tokens if other.node is token.node and other.is_at_join]
        if len(waiting) == token.node.start_quantity:
            for other in waiting[:-1]:
                token.scope.tokens.remove(other)
            token.is_at_join = False
            self.queue.append(token)

    def is_awaited(self, token: Token, filled: list[str]) -> bool:
        """13.4.3: some token can reach an empty flow, and none of the filled ones."""
        level, join = token.scope.level, token.node
        empty: set[str] = set()
        full: set[str] = set()
        for flow in join.incoming:
            (full if flow.id in filled else empty).update(upstream(level, join, flow))
        return any(
            other.node.id in empty and other.node.id not in full
            for other in token.scope.tokens
            if other.node is not join
        )

    def pass_a_join(self) -> bool:
        """Let one inclusive join pass that nobody can reach any more; whether there was one."""
        for token in sorted(everywhere(self.top), key=lambda token: token.number):
            if token.is_at_join and token.node.type == "inclusiveGateway":
                by_flow = self.heard(token)
                if len(by_flow) == len(token.node.incoming) or not self.is_awaited(token, list(by_flow)):
                    self.join(token, by_flow)
                    return True
        return False

    def arrive_at_complex(self, token: Token) -> None:
        """13.4.5: passes once when its condition holds, takes in who comes late, then begins anew."""
        token.is_at_join = True
        scope, join = token.scope, token.node
        used = scope.used.setdefault(join.id, [])
        by_flow = self.heard(token)
        if used and not self.is_awaited(token, used):
            used.clear()
        if not used:
            if self.holds(join.activation_condition, token, activationCount=len(by_flow)):
                self.join(token, by_flow)
                used.extend(by_flow)
            return
        for flow in [flow for flow in by_flow if flow not in used]:
            scope.tokens.remove(by_flow[flow][0])
            used.append(flow)
        if len(used) == len(join.incoming):
            used.clear()


def everywhere(scope: Scope) -> list[Token]:
    """All tokens of a scope and of what goes on inside it."""
    found: list[Token] = []
    for token in scope.tokens:
        found.append(token)
        if token.inner is not None:
            found += everywhere(token.inner)
    return found
