"""Code of a fix that gives layers a standard initialisation."""

from __future__ import annotations

from tb_zeroacc.diagnosis.answering.fixes.keras_code import layer_call
from tb_zeroacc.diagnosis.answers import Fix
from tb_zeroacc.facts import Layer
from tb_zeroacc.run import Run

RECURRENT = ("SimpleRNN", "LSTM", "GRU")
GLOROT = "GlorotUniform"
RECTIFIERS = ("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "mish")


def initialising(text: str, run: Run) -> Fix | None:
    """He's initialisation before rectifiers, Glorot's elsewhere; None where that changes nothing.

    The layers whose initialisers have numbers of the user's own (`RandomNormal(stddev=1.0)`, a
    constant bias) are changed; where there is none, recurrent ones, the initialiser of whose
    recurrent kernel is not on record, or else those before rectifiers.
    """
    known = run.contract.layers if run.contract else ()
    layers = [x for x in known if x.kernel_initializer and not x.class_name.endswith("Cell")]
    chosen = [x for x in layers if _is_own(x.kernel_initializer) or _is_own(x.bias_initializer)]
    if chosen:
        diffs = [_diff(layer) for layer in chosen]
    else:
        diffs = [_recurrent_diff(x) for x in layers if x.class_name in RECURRENT] or [
            _diff(x) for x in layers if _suiting(x) not in (x.kernel_initializer, GLOROT)
        ]
    return Fix(text, "\n".join(dict.fromkeys(diffs))) if diffs else None


def _is_own(initializer: str | None) -> bool:
    return initializer is not None and "(" in initializer


def _suiting(layer: Layer) -> str:
    return "HeNormal" if layer.activation in RECTIFIERS else GLOROT


def _diff(layer: Layer) -> str:
    bias = layer.bias_initializer if _is_own(layer.bias_initializer) else None
    before = layer_call(
        layer, activation=layer.activation, kernel=layer.kernel_initializer, bias=bias
    )
    after = layer_call(layer, activation=layer.activation, kernel=_suiting(layer))
    return f"- {before}\n+ {after}"


def _recurrent_diff(layer: Layer) -> str:
    call = layer_call(layer, activation=layer.activation)
    return f'- {call}\n+ {call[:-1]}, recurrent_initializer="orthogonal")'
