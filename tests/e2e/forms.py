"""Fills in a form on the screen as a person does: by its labels, in the page's language."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

Component = dict[str, Any]


class FormFiller:
    """One form of a process, on pages in `zh` or `en`."""

    def __init__(self, path: Path, locale: str) -> None:
        self._components = {key: c for c in _everything(json.loads(path.read_text())) if (key := _key(c))}
        self._locale = locale

    def fill(self, page: Page, values: Mapping[str, Any]) -> None:
        """Enter each value in the field of its key."""
        expect(page.locator("[data-island=form][data-ready]")).to_be_visible()
        for key, value in values.items():
            self._enter(page, self._components[key], value)

    def _enter(self, page: Page, component: Component, value: Any) -> None:
        id_ = component["id"]
        own = page.locator(f"[id$='-{id_}'], [id*='-{id_}-']")  # not that of a field whose name begins alike
        field = page.locator(".fjs-form-field", has=own).last
        match component["type"]:
            case "radio":
                field.get_by_label(self._option(component, value), exact=True).click()
            case "select":
                field.locator(".fjs-input-group").click()
                field.get_by_text(self._option(component, value), exact="values" in component).last.click()
            case "checklist":
                chosen = field.locator("input:checked")
                while chosen.count():  # what the case proposes may differ from day to day
                    chosen.first.uncheck()
                for item in value:
                    field.get_by_label(self._option(component, item), exact="values" in component).check()
            case "checkbox":
                field.get_by_role("checkbox").set_checked(value)
            case "datetime":
                _enter_moment(field, component, datetime.fromisoformat(value))
            case _:
                field.get_by_label(self._words(component)).fill(str(value))

    def _words(self, component: Component) -> str:
        if self._locale == "zh":
            return str(component["label"])
        return str(component["properties"]["laneway:label:en"])

    def _option(self, component: Component, value: Any) -> str:
        """The words of an option; where the case offers them, the value is a part of the words."""
        if "values" not in component:
            return str(value)
        option = next(option for option in component["values"] if option["value"] == value)
        return str(option["label"] if self._locale == "zh" else option["laneway:label:en"])


def _everything(parent: Component) -> Iterator[Component]:
    for component in parent.get("components", ()):
        yield component
        yield from _everything(component)


def _key(component: Component) -> str | None:
    return component.get("key") or component.get("path") or None


def _enter_moment(field: Locator, component: Component, at: datetime) -> None:
    if component.get("subtype") in ("date", "datetime"):
        field.locator("input[type=text]").first.click()
        calendar = field.page.locator(".flatpickr-calendar.open")
        if at.date() > date.today():
            _turn_to(calendar, at)
        else:
            calendar.locator(".flatpickr-day.today").click()
    if component.get("subtype") in ("time", "datetime"):
        time = field.locator(".fjs-timepicker input, input.fjs-input").last
        time.fill(at.strftime("%H:%M"))
        time.press("Enter")


def _turn_to(calendar: Locator, at: datetime) -> None:
    """Leaf through the months to a day to come, and choose it."""
    for _ in range((at.year - date.today().year) * 12 + at.month - date.today().month):
        calendar.locator(".flatpickr-next-month").click()
    days = calendar.locator(".flatpickr-day:not(.prevMonthDay):not(.nextMonthDay)")
    days.get_by_text(str(at.day), exact=True).click()
