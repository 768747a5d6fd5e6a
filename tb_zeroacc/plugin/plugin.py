"""The plugin: four routes that answer from the last whole reading, and the tab's one file.

All are read-only, take no path from the request and never wait for the disk. docs/http_api.md holds
every type.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from tensorboard import errors
from tensorboard.backend import http_util
from tensorboard.plugins import base_plugin
from werkzeug import wrappers

from tb_zeroacc.plugin.pictures import LAYER_KINDS, curve_json, layers_json, sparkline
from tb_zeroacc.plugin.places import places_from
from tb_zeroacc.plugin.reading import Reading, Shown, View

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from werkzeug.datastructures import Headers

Json: TypeAlias = "dict[str, Any]"
Handler: TypeAlias = "Callable[[wrappers.Request], wrappers.Response]"
App: TypeAlias = "WSGIApplication"

PLUGIN_NAME = "zero_accuracy"
BUNDLE = Path(__file__).parent / "static" / "index.js"
LONGEST_NAME = 200  # characters of a name that are repeated in an error
# Stands in for a bundle that was not built: a sentence on the page instead of an empty tab.
NO_BUNDLE = """export function render() {
  document.body.textContent =
    "This installation of Zero Accuracy lacks its page: install it again with pip, " +
    "or run `npm ci && npm run bundle` in frontend/.";
}
"""


class ZeroAccuracyPlugin(base_plugin.TBPlugin):  # type: ignore[misc]  # TensorBoard is untyped
    """Says in TensorBoard why a training does not learn.

    Args:
        context: TensorBoard's context.
        reading: Where verdicts come from; by default the log directories of the context.
    """

    plugin_name = PLUGIN_NAME

    def __init__(self, context: base_plugin.TBContext, reading: Reading | None = None) -> None:
        super().__init__(context)
        self._reading = reading or Reading(places_from(context))

    def get_plugin_apps(self) -> dict[str, App]:
        """Routes below `/data/plugin/zero_accuracy`."""
        return {
            "/runs": _get(self._serve_runs),
            "/curves": _get(self._serve_curves),
            "/layers": _get(self._serve_layers),
            "/sparklines": _get(self._serve_sparklines),
            "/static/index.js": _get(self._serve_bundle),
        }

    def is_active(self) -> bool:
        """TensorBoard asks for the names in `data_plugin_names` first, and those suffice."""
        return False

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """A constant: an exception here would break TensorBoard's whole page."""
        return base_plugin.FrontendMetadata(
            es_module_path="/static/index.js", tab_name="Zero Accuracy"
        )

    def data_plugin_names(self) -> tuple[str, ...]:
        """The tab is there wherever there are scalars: logs written without us can be judged."""
        return (PLUGIN_NAME, "scalars")

    def _serve_runs(self, request: wrappers.Request) -> wrappers.Response:
        view = self._reading.view()
        refreshing = self._reading.refreshing
        tag = f"{self._tag(view)}{'r' if refreshing else ''}"
        return _respond(request, lambda: view.answer(refreshing=refreshing), tag)

    def _serve_curves(self, request: wrappers.Request) -> wrappers.Response:
        view = self._reading.view()
        name, member = request.args.get("run", ""), request.args.get("member", "")
        found = self._curve(view, name, member, request.args.get("tag", ""))
        return _respond(request, lambda: json.dumps(found), self._tag(view))

    def _serve_layers(self, request: wrappers.Request) -> wrappers.Response:
        view = self._reading.view()
        found = self._layers(view, request.args.get("run", ""), request.args.get("kind", ""))
        return _respond(request, lambda: json.dumps(found), self._tag(view))

    def _serve_sparklines(self, request: wrappers.Request) -> wrappers.Response:
        view = self._reading.view()
        return _respond(request, lambda: json.dumps(self._sparklines(view)), self._tag(view))

    def _serve_bundle(self, request: wrappers.Request) -> wrappers.Response:
        if not BUNDLE.is_file():
            return _respond(request, lambda: NO_BUNDLE, "none", "text/javascript")
        stat = BUNDLE.stat()
        tag = f"{stat.st_mtime_ns:x}-{stat.st_size:x}"
        return _respond(request, lambda: BUNDLE.read_text("utf-8"), tag, "text/javascript")

    def _tag(self, view: View) -> str:
        return f"{self._reading.token}-{view.number}{'' if view.complete else 'p'}"

    def _curve(self, view: View, name: str, member: str, tag: str) -> Json:
        """One curve of a training.

        Raises:
            errors.NotFoundError: No such training, or no such curve in it.
        """
        shown = _training(view, name)
        curve = shown.run.curve(tag, shown.place.inner(member))
        if curve is None:
            raise errors.NotFoundError(
                f"no curve {_quoted(tag)} in the run {_quoted(member)} of {_quoted(name)}"
            )
        return curve_json(curve, member)

    def _layers(self, view: View, name: str, kind: str) -> Json:
        """One statistic of a training's layers over time.

        Raises:
            errors.InvalidArgumentError: No such kind.
            errors.NotFoundError: No such training, or nothing recorded for that picture.
        """
        if kind not in LAYER_KINDS:
            raise errors.InvalidArgumentError(f"kind must be one of {', '.join(LAYER_KINDS)}")
        layers = layers_json(_training(view, name).run, kind)
        if layers is None:
            raise errors.NotFoundError(
                f"the log of {_quoted(name)} holds no such picture: the callback records it"
            )
        return layers

    def _sparklines(self, view: View) -> dict[str, list[float | str]]:
        """The training loss of every training in at most 32 values."""
        return {name: sparkline(shown.run) for name, shown in view.trainings.items()}


def _training(view: View, name: str) -> Shown:
    shown = view.trainings.get(name)
    if shown is None:
        raise errors.NotFoundError(f"no training named {_quoted(name)}")
    return shown


def _quoted(name: str) -> str:
    return repr(name[:LONGEST_NAME])


def _get(handler: Handler) -> App:
    """A WSGI application that answers GET and HEAD alone."""

    @wrappers.Request.application
    def serve(request: wrappers.Request) -> wrappers.Response:
        if request.method not in ("GET", "HEAD"):
            allowed = [("Allow", "GET, HEAD")]
            said = "only GET is answered here"
            refusal = http_util.Respond(request, said, "text/plain", code=405, headers=allowed)
            return cast(wrappers.Response, refusal)
        return handler(request)

    return serve


def _respond(
    request: wrappers.Request,
    content: Callable[[], str],
    tag: str,
    content_type: str = "application/json",
) -> wrappers.Response:
    """The content, made only where the browser does not hold it already."""
    headers = [("ETag", f'"{tag}"')]
    if request.if_none_match.contains_weak(tag):
        headers.append(("X-Content-Type-Options", "nosniff"))
        return _Unchanged(status=304, headers=headers, content_type=content_type)
    response = http_util.Respond(request, content(), content_type, headers=headers)
    return cast(wrappers.Response, response)


class _Unchanged(wrappers.Response):
    """An empty answer that keeps its type: TensorBoard warns of any that has none."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        headers["Content-Type"] = self.headers["Content-Type"]
        return headers
