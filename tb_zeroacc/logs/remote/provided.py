"""Logs of which only TensorBoard's data provider tells: its scalars, as one event file a run.

There is no file to be read where TensorBoard itself was started with another machine's data
(`--grpc_data_provider`). What the provider gives is a sample of the points. It is handed on as the
bytes of event files, so that all that is known of logs, sessions and roles holds for it, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from tensorboard.compat.proto import event_pb2, summary_pb2

from tb_zeroacc.errors import UnreachablePathError, UnreadablePathError
from tb_zeroacc.logs.remote.failures import told
from tb_zeroacc.logs.remote.pieces import NameTest, Span
from tb_zeroacc.logs.storage import Listed, every
from tb_zeroacc.tfrecord import framed

NAME = "tfevents"
# Points of a curve that are asked for; fewer where that would be more than `MOST_POINTS` of all.
FINEST, COARSEST = 1_000, 50
MOST_POINTS = 2_000_000


class ProvidedLogs:
    """The scalars of a data provider: a `Storage`.

    Args:
        provider: TensorBoard's `DataProvider`.
        experiment: Which of its experiments is meant.
    """

    label = ""
    is_sampled = True

    def __init__(self, provider: Any, experiment: str = "") -> None:
        self._provider, self._experiment = provider, experiment
        self.refused: Mapping[str, str] = {}
        self._listed: dict[str, Listed] = {}
        self._content: dict[str, bytes] = {}

    def files(self, is_wanted: NameTest = every) -> Iterator[Listed]:
        """A file a run; those of runs with new points are others than they were.

        Raises:
            UnreadablePathError: The provider has no scalars, or gives none.
        """
        try:
            runs = self._asked(self._provider.list_scalars)
            known, self._listed, self._content = self._listed, {}, {}
            curves = sum(map(len, runs.values()))
            points = max(COARSEST, min(FINEST, MOST_POINTS // max(1, curves)))
            for run, tags in runs.items():
                version = _version_of(tags)
                before = known.get(run)
                if before is None or before.version != version:
                    before = self._read(run, version, points)
                self._listed[run] = before
        except Exception as error:  # noqa: BLE001 - each provider raises its own errors
            raise UnreachablePathError(
                f"TensorBoard's data provider gives no scalars: {told(error)}."
            ) from None
        if not self._listed:
            raise UnreadablePathError("TensorBoard's data provider holds no scalars.")
        yield from self._listed.values()

    def expect(self, spans: Sequence[Span]) -> None:
        """All of them are at hand."""

    def read(self, location: str, first: int, count: int) -> bytes:
        """Bytes of a run's file; those with new points are at hand until the next `files`."""
        return self._content.get(location, b"")[first : first + count]

    def _read(self, run: str, version: str, points: int) -> Listed:
        from tensorboard.data.provider import RunTagFilter

        only = RunTagFilter(runs=[run])
        found = self._asked(self._provider.read_scalars, downsample=points, run_tag_filter=only)
        self._content[run] = _event_file(found.get(run, {}))
        return Listed(run, NAME, run, len(self._content[run]), version=version)

    def _asked(self, question: Any, **arguments: Any) -> Mapping[str, Mapping[str, Any]]:
        from tensorboard.context import RequestContext

        answer: Mapping[str, Mapping[str, Any]] = question(
            RequestContext(), experiment_id=self._experiment, plugin_name="scalars", **arguments
        )
        return answer


def _version_of(tags: Mapping[str, Any]) -> str:
    """Changes whenever a curve has another last point."""
    return repr(sorted((tag, one.max_step, one.max_wall_time) for tag, one in tags.items()))


def _event_file(curves: Mapping[str, Sequence[Any]]) -> bytes:
    """The points of a run in the order of time, as its writer may have written them."""
    points = sorted(
        (point.wall_time, point.step, tag, point.value)
        for tag, curve in curves.items()
        for point in curve
    )
    records: list[bytes] = []
    for (time, step), values in groupby(points, lambda point: point[:2]):
        event = event_pb2.Event(wall_time=time, step=step)
        for _, _, tag, value in values:
            event.summary.value.append(summary_pb2.Summary.Value(tag=tag, simple_value=value))
        records.append(framed(event.SerializeToString()))
    return b"".join(records)
