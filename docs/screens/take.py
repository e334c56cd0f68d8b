"""Takes the pictures of the README from a running demonstration: `python docs/screens/take.py http://127.0.0.1:8080`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
SIZES = {"": (1440, 900), "-phone": (390, 844)}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
CASES = {"zh": "HX-P20 鼓桶 6 桶，客户停产", "en": "Drum bulging in the yard, line stopped"}


def log_in(page: Page, locale: str) -> None:
    page.goto("/login")
    page.locator("#username").fill("demo")
    page.locator("#password").fill("demo")
    page.locator("#password").press("Enter")
    page.wait_for_url("**/inbox/**")
    page.goto(f"/language/{locale}?next=/inbox/mine")


def open_inbox(page: Page, locale: str) -> None:
    page.goto("/inbox/mine")
    if page.viewport_size and page.viewport_size["width"] > 720:
        page.locator(".it-row", has_text=CASES[locale]).first.click()
        page.locator("[data-island=form][data-ready]").wait_for()
        page.locator("[data-island=diagram][data-ready]").wait_for()


def open_case(page: Page, locale: str) -> None:
    page.goto("/cases")
    page.get_by_role("link", name=CASES[locale]).first.click()
    page.locator("[data-island=diagram][data-ready]").first.wait_for()


def open_board(page: Page, locale: str) -> None:
    page.goto("/board")


def open_modeler(page: Page, locale: str) -> None:
    page.goto("/processes/c110_complaint/edit")
    if page.viewport_size and page.viewport_size["width"] > 720:
        page.locator("[data-island=modeler][data-ready]").wait_for()
        page.locator("[data-element-id=decide_remedy]").first.click()
        page.locator(".bio-properties-panel-header-label").wait_for()


SCREENS = {"inbox": open_inbox, "case": open_case, "board": open_board, "modeler": open_modeler}


def main(address: str) -> None:
    browser = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=QUIET)
        for locale, browser_locale in LOCALES.items():
            for suffix, (width, height) in SIZES.items():
                context = chromium.new_context(
                    base_url=address, locale=browser_locale, viewport={"width": width, "height": height}
                )
                page = context.new_page()
                log_in(page, locale)
                for name, show in SCREENS.items():
                    show(page, locale)
                    page.wait_for_timeout(800)  # until pictures and fonts stand still
                    page.screenshot(path=HERE / f"{name}-{locale}{suffix}.png")
                context.close()


if __name__ == "__main__":
    main(sys.argv[1])
