"""The hands of a person at a page: each counts what it does, by taps or by the keyboard alone."""

import pytest
from playwright.sync_api import Locator, Page

MOST_TAPS = 12  # from the first page to the answer, of a firm that knows its SIRET
MOST_TABS = 150


class Hand:
    """Taps; each tap, key that sends and field that is filled counts one."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, what: Locator) -> None:
        self.taps += 1
        what.click()

    def write(self, label: str, text: str) -> None:
        self.taps += 1
        self.page.get_by_label(label).press_sequentially(text)

    def button(self, name: str) -> None:
        self.tap(self.page.get_by_role("button", name=name))


class Keyboard(Hand):
    """Never touches the screen: Tab until a thing has focus, then Enter or letters."""

    def tap(self, what: Locator) -> None:
        self.taps += 1
        self._reach(what)
        self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        self.taps += 1
        self._reach(self.page.get_by_label(label))
        self.page.keyboard.type(text)

    def _reach(self, what: Locator) -> None:
        what.wait_for()
        for _ in range(MOST_TABS):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab never reaches {what}")
