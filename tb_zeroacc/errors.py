"""The errors of this project, with messages for people.

    ZeroAccuracyError
    ├── UnreadablePathError    a path that is missing, forbidden, or holds no log
    │   └── UnreachablePathError  one elsewhere, that cannot be asked now
    ├── RecordError            a record of ours that cannot be decoded (damaged, or from the future)
    ├── DefiniteFaultError     training was asked to end at a fault beyond doubt
    ├── MissingPackageError    what recording needs is not installed; also an ImportError
    ├── UndeclaredNeedError    a rule asks for data that it did not declare
    ├── MissingColumnError     a table lacks a column; also a KeyError
    └── UnknownRowError        a table has no row of that name; also a KeyError

Every message is one sentence that says what is wrong and what to do.
"""

from __future__ import annotations


class ZeroAccuracyError(Exception):
    """Base of all errors that this project raises on purpose."""


class UnreadablePathError(ZeroAccuracyError):
    """Nothing can be judged below a path."""


class UnreachablePathError(UnreadablePathError):
    """The machine that holds a path gives no answer, or none that helps; it may do so later."""


class RecordError(ZeroAccuracyError):
    """A record of ours cannot be decoded."""


class DefiniteFaultError(ZeroAccuracyError):
    """A training shows a fault beyond doubt, and was asked to end then."""


class MissingPackageError(ZeroAccuracyError, ImportError):
    """A package that recording needs is not installed."""


class UndeclaredNeedError(ZeroAccuracyError):
    """A rule asks for data that its declaration does not name."""


class MissingColumnError(ZeroAccuracyError, KeyError):
    """A table lacks a column: its log is damaged, or another version wrote it.

    Attributes:
        kind: Of the table.
        column: The name that it lacks.
    """

    def __init__(self, kind: str, column: str) -> None:
        super().__init__(f"the table `{kind}` lacks the column `{column}`")
        self.kind, self.column = kind, column

    def __str__(self) -> str:
        """The sentence itself, where a KeyError would quote it."""
        return str(self.args[0])


class UnknownRowError(ZeroAccuracyError, KeyError):
    """A table has no row of that name."""

    def __str__(self) -> str:
        """The sentence itself, where a KeyError would quote it."""
        return str(self.args[0])
