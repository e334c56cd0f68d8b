"""Whether this process can serve: the database answers."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from laneway.engine import database

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> Response:
    """200 while the database answers, else the 503 of the error table."""
    with database.reading():
        return jsonify(status="ok")
