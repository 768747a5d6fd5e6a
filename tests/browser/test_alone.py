"""The page without TensorBoard: as one file, and on a server of its own."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tb_zeroacc import verdict
from tb_zeroacc.cli.pages import write_report
from tb_zeroacc.encoding import run_json
from tb_zeroacc.fleet.page import page_of
from tb_zeroacc.fleet.summary import Summary
from tb_zeroacc.places import Place
from tb_zeroacc.report.server import TabServer
from tests.browser import logs

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    logdir = tmp_path_factory.mktemp("logs")
    logs.diverging(logdir / "diverging")
    logs.healthy(logdir / "fine (1+1)")
    return logdir


def show(page: Page, address: str) -> None:
    """Opens the page and goes from the worst training to the other and back."""
    page.goto(address)
    expect(page.locator(".Facts-name")).to_have_text("diverging")
    expect(page.locator(".Chart canvas").first).to_be_visible()
    page.get_by_role("button", name="fine (1+1)").click()
    expect(page.locator(".Facts-name")).to_have_text("fine (1+1)")
    expect(page).to_have_url(re.compile(r"#p\.zero_accuracy\.run=fine"))
    expect(page.locator(".Chart canvas").first).to_be_visible()
    expect(page.get_by_role("link", name="Open in Time Series")).to_have_count(0)
    page.go_back()
    expect(page.locator(".Facts-name")).to_have_text("diverging")
    expect(page.locator(".Chart canvas").first).to_be_visible()  # nothing is asked for any more


def test_a_report_asks_nobody(page: Page, logdir: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    assert write_report([str(logdir)], file) == 0
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    show(page, file.as_uri())
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []


def test_a_summary_of_many_asks_nobody(page: Page, logdir: Path, tmp_path: Path) -> None:
    summary = Summary()
    for reading in verdict.read(str(logdir)):
        summary.add_verdict("s3://bucket/runs", run_json(reading))
    summary.add_error("s3://bucket/runs/x", "`x` could not be read: <b>denied</b>.")
    (tmp_path / "summary.html").write_text(page_of(summary.json()), "utf-8")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "summary.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text("1 of 2 trainings need a look")
    cause = summary.json()["causes"][0]
    row = page.get_by_role("row").filter(has_text=cause["title"])
    expect(row.get_by_role("cell")).to_contain_text(["1", "1"])
    expect(page.get_by_text("s3://bucket/runs/diverging")).to_be_visible()
    expect(page.get_by_text("<b>denied</b>")).to_be_visible()
    row.get_by_role("button", name=cause["code"]).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(cause["title"])
    page.get_by_role("button", name="Back to the verdict").click()
    expect(page.get_by_role("heading", name="Which fix pays most")).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []


def test_the_tab_has_a_server_of_its_own(page: Page, logdir: Path) -> None:
    server = TabServer((Place(str(logdir)),), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        show(page, server.address)
    finally:
        page.goto("about:blank")  # it asks for as long as it is there
        server.stop()
        thread.join(30)
