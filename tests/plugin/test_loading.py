"""Opening TensorBoard never breaks: what it loads at its start is light, inert and contained."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace

import pytest
from tensorboard.backend import application
from tensorboard.backend.event_processing import data_provider, plugin_event_multiplexer
from tensorboard.plugins import base_plugin
from werkzeug import test, wrappers

from tb_zeroacc.plugin.loader import ZeroAccuracyLoader
from tests.logs.written import curve, write

HEAVY = ("numpy", "tensorflow", "keras", "google.protobuf", "fsspec", "werkzeug", "rich")


def imported_by(module: str) -> set[str]:
    """Names of all modules that this import brings, by a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(re.findall(r"\|\s+([\w.]+)$", done.stderr, flags=re.MULTILINE))


def test_the_entry_point_imports_base_plugin_alone() -> None:
    ours = imported_by("tb_zeroacc.plugin.loader")
    theirs = imported_by("tensorboard.plugins.base_plugin")
    added = ours - theirs
    assert {name for name in added if name.startswith("tb_zeroacc")} == {
        "tb_zeroacc",
        "tb_zeroacc.plugin",
        "tb_zeroacc.plugin.loader",
    }
    assert not [name for name in added if name.startswith(HEAVY)]


def test_the_entry_point_is_the_loader() -> None:
    found = entry_points(group="tensorboard_plugins", name="zero_accuracy")
    if not found:
        pytest.skip("the package is not installed")
    assert {point.value for point in found} == {"tb_zeroacc.plugin.loader:ZeroAccuracyLoader"}


def context(logdir: str) -> base_plugin.TBContext:
    return base_plugin.TBContext(logdir=logdir, flags=SimpleNamespace(logdir_spec=""))


def test_loading_opens_no_file_and_starts_no_thread(tmp_path: Path) -> None:
    import tb_zeroacc.plugin.plugin  # noqa: F401  imports open files, and are not what is tested

    opened: list[object] = []
    watching = False
    sys.addaudithook(
        lambda event, args: (
            opened.append(args[0])
            if event in ("open", "os.listdir", "os.scandir") and watching
            else None
        )
    )
    threads, watching = threading.active_count(), True
    plugin = ZeroAccuracyLoader().load(context(str(tmp_path / "missing")))
    assert plugin is not None
    plugin.get_plugin_apps()
    plugin.is_active()
    assert plugin.data_plugin_names() == ("zero_accuracy", "scalars")
    assert plugin.frontend_metadata().tab_name == "Zero Accuracy"
    watching = False
    assert opened == []
    assert threading.active_count() == threads


def test_a_fault_while_loading_leaves_the_tab_out(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "tb_zeroacc.plugin.plugin", None)  # makes its import fail
    assert ZeroAccuracyLoader().load(context("logs")) is None
    assert "left out" in caplog.text


def test_tensorboard_lists_the_tab() -> None:
    plugin = ZeroAccuracyLoader().load(context("logs"))
    provider = SimpleNamespace(list_plugins=lambda *_, **__: ["scalars"])
    app = application.TensorBoardWSGI([plugin], data_provider=provider)
    listing = test.Client(app, wrappers.Response).get("/data/plugins_listing").get_json()
    assert listing["zero_accuracy"]["enabled"]
    assert listing["zero_accuracy"]["loading_mechanism"] == {
        "type": "IFRAME",
        "module_path": "/data/plugin/zero_accuracy/static/index.js",
    }


@pytest.mark.parametrize("logdir", [None, "", "logs"])
def test_any_context_can_be_loaded(logdir: str | None) -> None:
    plugin = ZeroAccuracyLoader().load(base_plugin.TBContext(logdir=logdir))
    assert plugin is not None
    assert set(plugin.get_plugin_apps()) == {
        "/runs",
        "/summaries",
        "/run",
        "/trainings",
        "/rule",
        "/curves",
        "/layers",
        "/histograms",
        "/metrics",
        "/static/index.js",
    }


@pytest.mark.parametrize(
    ("logdir", "is_active"), [("logs", False), ("s3://bucket/logs", True), ("", False)]
)
def test_the_tab_is_there_for_logs_that_tensorboard_may_not_read(
    logdir: str, is_active: bool
) -> None:
    plugin = ZeroAccuracyLoader().load(context(logdir))
    assert plugin is not None
    assert plugin.is_active() is is_active


def test_without_a_log_directory_the_data_provider_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a" / "train", curve("epoch_loss", [3.0, 2.0, 1.0]))
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(tmp_path))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(tmp_path))
    given = base_plugin.TBContext(
        logdir="", data_provider=provider, flags=SimpleNamespace(logdir_spec="")
    )
    plugin = ZeroAccuracyLoader().load(given)
    client = test.Client(application.TensorBoardWSGI([plugin]), wrappers.Response)
    route, until = "/data/plugin/zero_accuracy", time.monotonic() + 60.0
    while not client.get(f"{route}/runs").get_json()["complete"]:
        assert time.monotonic() < until, "the first reading does not end"
        time.sleep(0.02)
    told = client.get(f"{route}/run?name=a").get_json()
    assert (told["run"], told["members"], told["sampled"]) == ("a", ["a/train"], True)
