"""The tab on a server of its own."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tb_zeroacc.cli.app import answer
from tb_zeroacc.places import Place
from tb_zeroacc.report.server import ROUTE, TabServer
from tests.logs.written import curve, write


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Of a server on a directory with one training."""
    write(tmp_path / "a", curve("loss", [2.0, 1.5, 1.2, 1.0]))
    server = TabServer((Place(str(tmp_path)),), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield server.address.rstrip("/")
    server.stop()
    thread.join(30)
    assert not thread.is_alive()


def get(address: str) -> tuple[int, str, str]:
    """Status, type and text of an answer."""
    try:
        with urlopen(address, timeout=30) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except HTTPError as refusal:
        return refusal.code, refusal.headers["Content-Type"], refusal.read().decode()


def test_it_answers_as_the_plugin_does(address: str) -> None:
    status, kind, page = get(f"{address}/")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert f'<base href="{ROUTE[1:]}/">' in page
    status, kind, _ = get(f"{address}{ROUTE}/static/index.js")
    assert (status, kind.partition(";")[0]) == (200, "text/javascript")
    ends = time.monotonic() + 60
    while not (told := json.loads(get(f"{address}{ROUTE}/summaries")[2]))["complete"]:
        assert time.monotonic() < ends
        time.sleep(0.1)
    assert [row["name"] for row in told["summaries"]] == ["a"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{ROUTE}/run?name=nobody", 404),
        (f"{ROUTE}/run", 400),
        (f"{ROUTE}/summaries?limit=0", 400),
        (f"{ROUTE}/static/index.js/../../loader.py", 404),
        (f"{ROUTE}/summaries/more", 404),
        ("/etc/passwd", 404),
    ],
)
def test_what_is_wrong_is_a_sentence(address: str, path: str, status: int) -> None:
    code, kind, text = get(f"{address}{path}")
    assert (code, kind.partition(";")[0]) == (status, "text/plain")
    assert "Traceback" not in text


def test_a_port_in_use_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = answer(["serve", str(tmp_path), "--port", str(port)])
    assert code == 2
    assert f"Port {port} of 127.0.0.1 cannot be used" in capsys.readouterr().err
