"""What keeps people from reading a page: contrast, names, roles, width, language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
_WIDTHS = (390, 820, 1280)
_GRAVE = ("serious", "critical")
# Themes change colours only, so the second one is looked at for contrast only.
_COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
_EVERYTHING = {"resultTypes": ["violations"]}
_TOO_WIDE = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"


def faults(page: Page, locale: str) -> Iterator[str]:
    """What is wrong with the open page: contrast, names, roles; wider than the screen; in the wrong language."""
    expect(page.locator("html")).to_have_attribute("lang", re.compile(f"^{locale}"))
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            asked = _EVERYTHING if theme == "light" else _COLOURS
            for found in Axe().run(page, options=asked).response["violations"]:
                if found["impact"] in _GRAVE:
                    yield f"{size['width']} {theme}: {found['id']} {[n['html'] for n in found['nodes']][:3]}"
    page.emulate_media(color_scheme="light")
    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        if page.evaluate(_TOO_WIDE) > 0:
            yield f"{width}: the page is wider than the screen"
