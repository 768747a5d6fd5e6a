"""What trained a run that no recorder of ours saw, as far as its log tells."""

from __future__ import annotations

import re

from tb_zeroacc.diagnosis.computed.model.loss_kinds import REGRESSION
from tb_zeroacc.run import Role, Run

# Beside their logs PyTorch Lightning and Hugging Face's Trainer leave these files.
FILES_OF_TORCH = frozenset({"hparams.yaml", "trainer_state.json"})
# Tags as PyTorch's tutorials, Lightning, Hugging Face and stable-baselines3 name them: Keras' begin
# with `epoch_` and `batch_`, and its split is the directory.
TAGS_OF_TORCH = re.compile(
    r"(train|val|valid|validation|test|eval|rollout)/|.+/(train|val|valid|validation|test|eval)"
    r"|(train|val|valid|test)_(loss|acc|accuracy)(_step|_epoch)?|[Pp]rec@\d",
)
ERRORS = ("mae", "mse", "rmse", "mean_absolute_error", "mean_squared_error", "r2")


def is_torch(run: Run) -> bool:
    """Whether PyTorch trained it."""
    if run.recorded or run.contract is not None:
        return False
    if run.hyperparameters.source in FILES_OF_TORCH:
        return True
    return any(TAGS_OF_TORCH.match(curve.tag) for curve in run.curves)


def is_regression(run: Run) -> bool:
    """Whether it is trained on numbers alone: accuracy would mean nothing."""
    if run.contract is not None:
        losses = [output.loss for output in run.contract.outputs if output.loss]
        return bool(losses) and all(loss in REGRESSION for loss in losses)
    named = any(curve.name.lower() in ERRORS for curve in run.curves)
    return named and not run.curves_of(Role.ACCURACY)
