"""The tab alone on a server of its own, for machines where TensorBoard does not start."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tensorboard import errors
from tensorboard.plugins import base_plugin
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tb_zeroacc.places import Place
from tb_zeroacc.plugin.distant_desk import DistantDesk
from tb_zeroacc.plugin.plugin import PLUGIN_NAME, ZeroAccuracyPlugin

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = f"/data/plugin/{PLUGIN_NAME}"
ENTRY = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Zero Accuracy</title>
<link rel="icon" href="data:,">
<base href="{ROUTE[1:]}/">
</head>
<body>
<script type="module">(await import("./static/index.js")).render();</script>
</body>
</html>
"""


class TabServer:
    """Serves the tab until it is stopped.

    Args:
        places: The log directories.
        host: Address to listen at.
        port: Port to listen at; 0 for any that is free.

    Raises:
        OSError: The address cannot be listened at.
    """

    def __init__(self, places: Sequence[Place], host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Bound here: the server below would end the process where it cannot.
        with socket.create_server((host, port), family=family) as bound:
            self._server = self._listening(bound, host, places)

    def _listening(
        self, bound: socket.socket, host: str, places: Sequence[Place]
    ) -> BaseWSGIServer:
        self._desk = DistantDesk(places)
        context = base_plugin.TBContext(logdir="")
        apps = ZeroAccuracyPlugin(context, self._desk).get_plugin_apps()
        routes = {f"{ROUTE}{path}": _guarded(app) for path, app in apps.items()}
        port = bound.getsockname()[1]
        tab = DispatcherMiddleware(_entry, routes)
        return make_server(
            host, port, tab, threaded=True, request_handler=_Quiet, fd=bound.fileno()
        )

    @property
    def address(self) -> str:
        """What to open in a browser."""
        host = self._server.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.port}/"

    def serve(self) -> None:
        """Answers until `stop`, or until the process is told to end."""
        try:
            self._server.serve_forever()
        finally:
            self._desk.close()

    def stop(self) -> None:
        """Ends `serve`, from another thread."""
        self._server.shutdown()


class _Quiet(WSGIRequestHandler):
    """Answers without a line on the terminal for every request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


def _entry(environ: WSGIEnvironment, start_response: StartResponse) -> Sequence[bytes]:
    """The page itself at `/`, and nothing elsewhere."""
    path = Request(environ).path
    found = path in ("", "/")
    response = Response(
        ENTRY if found else "There is no such page; the tab is at /.",
        status=200 if found else 404,
        content_type="text/html; charset=utf-8" if found else "text/plain",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"},
    )
    return list(response(environ, start_response))


def _guarded(app: WSGIApplication) -> WSGIApplication:
    """TensorBoard turns its public errors into answers; so does this."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO"):  # below a route there is nothing
            return list(_entry(environ, start_response))
        try:
            return list(app(environ, start_response))
        except errors.PublicError as refusal:
            response = Response(
                str(refusal),
                status=refusal.http_code,
                content_type="text/plain; charset=utf-8",
                headers={**dict(refusal.headers), "X-Content-Type-Options": "nosniff"},
            )
            return list(response(environ, start_response))

    return serve
