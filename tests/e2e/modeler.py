"""The diagram editor on an English page, used as an owner uses it: by mouse, palette and properties panel."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

_ROOM = 230
"""How far the rest of the diagram is pushed aside, in pixels: enough for a task at the zoom used here."""


class Modeler:
    """The editor of one process."""

    def __init__(self, page: Page, process_id: str) -> None:
        self._page = page
        self._process_id = process_id

    def open(self) -> None:
        """Show the draft, or the newest version where there is none."""
        self._page.goto(f"/processes/{self._process_id}/edit")
        self.wait_until_drawn()

    def wait_until_drawn(self) -> None:
        """Wait for the diagram."""
        expect(self._page.locator("[data-island=modeler][data-ready]")).to_be_visible()

    def element(self, element_id: str) -> Locator:
        """What is drawn of an element."""
        return self._page.locator(f".djs-element[data-element-id={element_id}]").first

    def shape(self, name: str) -> Locator:
        """The shape that bears this name."""
        return self._page.locator(".djs-shape", has_text=name).last

    def insert_user_task(self, flow_id: str, name: str) -> None:
        """Draw a user task on a sequence flow: come near, make room, drop a task on the flow, change its kind."""
        mouse = self._page.mouse
        x, y = self._middle(flow_id)
        mouse.move(x, y)
        self._page.keyboard.down("Control")
        for _ in range(4):
            mouse.wheel(0, -120)
        self._page.keyboard.up("Control")
        self._make_room_at(*self._middle(flow_id))
        x, y = self._middle(flow_id)
        self._page.get_by_role("button", name="Create task").hover()
        mouse.down()
        mouse.move(x - 30, y - 30, steps=5)
        mouse.move(x, y, steps=5)
        mouse.up()
        label = self._page.locator(".djs-direct-editing-content")
        label.fill(name)
        label.press("Enter")
        self._page.get_by_title("Change element").click()
        self._page.locator(".djs-popup").get_by_text("User task", exact=True).click()
        expect(self.field("Candidate groups")).to_be_visible()

    def select(self, element_id: str) -> None:
        """Click on an element."""
        self._page.mouse.click(*self._middle(element_id))

    def field(self, label: str) -> Locator:
        """A field of the properties panel."""
        return self._page.locator(".props").get_by_label(label, exact=True).first

    def expression(self, entry: str) -> Locator:
        """The editor of a field that holds a FEEL expression, by the field's name in the panel."""
        return self._page.locator(f".props [data-entry-id={entry}] [contenteditable=true]")

    @property
    def status(self) -> Locator:
        """How the draft stands."""
        return self._page.locator(".modeler-bar [role=status]")

    @property
    def findings(self) -> Locator:
        """The list of findings below the canvas."""
        return self._page.get_by_role("region", name="Findings")

    def publish(self) -> int:
        """Publish and confirm; the status of the server's answer."""
        self._page.get_by_role("button", name="Publish…").click()
        with self._page.expect_response("**/publish") as answer:
            self._page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
        return answer.value.status

    def _make_room_at(self, x: float, y: float) -> None:
        """Push everything to the right of a place further to the right, with the space tool."""
        mouse = self._page.mouse
        self._page.get_by_role("button", name="Activate create/remove space tool").click()
        # Beside the flow: on it, the tool would take the flow's end for the place.
        mouse.move(x - 6, y + 45)
        mouse.move(x, y + 45, steps=3)
        expect(self._page.locator(".djs-crosshair-group")).to_be_visible()
        mouse.down()
        mouse.move(x + 60, y + 45, steps=5)
        expect(self._page.locator(".djs-drag-group")).to_be_visible()
        mouse.move(x + _ROOM, y + 45, steps=5)
        mouse.up()
        self._page.keyboard.press("Escape")

    def _middle(self, element_id: str) -> tuple[float, float]:
        box = self.element(element_id).bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
