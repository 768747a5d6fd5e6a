"""Places in the order in which data pass them: the pipeline, the model, the way to the loss."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tb_zeroacc import telling
from tb_zeroacc.diagnosis.computed.data.labels import labels_of
from tb_zeroacc.diagnosis.computed.data.pipeline import Seen, seen_at_taps
from tb_zeroacc.diagnosis.computed.model.layers import layer_named
from tb_zeroacc.diagnosis.computed.model.outputs import output_row, recorded_range, tensor_of
from tb_zeroacc.facts import Layer, Output
from tb_zeroacc.picturing.facts_of import Told, named_by, output_meant
from tb_zeroacc.picturing.inputs import group_of, input_range
from tb_zeroacc.picturing.ranges import range_of
from tb_zeroacc.run import Run
from tb_zeroacc.wire.evidence import Box, Strip
from tb_zeroacc.wording import count, percent

MOST_BOXES = 8  # more are no longer read
MANY = 0.9  # zeros from which on a box says how many


def data_path(told: Told, run: Run) -> Strip | None:
    """The range at each tap, at the model's input, and at the layer that the finding names."""
    named = named_by(told)
    seen = seen_at_taps(run)
    at_fault = next((each for row, each in seen.items() if row in named), None)
    boxes = [_tap_box(each, wrong=each.tensor.row in named) for each in _chain(seen, at_fault)]
    inputs = run.table("inputs", "min", "max")
    for group in dict.fromkeys(map(group_of, inputs.rows)) if inputs is not None else ():
        bounds = None if inputs is None else input_range(inputs, group)
        note = "" if bounds is None else _dtype(run, group)
        text = "nothing finite" if bounds is None else range_of("", *bounds)["text"]
        boxes.append(_box(f"{group}, as the model gets it", text, note))
    layer = next((layer for name in named if (layer := layer_named(run, name))), None)
    if layer is not None and boxes:
        fact = next(fact for fact in told.evidence if fact.layer == layer.name)
        is_lookup = "Embedding" in layer.class_name
        text = _vocabulary(layer) if is_lookup else telling.value_text(fact)
        note = layer.class_name if is_lookup else fact.text.replace("`", "")
        boxes.append(_box(layer.name, text, note))
        boxes[-2 if is_lookup else -1]["wrong"] = True
    if boxes and not any(box["wrong"] for box in boxes):
        boxes[-1]["wrong"] = True
    return _strip("The values at each place on the way to the model", boxes)


def output_units(told: Told, run: Run) -> Strip | None:
    """Labels, output and loss: the output is what does not fit."""
    return _to_the_loss(told, run, "output")


def output_loss(told: Told, run: Run) -> Strip | None:
    """Labels, output and loss: the loss is what does not fit."""
    return _to_the_loss(told, run, "loss")


def example_weights(told: Told, run: Run) -> Strip | None:
    """Labels, output, weights of the examples, loss: the weights are wrong."""
    return _to_the_loss(told, run, "weights")


def model(told: Told, run: Run) -> Strip | None:
    """The layers in order, with what is flagged of them."""
    layers = _layers(run)
    named = named_by(told)
    frozen = any(not layer.trainable for layer in layers)
    boxes = [
        _box(
            layer.name, _layer_text(layer), "" if layer.trainable else "frozen",
            wrong=layer.name in named or (frozen and not named and not layer.trainable),
        )
        for layer in layers
    ]  # fmt: skip
    if not any(box["wrong"] for box in boxes):
        for box, layer in zip(boxes, layers, strict=True):
            box["wrong"] = layer.activation == "linear" and not layer.is_output
    return _strip("The layers in order", boxes) if any(b["wrong"] for b in boxes) else None


def named_layer(told: Told, run: Run) -> Strip | None:
    """The same, where the finding names one of them."""
    is_named = any(layer.name in named_by(told) for layer in _layers(run))
    return model(told, run) if is_named else None


def _layers(run: Run) -> list[Layer]:
    known = run.contract.layers if run.contract else ()
    return [layer for layer in known if layer.class_name != "InputLayer"]


def _to_the_loss(told: Told, run: Run, wrong: str) -> Strip | None:
    output = output_meant(told, run)
    if output is None:
        return None
    layer = layer_named(run, output.layer or "")
    activation = output.activation or (layer.activation if layer else None)
    made = [count(output.units, "unit") if output.units else "", activation or ""]
    boxes = [
        _box("labels", _labels_text(run, output), _shape(run, output, "labels")),
        _box(output.layer or output.name, ", ".join(filter(None, made)), _outputs_note(run, output),
             wrong=wrong == "output"),
    ]  # fmt: skip
    table = run.table("sample_weights", "min", "max")
    row = output_row(table, output.name)
    if table is not None and row is not None:
        low, high = table.column("min")[:, row].min(), table.column("max")[:, row].max()
        if math.isfinite(low) and math.isfinite(high):
            text = range_of("", float(low), float(high))["text"]
            boxes.append(_box("weights of the examples", text, wrong=wrong == "weights"))
    loss = output.loss or "of the program's own"
    boxes.append(_box("loss", loss, _loss_note(output), wrong=wrong == "loss"))
    if not any(box["wrong"] for box in boxes):
        return None
    return _strip("Labels, output and loss", boxes)


