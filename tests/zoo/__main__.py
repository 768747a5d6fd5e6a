"""Trains the zoo and scores the verdicts on it.

`python -m tests.zoo run OUT` trains what is not yet trained, `score [OUT]` judges the trainings of
a folder, or the committed ones, `pack OUT` commits the trainings of a folder, and `evidence` writes
what the committed ones and a corpus (ZEROACC_CORPUS) show of every rule.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tb_zeroacc import diagnose
from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tests.corpus.labels import labels_of
from tests.zoo import evidence, recorded
from tests.zoo.program import programs
from tests.zoo.scoring import Judged, differences, table
from tests.zoo.training import Training, every, is_trained, train_all

SEEDS = (21,)  # of the committed logs; not used to choose a threshold


def judged(trainings: Iterable[Training], out: Path) -> list[Judged]:
    """The verdicts on trainings whose logs lie in a folder."""
    known = programs()
    return [
        Judged(known[t.program], t.seed, verdict)
        for t in trainings
        for verdict in diagnose(str(out / t.name))
    ]


def judged_committed() -> list[Judged]:
    """The verdicts on all committed logs."""
    with tempfile.TemporaryDirectory() as folder:
        return judged(recorded.unpack(Path(folder)), Path(folder))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command: 1 where a program failed to run, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.zoo", description=__doc__)
    parser.add_argument("what", choices=("run", "score", "pack", "evidence"))
    parser.add_argument("out", nargs="?", type=Path, help="folder of the trainings")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these programs")
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--jobs", type=int, default=2, help="processes that train (default: 2)")
    chosen = parser.parse_args(arguments)
    if chosen.out is None and chosen.what in ("run", "pack"):
        parser.error(f"{chosen.what} needs the folder of the trainings")
    unknown = sorted(set(chosen.only) - set(programs()))
    if unknown:
        parser.error(f"no such program: {', '.join(unknown)}")
    began = time.monotonic()
    trainings = every(chosen.only or programs(), chosen.seeds)
    failed: list[str] = []
    if chosen.what == "run":
        failed = train_all(trainings, chosen.out, jobs=chosen.jobs)
        print("\n".join(failed) or f"All {len(trainings)} are trained.")
    elif chosen.what == "pack":
        with tempfile.TemporaryDirectory() as thinned:
            whole = [t for t in trainings if is_trained(t, chosen.out)]
            failed = recorded.pack(whole, chosen.out, Path(thinned))
        size = sum(p.stat().st_size for p in recorded.FOLDER.iterdir()) / 2**20
        print(*failed, f"{len(whole) - len(failed)} logs, {size:.1f} MiB", sep="\n")
    elif chosen.what == "evidence":
        evidence.write(judged_committed(), strangers())
    else:
        score(trainings, chosen.out)
    print(f"({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


def strangers() -> list[Diagnosis]:
    """The verdicts on the healthy runs of the corpus; none without one."""
    folder = Path(os.environ.get("ZEROACC_CORPUS", ""))
    if not (folder / "labels.jsonl").is_file():
        return []
    healthy = [label for label in labels_of(folder) if label.verdict == "healthy"]
    return [v for label in healthy for v in diagnose(str(folder / "runs" / label.id))]


def score(trainings: Sequence[Training], out: Path | None) -> None:
    """Prints the table, and every training that is judged wrongly."""
    if out is None:
        found = judged_committed()
    else:
        found = judged([t for t in trainings if is_trained(t, out)], out)
    print(*table(found), "", "Judged otherwise than they deserve:", *differences(found), sep="\n")


if __name__ == "__main__":
    raise SystemExit(main())
