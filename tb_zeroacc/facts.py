"""The facts of one training: what the recorder states and the rules decide on.

Plain frozen dataclasses, free of any file format (that is `records`) and of any framework. A field
that the writer could not know is None, or an empty tuple: absence is a fact of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Scalar: TypeAlias = "str | int | float | bool | None"

# --- the kinds of per-sample tables -------------------------------------------------------------
# One table a kind and sample: float32, rows x columns. Row names are the training's own (features,
# layers, variables), column names are fixed here. Unknown values are NaN; a `non_finite_count` is
# exact up to 2**24, and NaN only where nothing was looked at.

COLUMNS: dict[str, tuple[str, ...]] = {
    # A row a feature or channel (the last axis), `x[3]` or `age[0]`; of all inputs at most 256,
    # evenly spaced, and a row `x[rest]` for the others of each.
    "inputs": ("mean", "std", "min", "max", "zero_share", "non_finite_count", "count"),
    # A row an input, `x`. Two sums over the batch, weighted by position: equal for equal batches.
    "batch": ("fingerprint_1", "fingerprint_2", "examples"),
    # A row a label tensor, `y`. `row_sum_*` over the last axis (a one-hot row sums to 1);
    # `units` is the size of that axis (1 for sparse labels).
    "labels": (
        "mean", "std", "min", "max", "zero_share", "integer_share", "row_sum_min", "row_sum_max",
        "non_finite_count", "count", "examples", "units",
    ),
    # A row an output; the weights as the loss saw them, class weights included.
    "sample_weights": ("mean", "min", "max", "zero_share", "count"),
    # A row an output. `spread`: standard deviation over the batch, averaged over units;
    # `entropy`: mean over examples in nats, NaN where the output is no distribution;
    # `edge_share`: share of values within one rounding step of the activation's bound.
    "outputs": (
        "mean", "spread", "min", "max", "entropy", "edge_share", "non_finite_count", "examples",
        "units",
    ),
    # A row a layer call, in order of execution: `dense`, `dense#1` for its second call.
    # `dead_unit_share`: units that no example of the batch activates (NaN unless ReLU-like);
    # `saturated_share`: (unit, example) pairs whose derivative is under 1 % of its maximum
    # (NaN unless sigmoid- or tanh-like).
    "activations": (
        "mean", "rms", "abs_max", "zero_share", "dead_unit_share", "saturated_share",
        "non_finite_count", "units",
    ),
    # A row a trainable variable, by its path. `present` is 0 where the gradient is None.
    "gradients": ("present", "rms", "abs_max", "zero_share", "non_finite_count"),
    # Where several replicas train together the above is the first replica's own, of its own loss;
    # this is the mean over all replicas that the optimizer applies.
    "reduced_gradients": ("present", "rms", "abs_max", "zero_share", "non_finite_count"),
    # One row, `reduction`. From this replica's gradients being there to those of all replicas being
    # summed; who comes last waits least. The first of several optimizers.
    "reduction": ("seconds",),
    # A row a trainable variable, before the update. `unit_spread`: standard deviation over the
    # units (last axis) of a kernel, rms over the others; NaN for vectors and single units.
    # `update_rms` and `update_ratio`, rms(change) / rms(weight), are taken from at most about
    # 8 000 elements, spread over all rows and units; the ratio is infinite where weights of 0 move.
    "weights": ("rms", "abs_max", "unit_spread", "update_ratio", "update_rms", "non_finite_count"),
    # Row `loss`: `loss` is this batch's, all included; `penalty` the sum of `model.losses`. With
    # several outputs a row for each one's own loss, before its weight; the rest of it is NaN.
    "loss": ("loss", "data_loss", "penalty", "loss_scale", "learning_rate", "gradient_norm"),
    # Where several optimizers train: a row each, by its name in the contract. `learning_rate` of
    # the row `loss` is NaN then.
    "learning_rates": ("learning_rate",),
    # One row, `progress`. `steps_per_epoch` is NaN where unknown, `skipped_steps` (updates that a
    # loss scale left out so far) without a loss scale. `replayed_from`: the step whose variables
    # stood in for this one's, at which nobody had looked; NaN for its own. `reproduced`: whether
    # that showed what broke, 1 or 0; NaN where nothing was asked.
    "progress": (
        "epoch", "batch", "steps_per_epoch", "seconds_per_step", "data_wait_seconds",
        "skipped_steps", "replayed_from", "reproduced",
    ),
    # Once an epoch, a row a tensor at a tap, as in the fact `Pipeline`; over all that passed since
    # the tap was made. `elements` and `non_finite_elements` are exact; the others are of the
    # `values` looked at in `sampled` elements, from `mean` to `zero_share` of the finite ones.
    # `least_share`, `largest_share`: values at the least and the largest of their own element.
    "pipeline": (
        "elements", "non_finite_elements", "sampled", "values", "mean", "std", "min", "max",
        "zero_share", "integer_share", "non_finite_share", "least_share", "largest_share",
    ),
}
PIPELINE_TABLE = "pipeline"
# Tables whose columns are the training's own.
CLASS_TABLES = ("label_counts", "prediction_counts")  # rows outputs; columns `0`, `1`, .. `other`
# Rows input columns, columns label columns: Pearson's r over all sampled examples so far.
ASSOCIATION_TABLE = "association"
# One row `examples`, one column `examples`: how many examples stand behind that r.
ASSOCIATION_COUNT_TABLE = "association_examples"
# The same statistics of the first validation batches, once an epoch, as `validation_inputs`, ...
VALIDATION_TABLES = tuple(
    f"validation_{kind}"
    for kind in ("inputs", "labels", "outputs", "label_counts", "prediction_counts")
)
TABLE_KINDS = (
    *COLUMNS, *CLASS_TABLES, ASSOCIATION_TABLE, ASSOCIATION_COUNT_TABLE, *VALIDATION_TABLES,
)


# --- the contract -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the model, in the order of calls (of listing, where calls are not known).

    Attributes:
        name: The layer's own name, as in `model.summary()`.
        class_name: Its class, `Dense`.
        activation: Name of its activation function, `linear` where it has one that does nothing,
            None where the layer has none.
        units: Units, filters or output dimension of its configuration.
        kernel_initializer: Class name, with its constant where there is one: `Constant(0.0)`.
        bias_initializer: As above.
        regularizers: `kernel_regularizer: L2(0.01)` and the like.
        constraints: `kernel_constraint: MaxNorm(2)` and the like.
        trainable: Whether the layer's variables are trained.
        parameters: Number of its weights, frozen ones included.
        is_output: True for a layer that makes an output of the model.
        variables: Paths of its trainable variables, as the rows of `gradients` and `weights`.
        settings: Other plain settings of its configuration (rate, scale, offset, momentum, ...).
    """

    name: str
    class_name: str
    activation: str | None = None
    units: int | None = None
    kernel_initializer: str | None = None
    bias_initializer: str | None = None
    regularizers: tuple[str, ...] = ()
    trainable: bool = True
    parameters: int | None = None
    is_output: bool = False
    variables: tuple[str, ...] = ()
    settings: dict[str, Scalar] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation between the layers of a functional model: `x / 255`, `keras.ops.relu(x)`.

    Attributes:
        class_name: Its class in Keras, `Relu`; `Reciprocal` for a constant divided by a tensor.
        tensors: How many tensors it takes; its other operands are constants.
        on_inputs: Whether no layer stands between it and the inputs of the model.
        factor: What it multiplies its tensor by, of a product or quotient with a number; else None.
    """

    class_name: str
    tensors: int
    on_inputs: bool = False
    factor: float | None = None

    @property
    def name(self) -> str:
        """What it is called in a sentence, as layers are by their names."""
        return self.class_name


@dataclass(frozen=True, slots=True)
class Output:
    """One output with the loss that it is trained on.

    Attributes:
        name: The output's name; the row's name in `outputs`, `labels`, `label_counts`.
        layer: Name of the layer that makes it, None where unknown.
        activation: Activation that the values carry when they reach the loss.
        units: Size of the last axis.
        loss: Canonical snake_case name: `binary_crossentropy`, `sparse_categorical_crossentropy`,
            `mean_squared_error`, ...; a function's own name for a custom one; None for no loss.
        loss_class: Class name as Keras resolved it.
        from_logits: As configured; None where the loss knows no such argument.
        reduction: `sum_over_batch_size`, `sum`, ...; `sum` as well where the graph of a traced step
            shows that a loss of the user's own adds up the examples and divides by nothing.
        label_smoothing: 0 to 1.
        weight: The loss weight.
        metrics: Class names of this output's metrics as Keras resolved them
            (`accuracy` on one linear unit is `BinaryAccuracy`).
        metric_names: Names under which `logs` shows them, aligned with `metrics`.
        metric_thresholds: Where each of them cuts outputs, aligned with `metrics`; None for one
            that does not, or has several. Empty where none of them is known to.
        ignore_class: The label that the loss leaves out, as configured.
        activated_twice: Whether softmax or sigmoid is applied twice up to the loss, as the graph of
            a traced step shows; False where the loss takes what the activation was applied to. None
            without a graph, and for a loss that applies neither.
        compared_crosswise: Whether the loss compares each example's output with the labels of all
            examples, (n,) against (n, 1); None without a graph.
    """

    name: str
    layer: str | None = None
    activation: str | None = None
    units: int | None = None
    loss: str | None = None
    loss_class: str | None = None
    from_logits: bool | None = None
    reduction: str | None = None
    label_smoothing: float = 0.0
    weight: float | None = None
    metrics: tuple[str, ...] = ()
    metric_names: tuple[str, ...] = ()
    metric_thresholds: tuple[float | None, ...] = ()
    ignore_class: int | None = None
    activated_twice: bool | None = None
    compared_crosswise: bool | None = None


def aligned(thresholds: Sequence[float | None]) -> tuple[float | None, ...]:
    """Thresholds as an output holds them: none at all where no metric has one."""
    return tuple(thresholds) if any(known is not None for known in thresholds) else ()


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimizer as configured.

    Attributes:
        class_name: Its class, `Adam`.
        learning_rate: At the time of writing; None for a function of the user's own.
        schedule: Class name of a learning-rate schedule.
        settings: Every other plain entry of its configuration.
        name: Where the model keeps it, `d_optimizer` or `optimizers['critic']`.
        variables: Paths of the variables that it was seen to be applied to, as the rows of
            `weights`; empty before a step was seen.
    """

    class_name: str
    learning_rate: float | None = None
    schedule: str | None = None
    clipnorm: float | None = None
    clipvalue: float | None = None
    global_clipnorm: float | None = None
    gradient_accumulation_steps: int | None = None
    settings: dict[str, Scalar] = field(default_factory=dict)
    name: str | None = None
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fit:
    """How training was asked for.

    `first_epoch` and `first_step` say where it begins, counted over all fits of the recording; None
    in records of before, and of what is no `fit`.
    """

    epochs: int | None = None
    initial_epoch: int = 0
    steps_per_epoch: int | None = None  # None: not known before the data ran out
    batch_size: int | None = None
    class_weight: bool | None = None
    validation: bool | None = None
    from_arrays: bool | None = None  # else from a dataset or a generator
    callbacks: tuple[dict[str, Scalar], ...] = ()  # {"class_name": "EarlyStopping", "patience": 3}
    first_epoch: int | None = None
    first_step: int | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """What was agreed before the first step: model, losses, metrics, optimizer, fit.

    `source` is `recorder` (everything Keras resolved) or `keras_record` (the JSON which
    `keras.callbacks.TensorBoard` writes: metrics and losses as the user wrote them).
    `optimizer` is the one that trains, None where none was seen to; where several do it is the
    first of `optimizers`, which is empty otherwise. `operations` are those between the layers, in
    the order of calls; None where they are not known: of a model with a `call` of its own.
    `worker` and `workers` as of `Start`; `replicas` counts those of a distribution strategy that
    train together, in all processes; 1 without one.
    """

    source: Literal["recorder", "keras_record"] = "recorder"
    model: str | None = None  # class of the model
    layers: tuple[Layer, ...] = ()
    outputs: tuple[Output, ...] = ()
    optimizer: Optimizer | None = None
    optimizers: tuple[Optimizer, ...] = ()
    fit: Fit = Fit()
    dtype_policy: str | None = None
    jit_compile: bool | None = None
    run_eagerly: bool | None = None
    steps_per_execution: int | None = None
    strategy: str | None = None
    worker: int | None = None
    versions: dict[str, str] = field(default_factory=dict)
    operations: tuple[Operation, ...] | None = None
    workers: int | None = None
    replicas: int | None = None

    @property
    def is_own_loop(self) -> bool:
        """Whether a loop of the user's own trains: `fit` always knows its number of epochs."""
        return self.source == "recorder" and self.fit.epochs is None


