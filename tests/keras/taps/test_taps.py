"""Taps change no element and no order, count exactly, and stand in the record of their own fit."""

from __future__ import annotations

import gc
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_zeroacc import facts, tap
from tb_zeroacc.logs import read_runs
from tb_zeroacc.recording.pipeline import tapped
from tb_zeroacc.recording.pipeline.pipeline_watch import PipelineWatch, pipeline_tensors
from tb_zeroacc.recording.pipeline.tallies import FIRST, MOST_VALUES, spacing
from tests.keras.models import classes, features, mlp, recorder
from tests.keras.reading import read

pytestmark = pytest.mark.training
COUNT = 100
Stage = Callable[[Any], Any]


def watched(work: Callable[[], Any]) -> dict[str, dict[str, float]]:
    """Rows of the table that a recording would write after some work: `{row: {column: value}}`."""
    watch = PipelineWatch()
    watch.begin()
    kept = work()
    found = watch.look()
    del kept
    if found is None:
        return {}
    _, layout, values = found
    return {
        row: dict(zip(layout.columns, map(float, of), strict=True))
        for row, of in zip(layout.rows, values, strict=True)
    }


def pairs() -> tf.data.Dataset:
    x = np.random.default_rng(0).normal(size=(COUNT, 4)).astype("float32")
    return tf.data.Dataset.from_tensor_slices((x, np.arange(COUNT)))


def contents(dataset: tf.data.Dataset) -> list[Any]:
    flat = [tf.nest.flatten(element) for element in dataset.as_numpy_iterator()]
    return [[np.asarray(leaf).tobytes() for leaf in leaves] for leaves in flat]


STAGES: dict[str, tuple[Stage, Stage, int]] = {
    # what stands before the tap, what behind it, elements that pass
    "batch": (lambda d: d.batch(8), lambda d: d, 13),
    "then batch": (lambda d: d, lambda d: d.batch(8), COUNT),
    "prefetch": (lambda d: d.prefetch(2), lambda d: d.prefetch(tf.data.AUTOTUNE), COUNT),
    "cache": (lambda d: d.cache(), lambda d: d, COUNT),
    "then cache, twice": (lambda d: d, lambda d: d.cache().repeat(2), COUNT),
    "repeat": (lambda d: d.repeat(3), lambda d: d, 3 * COUNT),
    "shuffle": (lambda d: d.shuffle(50, seed=3), lambda d: d, COUNT),
    "then shuffle": (lambda d: d, lambda d: d.shuffle(50, seed=3), COUNT),
    "parallel map": (
        lambda d: d.map(lambda x, y: (x * 2, y), num_parallel_calls=4),
        lambda d: d.map(lambda x, y: (x + 1, y), num_parallel_calls=4),
        COUNT,
    ),
    "interleave": (
        lambda d: d,
        lambda d: tf.data.Dataset.range(2).interleave(lambda _: d, num_parallel_calls=2),
        2 * COUNT,
    ),
    "window": (lambda d: d.window(10), lambda d: d.flat_map(lambda x, _: x.batch(10)), 10),
}


@pytest.mark.parametrize(("before", "behind", "passed"), STAGES.values(), ids=STAGES.keys())
def test_same_elements_in_the_same_order(before: Stage, behind: Stage, passed: int) -> None:
    plain = contents(behind(before(pairs())))
    found: list[Any] = []

    def work() -> tf.data.Dataset:
        dataset = behind(before(pairs()).apply(tap("here")))
        found.extend(contents(dataset))
        return dataset

    rows = watched(work)
    assert found == plain
    assert {row["elements"] for row in rows.values()} == {passed}


def test_a_seed_that_is_set_once_draws_the_same_behind_a_tap() -> None:
    def drawn(stage: Stage) -> list[Any]:
        tf.random.set_seed(5)
        noisy = stage(pairs().shuffle(20)).map(lambda x, y: (x + tf.random.uniform([4]), y))
        return contents(noisy.shuffle(10))

    assert drawn(lambda d: d.apply(tap("here"))) == drawn(lambda d: d)


