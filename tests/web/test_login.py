"""Coming in and going out: nobody sees anything before, nothing is left behind after."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest
from flask import Flask

from laneway.engine.model import Person
from laneway.settings import Settings
from laneway.web import create_app
from laneway.web.auth import COOKIE

from .conftest import SignIn

PASSWORD = "in the tests"


def test_a_page_without_a_session_leads_to_the_login_page_and_back(app: Flask) -> None:
    client = app.test_client()

    asked = client.get("/cases?q=foam")
    came_back = client.post("/login", data={"username": "mei", "password": PASSWORD, "next": "/cases?q=foam"})

    assert asked.status_code == 302
    assert asked.location == "/login?next=/cases?q%3Dfoam"
    assert came_back.location == "/cases?q=foam"
    assert client.get("/cases").status_code == 200


def test_the_session_cookie_is_kept_from_scripts_and_from_other_sites(app: Flask) -> None:
    answer = app.test_client().post("/login", data={"username": "mei", "password": PASSWORD})

    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{COOKIE}="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""]
)
def test_login_never_leads_to_another_site(app: Flask, target: str) -> None:
    answer = app.test_client().post("/login", data={"username": "mei", "password": PASSWORD, "next": target})

    assert answer.location == "/"


def test_a_wrong_password_is_told_without_saying_who_exists(app: Flask) -> None:
    client = app.test_client()

    known = client.post("/login", data={"username": "mei", "password": "wrong wrong"})
    unknown = client.post("/login", data={"username": "nobody", "password": "wrong wrong"})

    assert (known.status_code, unknown.status_code) == (403, 403)
    assert "用户名或密码不对" in known.text
    assert "用户名或密码不对" in unknown.text


def test_a_login_posted_by_another_site_is_refused(app: Flask) -> None:
    answer = app.test_client().post(
        "/login",
        data={"username": "mei", "password": PASSWORD},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403
    assert not [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(COOKIE)]


def test_after_signing_out_the_old_cookie_is_worth_nothing(sign_in: SignIn, mei: Person) -> None:
    browser = sign_in(mei)
    cookie = browser.client.get_cookie(COOKIE)
    assert cookie is not None

    browser.post("/logout")
    browser.client.set_cookie(COOKIE, cookie.value)

    assert browser.get("/inbox/mine").status_code == 302


@pytest.mark.parametrize("path", ["/logout", "/tasks/1/claim", "/processes/upload", "/cases/X/cancel"])
def test_a_change_without_the_forgery_token_is_refused(sign_in: SignIn, chen: Person, path: str) -> None:
    browser = sign_in(chen)

    assert browser.client.post(path).status_code == 403
    assert browser.client.post(path, data={"csrf": "guessed"}).status_code == 403


def test_every_page_but_login_and_health_asks_who_is_there(app: Flask) -> None:
    open_paths = {"/login", "/healthz", "/readyz", "/language/<locale>", "/static/<path:filename>"}
    # Programs ask for these before they say who they are; figures are for the machine itself.
    open_paths |= {"/v2/status", "/v2/license", "/openapi.json", "/metrics"}
    client = app.test_client()

    for rule in app.url_map.iter_rules():
        if rule.rule in open_paths:
            continue
        path = re.sub(r"<int:[^>]*>", "1", rule.rule)
        path = re.sub(r"<[^>]*>", "x", path)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            status = client.open(path, method=method).status_code
            assert status in (302, 401), f"{method} {rule.rule} answers {status} to a stranger"


def test_programs_use_basic_passwords_under_the_api_only(app: Flask) -> None:
    client = app.test_client()
    headers = {"Authorization": "Basic " + b64encode(f"mei:{PASSWORD}".encode()).decode()}

    assert client.get("/v2/authentication/me", headers=headers).status_code == 200
    assert client.get("/inbox/mine", headers=headers).status_code == 302
    assert client.get("/v2/authentication/me").headers["WWW-Authenticate"].startswith("Basic")


def test_the_login_page_speaks_the_language_of_the_browser_and_of_the_switch(app: Flask) -> None:
    client = app.test_client()

    assert "Sign in to Laneway" in client.get("/login", headers={"Accept-Language": "en-GB"}).text
    assert "登录 Laneway" in client.get("/login", headers={"Accept-Language": "zh-CN"}).text
    client.get("/language/en?next=/login")
    assert "Sign in to Laneway" in client.get("/login", headers={"Accept-Language": "zh-CN"}).text


def test_a_persons_language_is_remembered_with_the_person(sign_in: SignIn, mei: Person) -> None:
    sign_in(mei).get("/language/en")

    assert "My tasks" in sign_in(mei).get("/inbox/mine").text


def test_the_demonstration_offers_its_people_and_a_real_house_does_not(app: Flask) -> None:
    demo = create_app(Settings(secret_key="for tests", demo=True))

    assert "wang.lei" in demo.test_client().get("/login").text
    assert "wang.lei" not in app.test_client().get("/login").text


def test_a_new_password_counts_from_now_on(sign_in: SignIn, app: Flask, mei: Person) -> None:
    browser = sign_in(mei)

    refused = browser.post("/account/password", {"present": "wrong wrong", "new": "another one"})
    browser.post("/account/password", {"present": PASSWORD, "new": "another one"})

    assert refused.status_code == 403
    again = app.test_client().post("/login", data={"username": "mei", "password": "another one"})
    assert again.status_code == 302


def test_people_without_a_group_see_their_account_and_nothing_else(sign_in: SignIn, stranger: Person) -> None:
    browser = sign_in(stranger)

    assert browser.get("/").location == "/account"
    assert browser.get("/account").status_code == 200
    for path in ("/cases", "/board", "/processes", "/admin"):
        assert browser.get(path).status_code == 403, path
