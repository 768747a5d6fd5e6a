"""Answers of the plugin without a plugin: made-up trainings that show every part of the page.

`stage(page)` puts the tab into a frame as TensorBoard does, and answers its questions from here.
"""

from __future__ import annotations

import json
import math
import re
import time
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import tensorboard
from playwright.sync_api import Page, Route

from tb_zeroacc import encoding, telling
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Missing,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.diagnosis import Consequence, Diagnosis, Finding, Outcome, Rivals
from tb_zeroacc.picturing.layers import gradients_fade
from tb_zeroacc.plugin.rule_pages import rule_json
from tb_zeroacc.run import Run
from tb_zeroacc.verdict import Reading
from tests.diagnosis.planted import a_run, a_table

Json = dict[str, Any]
WEBFILES = Path(tensorboard.__file__).parent / "webfiles.zip"
BUNDLE = Path(__file__).parents[2] / "tb_zeroacc" / "plugin" / "static" / "index.js"
ORIGIN = "http://staged.test"

HOST = """<!DOCTYPE html><html><head><title>TensorBoard</title>{faces}<style>
body{{margin:0;background:#fff}} body.dark-mode{{background:#303030}}
header{{height:64px;background:#f57c00}} iframe{{border:0;width:100vw;height:calc(100vh - 64px)}}
</style></head><body class="{theme}"><header></header>
<iframe src="data/plugin_entry.html?name=zero_accuracy"></iframe></body></html>"""
ENTRY = """<!DOCTYPE html><head><base href="plugin/zero_accuracy/" /></head><body>
<script type="module">import("./static/index.js").then((m) => void m.render());</script></body>"""


def evidence(text: str, value: float, threshold: float | None = None, **more: Any) -> Evidence:
    """One fact; above its threshold, where no healthy value lies, unless told otherwise."""
    more.setdefault("comparison", None if threshold is None else "above")
    sides = {"above": "at most", "below": "at least"}
    more.setdefault("healthy", sides.get(more["comparison"]))
    more.setdefault("axis", "step")
    return Evidence(text, value, threshold, **more)


def finding(code: str, name: str, summary: str, seen: list[Evidence], **more: Any) -> Finding:
    """One cause."""
    told = {"rank": 1, "tier": Tier.STRONG, "context": "", "counter_evidence": (), "explains": (),
            "fix": Fix(""), **more}  # fmt: skip
    return Finding(code=code, name=name, summary=summary, evidence=tuple(seen), **told)


def training(run: str, outcome: str, headline: str, **more: Any) -> Json:
    """One training that ended two minutes ago, as JSON: what is judged is judged as ever."""
    now = time.time()
    loss = evidence("baseline: ln 10", 0.09, 2.3026, comparison="below", member=f"{run}/train",
                    tag="epoch_loss", axis="epoch", first_step=0, last_step=19)  # fmt: skip
    findings: tuple[Finding, ...] = tuple(more.pop("findings", ()))
    verdict = Diagnosis(
        run, Outcome(outcome), headline, more.pop("context", ""), findings,
        tuple(more.pop("rivals", ())), checks(findings), more.pop("curve", loss),
        tuple(more.pop("glance", ())), tuple(more.pop("previews", ())),
    )  # fmt: skip
    read = Run(
        run, path="logs", members=(f"{run}/train", f"{run}/zeroacc"),
        state=more.pop("state", "ended"),
    )  # fmt: skip
    told: Json = {**encoding.run_json(Reading(read, verdict)), "steps": 640, "epochs": 20}
    rate = "10" if run == "learning_rate_too_high" else "0.001"
    settings = [{"name": "optimizer", "text": "Adam"}, {"name": "learning rate", "text": rate}]
    told = {**told, "settings": settings}
    return {**told, "first_time": now - 300, "last_time": now - 125, **more}


def progress() -> Json:
    """What is ahead of a training: an end, and a loss that tells nothing of its own."""
    now = time.time()
    end = {"at": now + 1200, "earliest": now + 900, "latest": now + 1800, "note": ""}
    why = {"at": None, "earliest": None, "latest": None, "note": "it does not bend"}
    return {"text": "step 20 of 780", "share": 20 / 780, "end": end, "convergence": why}


