"""A real browser before a real TensorBoard; a test fails on any error of the page."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, FrameLocator, Page, expect, sync_playwright

expect.set_options(timeout=20_000)  # milliseconds; a busy machine is slow, not wrong
FRAME = 'iframe[src*="zero_accuracy"]'
STARTS_WITHIN = 90  # seconds: TensorBoard imports TensorFlow where that is installed
WINDOW = {"width": 1280, "height": 800}


def find_chromium() -> str | None:
    """The first Chromium on PATH that works (Ubuntu's is a stub); None for Playwright's own."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path and subprocess.run([path, "--version"], capture_output=True).returncode == 0:
            return path
    return None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of the size that the tab is made for."""
    context = browser.new_context(viewport=WINDOW, permissions=["clipboard-write"])
    page = context.new_page()
    faults: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        asked = str(message.location.get("url"))
        # Behind a prefix TensorBoard's own page asks for its typeface without it; ours does not.
        if urlsplit(asked).path.startswith("/font-roboto/") and is_behind_a_prefix(page):
            return
        if message.type == "error" or "Content Security Policy" in message.text:
            faults.append(f"{message.text} ({asked})")

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", listen)
    yield page
    context.close()
    assert not faults


def is_behind_a_prefix(page: Page) -> bool:
    """Whether a page of TensorBoard's is shown that was started with a prefix."""
    paths = (urlsplit(frame.url).path for frame in page.frames)
    return any(path != "/" and path.endswith("/") for path in paths)


OpenTab = Callable[..., FrameLocator]
Server = tuple[subprocess.Popen[bytes], str]  # and its address


@pytest.fixture(scope="session")
def tensorboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts a TensorBoard and gives its address; the same arguments share one."""
    running: dict[tuple[str, ...], Server] = {}

    def start(*arguments: str) -> str:
        if arguments not in running:
            output = tmp_path_factory.mktemp("tensorboard") / "output.txt"
            running[arguments] = start_tensorboard(arguments, output)
        return running[arguments][1]

    yield start
    for process, _ in running.values():
        process.terminate()
        process.wait(20)


def start_tensorboard(
    arguments: tuple[str, ...], output: Path
) -> tuple[subprocess.Popen[bytes], str]:
    """Starts a TensorBoard with these arguments; gives its process and its address."""
    command = [sys.executable, "-m", "tensorboard.main", "--host=127.0.0.1", "--port=0"]
    with output.open("wb") as log:
        process = subprocess.Popen([*command, *arguments], stdout=log, stderr=log)
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends and process.poll() is None:
        found = re.search(r"at (http://\S+?)/? \(", output.read_text("utf-8", "replace"))
        if found:
            return process, found[1]
        time.sleep(0.2)
    process.kill()
    raise AssertionError(f"TensorBoard did not start: {output.read_text('utf-8', 'replace')}")


@pytest.fixture
def open_tab(page: Page, tensorboard: Callable[..., str]) -> OpenTab:
    """Opens the tab of a TensorBoard with these arguments; waits for the first whole reading."""

    def open_(*arguments: str, place: str = "") -> FrameLocator:
        address = tensorboard(*arguments)
        until_read(address)
        page.goto(f"{address}/#zero_accuracy{place}")
        return page.frame_locator(FRAME)

    return open_


def until_read(address: str) -> None:
    """Waits for the end of the first reading."""
    ends = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < ends:
        with urlopen(f"{address}/data/plugin/zero_accuracy/summaries") as answer:
            if b'"complete": true' in answer.read():
                return
        time.sleep(0.3)
    raise AssertionError("the first reading did not end")
