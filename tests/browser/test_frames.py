"""The tab in frames that others made, and before several people at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import logs, staged
from tests.browser.conftest import FRAME, WINDOW, OpenTab, until_read
from tests.browser.test_tab import PINNED

pytestmark = pytest.mark.browser
PREFIX = "/user/me/proxy/6006"
SLOW = 60_000  # milliseconds: TensorBoard's own page, several times or in a frame
# What `%tensorboard` puts below its cell: as wide as that, and 800 pixels high.
NOTEBOOK = """<!DOCTYPE html><title>Notebook</title><link rel="icon" href="data:,">
<body style="margin: 0 0 0 80px"><pre>%tensorboard --logdir logs</pre>
<iframe id="tensorboard-frame-1" width="100%" height="800" frameborder="0"></iframe></body>"""


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("logs")
    logs.diverging(logdir / "diverging")
    for n in range(4):
        logs.healthy(logdir / f"fine_{n}")
    return logdir


@contextmanager
def notebook() -> Iterator[str]:
    """A page of another origin; gives its address.

    It is of the same site, as on one's own machine: elsewhere browsers that keep a frame from its
    storage keep TensorBoard from starting.
    """

    class Cell(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(NOTEBOOK.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Cell)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join(30)
        server.server_close()


def test_below_the_cell_of_a_notebook_it_is_whole(
    page: Page, open_tab: OpenTab, tensorboard: object, logdir: Path
) -> None:
    """Narrow, 800 pixels high, behind a prefix, and the page around it is none of its business."""
    assert callable(tensorboard)
    address = tensorboard(f"--logdir={logdir}", f"--path_prefix={PREFIX}")
    until_read(address)
    page.set_viewport_size({"width": 780, "height": 900})
    with notebook() as site:
        page.goto(site)
        cell = page.frame_locator("#tensorboard-frame-1")
        page.locator("#tensorboard-frame-1").evaluate(
            "(frame, address) => { frame.src = address; }", f"{address}/#zero_accuracy"
        )
        tab = cell.frame_locator(FRAME)
        headline = tab.get_by_role("heading", level=1)
        expect(tab.locator(".Facts-name")).to_have_text("diverging", timeout=SLOW)
        expect(headline).to_be_in_viewport(ratio=1)
        expect(tab.locator(".Chart canvas").first).to_be_in_viewport(ratio=1)
        wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert tab.locator("body").evaluate(wide) == 0
        tab.get_by_role("button", name="fine_2").click()
        expect(tab.locator(".Facts-name")).to_have_text("fine_2")
        copied = tab.get_by_role("button", name="Copy").first
        copied.click()
        expect(copied).to_have_text("Copied")
        tab.get_by_role("link", name="Open in Time Series").first.click()
        expect(cell.locator(PINNED).first).to_contain_text("epoch_loss", timeout=SLOW)
        assert page.url == site, "the notebook's own page stays where it is"


def test_in_a_frame_whose_page_keeps_itself_to_itself_it_is_a_page_of_its_own(page: Page) -> None:
    """An editor shows the plugin's own page, without TensorBoard's around it."""
    staged.stage(page)  # answers its questions from here
    page.route("http://editor.test/", lambda route: route.fulfill(
        body=f'''<!DOCTYPE html><iframe width="900" height="700"
            src="{staged.ORIGIN}/data/plugin_entry.html?name=zero_accuracy"></iframe>''',
        content_type="text/html",
    ))  # fmt: skip
    page.goto("http://editor.test/")
    tab = page.frame_locator("iframe")
    expect(tab.locator(".Facts-name")).to_have_text("nan_input")
    tab.get_by_role("button", name="deep_sigmoid").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Gradients vanish")
    page.frames[1].evaluate("history.back()")
    expect(tab.locator(".Facts-name")).to_have_text("nan_input")


def test_several_people_each_have_their_own_training(
    browser: Browser, tensorboard: object, logdir: Path
) -> None:
    assert callable(tensorboard)
    address = tensorboard(f"--logdir={logdir}")
    until_read(address)
    contexts = [browser.new_context(viewport=WINDOW) for _ in range(3)]
    try:
        pages = [context.new_page() for context in contexts]
        for page in pages:
            page.goto(f"{address}/#zero_accuracy")
        tabs = [page.frame_locator(FRAME) for page in pages]
        for n, tab in enumerate(tabs):
            tab.get_by_role("button", name=f"fine_{n}").click(timeout=SLOW)
        contexts.pop().close()  # one of them leaves
        for n, (page, tab) in enumerate(zip(pages[:-1], tabs, strict=False)):
            expect(tab.locator(".Facts-name")).to_have_text(f"fine_{n}")
            page.reload()
        for n, tab in enumerate(tabs[:-1]):
            expect(tab.locator(".Facts-name")).to_have_text(f"fine_{n}", timeout=SLOW)
            expect(tab.locator(".Chart canvas").first).to_be_visible()
    finally:
        for context in contexts:
            context.close()


def test_many_questions_at_once_get_each_their_own_answer(
    tensorboard: object, logdir: Path
) -> None:
    assert callable(tensorboard)
    address = tensorboard(f"--logdir={logdir}")
    until_read(address)

    def ask(name: str) -> tuple[str, str, str]:
        told = []
        asked: dict[str, dict[str, str]] = {
            "run": {"name": name},
            "curves": {"run": name, "member": f"{name}/train", "tag": "epoch_loss"},
        }
        for route, query in asked.items():
            place = f"{address}/data/plugin/zero_accuracy/{route}?{urlencode(query)}"
            with urlopen(place, timeout=20) as answer:
                told.append(json.loads(answer.read()))
        return name, told[0]["run"], told[1]["member"]

    names = ["diverging", *(f"fine_{n}" for n in range(4))] * 12
    with ThreadPoolExecutor(16) as people:
        answers = list(people.map(ask, names))
    assert answers == [(name, name, f"{name}/train") for name in names]
