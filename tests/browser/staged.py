"""Answers of the plugin without a plugin: made-up trainings that show every part of the page.

`stage(page)` puts the tab into a frame as TensorBoard does, and answers its questions from here.
"""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Page, Route

Json = dict[str, Any]
BUNDLE = Path(__file__).parents[2] / "tb_zeroacc" / "plugin" / "static" / "index.js"
ORIGIN = "http://staged.test"

HOST = """<!DOCTYPE html><html><head><title>TensorBoard</title><style>
body{{margin:0;background:#fff}} body.dark-mode{{background:#303030}}
header{{height:64px;background:#f57c00}} iframe{{border:0;width:100vw;height:calc(100vh - 64px)}}
</style></head><body class="{theme}"><header></header>
<iframe src="data/plugin_entry.html?name=zero_accuracy"></iframe></body></html>"""
ENTRY = """<!DOCTYPE html><head><base href="plugin/zero_accuracy/" /></head><body>
<script type="module">import("./static/index.js").then((m) => void m.render());</script></body>"""


def evidence(text: str, value: Any, threshold: Any = None, **more: Any) -> Json:
    """One fact; above its threshold unless told otherwise."""
    comparison = more.pop("comparison", None if threshold is None else "above")
    return {
        "run": "", "tag": None, "layer": None, "axis": "step", "first_step": None,
        "last_step": None, "value": value, "comparison": comparison, "threshold": threshold,
        "unit": "", "estimated": False, "text": text, **more,
    }  # fmt: skip


def finding(code: str, name: str, summary: str, seen: list[Json], **more: Any) -> Json:
    """One cause."""
    return {
        "rank": 1, "code": code, "name": name, "tier": "strong", "summary": summary, "context": "",
        "layers": [], "evidence": seen, "counter_evidence": [], "explains": [],
        "fix": {"text": "", "code": ""}, **more,
    }  # fmt: skip


def training(run: str, outcome: str, headline: str, **more: Any) -> Json:
    """One training that ended two minutes ago."""
    now = time.time()
    return {
        "path": "logs", "run": run, "members": [f"{run}/train", f"{run}/zeroacc"], "sessions": 1,
        "state": "ended", "sampled": False, "notes": [], "unrecorded": [], "outcome": outcome,
        "headline": headline, "context": "", "findings": [], "rivals": [], "checks": checks(),
        "steps": 640, "epochs": 20, "first_time": now - 300, "last_time": now - 125, "glance": [],
        "curve": evidence("prior: ln 10", 0.09, 2.3026, comparison="below", run=f"{run}/train",
                          tag="epoch_loss", axis="epoch", first_step=0, last_step=19),
        **more,
    }  # fmt: skip


def checks() -> dict[str, Json]:
    """All four answers."""

    def check(name: str, status: str, reason: str, *needs: tuple[str, str]) -> Json:
        lacking = [{"what": what, "how_to_log": how} for what, how in needs]
        return {"name": name, "status": status, "reason": reason, "needs": lacking}

    validation = ("validation inputs", "model.fit(..., validation_data=(x_val, y_val))")
    answers = {
        "ZA101": check("nan-in-inputs", "passed", "0 of 81 920 input values are NaN or infinite"),
        "ZA108": check("validation-differs", "cannot_tell", "not in the log: validation inputs",
                       validation),
        "ZA110": check("empty-dataset", "passed", "every epoch trained on 32 batches"),
        "ZA206": check("labels-independent", "passed", "largest |r| of input and label is 0.71"),
        "ZA301": check("softmax-on-one-unit", "not_applicable", "the output layer has 10 units"),
        "ZA605": check("overfitting", "cannot_tell", "not in the log: a validation loss",
                       validation),
        "ZA701": check("learning-rate-too-high", "flagged",
                       "The learning rate is too high: the first update was 72 times the weights."),
        "ZA802": check("stalled", "not_applicable", "no clock"),
        "ZA803": check("slow-input", "cannot_tell", "not in the log: time waited for data",
                       ("time waited for data", "tb_zeroacc.ZeroAccuracyCallback(log_dir)")),
    }  # fmt: skip
    for n in range(21):
        answers[f"ZA9{n:02}"] = check("other-fault", "passed", f"looked at {n + 2} samples")
    return answers


