"""Code of fixes with the user's own layers, losses and optimizers, ready to copy."""

from __future__ import annotations

import re

from tb_zeroacc.diagnosis.answering.fixes.torch_code import rate_in_torch
from tb_zeroacc.diagnosis.answers import Fix
from tb_zeroacc.diagnosis.computed.model.layers import layer_named
from tb_zeroacc.diagnosis.computed.model.outputs import trained_outputs
from tb_zeroacc.diagnosis.computed.optimizer.optimizer import optimizers_of
from tb_zeroacc.facts import Layer, Optimizer, Output
from tb_zeroacc.run import Run

# Layers that are nothing but an activation.
ACTIVATION_LAYERS = ("Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax")
# What Keras makes of "accuracy".
WRITTEN = {
    "BinaryAccuracy": "accuracy",
    "CategoricalAccuracy": "accuracy",
    "SparseCategoricalAccuracy": "accuracy",
}
# Their number of units is all that they must be given; others want a kernel size and the like.
COMPLETE = ("Dense", "LSTM", "GRU", "SimpleRNN")


def layer_call(
    layer: Layer, *, activation: str | None = None, kernel: str | None = None,
    bias: str | None = None,
) -> str:
    """The call that makes a layer: `keras.layers.Dense(64, activation="relu")`.

    Args:
        layer: Class and units are taken from it.
        activation: Name of the activation; left out where it does nothing.
        kernel: Its initialiser as the contract writes it; left out where None.
        bias: Likewise.
    """
    arguments = [str(layer.units)] if layer.units else []
    if layer.class_name not in COMPLETE:
        arguments.append("...")
    if activation and activation != "linear":
        arguments.append(f'activation="{activation}"')
    if kernel:
        arguments.append(f"kernel_initializer={initializer_code(kernel)}")
    if bias:
        arguments.append(f"bias_initializer={initializer_code(bias)}")
    return f"keras.layers.{layer.class_name}({', '.join(arguments)})"


def initializer_code(name: str) -> str:
    """`"zeros"` for `Zeros`, `keras.initializers.Constant(-50.0)` where there are arguments."""
    if "(" in name:
        return f"keras.initializers.{name}"
    return f'"{re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()}"'


def output_diff(
    run: Run, output: Output, activation: str | None, units: int | None = None
) -> str:
    """The layer that makes an output, before and after: lines that end in a line break.

    Args:
        run: The run.
        output: Its activation may stand in a layer of its own, which is replaced or left out.
        activation: After the change.
        units: After the change; by default those that it has.
    """
    layer = layer_named(run, output.layer) if output.layer else None
    now, then = output.units or 1, units or output.units or 1
    if layer is not None and layer.class_name in ACTIVATION_LAYERS:
        dense = _diff(*(layer_call(Layer(output.name, "Dense", units=n)) for n in (now, then)))
        if activation == output.activation:
            return dense
        given = f'"{output.activation}"' if layer.class_name == "Activation" else ""
        is_linear = activation in (None, "linear")
        after = "" if is_linear else f'keras.layers.Activation("{activation}")'
        return dense + _diff(f"keras.layers.{layer.class_name}({given})", after)
    kind = layer.class_name if layer is not None and layer.units else "Dense"
    return _diff(
        layer_call(Layer(output.name, kind, units=now), activation=output.activation),
        layer_call(Layer(output.name, kind, units=then), activation=activation),
    )


def _diff(before: str, after: str) -> str:
    """Lines of a diff, each with its line break; empty where both are the same."""
    lines = [] if before == after else [("-", before), ("+", after)]
    return "".join(f"{sign} {line}\n" for sign, line in lines if line)


def argument_diff(run: Run, output: Output, name: str, before: str, after: str) -> str:
    """An argument of `compile`, before and after; of one output by its name, if there are several.

    Args:
        run: The run.
        output: The one that it is about.
        name: `loss` or `metrics`.
        before: Its value in code; empty where it is not known.
        after: Likewise.
    """
    several = len(trained_outputs(run)) > 1
    lines = [(sign, value) for sign, value in (("-", before), ("+", after)) if value]
    return "\n".join(
        f'{sign} {name}={{"{output.name}": {value}}},' if several else f"{sign} {name}={value},"
        for sign, value in lines
    )


