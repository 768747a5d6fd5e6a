"""The route `metrics`: Prometheus' types, nothing read twice, no wait for a reading."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from tb_zeroacc.metrics.exposition import CONTENT_TYPES
from tb_zeroacc.places import Place
from tb_zeroacc.plugin import reading as reading_module
from tb_zeroacc.plugin.desk import Desk
from tb_zeroacc.plugin.questions import Content, Question
from tb_zeroacc.plugin.reading import BackgroundReading
from tests.logs.written import curve, write
from tests.plugin.conftest import ROUTE, Asked, Script

pytest.importorskip("prometheus_client")
SCRAPE = Question("metrics", {"format": "openmetrics", "runs": 5000})


def scraped(desk: Desk) -> dict[str, str]:
    """Values by the text before them."""
    reply = desk.answer(SCRAPE)
    assert isinstance(reply, Content)
    lines = (reply.body or b"").decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if line[0] != "#")


@pytest.mark.parametrize(
    ("accept", "form"), [("application/openmetrics-text", "openmetrics"), ("text/plain", "text")]
)
def test_types_that_prometheus_knows(asked: Asked, accept: str, form: str) -> None:
    answer = asked.client.get(f"{ROUTE}/metrics", headers={"Accept": accept})
    assert (answer.status_code, answer.content_type) == (200, CONTENT_TYPES[form])
    assert 'zeroacc_run_finding{code="ZA701",run="a",tier="strong"} 1.0' in answer.text
    assert answer.text.endswith("# EOF\n") == (form == "openmetrics")


@pytest.mark.parametrize(("runs", "status"), [("0", 200), ("x", 400), ("5001", 400)])
def test_fewer_runs_can_be_asked_for(asked: Asked, runs: str, status: int) -> None:
    answer = asked.get("/metrics", runs=runs)
    assert answer.status_code == status
    assert "zeroacc_run_outcome{" not in answer.text


def test_a_scrape_never_waits_for_a_reading(ask: Callable[..., Asked], script: Script) -> None:
    done = Event()
    script.before = lambda: done.wait(30) and None
    asked = ask()
    answer = asked.get("/metrics")
    done.set()
    assert "zeroacc_first_reading_done 0.0" in answer.text
    asked.reading.wait()
    assert "zeroacc_first_reading_done 1.0" in asked.get("/metrics").text


def test_nothing_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "PAUSE", 0.0)
    written = curve("loss", [5.0, 4.0, 3.0])
    file = write(tmp_path / "a", written)
    reading = BackgroundReading([Place(str(tmp_path))])
    desk = Desk(reading)
    told = []
    for _ in range(3):
        scraped(desk)
        reading.wait()
        told.append(scraped(desk))
        reading.wait()
    first, *later = told
    assert float(first["zeroacc_read_bytes_total"]) >= file.stat().st_size
    assert float(first["zeroacc_read_events_total"]) == len(written) + 1, "the header is one, too"
    for again in later:
        for name in ("zeroacc_read_bytes_total", "zeroacc_read_events_total"):
            assert again[name] == first[name], f"{name} grew, though nothing was appended"
    more = write(tmp_path / "b", curve("loss", [2.0])).stat().st_size
    reading.view()
    reading.wait()
    grown = float(scraped(desk)["zeroacc_read_bytes_total"]) - float(
        first["zeroacc_read_bytes_total"]
    )
    assert grown <= 3 * more, "only the new file was read, with its beginning"


def test_without_the_client_library_a_sentence_says_what_to_install(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    answer = asked.get("/metrics")
    assert answer.status_code == 404
    assert "pip install 'tb-zeroacc[monitoring]'" in answer.text
