"""Directories as heads of the list: collapsed, opened, walked by keys, kept in the address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser import staged
from tests.browser.conftest import FRAME, WINDOW
from tests.browser.test_states import AXE, RUN, SIGNS

pytestmark = pytest.mark.browser

NAMES = {  # the begin of each, and what is renamed to it
    "demo/adam": "digits_mended", "demo/rate": "learning_rate_too_high",
    "old/2022/run": "breast_cancer", "old/2023/run": "old_logs/2023", "single": "imbalance",
}  # fmt: skip
HEADS = ["demo: 2 trainings, 1 needs a look", "old: 2 trainings"]
# Whether a name comes to fill its room but for less than two signs.
FITS = """async (name) => {
  const range = document.createRange();
  for (let frame = 0; frame < 300; frame++) {
    range.selectNodeContents(name);
    const wide = range.getBoundingClientRect().width;
    const spare = name.getBoundingClientRect().width - wide;
    if (spare > -0.5 && spare < 2 * wide / name.textContent.length) return true;
    await new Promise(requestAnimationFrame);
  }
  return false;
}"""
LONG = "demo/random_targets_with_a_name_that_no_list_is_wide_enough_for_long"


def runs() -> list[staged.Json]:
    known = {one["run"]: one for one in staged.runs()}
    return [{**known[old], "run": new} for new, old in NAMES.items()]


@pytest.fixture
def tab(page: Page) -> FrameLocator:
    staged.stage(page, staged.verdicts(runs=runs()), place="&p.zero_accuracy.run=single")
    return page.frame_locator(FRAME)


def test_a_directory_is_a_head_with_its_trainings_below(tab: FrameLocator) -> None:
    heads = tab.locator(".DirectoryHead")
    expect(heads).to_have_text([f"{HEADS[0]}demo✕ 1 of 2", f"{HEADS[1]}old2"])
    names = tab.locator(".Row-name")
    expect(names).to_have_text(["rate", "adam", "single", "2023/run", "2022/run"])
    tab.get_by_role("button", name="demo/adam").click()
    expect(tab.locator(".Facts-name")).to_have_text("demo/adam")
    tab.get_by_role("combobox", name="Order").select_option("newest first")
    expect(names.last).to_have_text("2023/run")
    expect(heads.last).to_contain_text("old")


def test_what_is_collapsed_stands_in_the_address_and_what_is_sought_is_open(
    page: Page, tab: FrameLocator
) -> None:
    names, demo = tab.locator(".Row-name"), tab.get_by_role("button", name=HEADS[0])
    demo.click()
    expect(demo).to_have_attribute("aria-expanded", "false")
    expect(names).to_have_text(["single", "2023/run", "2022/run"])
    page.reload()
    expect(names).to_have_text(["single", "2023/run", "2022/run"])
    tab.get_by_role("searchbox").fill("demo/a")
    expect(names).to_have_text(["adam"])
    tab.locator(".DirectoryHead").click()
    expect(names).to_have_count(0)
    tab.get_by_role("searchbox").fill("demo")
    expect(names).to_have_text(["rate", "adam"])
    tab.get_by_role("searchbox").fill("")
    expect(names).to_have_text(["single", "2023/run", "2022/run"])
    tab.get_by_role("button", name="Collapse all").click()
    expect(names).to_have_text(["single"])
    expect(page).to_have_url(re.compile(r"p\.zero_accuracy\.collapsed=\*($|&)"))
    tab.get_by_role("button", name="Expand all").click()
    expect(names).to_have_count(5)


def test_what_is_chosen_is_seen_and_a_head_that_hides_it_says_so(page: Page) -> None:
    against = "p.zero_accuracy.against=demo%252Fadam&p.zero_accuracy.collapsed=*"
    staged.stage(
        page, staged.verdicts(runs=runs()), place=f"&p.zero_accuracy.run=old%2F2022%2Frun&{against}"
    )
    tab = page.frame_locator(FRAME)
    hiding = tab.get_by_role("button", name="old: 2 trainings, the one shown among them")
    expect(hiding).to_have_attribute("tabindex", "0")
    comparison = tab.get_by_role("article", name="Comparison")
    comparison.get_by_role("button", name="demo/adam", exact=True).click()
    expect(tab.locator(".Row[aria-current] .Row-name")).to_have_text("adam")
    expect(tab.get_by_role("button", name="old: 2 trainings")).to_have_attribute(
        "aria-expanded", "false"
    )
    page.go_back()
    expect(hiding).to_be_visible()


def test_arrows_collapse_and_open(page: Page, tab: FrameLocator) -> None:
    demo, rows = tab.get_by_role("button", name=HEADS[0]), tab.locator(".Row")
    expect(rows).to_have_count(5)
    tab.locator(".Row[aria-current]").focus()
    page.keyboard.press("ArrowUp")
    expect(tab.get_by_role("button", name="demo/adam")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(demo).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(demo).to_have_attribute("aria-expanded", "false")
    expect(demo).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(tab.get_by_role("button", name="single")).to_be_focused()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(demo).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    expect(tab.get_by_role("button", name="demo/rate")).to_be_focused()
    assert tab.locator('.List-rows [tabindex="0"]').count() == 1


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_fault_in_heads(page: Page, dark: bool) -> None:
    page.set_viewport_size({**WINDOW, "height": 2000})
    place = "&p.zero_accuracy.run=old%2F2022%2Frun&p.zero_accuracy.collapsed=old"
    staged.stage(page, staged.verdicts(runs=runs()), dark=dark, place=place)
    tab = page.frame_locator(FRAME)
    expect(tab.locator(".DirectoryHead")).to_have_count(2)
    tab.locator(".Page[aria-busy=false]").wait_for()
    frame = page.frames[1]
    frame.evaluate(AXE.read_text("utf-8"))
    frame.evaluate(SIGNS)
    assert frame.evaluate(RUN) == []


def test_a_head_stays_above_the_rows_that_are_scrolled_below_it(page: Page) -> None:
    first = runs()[0]
    many = [{**first, "run": f"sweep_{n % 2}/{n:03}"} for n in range(200)]
    staged.stage(page, staged.verdicts(runs=many))
    tab = page.frame_locator(FRAME)
    rows = tab.locator(".List-rows")
    expect(tab.locator(".DirectoryHead").first).to_be_visible()
    rows.evaluate("(list) => { list.scrollTop = 3000; }")
    head = tab.get_by_role("button", name="sweep_0: 100 trainings")
    expect(tab.get_by_role("button", name="sweep_0/100")).to_be_visible()
    at, top = head.bounding_box(), rows.bounding_box()
    assert at is not None
    assert top is not None
    assert at["y"] == top["y"]
    head.click()
    expect(tab.get_by_role("button", name="sweep_1: 100 trainings")).to_be_in_viewport()
    expect(head).to_be_focused()
    expect(head).to_be_in_viewport()


def test_a_name_is_shortened_in_its_middle_and_fits_at_every_width(page: Page) -> None:
    """One text, so that its ellipsis touches both halves; and no room is wasted."""
    first, *others = runs()
    staged.stage(page, staged.verdicts(runs=[{**first, "run": LONG}, *others]), typeface=True)
    tab = page.frame_locator(FRAME)
    name = tab.locator(".Row", has_text=LONG).locator(".Row-name")
    rest = LONG.removeprefix("demo/")
    page.frames[1].evaluate("document.fonts.ready.then(() => undefined)")
    for width in (1280, 1001, 1000, 641):
        page.set_viewport_size({"width": width, "height": 800})
        expect(name).to_have_text(re.compile("^rand.*[^ ]…[^ ].*long$"))
        assert name.evaluate(FITS), f"at {width} pixels it is {name.inner_text()}"
    page.set_viewport_size({"width": 640, "height": 800})
    tab.locator(".List-fold").click()
    expect(name).to_have_text(rest)


def test_a_list_is_scrolled_away_from_the_row_with_the_focus(page: Page) -> None:
    known = {one["run"]: one for one in staged.runs()}["imbalance"]
    many = [{**known, "run": f"{at}/{n:02}"} for at in ("a", "b") for n in range(40)]
    staged.stage(page, staged.verdicts(runs=many))
    tab = page.frame_locator(FRAME)
    row = tab.get_by_role("button", name="a/03")
    row.click()
    row.hover()
    for _ in range(30):
        page.mouse.wheel(0, 90)
        page.wait_for_timeout(40)
    expect(tab.get_by_role("button", name="b/05")).to_be_in_viewport()
    expect(row).to_be_focused()
    page.keyboard.press("Alt+ArrowLeft")  # the browser's way back, not the list's to the head
    expect(row).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(tab.get_by_role("button", name="a/04")).to_be_focused()
