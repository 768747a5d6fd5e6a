"""The demo's own logs in a real TensorBoard: the headline, and the way to its curve."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTab
from tests.browser.test_tab import PINNED

pytestmark = [pytest.mark.browser, pytest.mark.training]
ROOT = Path(__file__).parents[2]
CASE = "learning_rate_too_high_digits"


@pytest.fixture(scope="session")
def demo_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case and its twin, trained by the demo's command."""
    out = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "demo", "--only", CASE, "--out", str(out)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@pytest.mark.parametrize("fast", ["true", "false"])
def test_the_headline_and_its_curve(
    fast: str, page: Page, open_tab: OpenTab, demo_logs: Path
) -> None:
    tab = open_tab(f"--logdir={demo_logs}", f"--load_fast={fast}")
    expect(tab.locator(".Row > .visually-hidden")).to_have_text([CASE, f"{CASE}_mended"])
    expect(tab.locator(".Facts-name")).to_have_text(CASE)
    expect(tab.get_by_role("heading", level=1)).to_have_text(
        re.compile(r"^The learning rate is too high: the first update was \d+ times the weights.$")
    )
    expect(tab.locator(".FixCard")).to_contain_text("learning_rate=0.001")
    ranges = tab.get_by_role("img", name=re.compile(r"ranges\. Flagged: dense"))
    expect(ranges).to_be_visible()
    tab.get_by_role("link", name="Open in Time Series").first.click()
    expect(page).to_have_url(re.compile(r"runFilter=.*#timeseries$"))
    card = page.locator(PINNED).first
    expect(card).to_contain_text("zeroacc/update_ratio", timeout=20_000)
    expect(card).to_contain_text(f"{CASE}/zeroacc")


def test_the_mended_twin_is_calm(page: Page, open_tab: OpenTab, demo_logs: Path) -> None:
    tab = open_tab(f"--logdir={demo_logs}", "--load_fast=false")
    tab.get_by_role("button", name=f"{CASE}_mended").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(
        re.compile(r"^No fault found: \d+ checks passed, \d+ could not be told\.$")
    )
    expect(tab.locator(".Facts .Pill")).to_contain_text("Learning")
