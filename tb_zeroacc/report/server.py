"""The tab alone on a server of its own, for machines where TensorBoard does not start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tensorboard.plugins import base_plugin
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Request, Response

from tb_zeroacc.places import Place
from tb_zeroacc.plugin.distant_desk import DistantDesk
from tb_zeroacc.plugin.plugin import PLUGIN_NAME, ZeroAccuracyPlugin
from tb_zeroacc.report.serving import Server, guarded

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

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


class TabServer(Server):
    """Serves the tab until it is stopped.

    Args:
        places: The log directories.
        host: Address to listen at.
        port: Port to listen at; 0 for any that is free.

    Raises:
        OSError: The address cannot be listened at.
    """

    def __init__(self, places: Sequence[Place], host: str, port: int) -> None:
        self._desk = DistantDesk(places)
        context = base_plugin.TBContext(logdir="")
        apps = ZeroAccuracyPlugin(context, self._desk).get_plugin_apps()
        routes = {f"{ROUTE}{path}": guarded(app, _entry) for path, app in apps.items()}
        super().__init__(DispatcherMiddleware(_entry, routes), host, port)

    def serve(self) -> None:
        """Answers until `stop`, or until the process is told to end."""
        try:
            super().serve()
        finally:
            self._desk.close()


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
