"""A small server of ours on an address of this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tensorboard import errors
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Server:
    """Serves an application until it is stopped.

    Args:
        app: What answers.
        host: Address to listen at.
        port: Port to listen at; 0 for any that is free.

    Raises:
        OSError: The address cannot be listened at.
    """

    def __init__(self, app: WSGIApplication, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Bound here: the server below would end the process where it cannot.
        with socket.create_server((host, port), family=family) as bound:
            self._server = make_server(
                host, bound.getsockname()[1], app, threaded=True, request_handler=_Quiet,
                fd=bound.fileno(),
            )  # fmt: skip

    @property
    def address(self) -> str:
        """What to open in a browser."""
        host = self._server.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.port}/"

    def serve(self) -> None:
        """Answers until `stop`, or until the process is told to end."""
        self._server.serve_forever()

    def stop(self) -> None:
        """Ends `serve`, from another thread."""
        self._server.shutdown()


class _Quiet(WSGIRequestHandler):
    """Answers without a line on the terminal for every request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Says nothing."""


def guarded(app: WSGIApplication, elsewhere: WSGIApplication) -> WSGIApplication:
    """TensorBoard turns its public errors into answers; so does this.

    Args:
        app: A route.
        elsewhere: Answers what is asked below it.
    """

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO"):  # below a route there is nothing
            return list(elsewhere(environ, start_response))
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
