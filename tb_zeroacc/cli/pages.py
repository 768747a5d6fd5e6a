"""`zeroacc report` and `zeroacc serve`: the tab's page without TensorBoard."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tb_zeroacc.cli.exit_codes import CLEAN, USAGE
from tb_zeroacc.places import named_places
from tb_zeroacc.report.printable import printable


def write_report(
    paths: Sequence[str], output: Path, timeout: float | None = None, *, stores: bool = True
) -> int:
    """Writes one page about all trainings below the paths.

    Args:
        paths: As given; what can be read is reported, whatever happens to the others.
        output: The file to write.
        timeout: Seconds that another machine may take to answer; None for those of the environment.
        stores: Whether the store is used.

    Returns:
        The exit code.
    """
    from tb_zeroacc.plugin.reading import BackgroundReading
    from tb_zeroacc.report.page import page_of
    from tb_zeroacc.verdict import Reader

    places = named_places(paths)
    reading = BackgroundReading(places, lambda path: Reader(path, timeout=timeout, stores=stores))
    reading.view()
    view = reading.wait(None)
    for sentence in view.errors:
        print(printable(sentence), file=sys.stderr)
    if not view.trainings:
        return USAGE
    try:
        output.write_text(page_of(view, places), "utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        print(printable(f"{str(output)!r} cannot be written: {reason}."), file=sys.stderr)
        return USAGE
    print(printable(str(output)))
    return USAGE if view.errors else CLEAN


def serve(paths: Sequence[str], host: str, port: int) -> int:
    """Serves the tab until the user ends it.

    Args:
        paths: As given.
        host: Address to listen at.
        port: Port to listen at; 0 for any that is free.

    Returns:
        The exit code.
    """
    from tb_zeroacc.report.server import TabServer

    try:
        server = TabServer(named_places(paths), host, port)
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
        said = f"Port {port} of {host} cannot be used: {reason}. Another one: --port 0."
        print(printable(said), file=sys.stderr)
        return USAGE
    print(f"Zero Accuracy at {server.address} (Ctrl-C ends it)", flush=True)
    try:
        server.serve()
    except KeyboardInterrupt:
        print()
    return CLEAN