def rate_too_high() -> Json:
    """A cause with its curve."""
    run = "learning_rate_too_high"
    zeroacc = {"run": f"{run}/zeroacc"}
    cause = finding(
        "ZA701", "learning-rate-too-high",
        "The learning rate is too high: the first update was 72 times the weights.",
        [
            evidence("update ÷ weights, step 0", 72.3, 1, tag="zeroacc/update_ratio", first_step=0,
                     last_step=130, **zeroacc),
            evidence("loss, epoch 1 ÷ first batch", 520, 5, tag="epoch_loss", run=f"{run}/train",
                     axis="epoch", first_step=0, last_step=0),
            evidence("loss ÷ its prior, at the end", 1.11, 0.5),
        ],
        tier="strong",
        context="Adam with `learning_rate=10.0`. The loss jumped from 0.7 to 362 in the first "
        "epoch and accuracy has not left chance (0.49) since.",
        explains=[
            {"code": code, "name": name, "summary": summary,
             "evidence": [evidence("dead units", 0.94, 0.9, unit="share")]}
            for code, name, summary in [
                ("ZA504", "dead-units", "94 % of the units in `dense` answer to no example."),
                ("ZA509", "constant-output", "The output is the same for every example."),
                ("ZA704", "stuck-at-chance", "The loss stands at its prior."),
            ]
        ],
        counter_evidence=[evidence("accuracy of the last epoch", 0.53, 0.49)],
        fix={"text": "Start at 1e-3. If it then creeps, raise it threefold at a time while this "
             "ratio stays near 1e-3.",
             "code": "- optimizer=keras.optimizers.Adam(10.)\n"
             "+ optimizer=keras.optimizers.Adam(1e-3)"},
    )  # fmt: skip
    second = finding(
        "ZA103", "unscaled-inputs", "Inputs reach 998: they are not scaled.",
        [evidence("largest |input|", 998, 100, tag="zeroacc/input_abs_max", **zeroacc)],
        tier="smell", rank=2,
        fix={"text": "Scale each feature to mean 0 and spread 1.",
             "code": "x = (x - x.mean(0)) / x.std(0)"},
    )  # fmt: skip
    return training(
        run, "not_learning", cause["summary"], context=cause["context"], findings=[cause, second],
        rivals=[{"codes": ["ZA701", "ZA103"],
                 "would_separate": "One run with `learning_rate=0.01` on the same inputs."}],
        notes=["The directory was used before: 2 earlier sessions were set aside."],
    )  # fmt: skip


def vanishing() -> Json:
    """A cause about layers."""
    run = "deep_sigmoid"
    zeroacc = {"run": f"{run}/zeroacc"}
    cause = finding(
        "ZA503", "gradients-vanish",
        "Gradients vanish on their way down: the first layer gets a 60-millionth of the last "
        "one's.",
        [
            evidence("gradient, first ÷ last layer", 1.6e-8, 1e-4, comparison="below",
                     tag="zeroacc/gradients/dense_0", layer="dense_0", first_step=0,
                     last_step=855, **zeroacc),
            evidence("update ÷ weights, first layer", 2e-9, 1e-6, comparison="below"),
            evidence("loss ÷ its prior, at the end", 1.0, 0.5),
        ],
        layers=[f"dense_{n}" for n in range(7)],
        context="Twelve sigmoid layers: each passes on at most a quarter. The lower seven have not "
        "moved since step 0, so the loss stands at ln 10 = 2.30.",
        fix={"text": "Or fewer layers: four of them learn these digits to 0.99.",
             "code": '- Dense(32, "sigmoid")\n+ Dense(32, "relu",\n'
             '+       kernel_initializer="he_normal")'},
    )  # fmt: skip
    return training(run, "not_learning", cause["summary"], context=cause["context"],
                    findings=[cause], epochs=15, steps=855)  # fmt: skip