def loss_call(loss: str, arguments: str = "") -> str:
    """The constructor of a loss by its canonical name: `keras.losses.BinaryCrossentropy()`."""
    return f"keras.losses.{''.join(part.title() for part in loss.split('_'))}({arguments})"


def sigmoid_fix(run: Run, output: Output) -> Fix:
    """A sigmoid on an output of a single unit."""
    text = "Use a sigmoid for a single unit: it lies between 0 and 1."
    return Fix(text, output_diff(run, output, "sigmoid").rstrip())


def error_diff(run: Run, output: Output, accuracy: str) -> str:
    """An error among the metrics, where there is an accuracy, as the contract names it."""
    known = accuracy[:1].isupper() and accuracy not in WRITTEN
    before = f"keras.metrics.{accuracy}()" if known else f'"{WRITTEN.get(accuracy, accuracy)}"'
    return argument_diff(run, output, "metrics", f"[{before}]", '["mae"]')


def loss_fix(
    run: Run, output: Output, text: str, loss: str, activation: str | None,
    units: int | None = None,
) -> Fix:
    """Another loss for an output, and the layer that fits it."""
    layers = output_diff(run, output, activation, units)
    return Fix(text, layers + argument_diff(run, output, "loss", f'"{output.loss}"', f'"{loss}"'))


def rate_diff(run: Run, optimizer: Optimizer | None, rate: float, extra: str = "") -> str:
    """The optimizer's line, before and after; `extra` is appended to its arguments."""
    name = optimizer.class_name if optimizer else "Adam"
    several = optimizer is not None and len(optimizers_of(run)) > 1
    place = f"{optimizer.name} = " if several and optimizer and optimizer.name else "optimizer="
    end = "" if place.endswith(" ") else ","
    kept = _kept_arguments(optimizer)
    other = kept if not extra else _kept_arguments(optimizer, clipping=False)
    after = f"+ {place}keras.optimizers.{name}(learning_rate={rate:g}{other}{extra}){end}"
    known = optimizer.learning_rate if optimizer else None
    if known is None:
        return after
    return f"- {place}keras.optimizers.{name}(learning_rate={known:g}{kept}){end}\n{after}"


def _kept_arguments(optimizer: Optimizer | None, *, clipping: bool = True) -> str:
    """The arguments beside the rate that are set and matter: `, momentum=0.9`."""
    if optimizer is None:
        return ""
    known = {name: optimizer.settings.get(name) for name in ("momentum", "nesterov")}
    if clipping:
        known |= {k: getattr(optimizer, k) for k in ("clipnorm", "clipvalue", "global_clipnorm")}
    said = {k: f"{v:g}" if isinstance(v, float) else f"{v}" for k, v in known.items() if v}
    return "".join(f", {name}={value}" for name, value in said.items())


def rate_fix(run: Run, optimizer: Optimizer | None, rate: float, direction: str) -> Fix:
    """Another learning rate, `lower` or `higher`, for an optimizer."""
    return Fix(
        f"Use a {direction} learning rate, {rate:g} to begin with.",
        rate_diff(run, optimizer, rate),
        in_torch=rate_in_torch(rate),
    )


def is_fed_by_dataset(run: Run) -> bool:
    """Whether `fit` was given a dataset or a generator."""
    return run.contract is not None and run.contract.fit.from_arrays is False


def data_argument(run: Run) -> str:
    """The data that `fit` is given: `x, y`, or `dataset`."""
    return "dataset" if is_fed_by_dataset(run) else "x, y"


def held_out_argument(run: Run) -> str:
    """An argument of `fit` for validation: a dataset cannot be split by it."""
    known = run.contract is not None and run.contract.fit.validation
    return "validation_data=held_out" if known or is_fed_by_dataset(run) else "validation_split=0.2"