def test_structure_shape_and_cardinality_stay() -> None:
    plain = tf.data.Dataset.from_tensor_slices(
        {
            "image": np.zeros((6, 2, 2, 3), "uint8"),
            "words": tf.ragged.constant([[["a"]], [], [["b", "c"], []], [["d"]], [], [["e"]]]),
            "ids": tf.sparse.from_dense(np.eye(6, dtype="int64")),
            "pair": (np.arange(6), [True] * 6),
            "half": tf.cast(tf.range(6), tf.bfloat16),
            "wave": np.zeros(6, "complex64"),
        }
    )
    rows: dict[str, Any] = {}

    def work() -> tf.data.Dataset:
        dataset = plain.apply(tap("raw"))
        assert dataset.element_spec == plain.element_spec
        assert dataset.cardinality() == plain.cardinality()
        list(dataset)
        return dataset

    rows = watched(work)
    assert set(rows) == {
        "raw[image]", "raw[words]", "raw[ids]", "raw[pair][0]", "raw[pair][1]", "raw[half]",
        "raw[wave]",
    }  # fmt: skip
    assert {row["elements"] for row in rows.values()} == {6}
    assert np.isnan(rows["raw[words]"]["mean"])
    assert np.isnan(rows["raw[wave]"]["mean"])
    assert rows["raw[half]"]["max"] == 5
    assert rows["raw[ids]"]["values"] == 6  # what is stored


def test_elements_that_no_map_could_hand_on_are_not_tapped() -> None:
    slices = tf.data.Dataset.from_tensor_slices(tf.ragged.constant([[1.0], [], [2.0, 3.0]]))
    with pytest.warns(RuntimeWarning, match="tap the batches"):
        dataset = slices.apply(tap("slices"))
    assert dataset.batch(3).element_spec == slices.batch(3).element_spec
    assert len(list(dataset.batch(3).apply(tap("batches")))) == 1


def test_a_tap_inside_a_function_of_the_pipeline_stands_aside() -> None:
    with pytest.warns(RuntimeWarning, match="behind the interleave"):
        dataset = tf.data.Dataset.range(2).interleave(
            lambda n: tf.data.Dataset.range(3).map(lambda v: v + n).apply(tap("inner"))
        )
    assert len(list(dataset)) == 6


def test_numbers_are_those_of_what_passed() -> None:
    x = np.random.default_rng(1).normal(3, 2, (FIRST, 5)).astype("float32")
    x[0, 0] = x[1, 1] = 0

    def work() -> tf.data.Dataset:
        dataset = tf.data.Dataset.from_tensor_slices(x).apply(tap("raw"))
        list(dataset)
        return dataset

    (row,) = watched(work).values()
    want = {
        "elements": FIRST, "non_finite_elements": 0, "sampled": FIRST, "values": x.size,
        "mean": x.mean(), "std": x.std(), "min": x.min(), "max": x.max(),
        "zero_share": 2 / x.size, "integer_share": 2 / x.size, "non_finite_share": 0,
        "least_share": 0.2, "largest_share": 0.2,
    }  # fmt: skip
    assert row == pytest.approx(want, rel=1e-5)


@pytest.mark.parametrize("way", ["graph", "Python"])
def test_what_is_not_finite_is_counted_in_every_element(way: str) -> None:
    x = np.ones((1000, 3), "float32")
    x[[500, 501, 777], 1] = [np.nan, np.inf, -np.inf]

    def work() -> Any:
        if way == "graph":
            dataset = tf.data.Dataset.from_tensor_slices(x).apply(tap("raw"))
            list(dataset)
            return dataset
        generator = tap("raw")(iter(x))
        list(generator)
        return generator

    (row,) = watched(work).values()
    assert row["elements"] == 1000
    assert row["non_finite_elements"] == 3
    assert row["sampled"] == FIRST + (1000 // 17 - FIRST // 17)


def test_elements_without_values_and_large_ones() -> None:
    large = np.arange(3 * MOST_VALUES, dtype="float32").reshape(-1, 3)
    empty = np.zeros((0, 3), "float32")

    def both(x: np.ndarray) -> dict[str, float]:
        def work() -> Any:
            dataset = tf.data.Dataset.from_tensors(x).apply(tap("graph"))
            list(dataset)
            generator = tap("Python")(iter([x]))
            list(generator)
            return dataset, generator

        rows = watched(work)
        graph, python = rows["graph"], rows["Python"]
        assert graph == pytest.approx(python, nan_ok=True, rel=1e-6)
        return graph

    assert both(empty)["values"] == 0
    assert both(np.array([1e300, -1e300, 1.0]))["zero_share"] == 0  # warns nobody
    row = both(large)
    assert row["values"] <= MOST_VALUES
    assert row["mean"] == pytest.approx(large.mean(), rel=1e-3)
    assert spacing(large.size) % 3
    assert spacing(MOST_VALUES) == 1


def test_an_iterator_behind_a_tap_can_be_saved(tmp_path: Path) -> None:
    iterator = iter(pairs().apply(tap("here")).batch(10))
    next(iterator)
    path = tf.train.Checkpoint(iterator=iterator).save(str(tmp_path / "at"))
    second = next(iterator)[1].numpy()
    tf.train.Checkpoint(iterator=iterator).restore(path)
    assert next(iterator)[1].numpy().tolist() == second.tolist() == list(range(10, 20))


def test_a_policy_of_the_users_own_holds() -> None:
    options = tf.data.Options()
    options.experimental_external_state_policy = tf.data.experimental.ExternalStatePolicy.FAIL
    dataset = pairs().with_options(options).apply(tap("here"))
    kept = dataset.options().experimental_external_state_policy
    assert kept == tf.data.experimental.ExternalStatePolicy.FAIL


def test_within_the_scope_of_a_strategy() -> None:
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])

    def work() -> tf.data.Dataset:
        with strategy.scope():
            dataset = pairs().batch(10).apply(tap("here"))
        list(strategy.experimental_distribute_dataset(dataset))
        return dataset

    assert watched(work)["here:x"]["elements"] == 10