def checks(findings: Sequence[Finding]) -> dict[str, Answer]:
    """All four answers; flagged is what these findings name."""
    split = Missing("a validation loss", "model.fit(..., validation_data=(x_val, y_val))")
    waited = Missing("time waited for data", "tb_zeroacc.ZeroAccuracyCallback(log_dir)")
    answers: dict[str, Answer] = {
        "ZA101": Passed("0 of 81 920 input values are NaN or infinite"),
        "ZA103": Passed("the typical size of the inputs is 1.02"),
        "ZA108": CannotTell("not in the log: a validation loss", (split,)),
        "ZA110": Passed("every epoch trained on 32 batches"),
        "ZA206": Passed("largest |r| of input and label is 0.71"),
        "ZA301": NotApplicable("the output layer has 10 units"),
        "ZA605": CannotTell("not in the log: a validation loss", (split,)),
        "ZA701": Passed("the first update was 0.01 of the weights"),
        "ZA802": NotApplicable("no clock"),
        "ZA803": CannotTell("not in the log: time waited for data", (waited,)),
    }
    found = {finding.code: Flagged(finding.summary, tier=finding.tier) for finding in findings}
    more = {f"ZA9{n:02}": Passed(f"looked at {n + 2} samples") for n in range(20)}
    return {**answers, **found, **more}


def rate_too_high() -> Json:
    """A cause with its curve."""
    run = "learning_rate_too_high"
    zeroacc = {"member": f"{run}/zeroacc"}
    cause = finding(
        "ZA701", "learning-rate-too-high",
        "The learning rate is too high: the first update was 72 times the weights.",
        [
            evidence("update ÷ weights, step 0", 72.3, 1, tag="zeroacc/update_ratio", first_step=0,
                     last_step=130, **zeroacc),
            evidence("loss, epoch 1 ÷ first batch", 520, 5, tag="epoch_loss", member=f"{run}/train",
                     axis="epoch", first_step=0, last_step=0),
            evidence("loss ÷ its baseline, at the end", 1.11, 0.5),
        ],
        context="Adam with `learning_rate=10.0`. The loss jumped from 0.7 to 362 in the first "
        "epoch and accuracy has not left chance (0.49) since.",
        explains=[
            Consequence(code, name, summary, (evidence("dead units", 0.94, 0.9, unit="share"),))
            for code, name, summary in [
                ("ZA504", "dead-units", "94 % of the units in `dense` answer to no example."),
                ("ZA509", "constant-output", "The output is the same for every example."),
                ("ZA704", "stuck-at-chance", "The loss stands at its baseline."),
            ]
        ],
        counter_evidence=[evidence("accuracy of the last epoch", 0.53, 0.49)],
        fix=Fix("Start at 1e-3. If it then creeps, raise it threefold at a time while this "
                  "ratio stays near 1e-3.",
                  "- optimizer=keras.optimizers.Adam(10.)\n"
                  "+ optimizer=keras.optimizers.Adam(1e-3)"),
    )  # fmt: skip
    second = finding(
        "ZA103", "unscaled-inputs", "Inputs reach 998: they are not scaled.",
        [evidence("largest |input|", 998, 100, tag="zeroacc/input_abs_max", **zeroacc)],
        tier=Tier.SMELL, rank=2,
        fix=Fix("Scale each feature to mean 0 and spread 1.", "x = (x - x.mean(0)) / x.std(0)"),
    )  # fmt: skip
    return training(
        run, "not_learning", cause.summary, context=cause.context, findings=[cause, second],
        rivals=[
            Rivals(("ZA701", "ZA103"), "One run with `learning_rate=0.01` on the same inputs."),
        ],
        notes=["The directory was used before: 2 earlier sessions were set aside."],
    )  # fmt: skip


def vanishing() -> Json:
    """A cause about layers."""
    run = "deep_sigmoid"
    zeroacc = {"member": f"{run}/zeroacc"}
    cause = finding(
        "ZA503", "gradients-vanish",
        "Gradients vanish on their way down: the first layer gets a 60-millionth of the last "
        "one's.",
        [
            evidence("gradient, first ÷ last layer", 1.6e-8, 1e-4, comparison="below",
                     tag="zeroacc/gradients/dense_0", layer="dense_0", first_step=0,
                     last_step=855, **zeroacc),
            evidence("update ÷ weights, first layer", 2e-9, 1e-6, comparison="below"),
            evidence("loss ÷ its baseline, at the end", 1.0, 0.5),
        ],
        layers=tuple(f"dense_{n}" for n in range(7)),
        context="Twelve sigmoid layers: each passes on at most a quarter. The lower seven have not "
        "moved since step 0, so the loss stands at ln 10 = 2.30.",
        fix=Fix("Or fewer layers: four of them learn these digits to 0.99.",
                  '- Dense(32, "sigmoid")\n+ Dense(32, "relu",\n'
                  '+       kernel_initializer="he_normal")'),
    )  # fmt: skip
    told = training(run, "not_learning", cause.summary, context=cause.context,
                    findings=[cause], epochs=15, steps=855)  # fmt: skip
    gradients = a_table("gradients", {f"dense_{n}": {"rms": 0.1} for n in range(12)})
    told["findings"][0]["picture"] = gradients_fade(cause, a_run(gradients))
    return told


