"""The two places where a step is summarised say the same: this machine's memory, and a graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc.keras.sampling import replay_sampler
from tb_zeroacc.keras.tables import plan
from tests.keras.models import classes, cnn, features, lstm, matrix, mlp, recorder, weights
from tests.keras.reading import Log, read

pytestmark = pytest.mark.training


MODELS: dict[str, tuple[Callable[..., keras.Model], np.ndarray]] = {
    "mlp": (mlp, features(24)),
    "cnn": (cnn, features(24, 128).reshape(24, 8, 8, 2)),
    "recurrent": (lstm, (np.abs(features(24, 5)) * 7).astype("int32") % 9),
}


def trained(name: str, directory: Path, **compiled: Any) -> tuple[Log, list[bytes]]:
    keras.backend.clear_session()  # else names count on
    build, x = MODELS[name]
    callback = recorder(directory)
    model = build(**compiled)
    y = classes(x.reshape(len(x), -1))
    model.fit(x, y, batch_size=6, shuffle=False, verbose=0, callbacks=[callback])
    assert not callback.turned_off
    return read(directory), weights(model)


@pytest.mark.parametrize(
    ("name", "way"),
    matrix(MODELS, ("graph", "jit"), once=lambda name, way: way == "graph" or name == "mlp"),
)
def test_a_graph_says_what_the_host_says(
    name: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, weights_here = trained(name, tmp_path / "host", jit_compile=way == "jit")
    # With an accelerator tensors stay where they are; here it is only pretended.
    monkeypatch.setattr(replay_sampler, "plan_of", plan.GraphPlan)
    there, weights_there = trained(name, tmp_path / "graph", jit_compile=way == "jit")
    assert weights_here == weights_there
    assert set(here.tables) == set(there.tables)
    for kind, tables in here.tables.items():
        if kind == "progress":
            continue
        for ours, theirs in zip(tables, there.tables[kind], strict=True):
            assert ours.layout == theirs.layout, kind
            np.testing.assert_allclose(
                ours.values, theirs.values, rtol=2e-4, atol=1e-5, err_msg=kind
            )


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # before Keras 3.7
def test_a_batch_of_nothing(tmp_path: Path) -> None:
    x = features(9)

    def batches() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for rows in (slice(0, 4), slice(4, 4), slice(4, 9)):
            yield x[rows], classes(x)[rows]

    specs = tf.TensorSpec((None, 6)), tf.TensorSpec((None,), tf.int32)
    callback = recorder(tmp_path)
    mlp().fit(
        tf.data.Dataset.from_generator(batches, output_signature=specs), verbose=0,
        callbacks=[callback],
    )  # fmt: skip
    assert not callback.turned_off
    log = read(tmp_path)
    counts = [log.at("inputs", step)("x[0]", "count") for step in log.steps("inputs")]
    assert counts == [4, 0, 5]


def test_with_an_accelerator_tensors_stay_there(monkeypatch: pytest.MonkeyPatch) -> None:
    class Device:
        device_type = "GPU"

    made: list[str] = []
    monkeypatch.setattr(plan, "HostPlan", lambda *_: made.append("host"))
    monkeypatch.setattr(plan, "GraphPlan", lambda *_: made.append("graph"))
    for devices in ([], [Device()]):
        known = [tf.config.LogicalDevice("/device:CPU:0", "CPU"), *devices]
        monkeypatch.setattr(tf.config, "list_logical_devices", lambda found=known: found)
        plan.plan_of(0, None, (), None)  # type: ignore[arg-type]
    assert made == ["host", "graph"]
