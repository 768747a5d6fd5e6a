"""Which layer a row of a table belongs to, and its position in the model."""

from __future__ import annotations

from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run, Table


def layer_of(run: Run, row: str) -> str:
    """The contract's name of the layer that a row of any table belongs to.

    Without a contract a variable's path names it: `sequential/dense/kernel` is of `dense`.
    """
    for layer in run.contract.layers if run.contract else ():
        if row in layer.variables:
            return layer.name
    if "/" in row:
        return row.split("/")[-2]
    return row.split("#")[0]


def layer_named(run: Run, name: str) -> Layer | None:
    """The contract's entry of a layer."""
    layers = run.contract.layers if run.contract else ()
    return next((layer for layer in layers if layer.name == name), None)


def layer_position(run: Run, name: str) -> int:
    """A layer's position between input and output; unknown layers come last."""
    names = [layer.name for layer in run.contract.layers] if run.contract else []
    return names.index(name) if name in names else len(names)


def output_layers(run: Run) -> frozenset[str]:
    """Names of the layers that make an output."""
    if run.contract is None:
        return frozenset()
    made = {layer.name for layer in run.contract.layers if layer.is_output}
    made.update(output.layer for output in run.contract.outputs if output.layer)
    return frozenset(made)


def hidden_rows(run: Run, activations: Table) -> list[int]:
    """Rows of `activations` whose layer makes no output of the model.

    A good classifier's output saturates, so outputs are no hidden layers. Without a contract the
    last row counts as the output.
    """
    outputs = output_layers(run)
    if not outputs:
        return list(range(len(activations.rows) - 1))
    return [r for r, name in enumerate(activations.rows) if layer_of(run, name) not in outputs]
