"""The source of a URL: which file system it needs, and whether that is installed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from tb_zeroacc.errors import UnreadablePathError
from tb_zeroacc.logs.remote.failures import reason, told
from tb_zeroacc.logs.remote.pieces import MOST_AT_ONCE, Source
from tb_zeroacc.logs.remote.stores import AsyncStore, Store

TIMEOUT = 30.0  # seconds unless the user sets others: half a MiB/s is needed for a whole piece
VARIABLE = "ZEROACC_TIMEOUT"
WEB, S3 = ("http", "https"), ("s3", "s3a")
# The package that each scheme needs, and the extra of ours that installs it.
PACKAGES = {
    "s3": ("s3fs", "s3"), "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"), "gcs": ("gcsfs", "gcs"),
    "http": ("aiohttp", "http"), "https": ("aiohttp", "http"),
}  # fmt: skip


def source_of(url: str, timeout: float | None = None) -> Source:
    """Where the files of a URL lie. Nothing is asked for yet.

    Args:
        url: Any that fsspec knows.
        timeout: Seconds that an answer may take; None for those of the environment.

    Raises:
        UnreadablePathError: Nothing here can open such a URL.
    """
    seconds = patience(timeout)
    scheme = url.partition("://")[0].lower()
    try:
        import fsspec

        # An instance of our own: what it remembers, and how it asks, is nobody else's.
        system, root = fsspec.core.url_to_fs(url, skip_instance_cache=True, **_settings(scheme))
    except ImportError as error:
        package, extra = PACKAGES.get(scheme, (None, None))
        if package is None:
            raise UnreadablePathError(f"{url!r} needs another package: {told(error)}.") from None
        raise UnreadablePathError(
            f"{url!r} needs the package {package!r}: pip install 'tb-zeroacc[{extra}]'."
        ) from None
    except Exception as error:  # noqa: BLE001 - each file system raises its own errors
        raise UnreadablePathError(f"{url!r} cannot be opened: {reason(error, scheme)}.") from None
    if scheme in S3:
        system.retries = 1  # the library below it tries again, too: both would outlast any patience
    if scheme in WEB:
        from tb_zeroacc.logs.remote.web import Web

        return Web(url, system, root, seconds)
    kind = AsyncStore if getattr(system, "async_impl", False) else Store
    return kind(url, system, root, seconds)


def patience(timeout: float | None = None) -> float:
    """Seconds that an answer may take.

    Raises:
        UnreadablePathError: It is no time.
    """
    said = os.environ.get(VARIABLE, "").strip() if timeout is None else str(timeout)
    try:
        seconds = float(said) if said else TIMEOUT
    except ValueError:
        seconds = 0.0
    if not (isfinite(seconds) and seconds > 0.0):
        raise UnreadablePathError(
            f"--timeout and {VARIABLE} take seconds, more than 0. Received: {said!r}."
        )
    return seconds


def _settings(scheme: str) -> Mapping[str, Any]:
    """What the file system of a scheme is to do otherwise than by itself; the user's stay."""
    if scheme in S3:
        own = {"max_pool_connections": MOST_AT_ONCE}
        return {"config_kwargs": own | _users(S3, "config_kwargs")}
    if scheme in WEB:
        # A compressed log is unpacked by the reader, which knows how many bytes it has.
        client = {"auto_decompress": False} | _users(WEB, "client_kwargs")
        return {"client_kwargs": client, "encoded": True}
    return {}


def _users(schemes: Sequence[str], setting: str) -> dict[str, Any]:
    """A setting as fsspec's own configuration has it for any of these schemes."""
    from fsspec.config import conf

    found: dict[str, Any] = {}
    for scheme in schemes:
        found |= conf.get(scheme, {}).get(setting, {})
    return found
