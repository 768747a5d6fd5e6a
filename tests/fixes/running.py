"""Trains programs of the zoo as they are, mends them by the fix of a finding, trains them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import tensorflow as tf

from tb_zeroacc import diagnose
from tb_zeroacc.diagnosis.answers import Fix, Tier
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Finding, Outcome
from tests.fixes.mending import mended
from tests.fixes.replacing import OutOfReachError, UnfitError
from tests.zoo.building import Fitting, edit_fitting
from tests.zoo.program import Program, programs
from tests.zoo.scoring import Share
from tests.zoo.training import Training, is_trained, train

MOST = 3  # programs a rule
MOST_FIXES = 3  # one after the other


class Result(Enum):
    """What came of a program and the fix of its finding."""

    MENDED = "mended"
    NOT_MENDED = "not mended"
    UNFIT = "unfit"
    NOT_TOLD = "not told"  # the rule does not find it: there is no fix to follow
    OUT_OF_REACH = "out of reach"  # a loop of its own, or data that cannot be changed

    @property
    def counts(self) -> bool:
        """Whether it says something of the fix."""
        return self in (Result.MENDED, Result.NOT_MENDED, Result.UNFIT)


@dataclass(frozen=True, slots=True)
class Trial:
    """The fix of one rule on one program.

    Attributes:
        code: The rule's.
        program: The program's name.
        result: What came of it.
        followed: The fixes that were carried out, by the code of their rule: that of the rule, and
            those of what stood first in the verdicts after it.
        said: The last verdict, or why a fix could not be carried out.
    """

    code: str
    program: str
    result: Result
    followed: tuple[tuple[str, Fix], ...] = ()
    said: str = ""

    @property
    def is_mended_at_once(self) -> bool:
        """Whether the rule's fix alone was enough."""
        return self.result is Result.MENDED and len(self.followed) == 1


def candidates(code: str) -> list[Program]:
    """The programs whose only cause is a rule's; those that nothing was tuned on first."""
    known = [p for p in programs().values() if code in p.first and not p.also]
    return sorted(known, key=lambda program: (not program.is_held_out, program.name))


def trials(code: str, out: Path, seed: int, *, most: int = MOST) -> Iterator[Trial]:
    """Tries the fix of a rule on its programs until so many count.

    Args:
        code: The rule's.
        out: Folder of the trainings: faulty ones in it, mended ones in its `mended`.
        seed: Of both trainings.
        most: Programs that count.
    """
    counted = 0
    for program in candidates(code):
        if counted == most:
            return
        trial = trial_of(code, program, out, seed)
        counted += trial.result.counts
        yield trial


def trial_of(code: str, program: Program, out: Path, seed: int) -> Trial:
    """Tries the fix of a rule on one program, and then those of what is found next."""
    if "train" not in program.train.__code__.co_names:
        return Trial(code, program.name, Result.OUT_OF_REACH, said="it trains by a loop of its own")
    training = Training(program.name, seed)
    if not is_trained(training, out):
        train(training, out)
    finding = _found(code, _verdict(out / training.name))
    if finding is None or finding.fix is None:
        return Trial(code, program.name, Result.NOT_TOLD)
    followed: tuple[tuple[str, Fix], ...] = ()
    said = ""
    while finding is not None and finding.fix is not None and len(followed) < MOST_FIXES:
        if finding.code in dict(followed):
            break  # what was followed did not help
        followed = (*followed, (finding.code, finding.fix))
        try:
            verdict = mended_verdict(training, followed, out / f"mended-{code}")
        except OutOfReachError as error:
            if len(followed) == 1:
                return Trial(code, program.name, Result.OUT_OF_REACH, said=str(error))
            break
        except UnfitError as error:
            said = said or str(error)
            kind = Result.UNFIT if len(followed) == 1 else Result.NOT_MENDED
            return Trial(code, program.name, kind, followed, said)
        if is_healthy(verdict):
            return Trial(code, program.name, Result.MENDED, followed, said)
        said = said or _words(verdict)
        finding = next((f for f in verdict.findings if f.tier >= Tier.STRONG), None)
    return Trial(code, program.name, Result.NOT_MENDED, followed, said)


def mended_verdict(training: Training, followed: Sequence[tuple[str, Fix]], out: Path) -> Diagnosis:
    """Trains a program after some fixes.

    Args:
        training: Of the program.
        followed: The fixes, by the code of their rule.
        out: Folder of the log.

    Raises:
        UnfitError: A fix cannot be carried out.
        OutOfReachError: No fix can, from outside.
    """

    def edit(fitting: Fitting) -> Fitting:
        for code, fix in followed:
            fitting = mended(code, fitting, fix)
        return fitting

    token = edit_fitting.set(edit)
    try:
        train(training, out)
    except (tf.errors.OpError, ValueError, TypeError) as error:  # what wrong programs end in
        raise UnfitError(f"{type(error).__name__}: {str(error).splitlines()[0]}") from error
    finally:
        edit_fitting.reset(token)
    return _verdict(out / training.name)


def is_healthy(verdict: Diagnosis) -> bool:
    """Whether it learns, and nothing definite or strong is found."""
    grave = any(finding.tier >= Tier.STRONG for finding in verdict.findings)
    return verdict.outcome is Outcome.LEARNING and not grave


def _verdict(folder: Path) -> Diagnosis:
    (verdict,) = diagnose(str(folder))
    return verdict


def _found(code: str, verdict: Diagnosis) -> Finding | None:
    return next((f for f in (*verdict.findings, *verdict.previews) if f.code == code), None)


def _words(verdict: Diagnosis) -> str:
    found = " ".join(f"{f.code}:{f.tier.label}" for f in verdict.findings) or "nothing"
    return f"{verdict.outcome.value}, {found}: {verdict.headline}"


def table(found: Sequence[Trial]) -> Iterator[str]:
    """A line a rule, the whole, and below it every fix that did not mend its program alone."""
    for code in dict.fromkeys(trial.code for trial in found):
        yield f"{code}  {_share([t for t in found if t.code == code])}"
    yield f"all    {_share(found)}"
    yield ""
    for trial in found:
        if trial.result.counts and not trial.is_mended_at_once:
            yield f"{trial.code} {trial.program}: {trial.result.value}: {trial.said}"
            for code, fix in trial.followed:
                yield f"    {code}: {fix.text}"
                yield from (f"    | {line}" for line in fix.code.splitlines())


def _share(found: Sequence[Trial]) -> str:
    """How many were mended by the fix alone, and with the fixes of what was found next."""
    n = sum(trial.result.counts for trial in found)
    alone = Share(sum(trial.is_mended_at_once for trial in found), n)
    after_all = Share(sum(trial.result is Result.MENDED for trial in found), n)
    aside = [t.result.value for t in found if not t.result.counts]
    said = ", ".join(f"{count} {kind}" for kind, count in Counter(aside).items())
    return f"{alone!s:36}{after_all!s:36}{said}"
