"""Reading what scripts send."""

from __future__ import annotations

from typing import Any

from flask import request

from laneway.errors import Invalid


def read_json() -> dict[str, Any]:
    """The JSON object of this request. Raises Invalid("body_invalid")."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Invalid("body_invalid", [("", "type", {})])
    return body
