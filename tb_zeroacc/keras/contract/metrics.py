"""The metrics of each output as Keras resolved them."""

from __future__ import annotations

import inspect
import math
from typing import Any, NamedTuple

from tb_zeroacc.keras.compat import is_keras_2


class ResolvedMetric(NamedTuple):
    """A metric as Keras resolved it: its class, the name that `logs` shows, where it cuts."""

    kind: str
    shown: str
    threshold: float | None


def _threshold(metric: Any) -> float | None:
    """`BinaryAccuracy` has it as an argument of its function, `Precision` in a list."""
    several = getattr(metric, "thresholds", None)
    if isinstance(several, list | tuple):
        # Of `top_k` they are -inf; an area has many.
        return float(several[0]) if len(several) == 1 and math.isfinite(several[0]) else None
    given = getattr(metric, "threshold", None)
    function, known = getattr(metric, "_fn", None), getattr(metric, "_fn_kwargs", None)
    if given is None and isinstance(known, dict):
        given = known.get("threshold")
    if given is None and inspect.isfunction(function):
        parameter = inspect.signature(function).parameters.get("threshold")
        given = None if parameter is None else parameter.default
    return float(given) if isinstance(given, int | float) else None


def metrics_of(model: Any, count: int) -> list[list[ResolvedMetric]]:
    """Per output: the metrics; empty until Keras has resolved them."""
    found: list[list[ResolvedMetric]] = [[] for _ in range(count)]
    if is_keras_2(model):
        return _metrics_in_keras_2(getattr(model, "compiled_metrics", None), found)
    compiled = getattr(model, "_compile_metrics", None)
    if compiled is None or not compiled.built:
        return found
    for flat in (compiled._flat_metrics, compiled._flat_weighted_metrics):
        for i, metrics in enumerate(flat[:count]):
            for metric in metrics.metrics if metrics else ():
                shown = metric.name
                if getattr(metrics, "output_name", None):
                    shown = f"{metrics.output_name}_{shown}"
                found[i].append(ResolvedMetric(_metric_class(metric), shown, _threshold(metric)))
    return found


def _metrics_in_keras_2(
    compiled: Any, found: list[list[ResolvedMetric]]
) -> list[list[ResolvedMetric]]:
    if compiled is not None and compiled.built:
        for flat in (compiled._metrics, compiled._weighted_metrics):
            for metrics, of_output in zip(flat, found, strict=False):
                of_output += [
                    ResolvedMetric(
                        _metric_class(m).title().replace("_", "")  # a function, mostly
                        if type(m).__name__ == "MeanMetricWrapper"
                        else _metric_class(m),
                        m.name,
                        _threshold(m),
                    )
                    for m in metrics or ()
                    if m is not None
                ]
    return found


def _metric_class(metric: Any) -> str:
    name = type(metric).__name__
    if name == "MeanMetricWrapper":  # a plain function as metric
        function = getattr(metric, "_fn", None)
        return str(getattr(function, "__name__", name))
    return name