def runs() -> list[Json]:
    """A log directory with one of each."""
    nan = finding(
        "ZA101", "nan-in-inputs", "Feature 7 holds a NaN, and the loss is NaN from step 12 on.",
        [evidence("loss", math.nan, tag="zeroacc/loss", member="nan_input/zeroacc", first_step=12,
                  last_step=639),
         evidence("NaN inputs, step 12", 1, 0, layer="x[7]", first_step=12, last_step=12)],
        tier=Tier.DEFINITE,
        context="The very batch that holds it makes the loss NaN; every weight follows.",
        fix=Fix("Find the row and fix or drop it before training.",
                  "rows = np.isnan(x).any(axis=1)\nx, y = x[~rows], y[~rows]"),
    )  # fmt: skip
    softmax = finding(
        "ZA301", "softmax-on-one-unit", "Softmax over one unit is always 1: `dense_1` answers "
        "the same to every example.",
        [evidence("units of the output layer", 1, 2, comparison="below", layer="dense_1"),
         evidence("spread of the output", 0)],
        tier=Tier.DEFINITE, context="The loss still falls, so only the metric shows the fault.",
        fix=Fix("One unit needs a sigmoid.",
                  '- keras.layers.Dense(1, "softmax")\n+ keras.layers.Dense(1, "sigmoid")'),
    )  # fmt: skip
    majority = finding(
        "ZA203", "one-class-is-nearly-all", "99 % of the labels are of one class.",
        [evidence("share of the largest class", 0.9902, 0.9, unit="share",
                  tag="zeroacc/label_majority_share", member="imbalance/zeroacc", first_step=0,
                  last_step=639)],
        fix=Fix("Draw both classes evenly.", "weights = {0: 1.0, 1: 50.0}"),
    )  # fmt: skip
    early = finding(
        "ZA705", "stopped-too-early", "It stopped while the loss still fell 12 % an epoch.",
        [evidence("fall of the loss, last quarter", 0.12, 0.02, unit="share", axis="epoch",
                  tag="epoch_loss", member="regression/train", first_step=15, last_step=19)],
        fix=Fix("Train on.", "- model.fit(x, y, epochs=20)\n+ model.fit(x, y, epochs=200)"),
    )  # fmt: skip
    glance = [
        evidence("update ÷ weights", 2e-3, 0.1, comparison="below", healthy="at most"),
        evidence("dead units, worst layer", 0.12, 0.9, unit="share", comparison="below",
                 healthy="at most"),
        evidence("gradient, first ÷ last", 0.8, 1e-4),
        evidence("loss ÷ its baseline", 0.04, 0.5, comparison="below", healthy="at most"),
    ]
    healthy = {"headline": "No fault found: 28 checks passed, 3 could not be told.",
               "context": "The loss fell to 4 % of its baseline, accuracy is 0.98 against 0.10 for "
               "always saying the largest class.", "glance": glance}  # fmt: skip

    def of(run: str, outcome: str, cause: Finding) -> Json:
        return training(run, outcome, cause.summary, context=cause.context, findings=[cause])

    return [
        training("digits_mended", "learning", **healthy),
        training("breast_cancer", "learning", **healthy, state="live"),
        training("diabetes", "learning", **healthy, previews=[early]),
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


WEIGHTS: Json = {
    "kind": "histograms", "title": "Weights over time", "names": ["dense", "dense_1"],
    "flagged": ["dense_1"], "left_out": 0,
}  # fmt: skip


def histograms() -> Json:
    """Two kernels over forty epochs: one spreads, the other stands still."""

    def column(width: float) -> Json:
        counts = [round(100 * math.exp(-(((n - 14.5) / 6) ** 2))) for n in range(30)]
        return {"low": -width, "high": width, "total": sum(counts), "counts": counts}

    widths = {"dense": [0.1 + 0.01 * n for n in range(40)], "dense_1": [0.2] * 40}
    spreads = [
        {"member": "a/train", "tag": f"{name}/kernel", "name": name,
         "columns": [column(width) for width in each]}
        for name, each in widths.items()
    ]  # fmt: skip
    return {"steps": list(range(40)), "spreads": spreads, "thinned": False}


def verdicts(**more: Any) -> Json:
    """The whole answer of `GET runs`."""
    return {"version": 1, "tb_zeroacc": "0.1.0", "complete": True, "refreshing": False,
            "reading": 1, "errors": [], "runs": runs(), **more}  # fmt: skip


OF_DIGITS = ("digits_mended", "nan_input", "learning_rate_too_high")  # trainings of one model


def summaries(said: Json, offset: int, limit: int) -> Json:
    """The answer of `GET summaries` that goes with that of `GET runs`."""
    ranked = sorted(said["runs"], key=_rank)
    rows = [
        {
            **{key: one[key] for key in ("outcome", "mark", "severity", "cause", "headline",
                                         "last_time")},
            "name": one["run"], "code": one["main"], "live": one["state"] == "live",
            "further": [{key: found[key] for key in ("code", "title")}
                        for found in one["findings"] if found["code"] != one["main"]],
            "model": "digits" if one["run"] in OF_DIGITS else one["run"],
            "sparkline": sparkline(one), "baseline": 1.0, "since": said["reading"],
        }
        for one in ranked
    ]  # fmt: skip
    return {
        **{key: said[key] for key in ("version", "tb_zeroacc", "complete", "reading", "errors")},
        "total": len(rows), "expected": said.get("expected"),
        "need_a_look": sum(row["severity"] >= 3 for row in rows),
        "members": sum(len(one["members"]) for one in ranked), "offset": offset, "limit": limit,
        "first_lines": telling.first_lines("logs"), "reader": "staged", "places": None,
        "summaries": rows[offset : offset + limit],
    }  # fmt: skip


def _rank(one: Json) -> tuple[int, int, str]:
    tiers = ["definite", "strong", "smell"]
    sure = tiers.index(one["findings"][0]["tier"]) if one["findings"] else len(tiers)
    return -one["severity"], sure, one["run"]


def sparkline(one: Json) -> list[float]:
    """A loss that fits what became of the training."""
    if one["outcome"] == "cannot_tell":
        return []
    if one["outcome"] in ("broken", "not_learning"):
        return [1 + 0.2 * math.sin(n * 1.7) + 0.1 * math.cos(n * 3) for n in range(32)]
    return [math.exp(-n / 8) + 0.2 for n in range(32)]


def stage(
    page: Page, answer: Json | None = None, *, dark: bool = False, place: str = "",
    typeface: bool = False,
) -> None:  # fmt: skip
    """Opens the tab on these verdicts; `answer` is looked at anew at each question.

    With `typeface` it has TensorBoard's own, so that words are as wide on every machine.
    """
    said = verdicts() if answer is None else answer

    def reply(route: Route) -> None:
        address = urlparse(route.request.url)
        query = {key: value[0] for key, value in parse_qs(address.query).items()}
        name = address.path.rsplit("/", 1)[-1]
        if address.path == "/":
            faces = _webfile("font-roboto/roboto.html").decode() if typeface else ""
            html = HOST.format(theme="dark-mode" if dark else "", faces=_styles_of(faces))
            route.fulfill(body=html, content_type="text/html")
        elif name.endswith(".woff2"):
            route.fulfill(body=_webfile(f"font-roboto/{name}"), content_type="font/woff2")
        elif name == "plugin_entry.html":
            route.fulfill(body=ENTRY, content_type="text/html")
        elif name == "index.js":
            route.fulfill(path=BUNDLE, content_type="text/javascript")
        elif name == "summaries":
            found = summaries(said, int(query["offset"]), int(query["limit"]))
            _tell(route, found, {"Retry-After": "1"} if said["refreshing"] else {})
        elif name == "run":
            known = [one for one in said["runs"] if one["run"] == query["name"]]
            if known:
                _tell(route, known[0])
            else:
                sentence = f"no training named {query['name']!r}"
                route.fulfill(status=404, body=sentence, content_type="text/plain")
        elif name == "trainings":
            names = parse_qs(address.query)["name"]
            found = [one for one in said["runs"] if one["run"] in names]
            _tell(route, {"trainings": [{"tag": "", "training": one} for one in found]})
        elif name == "rule":
            _tell(route, dict(rule_json(query["code"]) or {}))
        elif name == "curves":
            _tell(route, curve(query["run"], query["member"], query["tag"]))
        elif name == "histograms":
            _tell(route, histograms())
        elif name == "layers":
            _tell(route, layers(query["kind"]))
        else:
            route.fulfill(status=404, body="", content_type="text/plain")

    page.route(f"{ORIGIN}/**", reply)
    page.goto(f"{ORIGIN}/#zero_accuracy{place}")


def _webfile(name: str) -> bytes:
    """A file of TensorBoard's own page."""
    with zipfile.ZipFile(WEBFILES) as files:
        return files.read(name)


def _styles_of(html: str) -> str:
    """The style sheets of a page, without a machine's own faces of the same name."""
    sheets = re.findall(r"<style>.*?</style>", html, re.DOTALL)
    return re.sub(r"local\([^)]*\),\s*", "", "".join(sheets))


def _tell(route: Route, content: Json, headers: dict[str, str] | None = None) -> None:
    """Answers with this content, or that nothing changed."""
    body = json.dumps(content)
    tag = f'"{zlib.crc32(body.encode())}"'
    told = {"ETag": tag, **(headers or {})}
    if route.request.headers.get("if-none-match") == tag:
        route.fulfill(status=304, headers=told)
    else:
        route.fulfill(body=body, content_type="application/json", headers=told)
