"""Logs that something happened to: bytes that changed, and contents behind right checksums.

`python -m tests.logs.fuzzing 100000 --seed 7` reads and judges so many of each, and keeps those
that fail below `--keep`.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import resource
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tensorboard.compat.proto import tensor_pb2, types_pb2

from tb_zeroacc import records
from tb_zeroacc.encoding import runs_json
from tb_zeroacc.logs.decoding import parse
from tb_zeroacc.logs.framing import cut
from tb_zeroacc.tfrecord import framed
from tb_zeroacc.verdict import Reading, read
from tests.logs.written import (
    BEGIN,
    buckets,
    encoded,
    event,
    histo,
    keras_model,
    simple,
    tensor,
)
from tests.zoo.recorded import FOLDER

LONGEST = 2.0  # seconds of CPU that a small log may take, whatever it holds
MOST_MEMORY = 200 * 2**20  # bytes by which reading any of them may make a process grow
NAME = "events.out.tfevents.1700000000.host"
STORED = Path(__file__).parent / "stored" / "version_1" / "zeroacc"
MODEL = {
    "class_name": "Sequential",
    "config": {
        "name": "model",
        "layers": [
            {"class_name": "Dense", "config": {"name": "hidden", "units": 8, "activation": "relu"}},
            {"class_name": "Dense", "config": {"name": "head", "units": 3}},
        ],
    },
    "compile_config": {
        "optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.001}},
        "loss": "categorical_crossentropy",
        "metrics": ["accuracy"],
    },
}


def recorded_log() -> bytes:
    """A log of our recorder with every kind of record."""
    (file,) = STORED.iterdir()
    return file.read_bytes()


def payloads_of(data: bytes) -> list[bytes]:
    """The payloads of a file's records."""
    cuts = cut(data).payloads
    return [cuts.of(data, number) for number in range(len(cuts))]


def learning_log() -> bytes:
    """The beginning and the end of a classification that learns."""
    with tarfile.open(FOLDER / "healthy_classification.tar.xz") as archive:
        held = [entry for entry in archive.getmembers() if "tfevents" in entry.name]
        file = archive.extractfile(min(held, key=lambda entry: entry.size))
        assert file is not None
        data = file.read()
    payloads = payloads_of(data)
    return b"".join(map(framed, [*payloads[:30], *payloads[-5:]]))


def foreign_log() -> bytes:
    """A log of other writers: both encodings of scalars, histograms, Keras' record."""
    events = [event(0, keras_model(json.dumps(MODEL).encode()))]
    for step in range(30):
        values = [simple("loss", 2.0 / (1 + step)), tensor("epoch_accuracy", step / 30)]
        if step % 10 == 0:
            values += [histo("w", [0.5, step]), buckets("dense/kernel_0", [[0.0, 1.0, 3.0]] * 2)]
        events.append(event(step, *values))
    return encoded([records.header_event(BEGIN), *events])


# --- bytes --------------------------------------------------------------------------------------


def changed_bytes(data: bytes, chance: random.Random) -> bytes:
    """A log in which one to three things happened to its bytes."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 3)):
        at, size = chance.randrange(len(found) + 1), chance.choice([1, 4, 12, 60, 400])
        match chance.randrange(7):
            case 0 if found:  # a bit
                found[min(at, len(found) - 1)] ^= 1 << chance.randrange(8)
            case 1:  # what was there is something else
                found[at : at + size] = chance.randbytes(size)
            case 2:  # some are missing
                del found[at : at + size]
            case 3:  # some are new
                found[at:at] = chance.randbytes(size)
            case 4:  # a crashed disk
                found[at : at + size] = bytes(size)
            case 5:  # some are there twice
                found[at:at] = found[max(0, at - size) : at]
            case 6:  # the end is missing
                del found[at:]
    return bytes(found)


# --- contents -----------------------------------------------------------------------------------

ODD: tuple[Any, ...] = (
    None, -1, 0, 2**70, -(2**63), 1e300, "NaN", "Infinity", "", "x" * 5000, "\x1b[31m", [], {},
    [[]], True, {"a": 1},
)  # fmt: skip
ODD_NUMBERS = (float("nan"), float("inf"), float("-inf"), -1.0, 0.0, 3e38, -3e38, 1e-45, 2.5)


def changed_contents(data: bytes, chance: random.Random) -> bytes:
    """A log in which some fields of some records hold something odd, behind right checksums."""
    events = [parse(payload) for payload in payloads_of(data)]
    for _ in range(chance.randint(1, 4)):
        one = chance.choice([e for e in events if e is not None])
        if one.summary.value and chance.random() < 0.9:
            _change(chance.choice(one.summary.value), chance)
        elif chance.random() < 0.5:
            one.step = chance.choice([-1, -(2**63), 2**62, 2**63 - 1, 0, 7])
        else:
            one.wall_time = chance.choice([*ODD_NUMBERS, 1e300, 1.7e12])
    return encoded([one for one in events if one is not None])


def _change(value: Any, chance: random.Random) -> None:
    if value.tensor.string_val and chance.random() < 0.9:
        _change_text(value.tensor, chance)
    elif value.HasField("tensor") and chance.random() < 0.9:
        _change_numbers(value.tensor, chance)
    elif value.HasField("histo"):
        field = chance.choice(["min", "max", "num", "sum", "sum_squares"])
        setattr(value.histo, field, chance.choice(ODD_NUMBERS))
    elif value.HasField("simple_value"):
        value.simple_value = chance.choice(ODD_NUMBERS)
    else:
        tags = ["loss", "", "zeroacc/record/loss", "zeroacc/fact/end", "x" * 3000, "score"]
        value.tag = chance.choice(tags)


def _change_text(held: tensor_pb2.TensorProto, chance: random.Random) -> None:
    try:
        content = json.loads(held.string_val[0])
    except ValueError:
        return
    places = list(_places(content))
    if places:
        holder, key = chance.choice(places)
        if chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = chance.choice(ODD)
    held.string_val[0] = json.dumps(content).encode()


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Every field of a JSON text, as what holds it and its key."""
    keys = content.keys() if isinstance(content, dict) else range(len(content))
    for key in list(keys):
        yield content, key
        if isinstance(content[key], dict | list):
            yield from _places(content[key])


