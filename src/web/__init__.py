"""HTTP only: parse, open the transaction, call one use case, answer. One file per screen."""

from __future__ import annotations

from flask import Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine.monitoring.gauges import Gauges
from laneway.engine.monitoring.readiness import Readiness
from laneway.settings import Settings
from laneway.web import (
    access_log,
    admin,
    api,
    assets,
    auth,
    availability,
    board,
    case_rules,
    cases,
    decision_tables,
    decisions,
    dispatch,
    errors,
    expressions,
    files,
    frame,
    health,
    i18n,
    inbox,
    interactions,
    looking,
    mail,
    mail_templates,
    manuals,
    modeler,
    operations,
    outbox,
    processes,
    records,
    start,
    stories,
    workers,
)

_MAX_BODY = 10 * 1024 * 1024

# Scripts and styles come from this server only; style attributes are needed by the diagram and form libraries.
_CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


def create_app(settings: Settings, readiness: Readiness | None = None) -> Flask:
    """The web application. The database is opened beforehand, with `laneway.engine.database.connect`.

    `readiness` is that of the process, where another part of it has a say.
    """
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    app.config.update(
        LANEWAY=settings,
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=_MAX_BODY,
        MAX_FORM_MEMORY_SIZE=_MAX_BODY,
        SESSION_COOKIE_NAME="laneway_notes",
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    access_log.register(app)
    i18n.register(app, time_zone=settings.time_zone)
    assets.register(app)
    errors.register(app)
    files.register(app)
    records.importing.register(app)
    auth.register(app)
    looking.register(app)
    app.before_request(access_log.name_person)
    health.register(app, readiness or Readiness(settings.data), Gauges())
    for blueprint in (
        inbox.bp,
        start.bp,
        *records.blueprints,
        availability.bp,
        cases.bp,
        case_rules.bp,
        operations.bp,
        files.bp,
        interactions.bp,
        outbox.bp,
        mail.bp,
        board.bp,
        dispatch.bp,
        processes.bp,
        mail_templates.bp,
        manuals.bp,
        stories.bp,
        modeler.bp,
        decisions.bp,
        expressions.bp,
        admin.bp,
        workers.bp,
        *api.blueprints,
    ):
        app.register_blueprint(blueprint)
    app.add_url_rule("/", "home", _home)
    app.after_request(_protect)
    app.jinja_env.globals.update(
        initials=frame.initials, labels_of=decision_tables.output_labels, size_of=files.size_of
    )
    return app


def create_health_app(settings: Settings, readiness: Readiness) -> Flask:
    """Health checks and metrics alone, for a process that serves no pages."""
    app = Flask(__name__, static_folder=None)
    app.config.update(LANEWAY=settings)
    access_log.register(app)
    health.register(app, readiness, Gauges())
    return app


def _home() -> BaseResponse:
    places = frame.places(auth.current_person())
    return redirect(places[0].url if places else url_for("auth.account"))


def _protect(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _CONTENT_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.endpoint != "static":
        # Pages show customers' data: neither a proxy nor the next person's Back button may have them.
        headers.setdefault("Cache-Control", "no-store")
    return response
