"""The optimizers, in words, and which variables each of them updates."""

from __future__ import annotations

from dataclasses import dataclass

from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.facts import Optimizer
from tb_zeroacc.run import Run, Table
from tb_zeroacc.wording import number

# Optimizers that divide the gradient by its own size: an update is about the rate itself.
ADAPTIVE = frozenset({"Adam", "AdamW", "Adamax", "Nadam", "Lion", "RMSprop", "Lamb", "Adafactor"})


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of a table that one optimizer updates.

    Attributes:
        optimizer: None where it is not known.
        rows: Indices of rows.
        whose: ` of `d_optimizer`` where several optimizers train, else empty.
    """

    optimizer: Optimizer | None
    rows: tuple[int, ...]
    whose: str = ""


def optimizers_of(run: Run) -> tuple[Optimizer, ...]:
    """The optimizers of the contract."""
    contract = run.contract
    if contract is None:
        return ()
    return contract.optimizers or ((contract.optimizer,) if contract.optimizer else ())


def optimizer_of(run: Run, row: str = "") -> Optimizer | None:
    """The optimizer of the contract; of several the one that updates a variable, if any."""
    known = optimizers_of(run)
    if len(known) == 1:
        return known[0]
    return next((o for o in known if variable_of(row) in o.variables), None)


def variable_of(row: str) -> str:
    """The path of a row's variable: the second update of a step is of `dense/kernel#1`."""
    return row.split("#")[0]


@per_run
def groups_of(run: Run, table: Table) -> list[Group]:
    """The rows of `weights` or `gradients` by optimizer; rows that none updates are in no group.

    Where nothing is known of who updates what, all are in one.
    """
    known = optimizers_of(run)
    several = len(known) > 1
    if not any(optimizer.variables for optimizer in known):
        return [Group(None if several else optimizer_of(run), tuple(range(len(table.rows))))]
    found = []
    for optimizer in known:
        own = set(optimizer.variables)
        rows = tuple(i for i, row in enumerate(table.rows) if variable_of(row) in own)
        if rows:
            found.append(Group(optimizer, rows, f" of {name_of(optimizer)}" if several else ""))
    return found


def name_of(optimizer: Optimizer) -> str:
    """An optimizer by where the model keeps it, quoted."""
    return f"`{optimizer.name or optimizer.class_name}`"


def is_adaptive(optimizer: Optimizer | None) -> bool:
    """Whether an update is about as large as the rate, whatever the gradient."""
    return optimizer is not None and optimizer.class_name in ADAPTIVE


def optimizer_words(run: Run, optimizer: Optimizer | None) -> str:
    """`Adam with learning_rate = 10`; `The optimizer` where nothing is known of it.

    Its name goes before where there are several.
    """
    if optimizer is None:
        return "The optimizer"
    several = len(optimizers_of(run)) > 1
    words = f"{name_of(optimizer)} is {optimizer.class_name}" if several else optimizer.class_name
    if optimizer.learning_rate is None:
        return words
    return f"{words} with learning_rate = {number(optimizer.learning_rate)}"
