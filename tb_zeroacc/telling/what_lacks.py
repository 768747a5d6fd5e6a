"""What a log lacks, and the lines of code that would have logged it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tb_zeroacc import wire
from tb_zeroacc.diagnosis.answering.unrecorded import need_a_recording
from tb_zeroacc.diagnosis.answers import Answer, CannotTell
from tb_zeroacc.diagnosis.computed.model.frameworks import (
    Framework,
    can_be_recorded,
    framework_of,
)
from tb_zeroacc.diagnosis.needs import WRITING
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count

NAMED = 4  # kinds of data that a sentence names


def lacking(checks: Mapping[str, Answer]) -> list[wire.Lacking]:
    """What was not logged, one entry a line of code, the one that lets most checks answer first."""
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for code, answer in checks.items():
        for need in answer.needs if isinstance(answer, CannotTell) else ():
            whats, codes = found.setdefault(need.how_to_log, ({}, {}))
            whats[need.what] = codes[code] = None
    found.pop("", None)  # nothing would log it
    lines: list[wire.Lacking] = [
        {"how_to_log": line, "what": ", ".join(whats), "codes": list(codes)}
        for line, (whats, codes) in found.items()
    ]
    return _in_one_block(sorted(lines, key=lambda line: -len(line["codes"])))


def _in_one_block(lines: list[wire.Lacking]) -> list[wire.Lacking]:
    """What one writer would log, as one entry: its lines are written one below the other."""
    written = [line for line in lines if line["how_to_log"].startswith(WRITING)]
    if len(written) < 2:
        return lines
    block: wire.Lacking = {
        "how_to_log": "\n".join(line["how_to_log"] for line in written),
        "what": ", ".join(line["what"] for line in written),
        "codes": list(dict.fromkeys(code for line in written for code in line["codes"])),
    }
    return [block, *(line for line in lines if line not in written)]


def first_lines(log_dir: str) -> str:
    """The code that fills a log directory, to paste: in Keras, as it says."""
    return (
        "# in Keras; the event files that other frameworks write are read as they are\n"
        "import tb_zeroacc\n\n"
        "model.fit(\n"
        "    x, y,\n"
        f"    callbacks=[tb_zeroacc.ZeroAccuracyCallback({_quoted(f'{log_dir}/my_training')})],\n"
        ")"
    )


def _quoted(text: str) -> str:
    return f'"{text}"' if text.isprintable() and not set('"\\') & set(text) else repr(text)


def no_recording(run: Run, checks: Mapping[str, Answer]) -> wire.NoRecording | None:
    """The checks that only a recording would let answer, in words; None where there is one.

    They read `No recording: 31 checks of inputs, labels, activations, ... need one.`, and where
    the recorder could not have been there, what it records.
    """
    lacking = need_a_recording(run, checks)
    codes = list(lacking)
    if not codes:
        return None
    whats = [w.removeprefix("statistics of the ") for lacks in lacking.values() for w in lacks]
    named = [what for what, _ in Counter(w for w in whats if " " not in w).most_common(NAMED)]
    of = f" of {', '.join(named)}" if named else ""
    need = "needs" if len(codes) == 1 else "need"
    sentence = f"No recording: {count(len(codes), 'check')}{of}, ... {need} one."
    return {"codes": codes, "sentence": f"{sentence} {_what_is_recorded(run)}".rstrip()}


def _what_is_recorded(run: Run) -> str:
    """What the recorder takes, unless this run shows that it is at hand; a sentence."""
    if can_be_recorded(run):
        return ""
    if framework_of(run) in (Framework.TENSORFLOW, Framework.UNKNOWN):
        # These may train a model of Keras without its `fit`.
        return "tb_zeroacc.Monitor records a loop that trains a Keras model; others cannot be."
    return "Only what trains with Keras on TensorFlow 2 can be recorded."
