"""The tab in a real TensorBoard, by both of its ways to load data."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser import logs
from tests.browser.conftest import FRAME, OpenTab

pytestmark = pytest.mark.browser

PINNED = "metrics-pinned-view scalar-card"


@pytest.fixture(scope="session")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two trainings that Keras' own callback logged, without ours."""
    logdir = tmp_path_factory.mktemp("logs")
    logs.diverging(logdir / "diverging")
    logs.healthy(logdir / "fine (1+1)")
    return logdir


@pytest.fixture(params=["true", "false"])
def tab(request: pytest.FixtureRequest, open_tab: OpenTab, logdir: Path) -> FrameLocator:
    return open_tab(f"--logdir={logdir}", f"--load_fast={request.param}")


def test_the_worst_training_is_open_and_its_link_leads_to_its_curve(
    page: Page, tab: FrameLocator
) -> None:
    expect(tab.locator(".Row-name")).to_have_text(["diverging", "fine (1+1)"])
    expect(tab.locator(".Facts-name")).to_have_text("diverging")
    headline = tab.get_by_role("heading", level=1).inner_text()
    assert re.search("NaN|finite", headline), headline
    expect(tab.locator(".Chart canvas").first).to_be_visible()
    tab.get_by_role("link", name="Open in Time Series").first.click()
    expect(page).to_have_url(re.compile(r"runFilter=.*#timeseries$"))
    expect(page.locator(PINNED).first).to_contain_text("epoch_loss", timeout=20_000)
    page.go_back()
    expect(page.frame_locator(FRAME).locator(".Facts-name")).to_have_text("diverging")


def test_the_link_holds_by_itself_and_names_are_taken_literally(
    page: Page, tab: FrameLocator
) -> None:
    tab.get_by_role("button", name="fine (1+1)").click()
    expect(tab.locator(".Facts-name")).to_have_text("fine (1+1)")
    link = tab.get_by_role("link", name="Open in Time Series").first
    address = link.evaluate("(link) => link.href")
    page.goto(address)
    expect(page.locator(PINNED).first).to_contain_text("epoch_loss", timeout=20_000)
    expect(page.locator(PINNED).first).to_contain_text("fine (1+1)/train", timeout=20_000)


def test_the_tab_follows_tensorboards_theme_typeface_and_reload(
    page: Page, tab: FrameLocator
) -> None:
    expect(tab.get_by_role("heading", level=1)).to_be_visible()
    faces = tab.locator("body").evaluate("() => [...document.fonts].map((face) => face.family)")
    assert any("Roboto" in face for face in faces)
    page.evaluate("document.body.classList.add('dark-mode')")
    expect(tab.locator("html")).to_have_attribute("data-theme", "dark")
    # A reading may still be under way and change what is answered; once it has ended, a reload
    # sends nothing again.
    deadline = time.monotonic() + 60
    status = 200
    while status != 304 and time.monotonic() < deadline:
        with page.expect_response(lambda answer: "/zero_accuracy/summaries" in answer.url) as seen:
            page.locator(".reload-button").first.click()
        status = seen.value.status
    assert status == 304, "a reload sends the list again although nothing changed"


def test_the_choice_survives_a_visit_to_another_tab_and_a_reload(
    page: Page, tab: FrameLocator
) -> None:
    tab.get_by_role("button", name="fine (1+1)").click()
    expect(page).to_have_url(re.compile(r"p\.zero_accuracy\.run=fine"))
    page.get_by_role("tab", name="Scalars").click()
    page.get_by_role("tab", name="Zero Accuracy").click()
    expect(tab.locator(".Facts-name")).to_have_text("fine (1+1)")
    page.reload()
    expect(tab.locator(".Facts-name")).to_have_text("fine (1+1)")


def test_what_can_be_seen_is_there_before_it_is_chosen(
    page: Page, open_tab: OpenTab, logdir: Path
) -> None:
    """However long TensorBoard takes to answer then."""
    with page.expect_response(lambda answer: "/zero_accuracy/trainings" in answer.url) as ahead:
        tab = open_tab(f"--logdir={logdir}")
    ahead.value.finished()
    page.route("**/zero_accuracy/run?*", lambda route: None)  # it never answers
    tab.get_by_role("button", name="fine (1+1)").click()
    expect(tab.locator(".Facts-name")).to_have_text("fine (1+1)")
    expect(tab.locator(".Page")).to_have_attribute("aria-busy", "false")


def test_behind_a_prefix_and_with_named_directories(
    page: Page, open_tab: OpenTab, logdir: Path
) -> None:
    spec = f"old:{logdir / 'diverging'},new:{logdir}"
    tab = open_tab(f"--logdir_spec={spec}", "--path_prefix=/behind/proxy")
    expect(tab.locator(".DirectoryHead")).to_contain_text("new: 2 trainings")
    expect(tab.get_by_role("button", name="new/diverging")).to_be_visible()
    tab.get_by_role("button", name=re.compile("^old ")).click()
    tab.get_by_role("link", name="Open in Time Series").first.click()
    expect(page.locator(PINNED).first).to_contain_text("epoch_loss", timeout=20_000)


def test_a_training_that_comes_later_is_announced_and_takes_nothing_from_view(
    open_tab: OpenTab, tmp_path: Path
) -> None:
    """TensorBoard's own reload has no part in it."""
    logs.healthy(tmp_path / "first")
    tab = open_tab(f"--logdir={tmp_path}")
    expect(tab.locator(".Row-name")).to_have_text(["first"])
    logs.diverging(tmp_path / "second")
    expect(tab.locator(".Row-name")).to_have_text(["second", "first"])
    expect(tab.locator(".Facts-name")).to_have_text("first")
    news = tab.locator(".NewsBar")
    expect(news).to_contain_text("New cause: Loss not finite, in second")
    news.get_by_role("button", name="Show").click()
    expect(tab.locator(".Facts-name")).to_have_text("second")
    expect(news.get_by_role("button")).to_have_count(0)


def test_a_log_directory_that_is_not_there_is_said_in_a_sentence(
    page: Page, open_tab: OpenTab, tmp_path: Path
) -> None:
    tab = open_tab(f"--logdir={tmp_path / 'missing'}")
    page.goto(page.url)  # TensorBoard itself offers no tab without data; the address does
    expect(tab.locator(".EmptyState, .Warning").first).to_contain_text("missing", timeout=20_000)
