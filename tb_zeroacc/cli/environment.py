"""What stands in the way of opening the tab on this machine."""

from __future__ import annotations

from tensorboard import version

FIRST_WITHOUT_PKG_RESOURCES = (82,)  # of setuptools
FIRST_THAT_NEEDS_NONE = (2, 21)  # of TensorBoard


def tensorboard_obstacle() -> str | None:
    """Why `tensorboard` does not start here, and what to do; None where nothing is known.

    TensorBoard up to 2.20 imports `pkg_resources`, which setuptools has left out since 82.
    """
    tensorboard = _numbers(version.VERSION)
    if tensorboard >= FIRST_THAT_NEEDS_NONE:
        return None
    setuptools = _version_of("setuptools")
    if setuptools and setuptools < FIRST_WITHOUT_PKG_RESOURCES:
        return None
    named = ".".join(map(str, tensorboard))
    beside = f"setuptools {setuptools[0]}" if setuptools else "an environment without setuptools"
    return (
        f"TensorBoard {named} does not start beside {beside}: it imports pkg_resources. "
        "Run `pip install 'setuptools<82'`, or `pip install 'tensorboard>=2.21'`."
    )


def _version_of(package: str) -> tuple[int, ...]:
    """The numbers of its version; none where it is not installed."""
    from importlib import metadata  # slow to import, and seldom needed

    try:
        return _numbers(metadata.version(package))
    except metadata.PackageNotFoundError:
        return ()


def _numbers(told: str) -> tuple[int, ...]:
    """The numbers that a version begins with, two at most."""
    numbers: list[int] = []
    for part in told.split(".")[:2]:
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)