def runs() -> list[Json]:
    """A log directory with one of each."""
    nan = finding(
        "ZA101", "nan-in-inputs", "Feature 7 holds a NaN, and the loss is NaN from step 12 on.",
        [evidence("loss", "NaN", None, tag="zeroacc/loss", run="nan_input/zeroacc", first_step=12,
                  last_step=639),
         evidence("NaN inputs, step 12", 1, 0, layer="x[7]", first_step=12, last_step=12)],
        tier="definite",
        context="The very batch that holds it makes the loss NaN; every weight follows.",
        fix={"text": "Find the row and mend or drop it before training.",
             "code": "rows = np.isnan(x).any(axis=1)\nx, y = x[~rows], y[~rows]"},
    )  # fmt: skip
    softmax = finding(
        "ZA301", "softmax-on-one-unit", "Softmax over one unit is always 1: `dense_1` answers "
        "the same to every example.",
        [evidence("units of the output layer", 1, 2, comparison="below", layer="dense_1"),
         evidence("spread of the output", 0, None)],
        tier="definite", context="The loss still falls, so only the metric shows the fault.",
        fix={"text": "One unit needs a sigmoid.",
             "code": '- keras.layers.Dense(1, "softmax")\n+ keras.layers.Dense(1, "sigmoid")'},
    )  # fmt: skip
    majority = finding(
        "ZA203", "one-class-is-nearly-all", "99 % of the labels are of one class.",
        [evidence("share of the largest class", 0.9902, 0.9, unit="share",
                  tag="zeroacc/label_majority_share", run="imbalance/zeroacc", first_step=0,
                  last_step=639)],
        fix={"text": "Draw both classes evenly.", "code": "weights = {0: 1.0, 1: 50.0}"},
    )  # fmt: skip
    early = finding(
        "ZA705", "stopped-too-early", "It stopped while the loss still fell 12 % an epoch.",
        [evidence("fall of the loss, last quarter", 0.12, 0.02, unit="share", axis="epoch",
                  tag="epoch_loss", run="regression/train", first_step=15, last_step=19)],
        fix={"text": "Train on.", "code": "- model.fit(x, y, epochs=20)\n"
             "+ model.fit(x, y, epochs=200)"},
    )  # fmt: skip
    glance = [
        evidence("update ÷ weights", 2e-3, 0.1, comparison="below"),
        evidence("dead units, worst layer", 0.12, 0.9, unit="share", comparison="below"),
        evidence("gradient, first ÷ last", 0.8, 1e-4),
        evidence("loss ÷ its prior", 0.04, 0.5, comparison="below"),
    ]
    healthy = {"headline": "No fault found: 28 checks passed, 3 could not be told.",
               "context": "The loss fell to 4 % of its prior, accuracy is 0.98 against 0.10 for "
               "always saying the largest class.", "glance": glance}  # fmt: skip

    def of(run: str, outcome: str, cause: Json, **more: Any) -> Json:
        return training(run, outcome, cause["summary"], context=cause["context"],
                        findings=[cause], **more)  # fmt: skip

    return [
        training("digits_mended", "learning", **healthy),
        training("breast_cancer", "learning", **healthy, state="live"),
        training("diabetes", "learning", **healthy),
        training("old_logs/2023", "cannot_tell",
                 "The log does not say enough to judge: 2 checks passed, 30 could not be told.",
                 curve=None, steps=None, epochs=None, last_time=time.time() - 9e7),
        of("regression", "finished_early", early), of("imbalance", "learning", majority),
        of("softmax_on_one_unit", "broken", softmax), of("nan_input", "broken", nan),
        vanishing(), rate_too_high(),
    ]  # fmt: skip


