"""A plugin on made-up trainings, asked as TensorBoard asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from tensorboard.backend import application
from tensorboard.plugins import base_plugin
from werkzeug import test, wrappers

from tb_zeroacc.diagnosis.answers import Evidence, Fix, Passed, Tier
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome
from tb_zeroacc.logs.followed_file import NOTHING, Amount
from tb_zeroacc.places import Place
from tb_zeroacc.plugin.desk import Desk
from tb_zeroacc.plugin.plugin import ZeroAccuracyPlugin
from tb_zeroacc.plugin.reading import BackgroundReading
from tb_zeroacc.run import Curve, Role, Run, Split
from tb_zeroacc.series import Series
from tb_zeroacc.verdict import Reading as Verdict

ROUTE = "/data/plugin/zero_accuracy"


def verdict(name: str = "a", losses: tuple[float, ...] = (0.7, 362.0, float("nan"))) -> Verdict:
    """A training whose rate is too high."""
    member = f"{name}/train" if name != "." else "train"
    series = Series.of(range(len(losses)), losses)
    curve = Curve(member, "epoch_loss", "loss", Role.LOSS, Split.TRAIN, "epoch", series, True)
    seen = Evidence("loss", float("nan"), member=member, tag="epoch_loss", axis="epoch")
    cause = Finding(
        1, "ZA701", "learning-rate-too-high", Tier.STRONG, "The learning rate is too high.", "",
        (seen,), (), (), Fix("Lower it."),
    )  # fmt: skip
    run = Run(name, path="logs", members=(member,), curves=(curve,))
    checks = {"ZA101": Passed("no NaN in the inputs")}
    return Verdict(
        run, Diagnosis(name, Outcome.NOT_LEARNING, cause.summary, "", (cause,), (), checks)
    )


@dataclass
class Script:
    """A source that says what it is told to."""

    verdicts: list[Verdict] = field(default_factory=lambda: [verdict()])
    refreshed: int = 0
    before: Callable[[], None] = lambda: None

    coming: tuple[list[Verdict], ...] = ()

    def refreshing(self, now: float | None) -> Iterator[list[Verdict]]:
        self.refreshed += 1
        self.before()
        yield from self.coming

    unread: tuple[str, ...] = ()
    expected: int = 0
    amount: Amount = NOTHING

    def state(self, now: float | None) -> list[Verdict]:
        assert now is not None  # the tab knows what time it is
        return self.verdicts


@dataclass
class Asked:
    """The plugin behind TensorBoard's own application."""

    plugin: ZeroAccuracyPlugin
    reading: BackgroundReading
    client: test.Client

    def get(self, route: str, **query: str | list[str]) -> test.TestResponse:
        return self.client.get(f"{ROUTE}{route}", query_string=query)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def ask(script: Script) -> Callable[..., Asked]:
    """Makes the plugin on these places, which all hold the script's verdicts."""

    def make(*places: Place) -> Asked:
        context = base_plugin.TBContext(logdir="logs", flags=SimpleNamespace(logdir_spec=""))
        reading = BackgroundReading(places or (Place("logs"),), lambda _: script)
        plugin = ZeroAccuracyPlugin(context, Desk(reading))
        app = application.TensorBoardWSGI([plugin])
        return Asked(plugin, reading, test.Client(app, wrappers.Response))

    return make


@pytest.fixture
def asked(ask: Callable[..., Asked]) -> Asked:
    """The plugin after its first reading."""
    made = ask()
    made.get("/runs")
    made.reading.wait()
    return made
