"""Paths under /v2 that are not served: operations of Camunda that we leave out on purpose, and everything else."""

from __future__ import annotations

from fnmatch import fnmatchcase

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from laneway.web.errors import problem_document
from laneway.web.i18n import N_, _

blueprint = Blueprint("api_absent", __name__, url_prefix="/v2")

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_KEPT = N_("What was decided is kept with its case, as the rest of the history is.")
_LEFT_OUT = {
    "decision-instances/deletion": _KEPT,
    "decision-instances/*/deletion": _KEPT,
    "element-instances": N_(
        "Single runs of an element are kept in the history of their instance, not as element instances."
    ),
    "messages/correlation": N_(
        "Messages are correlated in the background: publish them with POST /v2/messages/publication."
    ),
}
"""Paths, each with all below it, and why they are left out; `*` stands for one part of a path."""


@blueprint.route("/", defaults={"path": ""}, methods=_METHODS)
@blueprint.route("/<path:path>", methods=_METHODS)
def nothing_here(path: str) -> Response:
    """501 for what is left out, 405 for a wrong method, 404 for the rest."""
    for left_out, reason in _LEFT_OUT.items():
        if fnmatchcase(path, left_out) or fnmatchcase(path, f"{left_out}/*"):
            return problem_document(501, "NOT_IMPLEMENTED", _(reason))
    allowed = _methods_there()
    if allowed:
        raise MethodNotAllowed(valid_methods=allowed)
    return problem_document(
        404, "NOT_FOUND", _("There is no operation %(path)s.", path=f"{request.method} {request.path}")
    )


def _methods_there() -> list[str]:
    """The methods that a real operation has at this path."""
    urls = current_app.url_map.bind_to_environ(request.environ)
    found = []
    for method in _METHODS:
        try:
            endpoint, _values = urls.match(method=method)
        except HTTPException:
            continue
        if not str(endpoint).startswith(f"{blueprint.name}."):
            found.append(method)
    return found