def _loss_note(output: Output) -> str:
    notes = []
    if output.from_logits is not None:
        notes.append(f"from_logits={output.from_logits}")
    if output.activated_twice:
        notes.append(f"applies {output.activation or 'the activation'} again")
    if output.compared_crosswise:
        notes.append("compares each with all")
    if output.reduction == "sum":
        notes.append("adds up the examples")
    if output.weight == 0:
        notes.append("weight 0")
    return ", ".join(notes)


def _labels_text(run: Run, output: Output) -> str:
    labels = labels_of(run, output)
    if labels is None or not math.isfinite(labels.low) or not math.isfinite(labels.high):
        return "not recorded"
    return range_of("", labels.low, labels.high)["text"]


def _outputs_note(run: Run, output: Output) -> str:
    bounds = recorded_range(run, output)
    values = "" if bounds is None else range_of("", *bounds)["text"]
    return ", ".join(filter(None, (values, _shape(run, output, "outputs"))))


def _shape(run: Run, output: Output, which: str) -> str:
    if run.shapes is None:
        return ""
    tensors = run.shapes.labels if which == "labels" else run.shapes.outputs
    tensor = tensor_of(tensors, run, output)
    if tensor is None or tensor.shape is None:
        return ""
    sizes = ["n" if size is None else str(size) for size in tensor.shape]
    inner = ", ".join(["n", *sizes[1:]]) if sizes else ""
    return f"({inner},)" if len(sizes) == 1 else f"({inner})"


def _dtype(run: Run, group: str) -> str:
    tensors = run.shapes.inputs if run.shapes else ()
    return next((tensor.dtype for tensor in tensors if tensor.name == group), "")


def _layer_text(layer: Layer) -> str:
    units = count(layer.units, "unit") if layer.units else ""
    return ", ".join(filter(None, (layer.class_name, units, layer.activation or "")))


def _vocabulary(layer: Layer) -> str:
    size = layer.settings.get("input_dim")
    return f"takes 0 .. {int(size) - 1}" if isinstance(size, int | float) else ""


def _chain(seen: dict[str, Seen], at_fault: Seen | None) -> list[Seen]:
    """The taps of one tensor, in order: of the one at fault, else of the first."""
    if not seen:
        return []
    place = at_fault or next(iter(seen.values()))
    chain = [place]
    while (before := seen.get(chain[0].tensor.before or "")) and before not in chain:
        chain.insert(0, before)
    behind = {each.tensor.before: each for each in seen.values() if each.tensor.before}
    while (after := behind.get(chain[-1].tensor.row)) and after not in chain:
        chain.append(after)
    return chain


def _tap_box(seen: Seen, *, wrong: bool) -> Box:
    is_known = math.isfinite(seen.low) and math.isfinite(seen.high)
    text = range_of("", seen.low, seen.high)["text"] if is_known else "nothing finite"
    notes = [seen.tensor.dtype]
    if 0 < seen.bad < math.inf:
        notes.append(f"{count(int(seen.bad), 'element')} not finite")
    if seen.zeros > MANY and not seen.is_constant:
        notes.append(f"{percent(seen.zeros)} zeros")
    return _box(seen.tensor.tap, text, ", ".join(filter(None, notes)), wrong=wrong)


def _box(name: str, text: str, note: str = "", *, wrong: bool = False) -> Box:
    return {"name": name, "text": text, "note": note, "wrong": wrong}


def _strip(title: str, boxes: Sequence[Box]) -> Strip | None:
    """A strip; of many boxes those around the flagged ones, and how many are left out."""
    if not boxes:
        return None
    shown = list(boxes)
    while len(shown) > MOST_BOXES:
        middle = [n for n in range(1, len(shown) - 1) if not shown[n]["wrong"]]
        shown.pop(middle[len(middle) // 2] if middle else len(shown) // 2)
    left_out = len(boxes) - len(shown)
    if left_out:
        place = next(n for n, box in enumerate(shown) if box is not boxes[n])
        shown.insert(place, _box("…", f"{left_out} more"))
    return {"kind": "strip", "title": title, "boxes": shown}