def curve(run: str, member: str, tag: str) -> Json:
    """A curve that fits the story of its training."""
    steps = list(range(0, 640, 4))
    axis = "epoch" if tag.startswith("epoch") else "step"
    if axis == "epoch":
        steps = list(range(20))
    if tag == "zeroacc/update_ratio":
        values: list[Any] = [72.3 * math.exp(-s / 30) + 0.1 + 0.02 * math.sin(s) for s in steps]
    elif tag == "zeroacc/loss":
        values = [0.7 + 0.1 * math.sin(s) if s < 12 else "NaN" for s in steps]
    elif "share" in tag:
        values = [0.99 + 0.005 * math.sin(s) for s in steps]
    elif run == "learning_rate_too_high":
        values = [362 * math.exp(-s) + 0.75 for s in steps]
    else:
        values = [2.34 * math.exp(-s * 4 / len(steps)) + 0.04 for s in steps]
    return {"member": member, "tag": tag, "axis": axis, "steps": steps, "values": values,
            "count": len(steps), "thinned": False}  # fmt: skip


def layers(kind: str) -> Json:
    """Twelve sigmoid layers."""
    steps = [*range(20), *range(20, 855, 8)]
    values = [[10 ** (-0.55 * (12 - row) + 0.1 * math.sin(s * 0.7 + row)) for row in range(12)]
              for s in steps]  # fmt: skip
    rows = [f"dense_{row}" for row in range(12)]
    return {"kind": kind, "unit": "", "rows": rows, "layers": rows, "steps": steps,
            "values": values, "thinned": False}  # fmt: skip


def verdicts(**more: Any) -> Json:
    """The whole answer of `GET runs`."""
    return {"version": 1, "tb_zeroacc": "0.1.0", "complete": True, "refreshing": False,
            "reading": 1, "errors": [], "runs": runs(), **more}  # fmt: skip


def sparklines(trainings: list[Json]) -> Json:
    """A loss for each."""

    def line(one: Json) -> list[float]:
        if one["outcome"] in ("broken", "not_learning"):
            return [1 + 0.2 * math.sin(n * 1.7) + 0.1 * math.cos(n * 3) for n in range(32)]
        return [math.exp(-n / 8) + 0.2 for n in range(32)]

    return {one["run"]: line(one) for one in trainings if one["outcome"] != "cannot_tell"}


def stage(page: Page, answer: Json | None = None, *, dark: bool = False, place: str = "") -> None:
    """Opens the tab on these verdicts; `answer` is looked at anew at each question."""
    said = verdicts() if answer is None else answer

    def reply(route: Route) -> None:
        address = urlparse(route.request.url)
        query = {key: value[0] for key, value in parse_qs(address.query).items()}
        name = address.path.rsplit("/", 1)[-1]
        if address.path == "/":
            html = HOST.format(theme="dark-mode" if dark else "")
            route.fulfill(body=html, content_type="text/html")
        elif name == "plugin_entry.html":
            route.fulfill(body=ENTRY, content_type="text/html")
        elif name == "index.js":
            route.fulfill(path=BUNDLE, content_type="text/javascript")
        elif name == "runs":
            route.fulfill(body=json.dumps(said), content_type="application/json")
        elif name == "sparklines":
            route.fulfill(body=json.dumps(sparklines(said["runs"])),
                          content_type="application/json")  # fmt: skip
        elif name == "curves":
            found = curve(query["run"], query["member"], query["tag"])
            route.fulfill(body=json.dumps(found), content_type="application/json")
        elif name == "layers":
            route.fulfill(body=json.dumps(layers(query["kind"])), content_type="application/json")
        else:
            route.fulfill(status=404, body="", content_type="text/plain")

    page.route(f"{ORIGIN}/**", reply)
    page.goto(f"{ORIGIN}/#zero_accuracy{place}")
