"""What a rule may need, and the line of code that would log it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tb_zeroacc.diagnosis.answers import Missing
from tb_zeroacc.diagnosis.computed.model.histograms import kernel_histograms
from tb_zeroacc.diagnosis.computed.model.non_finite import unjudged_losses
from tb_zeroacc.facts import Unrecorded
from tb_zeroacc.run import Curve, Role, Run, Split, Table

# As calls begin that write a curve: of PyTorch's `SummaryWriter`, Lightning, TensorFlow 2.
WRITING = WRITER, MODULE, SUMMARY = "writer.add_", "self.log", "tf.summary."
CALLBACK = "model.fit(..., callbacks=[tb_zeroacc.ZeroAccuracyCallback(log_dir)])"

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: hashed for every rule and run
class Need(Generic[T]):
    """One kind of data: how to find it in a run, and how to log it.

    Attributes:
        missing: What it is, and the line that would log it.
        find: The data; None where a run has none.
        table: The kind of the table that holds it; empty where it is none.
    """

    missing: Missing
    find: Callable[[Run], T | None]
    table: str = ""

    def said_by(self, run: Run) -> Unrecorded | None:
        """What the recorder gives as the reason that this is not recorded; None without one."""
        return next((fact for fact in run.unrecorded if self.table in fact.tables), None)


def _table(kind: str, what: str) -> Need[Table]:
    return Need(Missing(what, CALLBACK), lambda run: run.table(kind), kind)


def _curve(
    role: Role, split: Split, what: str, how: str, in_a_loop: str, scalar: str
) -> Need[Curve]:
    missing = Missing(
        what, how, in_a_loop,
        in_torch=f"{WRITER}scalar({scalar}, step)",
        in_lightning=f"{MODULE}({scalar})",
        in_tensorflow=f"{SUMMARY}scalar({scalar}, step=step)",
    )  # fmt: skip
    return Need(missing, lambda run: run.headline(role, split))


INPUTS = _table("inputs", "statistics of the inputs")
BATCH = _table("batch", "fingerprints of the batches")
VALIDATION_INPUTS = Need(
    Missing(
        "statistics of the validation inputs",
        "model.fit(..., validation_data=(x_val, y_val), callbacks=[callback])",
        "print(x.mean(), x.std(), x_val.mean(), x_val.std())  # validation is not seen in a loop",
    ),
    lambda run: run.table("validation_inputs"),
    "validation_inputs",
)
LABELS = _table("labels", "statistics of the labels")
LABEL_COUNTS = _table("label_counts", "class counts of the labels")
PREDICTION_COUNTS = _table("prediction_counts", "class counts of the predictions")
OUTPUTS = _table("outputs", "statistics of the outputs")
ACTIVATIONS = _table("activations", "statistics of the activations")
GRADIENTS = _table("gradients", "statistics of the gradients")
WEIGHTS = _table("weights", "statistics of the weights and their updates")
STEP_LOSS = _table("loss", "the loss of single batches")
PROGRESS = _table("progress", "the duration of the steps")
PIPELINE = Need(
    Missing(
        "statistics at the taps of the input pipeline",
        'dataset = dataset.apply(tb_zeroacc.tap("after_normalise"))  # one behind each stage',
    ),
    lambda run: run.table("pipeline"),
)

HISTOGRAMS = Need(
    Missing(
        "histograms of the kernels",
        "model.fit(..., callbacks=[keras.callbacks.TensorBoard(log_dir, histogram_freq=1)])",
        in_torch=f"{WRITER}histogram(name, parameter, step)  # for each of named_parameters()",
        in_lightning=f"{MODULE}ger.experiment.add_histogram(name, parameter, self.global_step)",
        in_tensorflow=f"{SUMMARY}histogram(variable.name, variable, step=step)  # for each of them",
    ),
    lambda run: kernel_histograms(run) or None,
)

CONTRACT = Need(
    Missing("the model's contract (layers, losses, metrics, optimizer)", CALLBACK),
    lambda run: run.contract,
)
SHAPES = Need(
    Missing("shapes and dtypes of inputs, labels and outputs", CALLBACK),
    lambda run: run.shapes,
)
EPOCHS = Need(
    Missing(
        "the results of the epochs", CALLBACK, 'monitor.end_epoch({"loss": mean_loss})'
    ),
    lambda run: run.epochs or None,
)
LOSS = _curve(
    Role.LOSS, Split.TRAIN, "a training loss", CALLBACK,
    'monitor.end_epoch({"loss": mean_loss})',
    "'loss/train', loss",
)
SOME_LOSS = Need(  # of several networks or of a policy: none of them stands for the training
    LOSS.missing,
    lambda run: next(iter([*run.curves_of(Role.LOSS, Split.TRAIN), *unjudged_losses(run)]), None),
)
VALIDATION_LOSS = _curve(
    Role.LOSS, Split.VALIDATION, "a validation loss", "model.fit(..., validation_data=held_out)",
    'monitor.end_epoch({"loss": mean_loss, "val_loss": validation_loss})',
    "'loss/validation', validation_loss",
)
ACCURACY = _curve(
    Role.ACCURACY, Split.TRAIN, "a training accuracy",
    "model.compile(..., metrics=['accuracy'])",
    'monitor.end_epoch({"loss": mean_loss, "accuracy": accuracy})',
    "'accuracy/train', accuracy",
)
VALIDATION_ACCURACY = _curve(
    Role.ACCURACY, Split.VALIDATION, "a validation accuracy",
    "model.fit(..., validation_data=held_out)",
    'monitor.end_epoch({"loss": mean_loss, "val_accuracy": validation_accuracy})',
    "'accuracy/validation', validation_accuracy",
)
LEARNING_RATE = _curve(
    Role.LEARNING_RATE, Split.TRAIN, "the learning rate", CALLBACK,
    "tb_zeroacc.Monitor(log_dir, model=model, optimizer=optimizer)",
    "'learning_rate', rate",
)
REWARD = Need(
    Missing(
        "a reward", f"{SUMMARY}scalar('reward', reward, step=step)",
        in_torch=f"{WRITER}scalar('rollout/ep_rew_mean', reward, step)",
        in_lightning=f"{MODULE}('reward', reward)",
        in_tensorflow=f"{SUMMARY}scalar('reward', reward, step=step)",
    ),
    lambda run: next(iter(run.curves_of(Role.REWARD)), None),
)  # fmt: skip
END = Need(Missing("how training ended", CALLBACK), lambda run: run.end)
A_LOG = Need(Missing("a log", CALLBACK), lambda run: run)  # whatever is in it
