"""The address that Prometheus scrapes where no TensorBoard runs."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tensorboard.plugins import base_plugin
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from tb_zeroacc.metrics.exposition import require_client
from tb_zeroacc.plugin.desk import Desk, Views
from tb_zeroacc.plugin.plugin import ZeroAccuracyPlugin
from tb_zeroacc.report.serving import Server, guarded

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

ROUTE = "/metrics"


def metrics_server(reading: Views, host: str, port: int) -> Server:
    """A server that answers `/metrics` as the tab's route does, and nothing else.

    Args:
        reading: What is watched.
        host: Address to listen at.
        port: Port to listen at; 0 for any that is free.

    Raises:
        MissingPackageError: The client library of Prometheus is not installed.
        OSError: The address cannot be listened at.
    """
    require_client()
    plugin = ZeroAccuracyPlugin(base_plugin.TBContext(logdir=""), Desk(reading))
    app = guarded(plugin.get_plugin_apps()[ROUTE], _elsewhere)
    return Server(DispatcherMiddleware(_elsewhere, {ROUTE: app}), host, port)


def serve_beside(server: Server) -> None:
    """Has the server answer for as long as this process lives."""
    threading.Thread(target=server.serve, name="zero-accuracy-metrics", daemon=True).start()


def address_of(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT`, `[HOST]:PORT` or `PORT`; without a host this machine alone.

    Raises:
        ValueError: It is none of them.
    """
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"not HOST:PORT: {text!r}")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


def _elsewhere(environ: WSGIEnvironment, start_response: StartResponse) -> Sequence[bytes]:
    response = Response(
        f"There is no such page; the metrics are at {ROUTE}.",
        status=404,
        content_type="text/plain",
        headers={"X-Content-Type-Options": "nosniff"},
    )
    return list(response(environ, start_response))
