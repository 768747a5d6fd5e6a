"""The plugin: routes that answer from the last whole reading, and the tab's one file.

All are read-only, take no path from the request and never wait for the disk. docs/http_api.md holds
every type.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tensorboard import errors
from tensorboard.plugins import base_plugin

from tb_zeroacc.places import places_from
from tb_zeroacc.plugin.listing import LARGEST_PAGE, PAGE, runs_answer, summaries_answer
from tb_zeroacc.plugin.pictures import LAYER_KINDS, curve_json, layers_json
from tb_zeroacc.plugin.reading import BackgroundReading
from tb_zeroacc.plugin.responding import (
    App,
    digest,
    get_only,
    quoted,
    respond,
    serialise,
    whole_number,
)

if TYPE_CHECKING:
    from werkzeug import wrappers

    from tb_zeroacc.plugin.responses import CurveData, LayerData, LayerKind
    from tb_zeroacc.plugin.shown_training import ShownTraining

PLUGIN_NAME = "zero_accuracy"
BUNDLE = Path(__file__).parent / "static" / "index.js"
FARTHEST = 10**9  # trainings: more than any log directory holds
SOON = 1  # seconds after which to ask again while a reading is under way
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

    def __init__(
        self, context: base_plugin.TBContext, reading: BackgroundReading | None = None
    ) -> None:
        super().__init__(context)
        self._reading = reading or BackgroundReading(places_from(context))

    def get_plugin_apps(self) -> dict[str, App]:
        """Routes below `/data/plugin/zero_accuracy`."""
        return {
            "/runs": get_only(self._serve_runs),
            "/summaries": get_only(self._serve_summaries),
            "/run": get_only(self._serve_run),
            "/curves": get_only(self._serve_curves),
            "/layers": get_only(self._serve_layers),
            "/static/index.js": get_only(self._serve_bundle),
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
        view, refreshing = self._reading.look()
        state = f"{'' if view.complete else 'p'}{'r' if refreshing else ''}"
        tag = f"{self._reading.token}-{view.number}{state}"
        return respond(request, lambda: runs_answer(view, refreshing=refreshing), tag)

    def _serve_summaries(self, request: wrappers.Request) -> wrappers.Response:
        offset = whole_number(request, "offset", 0, 0, FARTHEST)
        limit = whole_number(request, "limit", PAGE, 1, LARGEST_PAGE)
        view, refreshing = self._reading.look()
        content = summaries_answer(view, offset, limit)
        again_in = SOON if refreshing else None
        return respond(request, lambda: content, digest(content), again_in=again_in)

    def _serve_run(self, request: wrappers.Request) -> wrappers.Response:
        shown = self._training(request, "name")
        return respond(request, lambda: shown.whole, shown.tag)

    def _serve_curves(self, request: wrappers.Request) -> wrappers.Response:
        shown = self._training(request, "run")
        found = _curve(shown, request.args.get("member", ""), request.args.get("tag", ""))
        return respond(request, lambda: serialise(found), self._tag(shown))

    def _serve_layers(self, request: wrappers.Request) -> wrappers.Response:
        kind = request.args.get("kind", "")
        if kind not in LAYER_KINDS:
            raise errors.InvalidArgumentError(f"kind must be one of {', '.join(LAYER_KINDS)}")
        shown = self._training(request, "run")
        found = _layers(shown, kind)
        return respond(request, lambda: serialise(found), self._tag(shown))

    def _serve_bundle(self, request: wrappers.Request) -> wrappers.Response:
        if not BUNDLE.is_file():
            return respond(request, lambda: NO_BUNDLE, "none", "text/javascript")
        stat = BUNDLE.stat()
        tag = f"{stat.st_mtime_ns:x}-{stat.st_size:x}"
        return respond(request, lambda: BUNDLE.read_text("utf-8"), tag, "text/javascript")

    def _tag(self, shown: ShownTraining) -> str:
        """Tells what can be drawn of a training from what could be before it was read anew."""
        return f"{self._reading.token}-{shown.since}"

    def _training(self, request: wrappers.Request, argument: str) -> ShownTraining:
        """The training that an argument names.

        Raises:
            errors.InvalidArgumentError: The argument is missing.
            errors.NotFoundError: There is no such training.
        """
        view, name = self._reading.view(), request.args.get(argument)
        if name is None:
            raise errors.InvalidArgumentError(f"{argument} must name a training")
        if name not in view.trainings:
            raise errors.NotFoundError(f"no training named {quoted(name)}")
        return view.trainings[name]


def _curve(shown: ShownTraining, member: str, tag: str) -> CurveData:
    """One curve of a training.

    Raises:
        errors.NotFoundError: There is none like it.
    """
    curve = shown.curve(member, tag)
    if curve is None:
        raise errors.NotFoundError(
            f"no curve {quoted(tag)} in the run {quoted(member)} of {quoted(shown.name)}"
        )
    return curve_json(curve, member)


def _layers(shown: ShownTraining, kind: LayerKind) -> LayerData:
    """One statistic of a training's layers over time.

    Raises:
        errors.NotFoundError: Nothing was recorded for that picture.
    """
    layers = layers_json(shown.run, kind)
    if layers is None:
        raise errors.NotFoundError(
            f"the log of {quoted(shown.name)} holds no such picture: the callback records it"
        )
    return layers