# --- Python -------------------------------------------------------------------------------------


def batches(count: int = 5) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for n in range(count):
        yield np.full((2, 3), n + 1.0, "float32"), np.array([n, n])


def test_a_generator_stays_a_generator_and_says_what_came_before() -> None:
    def scaled(source: Iterator[Any]) -> Iterator[Any]:
        for x, y in source:
            yield x / 255, y

    raw = tap("raw")(batches())
    behind = tap("scaled")(scaled(raw))
    assert type(behind).__name__ == "generator"
    assert [y.tolist() for _, y in behind] == [[n, n] for n in range(5)]
    made = [t for t in tapped.living() if t.name in ("raw", "scaled")][-2:]
    tensors = {t.row: t for t in pipeline_tensors(made)}
    assert tensors["scaled:x"].before == "raw:x"
    assert tensors["raw:x"].before is None
    assert tensors["scaled:x"].shape == (2, 3)
    assert tensors["scaled:x"].dtype == "float32"


def test_an_error_of_a_generator_passes() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("of the user's own")

    generator = tap("raw")(broken())
    assert next(generator) == 1
    with pytest.raises(ZeroDivisionError):
        next(generator)


def test_a_function_for_from_generator() -> None:
    signature = (tf.TensorSpec((2, 3)), tf.TensorSpec((2,), tf.int64))

    def work() -> Any:
        make = tap("raw")(batches)
        dataset = tf.data.Dataset.from_generator(make, output_signature=signature, args=(3,))
        assert len(list(dataset.repeat(2))) == 6
        return make

    assert watched(work)["raw:x"]["elements"] == 6


class Digits(keras.utils.PyDataset):
    """12 batches of 8."""

    opened = 7

    def __len__(self) -> int:
        return 12

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        x = features(8, seed=index)
        return x, classes(x)


def test_a_py_dataset_with_workers() -> None:
    plain = Digits(workers=3, max_queue_size=4)
    dataset = tap("loaded")(plain)
    assert (dataset.workers, dataset.max_queue_size, len(dataset)) == (3, 4, 12)
    assert dataset.opened == 7
    assert np.array_equal(dataset[3][0], plain[3][0])
    pickle.loads(pickle.dumps(dataset))  # as processes that load it are given it

    rows = watched(lambda: mlp().fit(dataset, epochs=2, verbose=0))
    assert rows["loaded:x"]["elements"] >= 24
    assert rows["loaded:x"]["elements"] <= 24 + 2 * 7  # batches that wait in the queue


@pytest.mark.parametrize("wrong", [None, 3, [1, 2], np.zeros(3)])
def test_what_is_no_pipeline_is_refused(wrong: Any) -> None:
    with pytest.raises(TypeError, match="or a function that returns one"):
        tap("here")(wrong)


@pytest.mark.parametrize("wrong", ["", None, 3])
def test_a_tap_wants_a_name(wrong: Any) -> None:
    with pytest.raises(ValueError, match="what the stage did"):
        tap(wrong)


# --- which tap stands before which --------------------------------------------------------------


def lineage(*made: Any) -> dict[str, str | None]:
    chosen = [t for t in tapped.living() if t.number >= made[0]]
    return {t.row: t.before for t in pipeline_tensors(chosen)}


def test_the_tap_before_is_found_through_zip_and_options() -> None:
    first = next(tapped._NUMBERS)
    images = tf.data.Dataset.from_tensor_slices(np.zeros((4, 2))).apply(tap("images"))
    labels = tf.data.Dataset.from_tensor_slices(np.zeros(4)).apply(tap("labels"))
    both = tf.data.Dataset.zip((images.map(lambda x: x / 2), labels)).apply(tap("both"))
    last = both.shuffle(4).batch(2).prefetch(1).apply(tap("batched"))
    assert lineage(first, last) == {
        "images": None, "labels": None, "both:x": "images", "both:y": "labels",
        "batched:x": "both:x", "batched:y": "both:y",
    }  # fmt: skip


