"""Steps of the pipeline: what was judged is kept, and a later scan begins with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsDict, TaggedOutput

from tb_zeroacc.fleet import outputs
from tb_zeroacc.fleet.judging import Outcome
from tb_zeroacc.fleet.resuming import packed
from tb_zeroacc.fleet.work import Work


def without_known(
    pipeline: beam.Pipeline, units: beam.PCollection, output: str
) -> tuple[beam.PCollection, beam.PCollection]:
    """The units that are to be judged, and the outcomes of those that were before."""
    paths = outputs.kept_files(output)
    if not paths:
        return units, pipeline | "nothing known" >> beam.Create([])
    files = pipeline | "kept files" >> beam.Create(paths) | "spread kept" >> beam.Reshuffle()
    kept = files | "kept" >> beam.FlatMap(
        lambda path: [(each.fingerprint, (path, each)) for each in outputs.kept(path)]
    )
    by_work = units | "by work" >> beam.Map(lambda work: (work.fingerprint, work))
    joined = (
        {"kept": kept, "units": by_work}
        | "join" >> beam.CoGroupByKey()
        | "known" >> beam.FlatMap(_known).with_outputs("known", main="units")
    )
    held = kept | "held" >> beam.MapTuple(lambda _, pair: (pair[0], (1, 0)))
    used = joined.known | "used" >> beam.MapTuple(lambda path, _: (path, (0, 1)))
    sparse = (
        (files | "all kept" >> beam.Map(lambda path: (path, (0, 0))), held, used)
        | "of kept files" >> beam.Flatten()
        | "count kept" >> beam.CombinePerKey(_sums)
        | "sparse" >> beam.Filter(lambda pair: not pair[1][1] or pair[1][1] * 2 < pair[1][0])
    )
    _ = sparse | "note stale" >> beam.Map(lambda pair: outputs.note_stale(output, pair[0]))
    _ = (
        joined.known
        | "of sparse" >> beam.FlatMap(_packed_of_sparse, AsDict(sparse))
        | "keep again" >> beam.ParDo(Keep(output, units=0))
    )
    return joined.units, joined.known | "outcomes known" >> beam.Values()


def _known(joined: tuple[str, Mapping[str, Iterable[Any]]]) -> Iterator[Any]:
    """A unit, or its outcome where that holds still, by the file that it was kept in."""
    units, kept = list(joined[1]["units"]), list(joined[1]["kept"])
    if not units:
        return
    work: Work = units[0]
    for path, outcome in kept:
        if work.now is None or (outcome.now is not None and outcome.now <= work.now):
            yield TaggedOutput("known", (path, outcome))
            return
    yield work


def _sums(pairs: Iterable[tuple[int, int]]) -> tuple[int, int]:
    held, used = 0, 0
    for one, other in pairs:
        held, used = held + one, used + other
    return held, used


def _packed_of_sparse(
    known: tuple[str, Outcome], sparse: Mapping[str, Any]
) -> Iterator[tuple[Outcome, bytes]]:
    path, outcome = known
    if path in sparse:
        yield outcome, packed(outcome)


class Keep(beam.DoFn):  # type: ignore[misc]  # Beam's classes are untyped
    """Keeps outcomes for the next scan, and passes them on.

    Args:
        output: That of the scan.
        units: How many are judged for each.
    """

    def __init__(self, output: str, units: int = 1) -> None:
        self._output, self._units = output, units

    def start_bundle(self) -> None:  # noqa: D102 - as Beam has it
        self._batch = outputs.Batch(self._output)

    def process(self, pair: tuple[Outcome, bytes]) -> Iterator[Outcome]:  # noqa: D102
        outcome, content = pair
        self._batch.add(content, self._units)
        yield outcome

    def finish_bundle(self) -> None:  # noqa: D102
        self._batch.keep()
