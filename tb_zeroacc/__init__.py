"""Zero Accuracy for TensorBoard: why a model does not learn, in words, with curves and the mend.

Importing this package pulls in neither TensorFlow nor NumPy; what needs them loads on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tb_zeroacc.callback import ZeroAccuracyCallback
    from tb_zeroacc.monitor import Monitor
    from tb_zeroacc.recorder.taps import tap
    from tb_zeroacc.verdict import diagnose

__version__ = "0.1.0"
__all__ = ["Monitor", "ZeroAccuracyCallback", "__version__", "diagnose", "tap"]

_HOME = {
    "Monitor": "tb_zeroacc.monitor",
    "ZeroAccuracyCallback": "tb_zeroacc.callback",
    "diagnose": "tb_zeroacc.verdict",
    "tap": "tb_zeroacc.recorder.taps",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