def test_pipelines_that_are_made_of_one_function_stay_apart() -> None:
    first = next(tapped._NUMBERS)

    def prepared() -> tf.data.Dataset:
        raw = tf.data.Dataset.from_tensor_slices(np.ones((4, 2))).apply(tap("raw"))
        return raw.map(lambda x: x / 2).apply(tap("halved"))

    made = prepared(), prepared()
    assert lineage(first, made) == {
        "raw": None, "halved": "raw", "raw#1": None, "halved#1": "raw#1",
    }  # fmt: skip


def test_datasets_that_are_joined_have_no_one_stage_before() -> None:
    first = next(tapped._NUMBERS)
    a = tf.data.Dataset.range(3).apply(tap("a"))
    b = tf.data.Dataset.range(3).apply(tap("b"))
    joined = a.concatenate(b).apply(tap("joined"))
    assert lineage(first, joined)["joined"] is None


def test_a_tap_goes_with_its_pipeline() -> None:
    dataset = pairs().apply(tap("gone soon"))
    assert any(t.name == "gone soon" for t in tapped.living())
    del dataset
    gc.collect()
    assert not any(t.name == "gone soon" for t in tapped.living())


# --- in fit -------------------------------------------------------------------------------------


def test_the_record_of_a_fit(tmp_path: Path) -> None:
    x = features(64)
    other = tf.data.Dataset.range(9).apply(tap("another model's"))
    list(other)
    raw = tf.data.Dataset.from_tensor_slices((x, classes(x))).apply(tap("raw"))
    dataset = raw.map(lambda a, b: (a * 0.0, b)).batch(16).apply(tap("scaled"))
    callback = recorder(tmp_path)
    model = mlp()
    model.fit(dataset, epochs=3, verbose=0, callbacks=[callback])
    assert not callback.turned_off

    log = read(tmp_path)
    (pipeline,) = log.facts(facts.Pipeline)
    assert [t.row for t in pipeline.tensors] == ["raw:x", "raw:y", "scaled:x", "scaled:y"]
    assert pipeline.tensors[2] == facts.Tapped(
        "scaled:x", "scaled", "x", "raw:x", (None, 6), "float32"
    )
    assert log.steps("pipeline") == [3, 7, 11]
    last = log.tables["pipeline"][-1]
    assert last("raw:x", "elements") >= 3 * 64
    assert last("scaled:x", "zero_share") == 1
    assert last("scaled:x", "elements") == pytest.approx(last("raw:x", "elements") / 16, abs=1)

    (run,) = read_runs(str(tmp_path))
    assert run.pipeline == pipeline
    table = run.table("pipeline")
    assert table is not None
    assert table.epochs.tolist() == [0, 1, 2]
    del other


def test_weights_are_the_same_with_and_without_a_tap() -> None:
    x = features(64)

    def trained(stage: Stage) -> list[bytes]:
        model = mlp()
        dataset = tf.data.Dataset.from_tensor_slices((x, classes(x))).shuffle(64)
        model.fit(stage(dataset).batch(16), epochs=2, verbose=0)
        return [w.tobytes() for w in model.get_weights()]

    assert trained(lambda d: d) == trained(lambda d: d.apply(tap("here")))


def test_a_failing_step_still_says_what_passed(tmp_path: Path) -> None:
    x = features(32)
    dataset = tf.data.Dataset.from_tensor_slices((x, classes(x))).batch(8).apply(tap("batched"))
    wrong = dataset.map(lambda a, b: (a[:, :5], b))
    model = mlp()
    with pytest.raises(ValueError, match="incompatible"):
        model.fit(wrong, verbose=0, callbacks=[recorder(tmp_path)])
    assert read(tmp_path).tables["pipeline"][-1]("batched:x", "elements") >= 1


def test_a_later_fit_goes_on_and_a_new_callback_begins_anew(tmp_path: Path) -> None:
    x = features(32)
    dataset = tf.data.Dataset.from_tensor_slices((x, classes(x))).batch(8).apply(tap("batched"))
    model, first, second = mlp(), recorder(tmp_path / "first"), recorder(tmp_path / "second")
    for callback in (first, first, second):
        model.fit(dataset, verbose=0, callbacks=[callback])
        assert not callback.turned_off
    assert read(tmp_path / "first").steps("pipeline") == [3, 7]
    (only,) = read(tmp_path / "second").tables["pipeline"]
    assert only("batched:x", "elements") >= 12  # since the tap was made
