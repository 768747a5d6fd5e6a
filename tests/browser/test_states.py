"""The page where it is hard: read aloud, by keyboard, at 200 %, and where drawing fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser import staged
from tests.browser.conftest import FRAME, WINDOW

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
# A sign is text, too: its contrast is measured like that of any other.
SIGNS = """() => {
  const {options} = axe._audit.checks["color-contrast"];
  Object.assign(options, {ignoreUnicode: false, ignoreLength: true});
}"""
RUN = """async () => {
  const {violations, incomplete} = await axe.run(document);
  return [...violations, ...incomplete].flatMap(({id, nodes}) =>
    nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`));
}"""
RATE = "&p.zero_accuracy.run=learning_rate_too_high"
PLACES = (
    f"{RATE}&p.zero_accuracy.open=checks,explains,against,lacking,notes,weights",
    "&p.zero_accuracy.run=deep_sigmoid",
    "&p.zero_accuracy.run=breast_cancer",
    "&p.zero_accuracy.run=old_logs%2F2023",
    "&p.zero_accuracy.rule=ZA701",
    f"{RATE}&p.zero_accuracy.against=digits_mended",
)


@pytest.fixture
def tab(page: Page) -> FrameLocator:
    return page.frame_locator(FRAME)


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_fault_and_leaves_nothing_undecided(
    page: Page, tab: FrameLocator, dark: bool
) -> None:
    runs = staged.runs()
    next(one for one in runs if one["run"] == "breast_cancer")["progress"] = staged.progress()
    runs = [{**one, "histograms": staged.WEIGHTS} for one in runs]
    page.set_viewport_size({**WINDOW, "height": 4000})  # whatever is cut off cannot be judged
    found: list[str] = []
    for place in PLACES:
        page.goto("about:blank")
        staged.stage(page, staged.verdicts(runs=runs), dark=dark, place=place)
        tab.locator(".List").wait_for()  # before it a heading says that logs are read
        tab.locator(".Page[aria-busy=false]").wait_for()
        frame = page.frames[1]
        frame.evaluate(AXE.read_text("utf-8"))
        frame.evaluate(SIGNS)
        found += [f"{place}: {fault}" for fault in frame.evaluate(RUN)]
    assert not found


def test_in_half_a_window_the_verdict_comes_first(page: Page, tab: FrameLocator) -> None:
    page.set_viewport_size({"width": 640, "height": 400})  # 1280 x 800 at 200 %
    staged.stage(page, place=RATE)
    headline = tab.get_by_role("heading", level=1)
    expect(headline).to_be_in_viewport(ratio=1)
    fold = tab.get_by_role("button", name="10 trainings · 6 need a look")
    expect(tab.locator(".Row")).to_have_count(0)
    fold.click()
    tab.get_by_role("button", name="deep_sigmoid").click()
    expect(headline).to_contain_text("Gradients vanish")
    expect(headline).to_be_in_viewport(ratio=1)
    expect(tab.locator(".Row")).to_have_count(0)


def test_the_keyboard_alone_leads_to_the_verdict_and_through_it(
    page: Page, tab: FrameLocator
) -> None:
    staged.stage(page, place=RATE)
    tab.get_by_role("heading", level=1).wait_for()
    tab.locator("body").focus()
    page.keyboard.press("Tab")
    skip = tab.get_by_role("button", name="Skip to the verdict")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(tab.get_by_role("main")).to_be_focused()
    names = []
    for _ in range(7):
        page.keyboard.press("Tab")
        names.append(page.frames[1].evaluate("document.activeElement.textContent"))
    assert names[:2] == ["Compare with the run before", "ZA701"]
    assert "Open in Time Series" in names[3]
    assert names[4:] == ["PNG", "CSV", "Copy"]


def test_where_drawing_fails_a_sentence_says_so_and_the_others_can_be_chosen(
    page: Page, tab: FrameLocator
) -> None:
    runs = staged.runs()
    odd = next(one for one in runs if one["run"] == "deep_sigmoid")
    odd["checklist"] = None
    staged.stage(page, staged.verdicts(runs=runs), place="&p.zero_accuracy.run=deep_sigmoid")
    headline = tab.get_by_role("heading", level=1)
    expect(headline).to_have_text("This page could not be drawn")
    report = tab.get_by_role("button", name="Copy the report")
    expect(report).to_have_attribute("title", re.compile("^TypeError: "))
    tab.get_by_role("button", name="learning_rate_too_high").click()
    expect(headline).to_contain_text("learning rate")
