"""The main pages look as in their pictures; what moves, is missing or is recoloured is found."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.pages import FOLDER, MOST, PAGES, compare, show

pytestmark = pytest.mark.browser
KEPT = Path(__file__).parents[2] / "build" / "pages"
AGAIN = "If that is meant, `python -m tests.browser.pages` takes the pictures anew."


def seen(page: Page) -> Image.Image:
    return Image.open(BytesIO(page.screenshot()))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_in_its_picture(page: Page, name: str) -> None:
    show(page, PAGES[name])
    found = compare(Image.open(FOLDER / f"{name}.png"), seen(page))
    if found.share > MOST:
        KEPT.mkdir(parents=True, exist_ok=True)
        path = KEPT / f"{name}.png"
        found.picture.save(path)
        pytest.fail(
            f"{100 * found.share:.2f} % of the page `{name}` look otherwise than in its picture, "
            f"of at most {100 * MOST:g} %: {path} shows both and what differs. {AGAIN}"
        )


# A style that changes the page, and whether that is to be found.
CHANGES = {
    "the verdict is moved by a line": (".Facts { margin-top: 24px; }", True),
    "the list is narrower": (".List { max-width: 250px; }", True),
    "the chart is gone": (".Chart canvas { visibility: hidden; }", True),
    "the fix is gone": (".FixCard .Code { visibility: hidden; }", True),
    "the headline is smaller": ("h1 { font-size: 20px; }", True),
    "words are another colour": (":root { --text: #b0306a !important; }", True),
    "the chosen training is not marked": (".Row[aria-current] { background: none; }", True),
    "all is drawn half a pixel lower": ("body { transform: translateY(.5px); }", False),
    "letters are drawn bolder": ("* { -webkit-text-stroke: .2px; }", False),
    "letters are not smoothed alike": ("* { text-rendering: geometricPrecision; }", False),
    "letters are a hundredth wider": ("* { letter-spacing: .05px; }", False),
}


def test_what_is_changed_is_found_and_what_machines_do_is_not(page: Page) -> None:
    show(page, PAGES["verdict"])
    before = seen(page)
    wrong = []
    for what, (style, is_found) in CHANGES.items():
        added = page.frames[1].add_style_tag(content=style)
        page.frames[1].evaluate("dispatchEvent(new Event('resize'))")
        page.wait_for_timeout(150)
        share = compare(before, seen(page)).share
        added.evaluate("(element) => element.remove()")
        page.wait_for_timeout(50)
        if (share > MOST) is not is_found:
            wrong.append(f"{what}: {100 * share:.2f} %")
    assert not wrong, "found where it should not be, or not found"