def _change_numbers(held: tensor_pb2.TensorProto, chance: random.Random) -> None:
    match chance.randrange(5):
        case 0:
            kinds = [types_pb2.DT_DOUBLE, types_pb2.DT_INT32, types_pb2.DT_STRING, 77]
            held.dtype = chance.choice(kinds)
        case 1:
            held.tensor_shape.dim.add(size=chance.choice([-1, 0, 1, 2**40]))
        case 2 if held.tensor_shape.dim:
            chance.choice(held.tensor_shape.dim).size = chance.choice([-1, 0, 1, 3, 2**40])
        case 3:
            held.tensor_content = held.tensor_content[: chance.randrange(9)]
        case _:
            import numpy as np

            size = len(held.tensor_content) // 4
            numbers = np.frombuffer(held.tensor_content[: 4 * size], "<f4").copy()
            some = np.array([chance.random() < chance.choice([0.05, 1.0]) for _ in range(size)])
            numbers[some.astype(bool)] = chance.choice(ODD_NUMBERS)
            held.tensor_content = numbers.tobytes()


# --- what must hold -----------------------------------------------------------------------------


def judged(data: bytes) -> list[Reading]:
    """The verdicts on a directory with one event file of these bytes and one healthy training.

    Raises:
        AssertionError: It took too long, took the healthy one away, or came to a guard.
    """
    with tempfile.TemporaryDirectory() as base:
        for name, content in (("bad", data), ("good", HEALTHY)):
            Path(base, name).mkdir()
            Path(base, name, NAME).write_bytes(content)
        begun = time.process_time()
        found = read(base, now=BEGIN + 1e6)
        json.dumps(runs_json(found), allow_nan=False)
        took = time.process_time() - begun
    assert took < LONGEST, f"{took:.1f} s"
    assert "good" in [reading.run.name for reading in found]
    for reading in found:
        told = " ".join([reading.diagnosis.headline, *reading.run.notes])
        assert "could not be judged" not in told, told
        assert "What this log holds" not in told, told
    return [reading for reading in found if reading.run.name == "bad"]


def shape(found: list[Reading]) -> list[object]:
    """Outcome and findings of a verdict, and whether damage is told."""
    return [(one.diagnosis.outcome, [f.code for f in one.diagnosis.findings if f.code != "ZA001"])
            for one in found]  # fmt: skip


HEALTHY = encoded([event(i, simple("loss", 1.0 / (1 + i))) for i in range(20)])
Change = Callable[[bytes, random.Random], bytes]
CHANGES: dict[str, Change] = {"bytes": changed_bytes, "contents": changed_contents}
LOGS = {"recorded": recorded_log, "foreign": foreign_log, "learning": learning_log}


def mutants(
    change: Change, count: int, seed: int, logs: Sequence[bytes] = ()
) -> Iterator[bytes]:
    """So many changed logs, of each in turn."""
    logs = logs or [make() for make in LOGS.values()]
    for number in range(count):
        chance = random.Random(f"{seed} {number}")
        yield change(logs[number % len(logs)], chance)


def main() -> int:
    """Reads and judges as many changed logs as asked for; returns how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzzing-failures"))
    asked = parser.parse_args()
    logging.disable()
    failed = 0
    for name, change in CHANGES.items():
        for number, data in enumerate(mutants(change, asked.count, asked.seed)):
            try:
                judged(data)
            except Exception as fault:  # noqa: BLE001 - each is told
                failed += 1
                asked.keep.mkdir(parents=True, exist_ok=True)
                (asked.keep / f"{name}-{asked.seed}-{number}").write_bytes(data)
                print(f"{name} {number}: {type(fault).__name__}: {str(fault)[:200]}")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{failed} of {len(CHANGES) * asked.count} failed; at most {grown} MiB of memory")
    return failed


if __name__ == "__main__":
    raise SystemExit(min(main(), 1))
