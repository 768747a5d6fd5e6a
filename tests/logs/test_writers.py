"""What wrote an event file, by its name and its records."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from tensorboard.compat.proto import event_pb2

from tb_zeroacc.logs import read_runs
from tb_zeroacc.run import Writer
from tests.logs.written import Event, curve, encoded

OF_TENSORBOARD = "tensorboard.summary.writer.event_file_writer"
OF_TENSORFLOW = "tensorflow.core.util.events_writer"
PLAIN, V2 = "events.out.tfevents.1700000000.host", "events.out.tfevents.1700000000.host.7.0.v2"


def header(writer: str = "") -> Event:
    source = event_pb2.SourceMetadata(writer=writer)
    return Event(file_version="brain.Event:2", source_metadata=source)


FILES = {
    "nothing tells": (PLAIN, [header()], set()),
    "without a header": (PLAIN, [], set()),
    "a name of TensorFlow 2": (V2, [header()], {Writer.TENSORFLOW_2}),
    "the same, packed": (f"{V2}.gz", [header()], {Writer.TENSORFLOW_2}),
    "its writer": (PLAIN, [header(OF_TENSORFLOW)], {Writer.TENSORFLOW_2}),
    "TensorBoard's": (PLAIN, [header(OF_TENSORBOARD)], {Writer.TENSORBOARD}),
    "one that nobody knows": (PLAIN, [header("mine")], set()),
    "a graph, as PyTorch's has one": (PLAIN, [header(), Event(graph_def=b"g")], set()),
    "a graph of a session": (
        PLAIN, [header(), Event(graph_def=b"g"), Event(meta_graph_def=b"m")],
        {Writer.TENSORFLOW_1},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "first", "writers"), FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize("points", [3, 300], ids=["few records", "many"])
def test_a_file_tells_what_wrote_it(
    name: str, first: list[Event], writers: set[Writer], points: int, tmp_path: Path
) -> None:
    content = encoded([*first, *curve("loss", [1.0] * points)])
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    (run,) = read_runs(str(tmp_path))
    assert run.writers == writers


def test_a_later_session_has_its_own_writer(tmp_path: Path) -> None:
    for name, writer, level in (("1.host", OF_TENSORBOARD, 2.0), ("2.host.v2", "", 1.0)):
        content = encoded([header(writer), *curve("loss", [level] * 30)])
        (tmp_path / f"events.out.tfevents.170000000{name}").write_bytes(content)
    (run,) = read_runs(str(tmp_path))
    assert run.sessions == 2
    assert run.writers == {Writer.TENSORFLOW_2}
