"""Functions that the processes of the tests judge with."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tb_zeroacc.run import Run


def name(run: Run) -> Diagnosis:
    """Its name."""
    return saying(run, run.name)


def deadly(run: Run) -> Diagnosis:
    """Kills the process that judges the training `c`."""
    if run.name == "c":
        os.kill(os.getpid(), signal.SIGKILL)
    return name(run)


def deadly_verdict(run: Run) -> Diagnosis:
    """The same, and else the verdict."""
    deadly(run)
    from tb_zeroacc.verdict import judged

    return judged(run)


def packages(run: Run) -> Diagnosis:
    """What the process has imported to judge as everything else does."""
    from tb_zeroacc.verdict import judged

    judged(run)
    return saying(run, " ".join(sorted({module.partition(".")[0] for module in sys.modules})))


def endless(run: Run) -> Diagnosis:
    """Says that it has begun, in the directory that it reads, and goes on for a minute."""
    (Path(run.path) / f"{os.getpid()}.pid").touch()
    time.sleep(60)
    return name(run)


def saying(run: Run, what: str) -> Diagnosis:
    """A verdict that says something."""
    return Diagnosis(run.name, Outcome.CANNOT_TELL, what)
