"""Errors of every library become a few words that say what happened."""

from __future__ import annotations

import errno
import os
from typing import Any

import pytest

from tb_zeroacc.logs.remote.failures import (
    OutOfTimeError,
    is_beyond_the_end,
    is_missing,
    reason,
    status_of,
)


def of_botocore(status: int, message: str, kind: type[Exception] = OSError) -> Exception:
    """As s3fs raises it: Python's own error, caused by botocore's."""
    caused: Any = Exception("An error occurred")
    caused.response = {"ResponseMetadata": {"HTTPStatusCode": status}}
    error = kind(message)
    error.__cause__ = caused
    return error


def with_fields(name: str, message: str = "", **fields: object) -> Exception:
    """An error of a class of that name, as another library has it."""
    error = type(name, (Exception,), fields)(message)
    assert isinstance(error, Exception)
    return error


REASONS: dict[str, tuple[BaseException, str]] = {
    "time": (OutOfTimeError(2.5), "no answer within 2.5 s"),
    "their own time": (TimeoutError(), "no answer in time"),
    "aiohttp, 401": (with_fields("Error", status=401), "the server asks for credentials"),
    "aiohttp, 403": (with_fields("Error", "403, no", status=403), "permission denied"),
    "aiohttp, 404": (with_fields("Error", status=404), "it is not there"),
    "gcsfs, 500": (
        with_fields("HttpError", code=500), "the server answered 500 (Internal Server Error)",
    ),
    "a status of nobody": (with_fields("Error", status=599), "the server answered 599"),
    "aiohttp, half a file": (
        with_fields("ClientPayloadError", code=400), "the connection broke off",
    ),
    "aiohttp, nobody there": (
        with_fields(
            "ClientConnectorError", host="h", port=80, os_error=OSError(errno.ECONNREFUSED, "x"),
        ),
        f"no connection to h:80 ({os.strerror(errno.ECONNREFUSED)})",
    ),
    "aiohttp, no such host": (
        with_fields("ClientConnectorDNSError", host="h", port=1, os_error=OSError(-2, "unknown")),
        "no connection to h:1 (unknown)",
    ),
    "s3fs, a wrong key": (
        of_botocore(403, "The key you gave is not on record.", PermissionError),
        "permission denied (The key you gave is not on record)",
    ),
    "s3fs, forbidden": (of_botocore(403, "Forbidden", PermissionError), "permission denied"),
    "s3fs, slow down": (of_botocore(503, "x"), "the server answered 503 (Service Unavailable)"),
    "s3fs, no key at all": (
        with_fields("NoCredentialsError", "Unable to locate credentials"),
        "no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or "
        "AWS_PROFILE, or FSSPEC_S3_ANON=true for a public bucket",
    ),
    "python's": (PermissionError(13, "Permission denied"), "permission denied"),
    "nothing said": (ValueError(), "ValueError"),
    "a page": (ValueError("<html>\n" * 99 + "."), ("<html> " * 43)[:300]),
}  # fmt: skip


@pytest.mark.parametrize(("error", "want"), REASONS.values(), ids=REASONS)
def test_the_reason(error: BaseException, want: str) -> None:
    assert reason(error, "s3") == want


def test_where_credentials_come_from_depends_on_the_scheme() -> None:
    error = with_fields("DefaultCredentialsError")
    assert "gcloud auth application-default login" in reason(error, "gs")
    assert "its own tools" in reason(error, "abfs")


def test_what_an_error_stands_for() -> None:
    assert is_missing(FileNotFoundError())
    assert is_missing(with_fields("Error", status=404))
    assert not is_missing(PermissionError())
    assert is_beyond_the_end(of_botocore(416, "The requested range is not satisfiable"))
    assert is_beyond_the_end(with_fields("Error", status=416))
    assert not is_beyond_the_end(OSError(22, "Invalid argument"))
    assert status_of(with_fields("Error", status=200)) is None
    assert status_of(with_fields("Error", code="400")) is None
