"""`--listen`: the tab's metrics at an address of the watch."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

pytest.importorskip("prometheus_client")

from tb_zeroacc.cli.app import answer
from tb_zeroacc.metrics.exposition import CONTENT_TYPES
from tb_zeroacc.monitoring.endpoint import address_of, metrics_server, serve_beside
from tb_zeroacc.places import Place
from tb_zeroacc.plugin.reading import BackgroundReading
from tests.monitoring.trainings import BROKEN, begin
from tests.monitoring.watcher import watching


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    begin(tmp_path / "a", BROKEN)
    reading = BackgroundReading([Place(str(tmp_path))])
    reading.view()
    reading.wait()
    server = metrics_server(reading, "127.0.0.1", 0)
    serve_beside(server)
    yield server.address
    server.stop()


def test_metrics_alone_are_answered(address: str) -> None:
    with urlopen(f"{address}metrics", timeout=30) as told:
        assert told.headers["Content-Type"] == CONTENT_TYPES["openmetrics"]
        assert b'zeroacc_run_finding{code="ZA501",run="a",tier="definite"} 1.0' in told.read()
    for path, status in {
        "": 404, "metrics/x": 404, "metrics?runs=x": 400, "../etc/passwd": 404,
        "data/plugin/zero_accuracy/runs": 404,
    }.items():  # fmt: skip
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{address}{path}", timeout=30)
        assert refused.value.code == status, path
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(f"{address}metrics", data=b"x"), timeout=30)
    assert refused.value.code == 405


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)), ("9464", ("127.0.0.1", 9464)),
        (":9464", ("127.0.0.1", 9464)), ("[::1]:0", ("::1", 0)), ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("here", None), ("host:", None), ("host:-1", None), ("host:65536", None),
        ("host:\u0663", None),
    ],
)  # fmt: skip
def test_addresses(text: str, address: tuple[str, int] | None) -> None:
    if address is not None:
        assert address_of(text) == address
        return
    with pytest.raises(ValueError, match="not HOST:PORT"):
        address_of(text)


def test_without_the_client_library_a_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    assert answer(["watch", str(tmp_path), "--listen", "127.0.0.1:0"]) == 2
    assert "pip install 'tb-zeroacc[monitoring]'" in capsys.readouterr().err


def test_a_port_in_use_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert answer(["watch", str(tmp_path), "--listen", str(port)]) == 2
    assert f"Port {port} of 127.0.0.1 cannot be used" in capsys.readouterr().err


def test_a_watch_says_where_its_metrics_are(tmp_path: Path) -> None:
    begin(tmp_path / "a", BROKEN)
    with watching(str(tmp_path), "--interval", "0.2", "--listen", "127.0.0.1:0") as watch:
        said = watch.sentence("Metrics at http://127.0.0.1:")
        watch.line()
        with urlopen(said.split()[-1], timeout=30) as told:
            assert b'zeroacc_runs{outcome="broken",state="live"} 1.0' in told.read()
