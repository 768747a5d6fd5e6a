"""`zeroacc watch`: follows trainings, says what changed, and tells whoever is to be told."""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tb_zeroacc.cli.exit_codes import CLEAN, HOPELESS, TERMINATED, USAGE
from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.errors import MissingPackageError
from tb_zeroacc.monitoring.changes import Changes
from tb_zeroacc.monitoring.hooks import Command, Hooks, Webhook
from tb_zeroacc.monitoring.screens import screen_for
from tb_zeroacc.monitoring.watching import End, Watch
from tb_zeroacc.places import named_places
from tb_zeroacc.plugin.reading import BackgroundReading
from tb_zeroacc.pool.processes import collect_seldom
from tb_zeroacc.report.printable import printable
from tb_zeroacc.verdict import Reader

LEAST_INTERVAL = 0.1  # seconds
ENDED = {End.FINISHED: CLEAN, End.HOPELESS: HOPELESS}


def watch_paths(given: argparse.Namespace) -> int:
    """Follows the trainings below some paths.

    Args:
        given: The arguments of the command.

    Returns:
        The exit code.
    """
    try:
        interval, targets = _interval(given.interval), _targets(given)
    except ValueError as error:
        return _refused(str(error))
    collect_seldom()
    stores = not given.no_store
    reading = BackgroundReading(
        named_places(given.paths),
        lambda path: Reader(path, timeout=given.timeout, stores=stores),
        pause=interval,
    )
    listening = "" if given.listen is None else _listen(given.listen, reading)
    if listening is None:
        return USAGE
    tier = None if given.exit_on is None else Tier[given.exit_on.upper()]
    changes = Changes(Tier[given.notify_on.upper()])
    with _terminable(), screen_for(given.format) as screen:
        if listening:
            screen.say(f"Metrics at {listening}")
        hooks = Hooks(targets, dry_run=given.dry_run, say=screen.say)
        watch = Watch(
            reading, screen, hooks, changes, interval, given.until == "finished", tier
        )
        try:
            return ENDED[watch.follow()]
        finally:
            hooks.close()


def _refused(sentence: str) -> int:
    print(printable(sentence), file=sys.stderr)
    return USAGE


def _interval(seconds: float) -> float:
    if not math.isfinite(seconds) or seconds < LEAST_INTERVAL:
        raise ValueError(
            f"--interval takes seconds, {LEAST_INTERVAL:g} or more. Received: {seconds:g}"
        )
    return seconds


def _targets(given: argparse.Namespace) -> list[Command | Webhook]:
    """Whom to tell.

    Raises:
        ValueError: What was given is no command line, or no address.
    """
    targets: list[Command | Webhook] = []
    for text in given.notify:
        try:
            targets.append(Command.of(text))
        except ValueError as error:
            said = f"--notify takes a command line. Received: {text!r} ({error})"
            raise ValueError(said) from None
    urls = given.webhook if given.webhook is not None else [os.environ.get("ZEROACC_WEBHOOK", "")]
    for url in filter(None, urls):
        try:
            targets.append(Webhook(url, given.webhook_format))
        except ValueError as error:
            raise ValueError(f"--webhook takes an address: {error}.") from None
    return targets


def _listen(text: str, reading: BackgroundReading) -> str | None:
    """Begins to answer Prometheus; the address, or None where that cannot be."""
    from tb_zeroacc.monitoring.endpoint import ROUTE, address_of, metrics_server, serve_beside

    try:
        host, port = address_of(text)
    except ValueError:
        _refused(f"--listen takes HOST:PORT, or a port. Received: {text!r}")
        return None
    try:
        server = metrics_server(reading, host, port)
    except MissingPackageError as error:
        _refused(str(error))
        return None
    except OSError as error:
        reason = (error.strerror or str(error)).rstrip(".")
        _refused(f"Port {port} of {host} cannot be used: {reason}.")
        return None
    serve_beside(server)
    return server.address.rstrip("/") + ROUTE


@contextmanager
def _terminable() -> Iterator[None]:
    """Ends on SIGTERM as on Ctrl-C: what is open is closed, and no traceback is printed."""

    def end(_: int, __: FrameType | None) -> None:
        raise SystemExit(TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


