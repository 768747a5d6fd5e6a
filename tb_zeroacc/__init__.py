"""Zero Accuracy for TensorBoard: why a model does not learn, in words, with curves and the fix.

Importing this package pulls in neither TensorFlow nor NumPy; what needs them loads on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tb_zeroacc.keras.callback import ZeroAccuracyCallback
    from tb_zeroacc.keras.monitor import Monitor
    from tb_zeroacc.keras.preflight import check
    from tb_zeroacc.keras.taps.taps import tap
    from tb_zeroacc.report.notebook import diagnose

__version__ = "0.1.0"
__all__ = ["Monitor", "ZeroAccuracyCallback", "__version__", "check", "diagnose", "tap"]

_HOME = {
    "Monitor": "tb_zeroacc.keras.monitor",
    "ZeroAccuracyCallback": "tb_zeroacc.keras.callback",
    "check": "tb_zeroacc.keras.preflight",
    "diagnose": "tb_zeroacc.report.notebook",
    "tap": "tb_zeroacc.keras.taps.taps",
}
_RECORDS = ("Monitor", "ZeroAccuracyCallback", "check", "tap")  # the others read alone


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(_HOME[name]), name)
    except ModuleNotFoundError as fault:
        missing = (fault.name or "").partition(".")[0]
        if name not in _RECORDS or missing in ("", __name__):
            raise
    from tb_zeroacc.errors import MissingPackageError

    backend = "" if missing in ("keras", "tensorflow") else "set KERAS_BACKEND=tensorflow and "
    # Raised out here, it has no chain of errors from within us.
    raise MissingPackageError(
        f"tb_zeroacc.{name} records Keras on TensorFlow, and {missing!r} is not installed: "
        f"{backend}pip install 'tb-zeroacc[tensorflow]'."
    )
