"""`zeroacc scan`: the verdicts on whole fleets of trainings, by an Apache Beam pipeline."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Thread

from tb_zeroacc.cli.clock import clock_of
from tb_zeroacc.cli.exit_codes import CLEAN, OUR_FAULT, USAGE
from tb_zeroacc.places import Place, places_of
from tb_zeroacc.pool.processes import collect_seldom
from tb_zeroacc.pool.shares import cores
from tb_zeroacc.report.printable import printable
from tb_zeroacc.wording import count

NO_BEAM = "`zeroacc scan` needs Apache Beam: pip install 'tb-zeroacc[beam]'."
# Seconds between two lines of progress: on a terminal one line is written over, a file gets few.
EVERY, EVERY_IN_A_FILE = 1.0, 10.0


def scan_urls(
    urls: Sequence[str], output: str, now: str, workers: int | None, beam: Sequence[str],
    *, stores: bool = True,
) -> int:  # fmt: skip
    """Scans all URLs into one output.

    Args:
        urls: As given.
        output: A directory on any file system that Beam knows.
        now: `clock`, `none`, or seconds since 1970.
        workers: Processes that read, for each worker of Beam's; None for one a core where that is
            this machine alone.
        beam: Beam's own options, which win.
        stores: Whether what an earlier scan judged is used, and kept for a later one.

    Returns:
        The exit code.
    """
    try:
        clock = clock_of(now)
    except ValueError as error:
        print(error, file=sys.stderr)
        return USAGE
    logging.getLogger().setLevel(logging.CRITICAL)  # Beam tells of bundles, and of faults twice
    try:
        from apache_beam.options.pipeline_options import PipelineOptions

        from tb_zeroacc.fleet import outputs, pipeline
    except ModuleNotFoundError as fault:
        if (fault.name or "").partition(".")[0] not in ("apache_beam", "pyarrow"):
            raise
        print(NO_BEAM, file=sys.stderr)
        return USAGE
    collect_seldom()
    output = _absolute(output)
    try:
        outputs.prepare(output, anew=not stores)
    except (OSError, ValueError) as error:
        print(printable(f"{output!r} cannot be written to: {error}."), file=sys.stderr)
        return USAGE
    progress = Progress(output)
    progress.begin()
    try:
        options = PipelineOptions([*_options(beam), *beam])
        many = workers or (1 if _has_workers(beam) else cores())
        pipeline.scan(urls, output, clock, options, many).run().wait_until_finish()
    except Exception as fault:  # noqa: BLE001 - promise: no traceback reaches a user
        if KeyboardInterrupt.__name__ in str(fault):  # Beam takes one for a fault of some step
            raise KeyboardInterrupt from None
        said = f"The scan ended early ({type(fault).__name__}: {str(fault).splitlines()[:1]})."
        print(printable(f"{said} The same command goes on with it."), file=sys.stderr)
        return OUR_FAULT
    finally:
        progress.end()
    outputs.tidy(output, whole=not stores)
    return _told(output, outputs.summary(output))


def _told(output: str, summary: dict[str, object]) -> int:
    trainings, unread = int(str(summary["trainings"])), int(str(summary["unread"]))
    need = int(str(summary["need_a_look"]))
    said = f"{count(trainings, 'training')} judged, {need} need a look"
    said += f", {count(unread, 'place')} could not be read" if unread else ""
    print(printable(f"{said}: {os.path.join(output, 'summary.html')}"))  # noqa: PTH118 - a URL, too
    return CLEAN if trainings else USAGE


def _has_workers(beam: Sequence[str]) -> bool:
    """Whether Beam has several workers of its own."""
    return any(option.startswith(("--runner", "--direct_")) for option in beam)


def _options(beam: Sequence[str]) -> list[str]:
    """What Beam is told unless the user says otherwise."""
    told = ["--default_sdk_harness_log_level=ERROR"]
    if _has_workers(beam):
        return told
    return [*told, "--runner=DirectRunner", "--direct_running_mode=in_memory"]


def _absolute(output: str) -> str:
    (place,) = places_of(output, None) or (Place(output),)
    return place.path if "://" in place.path else str(Path(place.path).absolute())


class Progress:
    """Says on standard error how far a scan is, by what it has written.

    Args:
        output: That of the scan.
    """

    def __init__(self, output: str) -> None:
        from tb_zeroacc.fleet import outputs

        self._outputs, self._output = outputs, output
        self._known = frozenset(outputs.kept_files(output))
        self._is_over, self._said, self._began = Event(), "", time.monotonic()
        self._thread = Thread(target=self._watch, name="zero-accuracy-progress", daemon=True)

    def begin(self) -> None:
        """Begins to tell."""
        self._thread.start()

    def end(self) -> None:
        """Tells no more."""
        self._is_over.set()
        self._thread.join(EVERY_IN_A_FILE)
        if self._said and sys.stderr.isatty():
            print(file=sys.stderr)

    def _watch(self) -> None:
        pause = EVERY if sys.stderr.isatty() else EVERY_IN_A_FILE
        while not self._is_over.wait(pause):
            self._tell()
        self._tell()

    def _tell(self) -> None:
        try:
            found, judged = self._outputs.counts(self._output, self._known)
        except Exception:  # noqa: BLE001 - a file system that does not answer stops no scan
            return
        said = f"{judged} of {found} units read and judged" if found else "listing files"
        if said == self._said:
            return
        self._said, seconds = said, int(time.monotonic() - self._began)
        line = f"{said}, {seconds // 60}:{seconds % 60:02}"
        if sys.stderr.isatty():  # over the line before
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)
