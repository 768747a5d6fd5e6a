"""What is posted on news of a training: our JSON, Slack's, or that of Alertmanager's webhooks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from tb_zeroacc.monitoring.lines import Line
from tb_zeroacc.report.printable import printable

Format: TypeAlias = Literal["json", "slack", "alertmanager"]
# Of a message: Slack cuts longer ones (api.slack.com/reference/surfaces/formatting).
LONGEST = 2900


def _slack(line: Line) -> Any:
    """A message of Slack's incoming webhooks; text from logs is no markup there."""
    head = f"*{_plain(line['run'])}*: {_plain(line['headline'])}"
    rows = [f"• {f['code']} {f['name']} ({f['tier']})" for f in line["findings"] if f["news"]]
    fixes = [f"Fix: {_plain(f['fix'])}" for f in line["findings"] if f["news"]][:1]
    return {"text": "\n".join([head, *rows, *fixes])[:LONGEST]}


def _plain(text: str) -> str:
    """Text as Slack shows it, letter by letter."""
    text = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A zero-width space keeps the marks of bold, italics, strike and code from being any.
    for mark in "*_~`":
        text = text.replace(mark, f"\u200b{mark}\u200b")
    return text


def _alertmanager(line: Line) -> Any:
    """What Alertmanager posts to a webhook receiver, version 4: an alert for each new finding."""
    starts = datetime.fromtimestamp(line["time"], UTC).isoformat().replace("+00:00", "Z")
    common = {"job": "zeroacc", "run": line["run"], "outcome": line["outcome"]}
    told = [
        ({"code": f["code"], "tier": f["tier"]}, f["summary"], f["fix"])
        for f in line["findings"] if f["news"]
    ] or [({}, line["headline"], "")]  # fmt: skip
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": "ZeroAccuracyFinding", **common, **labels},
            "annotations": {"summary": summary, "fix": fix},
            "startsAt": starts,
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "",
            "fingerprint": "",
        }
        for labels, summary, fix in told
    ]
    return {
        "version": "4",
        "groupKey": f"zeroacc:{line['run']}",
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "zeroacc",
        "groupLabels": {"run": line["run"]},
        "commonLabels": {"alertname": "ZeroAccuracyFinding", **common},
        "commonAnnotations": {},
        "externalURL": "",
        "alerts": alerts,
    }


FORMATS: Mapping[str, Callable[[Line], Any]] = MappingProxyType({
    "json": lambda line: line,
    "slack": _slack,
    "alertmanager": _alertmanager,
})


def body_of(line: Line, form: Format) -> bytes:
    """What is posted, as JSON."""
    return json.dumps(FORMATS[form](line), allow_nan=False).encode("ascii")
