"""Who is there: login page, browser sessions, the forgery token, HTTP Basic for programs. Everything else is closed."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, flash, g, make_response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from laneway.engine import accounts
from laneway.engine.database import reading, unit_of_work
from laneway.engine.model import Person
from laneway.errors import LanewayError, NotAllowed
from laneway.records.organisation import DEMO_PASSWORD, demo_logins
from laneway.settings import Settings
from laneway.web import errors, i18n
from laneway.web.frame import page
from laneway.web.i18n import _

bp = Blueprint("auth", __name__)

COOKIE = "laneway_session"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN_ENDPOINTS = frozenset(
    {
        "auth.login",
        "auth.log_in",
        "auth.choose_language",
        "health.healthz",
        "health.readyz",
        "health.read_metrics",
        "static",
        # what programs ask before they send a password
        "api_cluster.get_status",
        "api_cluster.get_license",
        "api_document.openapi",
    }
)
_FOR_PROGRAMS = ("/v2/", "/api/")
_LANGUAGE_KEPT = timedelta(days=365)


class LoginNeeded(LanewayError):
    """Nobody is logged in."""

    def __init__(self) -> None:
        super().__init__("login_needed")


def register(app: Flask) -> None:
    """Let nobody in whom this module has not recognised."""
    app.register_blueprint(bp)
    app.before_request(_recognise)
    app.before_request(_guard)


def current_person() -> Person:
    """The person who makes this request. Raises LoginNeeded."""
    person: Person | None = g.get("person")
    if person is None:
        raise LoginNeeded
    return person


def csrf_token() -> str:
    """What forms and scripts of this person's pages must send along with every change."""
    token: str = g.get("csrf", "")
    return token


def _recognise() -> None:
    g.person, g.csrf, g.by_password = None, "", False
    if request.endpoint == "static" or request.blueprint == "health":
        return
    token = request.cookies.get(COOKIE)
    if token:
        with reading() as session:
            found = accounts.session_person(session, token)
        if found is not None:
            g.person, g.csrf = found.person, found.csrf
            return
    sent = request.authorization
    if sent is not None and sent.type == "basic" and request.path.startswith(_FOR_PROGRAMS):
        with reading() as session:
            g.person = accounts.authenticate(session, sent.username or "", sent.password or "")
        g.by_password = True


def _guard() -> BaseResponse | None:
    if request.endpoint in _OPEN_ENDPOINTS:
        return None
    if g.person is None:
        return _ask_to_log_in()
    if request.method not in _SAFE_METHODS and not g.by_password:
        sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
        if not hmac.compare_digest(sent.encode(), csrf_token().encode()):
            raise NotAllowed("csrf_token_wrong")
    return None


def _ask_to_log_in() -> BaseResponse:
    if errors.wants_json() or request.path.startswith(_FOR_PROGRAMS):
        answer = errors.problem(LoginNeeded())
        if request.path.startswith(_FOR_PROGRAMS) and request.authorization is None:
            answer.headers["WWW-Authenticate"] = 'Basic realm="Laneway", charset="UTF-8"'
        return answer
    back = request.full_path.rstrip("?") if request.method == "GET" else ""
    target = url_for("auth.login", next=back) if back not in ("", "/") else url_for("auth.login")
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": target})
    return redirect(target)


@bp.get("/login")
def login() -> BaseResponse | str:
    """The login page; who is in already goes on."""
    if g.person is not None:
        return redirect(_safe_target(request.args.get("next", "")))
    return _login_page()


@bp.post("/login")
def log_in() -> BaseResponse:
    """Check the password and open a browser session."""
    # Another site could post a password of its own here; browsers tell where a request comes from.
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise NotAllowed("csrf_token_wrong")
    username = request.form.get("username", "")
    settings: Settings = current_app.config["LANEWAY"]
    try:
        # The slow hash is computed outside the writing transaction, which on SQLite would keep everyone waiting.
        with reading() as session:
            person = accounts.authenticate(session, username, request.form.get("password", ""))
        with unit_of_work() as session:
            opened = accounts.open_session(session, person.username, hours=settings.session_hours)
    except NotAllowed as refusal:
        return make_response(_login_page(username=username, problem=errors.message(refusal)), 403)
    answer = redirect(_safe_target(request.form.get("next", "")))
    answer.set_cookie(
        COOKIE,
        opened.token,
        max_age=timedelta(hours=settings.session_hours),
        httponly=True,
        samesite="Lax",
        secure=settings.secure_cookies,
    )
    return answer


@bp.post("/logout")
def log_out() -> BaseResponse:
    """End the browser session."""
    with unit_of_work() as session:
        accounts.close_session(session, request.cookies.get(COOKIE, ""))
    answer = redirect(url_for("auth.login"))
    answer.delete_cookie(COOKIE)
    return answer


@bp.get("/language/<locale>")
def choose_language(locale: str) -> BaseResponse:
    """Switch the language: remembered with the person, or in a cookie before login."""
    chosen = locale if locale in i18n.LOCALES else "zh"
    if g.person is not None:
        with unit_of_work() as session:
            accounts.set_locale(session, g.person.username, locale=chosen)
    answer = redirect(_safe_target(request.args.get("next", "")))
    settings: Settings = current_app.config["LANEWAY"]
    answer.set_cookie(
        i18n.COOKIE, chosen, max_age=_LANGUAGE_KEPT, samesite="Lax", secure=settings.secure_cookies
    )
    return answer


@bp.get("/account")
def account() -> str:
    """Who I am, in which groups, and how the pages look for me."""
    person = current_person()
    with reading() as session:
        groups = {group.group_id: group.name for group in accounts.list_groups(session)}
    return page("account.html", nav="account", person=person, groups=groups)


@bp.post("/account/password")
def change_password() -> BaseResponse:
    """Set a new password after checking the present one; every session ends."""
    person = current_person()
    with reading() as session:
        accounts.authenticate(session, person.username, request.form.get("present", ""))
    with unit_of_work() as session:
        accounts.set_password(session, person.username, password=request.form.get("new", ""))
    flash(_("Password changed. Sign in again."))
    answer = redirect(url_for("auth.login"))
    answer.delete_cookie(COOKIE)
    return answer


def _login_page(*, username: str = "", problem: str = "") -> str:
    settings: Settings = current_app.config["LANEWAY"]
    demo: dict[str, Any] = {}
    if settings.demo:
        demo = {"logins": demo_logins(), "password": DEMO_PASSWORD}
    return page(
        "login.html",
        nav="",
        username=username,
        problem=problem,
        demo=demo,
        next=_safe_target(request.values.get("next", "")),
    )


def _safe_target(wanted: str) -> str:
    """A place on this site; anything that could lead elsewhere becomes the first page."""
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and wanted.startswith("/")
    return wanted if is_ours and not wanted.startswith(("//", "/\\")) else "/"