@dataclass(frozen=True, slots=True)
class Tensor:
    """Shape and dtype of one tensor as the loss saw it; None for an unknown dimension."""

    name: str
    shape: tuple[int | None, ...] | None
    dtype: str


@dataclass(frozen=True, slots=True)
class Shapes:
    """Traced (or concrete, for the first batch of a fit that failed) shapes."""

    inputs: tuple[Tensor, ...] = ()
    labels: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    sample_weights: tuple[Tensor, ...] = ()
    loss_reached: bool = True  # False: the loss itself raised on these shapes


@dataclass(frozen=True, slots=True)
class Tapped:
    """One tensor of the elements that pass a tap of an input pipeline.

    Attributes:
        row: Its row in the table `pipeline`: `scaled`, `scaled:x`, `scaled:x[age]`.
        tap: The tap's name; `scaled#1` for the second one of a name.
        part: What it is of an element: `x`, `y` or `w` of a tuple of inputs, labels and weights,
            with indices and keys behind it; empty for elements of one tensor.
        before: Row of the same tensor at the tap before; None where there is none.
        shape, dtype: Of one element at that tap.
    """

    row: str
    tap: str
    part: str = ""
    before: str | None = None
    shape: tuple[int | None, ...] | None = None
    dtype: str = ""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The taps that saw elements, in the order in which they were made, tensor by tensor."""

    tensors: tuple[Tapped, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """Opens a session: everything after it belongs to one training.

    Attributes:
        session: Random, new for every recording.
        wall_time: Seconds since the epoch, by the clock of the machine that writes.
        writer: `tb_zeroacc 0.1.0`.
        worker: Number of this process among those that train together, from 0; None where it is
            the only one.
        workers: How many of them there are; None where it is the only one, or that is unknown.
        task: What it is to them: `chief`, `worker`, `evaluator`, `ps`; None where that is unknown.
        alive_after: Seconds without a record behind which an `Alive` is written; None where none
            ever is.
    """

    session: str
    wall_time: float
    writer: str = ""
    worker: int | None = None
    workers: int | None = None
    task: str | None = None
    alive_after: float | None = None


@dataclass(frozen=True, slots=True)
class Alive:
    """The process is alive, though it has recorded nothing for a while: a step hangs, say.

    Written by a thread of the recorder's, `Start.alive_after` seconds behind the last record, and
    then whenever that is twice as old as at the one before.

    Attributes:
        wall_time: Of the last record, by the clock of the machine that writes.
        seconds: How old that was.
    """

    wall_time: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch came to.

    Attributes:
        epoch: Counted from 0, over all fits of the session.
        step: Training steps counted when it ended.
        batches: Batches this epoch trained on; None where nobody counted them, which is not 0.
        seconds: Wall time, validation included.
        learning_rate: At its end; None where unknown.
        logs: Keras' `logs` as it was: loss, metrics, `val_*`; empty where nothing ran.
        cut_short: True where `stop_training`, TerminateOnNaN or an exception ended it early.
    """

    epoch: int
    step: int
    batches: int | None
    seconds: float | None = None
    learning_rate: float | None = None
    logs: dict[str, float] = field(default_factory=dict)
    cut_short: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """How training ended. `how` is `finished`, `stopped`, `interrupted` or `exception`."""

    how: str
    step: int | None  # steps taken; None where nobody counted them
    by: str | None = None  # the callback that stopped it
    exception: str | None = None  # its type
    text: str | None = None  # its message, at most 2 000 characters


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """Something that should be on record and is not, and why.

    Attributes:
        part: What it is, as a sentence would begin: `The gradients of `d_optimizer``.
        why: Why it is missing, in full sentences.
        remedy: What would help, in full sentences; empty where nothing would.
        tables: The kinds of tables that lack because of it.
        rows: The rows that these tables lack; empty where they lack all.
    """

    part: str
    why: str
    remedy: str = ""
    tables: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


Fact: TypeAlias = "Start | Alive | Contract | Shapes | Pipeline | Unrecorded | Epoch | End"
