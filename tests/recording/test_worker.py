"""Several workers: who is who, and where each of them writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tb_zeroacc import diagnose, facts
from tb_zeroacc.recording.worker import VARIABLE, worker_of
from tests.keras.models import classes, features, mlp, recorder
from tests.keras.reading import read

TWO = {"worker": ["a:1", "b:1"]}
LED = {"chief": ["c:1"], "worker": ["a:1", "b:1"], "ps": ["p:1"]}


def config(cluster: object, job: str, index: object = 0) -> str:
    return json.dumps({"cluster": cluster, "task": {"type": job, "index": index}})


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (config(TWO, "worker", 0), 0),
        (config(TWO, "worker", 1), 1),
        (config(TWO, "worker", "1"), 1),
        (config(LED, "chief"), 0),
        (config(LED, "worker", 1), 2),
        (config(LED, "ps"), None),
        (config(LED, "evaluator"), None),
        (config({"worker": ["a:1"]}, "worker"), None),
        (config([], "worker"), None),
        (config(TWO, "worker", None), None),
        ("", None),
        ("not json", None),
        ("[]", None),
        ("{}", None),
    ],
)
def test_who_this_process_is(text: str, number: int | None) -> None:
    assert worker_of(text) == number


@pytest.mark.training
def test_each_worker_writes_into_a_directory_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = features(32)
    for index in (1, 0):
        monkeypatch.setenv(VARIABLE, config(TWO, "worker", index))
        callback = recorder(tmp_path)
        mlp().fit(x, classes(x), batch_size=8, verbose=0, callbacks=[callback])
        assert not callback.turned_off
    written = sorted(path.name for path in (tmp_path / "zeroacc").iterdir())
    assert written == ["worker_0", "worker_1"]
    log = read(tmp_path, "zeroacc/worker_1")
    assert log.facts(facts.Start)[0].worker == 1
    assert log.contract().worker == 1
    (verdict,) = diagnose(str(tmp_path))
    assert verdict.run == "."
    (alone,) = diagnose(str(tmp_path / "zeroacc" / "worker_1"))
    assert alone.headline
