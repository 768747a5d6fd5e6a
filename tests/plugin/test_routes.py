from __future__ import annotations

import json
import logging
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.places import Place
from tb_zeroacc.plugin import plugin as plugin_module
from tb_zeroacc.plugin import reading as reading_module
from tests.plugin.conftest import ROUTE, Asked, Script, verdict

JS = "text/javascript"


def test_the_first_answer_comes_at_once_and_says_that_reading_goes_on(
    ask: Callable[..., Asked], script: Script
) -> None:
    done = Event()
    script.before = lambda: done.wait(30) and None
    asked = ask()
    first = asked.get("/runs").get_json()
    assert (first["complete"], first["refreshing"], first["runs"]) == (False, True, [])
    done.set()
    asked.reading.wait()
    second = asked.get("/runs").get_json()
    assert second["complete"]
    assert [run["run"] for run in second["runs"]] == ["a"]
    assert second["runs"][0]["findings"][0]["evidence"][0]["value"] == "NaN"


def test_requests_have_the_logs_read_again_but_not_all_the_time(
    asked: Asked, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        asked.get("/runs")
    asked.reading.wait()
    assert script.refreshed == 1
    monkeypatch.setattr(reading_module, "PAUSE", 0.0)
    script.verdicts.append(verdict("b"))
    done = Event()
    script.before = lambda: done.wait(30) and None
    assert asked.get("/runs").get_json()["reading"] == 1  # the old state, at once
    done.set()
    asked.reading.wait()
    assert script.refreshed == 2
    monkeypatch.setattr(reading_module, "PAUSE", 60.0)
    fresh = asked.get("/runs").get_json()
    assert (fresh["reading"], fresh["complete"], fresh["refreshing"]) == (2, True, False)
    assert [run["run"] for run in fresh["runs"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("route", "query", "status"),
    [
        ("/runs", {}, 200),
        ("/summaries", {}, 200),
        ("/summaries", {"offset": "0", "limit": "1000"}, 200),
        ("/summaries", {"offset": "999999999"}, 200),
        ("/summaries", {"offset": "-1"}, 400),
        ("/summaries", {"offset": "1e3"}, 400),
        ("/summaries", {"offset": ""}, 400),
        ("/summaries", {"offset": "\u0663"}, 400),
        ("/summaries", {"offset": "9" * 10_000}, 400),
        ("/summaries", {"limit": "0"}, 400),
        ("/summaries", {"limit": "1001"}, 400),
        ("/summaries", {"limit": "<b>"}, 400),
        ("/run", {"name": "a"}, 200),
        ("/run", {"name": "b"}, 404),
        ("/run", {"name": ""}, 404),
        ("/run", {"name": "../../etc/passwd"}, 404),
        ("/run", {"run": "a"}, 400),
        ("/summaries", {"after": "-1"}, 400),
        ("/summaries", {"after": "1", "reader": "<b>"}, 200),
        ("/trainings", {"name": "a"}, 200),
        ("/trainings", {"name": ["a", "b", "../../etc/passwd"]}, 200),
        ("/trainings", {}, 400),
        ("/trainings", {"name": [f"{n}" for n in range(41)]}, 400),
        ("/rule", {"code": "ZA704"}, 200),
        ("/rule", {"code": "za704"}, 404),
        ("/rule", {"code": "../../etc/passwd"}, 404),
        ("/rule", {}, 404),
        ("/curves", {"run": "a", "member": "a/train", "tag": "epoch_loss"}, 200),
        ("/curves", {"run": "b", "member": "a/train", "tag": "epoch_loss"}, 404),
        ("/curves", {"run": "a", "member": "b/train", "tag": "epoch_loss"}, 404),
        ("/curves", {"run": "a", "member": "a/train", "tag": "../../etc/passwd"}, 404),
        ("/curves", {"run": "../../../etc", "member": "passwd", "tag": ""}, 404),
        ("/curves", {}, 400),
        ("/layers", {"run": "a", "kind": "gradients"}, 404),
        ("/layers", {"run": "nobody", "kind": "gradients"}, 404),
        ("/layers", {"run": "a", "kind": "weights"}, 400),
        ("/histograms", {}, 400),
        ("/histograms", {"run": "nobody"}, 404),
        ("/histograms", {"run": "a"}, 404),
        ("/static/index.js", {}, 200),
        ("/static/../loader.py", {}, 404),
        ("/static/..%2floader.py", {}, 404),
        ("/static/%2e%2e/%2e%2e/loader.py", {}, 404),
        ("/static/..\\loader.py", {}, 404),
        ("/static/index.js/../../loader.py", {}, 404),
        ("/static", {}, 404),
        ("/static2/index.js", {}, 404),
        ("/etc/passwd", {}, 404),
    ],
)
def test_routes(asked: Asked, route: str, query: dict[str, Any], status: int) -> None:
    answer = asked.client.get(f"{ROUTE}{route}", query_string=query)
    assert answer.status_code == status
    if status == 200:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.content_type.startswith(("application/json", JS))
    if status == 400 or route in ("/curves", "/layers", "/histograms"):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if status in (400, 404):
        assert answer.content_type.startswith("text/")
        assert "root:" not in answer.text
        assert "Traceback" not in answer.text


def test_the_page_of_a_rule_is_what_the_command_explains(asked: Asked) -> None:
    told = asked.get("/rule", code="ZA704").get_json()
    assert (told["title"], told["strongest"]) == ("Stuck at chance", "strong")
    assert told["page"].startswith("The model ends no better than")
    assert "\n## How to fix it\n" in told["page"]
    assert told["promise"]


def test_a_curve_is_what_the_run_holds(asked: Asked) -> None:
    found = asked.get("/curves", run="a", member="a/train", tag="epoch_loss").get_json()
    assert found["steps"] == [0, 1, 2]
    assert found["values"] == [0.7, 362.0, "NaN"]


def test_a_long_name_is_not_given_back_whole(asked: Asked) -> None:
    for said in (
        asked.get("/curves", run="<b>" + "x" * 100_000).text,
        asked.get("/run", name="<b>" + "x" * 100_000).text,
        asked.get("/summaries", limit="<b>" + "x" * 100_000).text,
    ):
        assert len(said) < 400


@pytest.mark.parametrize("method", ["post", "put", "delete", "options"])
def test_nothing_but_get_is_answered(asked: Asked, method: str) -> None:
    answer = getattr(asked.client, method)(f"{ROUTE}/runs")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("route", ["/runs", "/summaries", "/run?name=a"])
def test_head_is_get_without_the_body(asked: Asked, route: str) -> None:
    whole = asked.client.get(f"{ROUTE}{route}")
    head = asked.client.head(f"{ROUTE}{route}")
    assert (head.status_code, head.data) == (200, b"")
    for name in ("ETag", "Content-Type", "Content-Length"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("route", ["/runs", "/summaries", "/run?name=a", "/static/index.js"])
def test_what_the_browser_holds_is_not_sent_again(
    asked: Asked, route: str, caplog: pytest.LogCaptureFixture
) -> None:
    tag = asked.client.get(f"{ROUTE}{route}").headers["ETag"]
    assert not tag.startswith("W/"), "a strong one"
    with caplog.at_level(logging.WARNING):
        answer = asked.client.get(f"{ROUTE}{route}", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert answer.data == b""
    assert not caplog.records
    other = asked.client.get(f"{ROUTE}{route}", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_named_places_have_tensorboards_names(ask: Callable[..., Asked]) -> None:
    asked = ask(Place("x", "first"), Place("y", "second"))
    asked.get("/runs")
    asked.reading.wait()
    runs = asked.get("/runs").get_json()["runs"]
    assert [run["run"] for run in runs] == ["first/a", "second/a"]
    assert runs[1]["members"] == ["second/a/train"]
    assert runs[1]["findings"][0]["evidence"][0]["run"] == "second/a/train"
    curve = asked.get("/curves", run="second/a", member="second/a/train", tag="epoch_loss")
    assert curve.get_json()["member"] == "second/a/train"


def test_one_unreadable_place_does_not_hide_the_others(
    ask: Callable[..., Asked], script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        if script.refreshed == 1:
            raise UnreadablePathError("There is no directory x: check --logdir.")

    script.before = missing
    asked = ask(Place("x", "x"), Place("y", "y"))
    asked.get("/runs")
    asked.reading.wait()
    said = asked.get("/runs").get_json()
    assert said["errors"] == ["There is no directory x: check --logdir."]
    assert [run["run"] for run in said["runs"]] == ["y/a"]


def test_a_fault_of_ours_is_a_sentence_and_not_the_end(
    ask: Callable[..., Asked], script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("<b>secret</b>")

    script.before = broken
    asked = ask()
    asked.get("/runs")
    asked.reading.wait()
    said = asked.get("/runs").get_json()
    assert said["complete"]
    assert "fault of Zero Accuracy's own (RuntimeError)" in said["errors"][0]
    assert "secret" not in json.dumps(said)
    assert "secret" in caplog.text


def test_without_a_log_directory_one_sentence_says_so(script: Script) -> None:
    reading = reading_module.BackgroundReading((), lambda _: script)
    reading.view()
    assert reading.wait().errors == (reading_module.NO_PLACE,)


def test_a_bundle_that_was_not_built_says_so(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(plugin_module, "BUNDLE", plugin_module.Path(str(tmp_path)) / "none.js")
    answer = asked.get("/static/index.js")
    assert answer.status_code == 200
    assert answer.content_type.startswith(JS)
    assert "export function render()" in answer.text
