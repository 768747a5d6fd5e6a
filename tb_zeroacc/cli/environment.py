"""What stands in the way of opening the tab on this machine."""

from __future__ import annotations

from importlib import metadata

FIRST_WITHOUT_PKG_RESOURCES = (82,)  # of setuptools
FIRST_THAT_NEEDS_NONE = (2, 21)  # of TensorBoard


def tensorboard_obstacle() -> str | None:
    """Why `tensorboard` does not start here, and what to do; None where nothing is known.

    TensorBoard up to 2.20 imports `pkg_resources`, which setuptools has left out since 82.
    """
    tensorboard, setuptools = _version_of("tensorboard"), _version_of("setuptools")
    if not tensorboard or tensorboard >= FIRST_THAT_NEEDS_NONE:
        return None
    if setuptools and setuptools < FIRST_WITHOUT_PKG_RESOURCES:
        return None
    named = ".".join(map(str, tensorboard))
    beside = f"setuptools {setuptools[0]}" if setuptools else "an environment without setuptools"
    return (
        f"TensorBoard {named} does not start beside {beside}: it imports pkg_resources. "
        "Run `pip install 'setuptools<82'`, or `pip install 'tensorboard>=2.21'`."
    )


def _version_of(package: str) -> tuple[int, ...]:
    """The numbers that a version begins with; empty where the package is not installed."""
    try:
        parts = metadata.version(package).split(".")
    except metadata.PackageNotFoundError:
        return ()
    numbers: list[int] = []
    for part in parts[:2]:
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
