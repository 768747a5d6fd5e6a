"""How a training ended, as a fact."""

from __future__ import annotations

from tb_zeroacc import facts

# Of a longer message the beginning and the end are kept: TensorFlow's begin with a stack and end
# with what happened.
MAX_TEXT, MAX_BEGINNING = 2000, 500


def end_of(fault: BaseException | None, step: int | None) -> facts.End:
    """How an exception ends a training."""
    if fault is None:
        return facts.End("interrupted", step)
    how = "interrupted" if isinstance(fault, KeyboardInterrupt) else "exception"
    return facts.End(how, step, exception=type(fault).__name__, text=_shortened(str(fault)))


def _shortened(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    between = "\n...\n"
    return text[:MAX_BEGINNING] + between + text[MAX_BEGINNING + len(between) - MAX_TEXT :]
