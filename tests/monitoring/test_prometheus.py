"""The alarms with the real thing: Prometheus scrapes, its rules fire, Alertmanager delivers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

pytest.importorskip("prometheus_client")

from tb_zeroacc.metrics.effort import Effort
from tb_zeroacc.metrics.exposition import State, exposition
from tb_zeroacc.monitoring.shipped import ALERTS, DASHBOARD
from tests.metrics.test_exposition import LIVE
from tests.monitoring.posts import Posts, receiving
from tests.monitoring.servers import asked, free_port, program, started
from tests.monitoring.test_documented import example
from tests.monitoring.trainings import HEALTHY, NAN, begin, go_on
from tests.monitoring.watcher import Watcher, until, watching

HERE = Path(__file__).parent
SCRAPE = 2.0  # seconds between scrapes


def expressions() -> list[str]:
    """Every expression of the dashboard, with its variables filled in."""
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    found = [target["expr"] for panel in panels for target in panel["targets"]]
    filled = {"$job": ".*", "$run": ".*", "$__rate_interval": "1m"}
    for name, value in filled.items():
        found = [expression.replace(name, value) for expression in found]
    return found


def test_rules_dashboard_and_paper_name_metrics_that_there_are() -> None:
    told = exposition(
        State({"a": LIVE, "b": LIVE}, Effort(1, 0, 1.0, 1.0, 1, 1)), 2.0, "openmetrics"
    ).decode()
    there = {line.split("{")[0].split(" ")[0] for line in told.splitlines() if line[0] != "#"}
    there |= {line.split()[2] for line in told.splitlines() if line.startswith("# TYPE")}
    paper = HERE.parents[1].joinpath("docs", "monitoring.md").read_text("utf-8")
    for name, text in (
        ("rules", ALERTS.read_text("utf-8")), ("dashboard", "\n".join(expressions())),
        ("paper", paper),
    ):  # fmt: skip
        named = set(re.findall(r"\bzeroacc_[a-z_]+", text))
        assert named <= there, f"the {name} name what is not told: {named - there}"
    samples = {line.split("{")[0].split(" ")[0] for line in told.splitlines() if line[0] != "#"}
    assert samples <= set(re.findall(r"\bzeroacc_[a-z_]+", paper)), "the paper lists all"
    (group,) = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    alerts = {rule["alert"] for rule in group["rules"]}
    assert alerts == set(re.findall(r"`(ZeroAccuracy\w+)`", paper))


@pytest.mark.parametrize(
    "arguments", [("check", "rules", ALERTS), ("test", "rules", HERE / "alerts_test.yml")],
    ids=["check", "test"],
)  # fmt: skip
def test_promtool_accepts_the_rules(arguments: tuple[Any, ...]) -> None:
    command = [program("promtool"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass
class Chain:
    """Everything from the log to the webhook."""

    watch: Watcher
    prometheus: str
    posts: Posts
    logs: Path

    def query(self, expression: str) -> list[Any]:
        found = asked(f"{self.prometheus}/api/v1/query", query=expression)["result"]
        return list(found)


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """A watch, a TensorBoard, Prometheus, Alertmanager and a webhook."""
    prometheus = program("prometheus")
    alertmanager = program("prometheus-alertmanager", "alertmanager")
    logs = tmp_path / "logs"
    begin(logs / "good", HEALTHY)
    begin(logs / "bad", HEALTHY)
    ports = [free_port() for _ in range(3)]
    metrics, prometheus_url, alertmanager_url = (f"127.0.0.1:{port}" for port in ports)
    tensorboard = f"127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        posts = stack.enter_context(receiving())
        _configured(tmp_path, metrics, tensorboard, alertmanager_url, posts)
        commands = {
            f"{tensorboard}/data/plugin/zero_accuracy/metrics": [
                sys.executable, "-m", "tensorboard.main", "--logdir", str(logs),
                "--host", "127.0.0.1", "--port", tensorboard.split(":")[1],
            ],
            f"{alertmanager_url}/-/ready": [
                alertmanager, "--config.file=alertmanager.yml", "--storage.path=alertmanager",
                f"--web.listen-address={alertmanager_url}", "--cluster.listen-address=",
            ],
            f"{prometheus_url}/-/ready": [
                prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=data",
                f"--web.listen-address={prometheus_url}",
            ],
        }  # fmt: skip
        servers = [
            stack.enter_context(started(command, f"http://{url}", tmp_path))
            for url, command in commands.items()
        ]
        options = ("--interval", "0.3", "--format", "json", "--listen", metrics)
        watch = stack.enter_context(watching(str(logs), *options))
        for server in servers:
            until(server.is_ready, f"{server.url} answers")
        yield Chain(watch, f"http://{prometheus_url}", posts, logs)


def _configured(folder: Path, metrics: str, tensorboard: str, alerts: str, posts: Posts) -> None:
    (job,) = yaml.safe_load(example("scrape"))["scrape_configs"]  # as the paper has it
    job = {**job, "scrape_interval": f"{SCRAPE:g}s", "static_configs": [{"targets": [metrics]}]}
    board = {
        **job, "job_name": "tensorboard", "metrics_path": "/data/plugin/zero_accuracy/metrics",
        "static_configs": [{"targets": [tensorboard]}],
    }  # fmt: skip
    prometheus = {
        "global": {"evaluation_interval": "500ms"},
        "rule_files": [str(ALERTS)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alerts]}]}]},
        "scrape_configs": [job, board],
    }
    alertmanager = {
        "route": {"receiver": "test", "group_wait": "0s", "group_interval": "1s",
                  "group_by": ["alertname", "run"]},
        "receivers": [{"name": "test", "webhook_configs": [{"url": posts.url}]}],
    }  # fmt: skip
    (folder / "prometheus.yml").write_text(yaml.safe_dump(prometheus))
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(alertmanager))


def test_a_broken_training_fires_within_two_scrapes_and_a_healthy_one_never(chain: Chain) -> None:
    query = chain.query
    until(lambda: len(query('zeroacc_run_outcome{outcome="learning"}')) == 4, "both scrape both")
    assert {chain.watch.json()["run"] for _ in "ab"} == {"good", "bad"}
    assert query("ALERTS") == []

    go_on(next((chain.logs / "bad").iterdir()), [NAN] * 4, len(HEALTHY))
    told = chain.watch.json()
    assert (told["run"], told["outcome"]) == ("bad", "broken")
    firing = 'ALERTS{alertname="ZeroAccuracyDefiniteFault",alertstate="firing",job="zeroacc"}'
    until(lambda: bool(query(firing)), "the rule fires")
    (alert,) = [
        one for one in asked(f"{chain.prometheus}/api/v1/alerts")["alerts"]
        if one["labels"]["job"] == "zeroacc"
    ]  # fmt: skip
    assert (alert["labels"]["run"], alert["labels"]["code"]) == ("bad", "ZA501")
    (fired,) = query(f"{firing}[1m]")
    first = fired["values"][0][0]
    (scrapes,) = query('zeroacc_refreshes_total{job="zeroacc"}[1m]')
    between = [at for at, _ in scrapes["values"] if told["time"] < at <= first]
    assert 1 <= len(between) <= 2, "it fires within two scrapes"

    until(lambda: bool(chain.posts.bodies), "Alertmanager delivers")
    until(
        lambda: bool(query('ALERTS{job="tensorboard",run="bad"}')), "TensorBoard's metrics, too"
    )
    for body in chain.posts.bodies:
        assert body["status"] == "firing"
        for one in body["alerts"]:
            assert one["labels"]["run"] == "bad"
            assert one["annotations"]["summary"] == "bad: ZA501, beyond doubt"
    assert query('count_over_time(ALERTS{run="good"}[5m])') == []

    for expression in expressions():
        query(expression)  # an expression that Prometheus refuses is an error of its API
    (live,) = query(expressions()[0])
    assert float(live["value"][1]) == 4.0
