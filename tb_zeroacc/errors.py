"""The errors of this project, with messages for people.

    ZeroAccuracyError
    ├── UnreadablePathError    a path that is missing, forbidden, or holds no event file
    ├── RecordError            a record of ours that cannot be decoded (damaged, or from the future)
    └── MissingPackageError    what recording needs is not installed; also an ImportError

Every message is one sentence that says what is wrong and what to do.
"""

from __future__ import annotations


class ZeroAccuracyError(Exception):
    """Base of all errors that this project raises on purpose."""


class UnreadablePathError(ZeroAccuracyError):
    """Nothing can be judged below a path."""


class RecordError(ZeroAccuracyError):
    """A record of ours cannot be decoded."""


class MissingPackageError(ZeroAccuracyError, ImportError):
    """A package that recording needs is not installed."""
