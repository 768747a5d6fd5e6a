"""What a training was set to, as names and texts that can be laid beside those of another one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import blake2b

import numpy as np

from tb_zeroacc import wire
from tb_zeroacc.facts import Contract, Fit, Layer, Optimizer, Output, Scalar, Tensor
from tb_zeroacc.run import Hyperparameters, Run
from tb_zeroacc.wording import count, number

Setting = tuple[str, str]  # its name and how it reads


def settings(run: Run) -> list[wire.Setting]:
    """What is on record of model, loss, optimizer, data and program, in this order.

    Layers are named by their class and counted within it, so that one layer more leaves the names
    of the others as they were.
    """
    found: dict[str, str] = {}
    for name, text in _all(run):
        if text:
            found.setdefault(name, text)
    return [{"name": name, "text": text} for name, text in found.items()]


def fingerprint(run: Run) -> str:
    """The same text for trainings of the same model, so that they can be told from others.

    Settings, outputs and loss are left out: they are what a fix changes. Parameters tell inputs of
    another size. Empty where no model is on record, or none but its outputs.
    """
    layers = run.contract.layers if run.contract else ()
    hidden = [(layer.class_name, layer.units, layer.parameters) for layer in layers
              if not layer.is_output and layer.class_name != "InputLayer"]  # fmt: skip
    return blake2b(repr(hidden).encode(), digest_size=4).hexdigest() if hidden else ""


def _all(run: Run) -> Iterator[Setting]:
    contract = run.contract
    if contract is not None:
        yield from _of_outputs(contract.outputs)
        for optimizer in contract.optimizers or (contract.optimizer,):
            yield from _of_optimizer(optimizer, alone=not contract.optimizers)
        yield from _of_fit(contract.fit)
    yield from _of_hyperparameters(run.hyperparameters)
    yield from _of_data(run)
    if contract is not None:
        yield from _of_model(contract)
        yield from _of_program(contract)


def _of_outputs(outputs: tuple[Output, ...]) -> Iterator[Setting]:
    for output in outputs:
        of = "" if len(outputs) == 1 else f" of {output.name}"
        logits = "" if output.from_logits is None else f"from_logits={output.from_logits}"
        weight = "" if output.weight in (None, 1) else f"weight {number(output.weight)}"
        smoothing = output.label_smoothing
        smoothed = f"label_smoothing={number(smoothing)}" if smoothing else ""
        loss = output.loss or output.loss_class or ""
        yield f"loss{of}", _listed(loss, logits, output.reduction, smoothed, weight)
        units = "" if output.units is None else count(output.units, "unit")
        yield f"output{of}", _listed(output.activation, units)
        yield f"metrics{of}", _listed(*output.metrics)


def _of_optimizer(optimizer: Optimizer | None, *, alone: bool) -> Iterator[Setting]:
    if optimizer is None:
        return
    of = "" if alone or not optimizer.name else f" of {optimizer.name}"
    yield f"optimizer{of}", optimizer.class_name
    rate = optimizer.learning_rate
    yield f"learning rate{of}", "" if rate is None else number(rate)
    yield f"schedule{of}", optimizer.schedule or ""
    clips = {
        "clipnorm": optimizer.clipnorm,
        "clipvalue": optimizer.clipvalue,
        "global_clipnorm": optimizer.global_clipnorm,
        "gradient_accumulation_steps": optimizer.gradient_accumulation_steps,
    }
    yield f"clipping{of}", _keywords(clips)
    rest = {key: value for key, value in optimizer.settings.items() if key != "name"}
    yield f"settings of the optimizer{of}", _keywords(rest)


def _of_fit(fit: Fit) -> Iterator[Setting]:
    yield "epochs", _plain(fit.epochs)
    yield "steps an epoch", _plain(fit.steps_per_epoch)
    yield "batch size", _plain(fit.batch_size)
    yield "class weights", _plain(fit.class_weight)
    yield "validation", _plain(fit.validation)
    for callback in fit.callbacks:
        rest = {key: value for key, value in callback.items() if key != "class_name"}
        yield f"callback {callback.get('class_name')}", _keywords(rest) or "yes"


def _of_hyperparameters(given: Hyperparameters) -> Iterator[Setting]:
    """What files beside the curves say: it counts where no contract is on record."""
    yield "optimizer", given.optimizer or ""
    yield "learning rate", "" if given.learning_rate is None else number(given.learning_rate)
    yield "epochs", _plain(given.epochs)
    yield "batch size", _plain(given.batch_size)
    yield "classes", _plain(given.classes)


def _of_data(run: Run) -> Iterator[Setting]:
    if run.shapes is not None:
        yield "inputs", "; ".join(map(_tensor, run.shapes.inputs))
        yield "labels", "; ".join(map(_tensor, run.shapes.labels))
    for kind in ("inputs", "labels"):
        table = run.table(kind, "min", "max")
        if table is not None:
            low, high = table.column("min")[0], table.column("max")[0]
            if np.isfinite(low).any() and np.isfinite(high).any():
                ends = f"{number(float(np.nanmin(low)))} to {number(float(np.nanmax(high)))}"
                yield f"values of the {kind}, first batch", ends


def _of_model(contract: Contract) -> Iterator[Setting]:
    yield "model", contract.model or ""
    sizes = [layer.parameters for layer in contract.layers]
    known = [size for size in sizes if size is not None]
    yield "parameters", number(sum(known)) if known and len(known) == len(sizes) else ""
    seen: Counter[str] = Counter()
    for layer in contract.layers:
        seen[layer.class_name] += 1
        yield f"layer {layer.class_name} {seen[layer.class_name]}", _layer(layer) or "as by default"


def _of_program(contract: Contract) -> Iterator[Setting]:
    yield "dtype policy", contract.dtype_policy or ""
    yield "jit_compile", _plain(contract.jit_compile)
    yield "run_eagerly", _plain(contract.run_eagerly)
    yield "steps_per_execution", _plain(contract.steps_per_execution)
    yield "strategy", contract.strategy or ""
    yield "worker", _plain(contract.worker)
    for name, version in contract.versions.items():
        yield name if name == "backend" else f"version of {name}", version


def _layer(layer: Layer) -> str:
    by_default = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", layer.class_name).lower()
    named = not re.fullmatch(rf"{re.escape(by_default)}(_\d+)?", layer.name)
    return _listed(
        f"`{layer.name}`" if named else "",
        "" if layer.units is None else count(layer.units, "unit"),
        layer.activation,
        layer.kernel_initializer,
        "" if layer.bias_initializer in (None, "Zeros") else f"bias {layer.bias_initializer}",
        *layer.regularizers,
        *layer.constraints,
        _keywords(layer.settings),
        "" if layer.trainable else "frozen",
    )


def _tensor(tensor: Tensor) -> str:
    if tensor.shape is None:
        return tensor.dtype
    sizes = ", ".join("?" if size is None else str(size) for size in tensor.shape)
    return f"{tensor.dtype} ({sizes})"


def _keywords(given: Mapping[str, Scalar]) -> str:
    return _listed(*(f"{key}={_plain(value)}" for key, value in given.items() if value is not None))


def _listed(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _plain(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else number(value)
