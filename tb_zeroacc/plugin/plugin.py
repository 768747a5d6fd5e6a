"""The plugin: routes that ask the process which reads, and the tab's one file.

All are read-only, take no path from the request and never wait for a log. docs/http_api.md holds
every type.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from tensorboard import errors
from tensorboard.plugins import base_plugin

from tb_zeroacc.metrics.exposition import CONTENT_TYPES, MOST_RUNS, format_for
from tb_zeroacc.places import Place, places_from
from tb_zeroacc.plugin.desk import Desk
from tb_zeroacc.plugin.distant_desk import DistantDesk
from tb_zeroacc.plugin.listing import AT_ONCE, LARGEST_PAGE, PAGE
from tb_zeroacc.plugin.questions import (
    Answering,
    Argument,
    Missing,
    Question,
    Route,
    Unavailable,
)
from tb_zeroacc.plugin.reading import BackgroundReading, PlaceReader
from tb_zeroacc.plugin.responding import (
    App,
    get_only,
    respond,
    several_named,
    tags_held,
    training_named,
    unavailable,
    whole_number,
)
from tb_zeroacc.wire.evidence import LayerKind

if TYPE_CHECKING:
    from werkzeug import wrappers

PLUGIN_NAME = "zero_accuracy"
BUNDLE = Path(__file__).parent / "static" / "index.js"
LAYER_KINDS = get_args(LayerKind)
PROVIDED = "TensorBoard's data provider"
FARTHEST = 10**9  # trainings: more than any log directory holds
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
        desk: Who answers; by default a process that reads the log directories of the context.
    """

    plugin_name = PLUGIN_NAME

    def __init__(self, context: base_plugin.TBContext, desk: Answering | None = None) -> None:
        super().__init__(context)
        self._places = places_from(context)
        self._desk = desk or _desk_for(self._places, context.data_provider)

    def get_plugin_apps(self) -> dict[str, App]:
        """Routes below `/data/plugin/zero_accuracy`."""
        return {
            "/runs": get_only(self._serve_runs),
            "/summaries": get_only(self._serve_summaries),
            "/run": get_only(self._serve_run),
            "/trainings": get_only(self._serve_trainings),
            "/rule": get_only(self._serve_rule),
            "/curves": get_only(self._serve_curves),
            "/layers": get_only(self._serve_layers),
            "/histograms": get_only(self._serve_histograms),
            "/metrics": get_only(self._serve_metrics),
            "/static/index.js": get_only(self._serve_bundle),
        }

    def is_active(self) -> bool:
        """TensorBoard asks for the names in `data_plugin_names` first: they mostly suffice.

        It may not be able to read what lies elsewhere, where this plugin can.
        """
        return any("://" in place.path for place in self._places)

    def frontend_metadata(self) -> base_plugin.FrontendMetadata:
        """A constant: an exception here would break TensorBoard's whole page."""
        return base_plugin.FrontendMetadata(
            es_module_path="/static/index.js", tab_name="Zero Accuracy"
        )

    def data_plugin_names(self) -> tuple[str, ...]:
        """The tab is there wherever there are scalars: logs written without us can be judged."""
        return (PLUGIN_NAME, "scalars")

    def _serve_runs(self, request: wrappers.Request) -> wrappers.Response:
        return self._answer(request, "runs")

    def _serve_summaries(self, request: wrappers.Request) -> wrappers.Response:
        offset = whole_number(request, "offset", 0, 0, FARTHEST)
        limit = whole_number(request, "limit", PAGE, 1, LARGEST_PAGE)
        known = request.args.get("reader", "")  # whose readings the asker counts
        after = whole_number(request, "after", 0, 0, FARTHEST)
        return self._answer(
            request, "summaries", offset=offset, limit=limit, reader=known, after=after
        )

    def _serve_run(self, request: wrappers.Request) -> wrappers.Response:
        return self._answer(request, "run", name=training_named(request, "name"))

    def _serve_trainings(self, request: wrappers.Request) -> wrappers.Response:
        return self._answer(request, "trainings", names=several_named(request, "name", AT_ONCE))

    def _serve_rule(self, request: wrappers.Request) -> wrappers.Response:
        return self._answer(request, "rule", code=request.args.get("code", ""))

    def _serve_curves(self, request: wrappers.Request) -> wrappers.Response:
        run = training_named(request, "run")
        member, tag = request.args.get("member", ""), request.args.get("tag", "")
        return self._answer(request, "curves", run=run, member=member, tag=tag)

    def _serve_layers(self, request: wrappers.Request) -> wrappers.Response:
        kind = request.args.get("kind", "")
        if kind not in LAYER_KINDS:
            raise errors.InvalidArgumentError(f"kind must be one of {', '.join(LAYER_KINDS)}")
        return self._answer(request, "layers", run=training_named(request, "run"), kind=kind)

    def _serve_histograms(self, request: wrappers.Request) -> wrappers.Response:
        return self._answer(request, "histograms", run=training_named(request, "run"))

    def _serve_metrics(self, request: wrappers.Request) -> wrappers.Response:
        form = format_for(request.headers.get("Accept", ""))
        most = whole_number(request, "runs", MOST_RUNS, 0, MOST_RUNS)
        kind = CONTENT_TYPES[form]
        return self._answer(request, "metrics", kind, format=form, runs=most)

    def _serve_bundle(self, request: wrappers.Request) -> wrappers.Response:
        self._desk.begin()  # while the browser takes the page in
        if not BUNDLE.is_file():
            return respond(request, NO_BUNDLE, "none", "text/javascript")
        stat = BUNDLE.stat()
        tag = f"{stat.st_mtime_ns:x}-{stat.st_size:x}"
        held = tag in tags_held(request)
        code = None if held else BUNDLE.read_text("utf-8")
        return respond(request, code, tag, "text/javascript")

    def _answer(
        self,
        request: wrappers.Request,
        route: Route,
        content_type: str = "application/json",
        **arguments: Argument,
    ) -> wrappers.Response:
        """What the desk says.

        Raises:
            errors.NotFoundError: There is nothing of that name.
        """
        reply = self._desk.answer(Question(route, arguments, tags_held(request)))
        if isinstance(reply, Missing):
            raise errors.NotFoundError(reply.sentence)
        if isinstance(reply, Unavailable):
            return unavailable(request, reply.sentence, reply.again_in)
        return respond(request, reply.body, reply.tag, content_type, again_in=reply.again_in)


def _desk_for(places: tuple[Place, ...], provider: Any) -> Answering:
    """Who answers: a process that reads the files, or this one where there are none to be read."""
    if places or provider is None:
        return DistantDesk(places)
    return Desk(BackgroundReading([Place(PROVIDED)], lambda path: _provided(path, provider)))


def _provided(path: str, provider: Any) -> PlaceReader:
    from tb_zeroacc.logs.remote.provided import ProvidedLogs
    from tb_zeroacc.verdict import Reader  # here: TensorBoard should not pay for it at its start

    return Reader(path, storage=ProvidedLogs(provider))
