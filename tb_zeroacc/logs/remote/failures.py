"""Why something on another machine could not be had, in words.

Every library has errors of its own. They are told by what all of them carry: the class of Python's
that they belong to, the status of HTTP, and a message.
"""

from __future__ import annotations

import os
from http import HTTPStatus
from typing import Any

LONGEST = 300  # characters of a message that are shown: some servers answer with a page

# The classes of aiohttp's errors that mean this.
BROKEN_OFF = ("ServerDisconnectedError", "ClientPayloadError", "ClientConnectionResetError")

_CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or FSSPEC_S3_ANON=true "
    "for a public bucket",
    "gs": "run `gcloud auth application-default login`, or set FSSPEC_GCS_TOKEN=anon for a public "
    "bucket",
}
_CREDENTIALS["s3a"], _CREDENTIALS["gcs"] = _CREDENTIALS["s3"], _CREDENTIALS["gs"]


class OutOfTimeError(OSError):
    """The other side gave no answer in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer within {seconds:g} s")


def reason(error: BaseException, scheme: str = "") -> str:
    """Why a file or a listing could not be had; no sentence, without a full stop.

    Args:
        error: Whatever a file system raised.
        scheme: That of the URL, which tells where credentials come from.
    """
    name, said, status = type(error).__name__, told(error), status_of(error)
    if isinstance(error, OutOfTimeError):
        return said
    if name in BROKEN_OFF or isinstance(error, EOFError | ConnectionResetError):
        return "the connection broke off"
    if "Credentials" in name or "DefaultCredentials" in said:
        hint = _CREDENTIALS.get(scheme, "give those that its own tools need")
        return f"no credentials were found: {hint}"
    if status == HTTPStatus.UNAUTHORIZED:
        return "the server asks for credentials"
    if isinstance(error, PermissionError):
        says_more = not said.lower().startswith(("forbidden", "permission", "access denied", "403"))
        return f"permission denied ({said})" if says_more and said != name else "permission denied"
    if status == HTTPStatus.FORBIDDEN:
        return "permission denied"
    if is_missing(error):
        return "it is not there"
    if status is not None:
        return f"the server answered {status}{_phrase(status)}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return said


def is_missing(error: BaseException) -> bool:
    """Whether it says that there is nothing of that name."""
    return isinstance(error, FileNotFoundError) or status_of(error) == HTTPStatus.NOT_FOUND


def is_beyond_the_end(error: BaseException) -> bool:
    """Whether the bytes that were asked for begin behind the end of the file."""
    return status_of(error) == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE


def status_of(error: BaseException) -> int | None:
    """The status of HTTP that an error stands for; None where it does for none."""
    response: Any = getattr(error.__cause__ or error, "response", None)  # of botocore
    answer: Any = response.get("ResponseMetadata", {}) if isinstance(response, dict) else {}
    said = (
        answer.get("HTTPStatusCode"),
        getattr(error, "status", None),  # of aiohttp
        getattr(error, "code", None),  # of gcsfs
    )
    return next((one for one in said if isinstance(one, int) and 400 <= one < 600), None)


def told(error: BaseException) -> str:
    """What an error says in a line, without a full stop; its class where it says nothing."""
    host: Any = getattr(error, "host", None)
    inner: Any = getattr(error, "os_error", None)  # of aiohttp
    if host is not None and isinstance(inner, OSError):
        number = inner.errno or 0
        why = os.strerror(number) if number > 0 else inner.strerror
        return f"no connection to {host}:{getattr(error, 'port', '')} ({why})"
    message = getattr(error, "strerror", None) or str(error)
    text = " ".join(str(message).split())[:LONGEST].rstrip(".")
    return text or type(error).__name__


def _phrase(status: int) -> str:
    try:
        return f" ({HTTPStatus(status).phrase})"
    except ValueError:
        return ""
