"""Trains the zoo and scores the verdicts on it.

`python -m tests.zoo run OUT` trains what is not yet trained, `score [OUT]` judges the trainings of
a folder, or the committed ones, `pack OUT` commits the trainings of a folder, and `evidence` writes
what the committed ones and a corpus (ZEROACC_CORPUS) show of every rule.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tb_zeroacc import diagnose
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Diagnosis
from tb_zeroacc.diagnosis.engine import diagnose as judge
from tb_zeroacc.logs import read_runs
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
    with tempfile.TemporaryDirectory() as folder:
        if out is None:
            chosen, out = recorded.unpack(Path(folder)), Path(folder)
        else:
            chosen = [t for t in trainings if is_trained(t, out)]
        found = judged(chosen, out)
        print(*table(found), "", cost(chosen, out), sep="\n")
    print("", "Judged otherwise than they deserve:", *differences(found), sep="\n")


def cost(trainings: Iterable[Training], out: Path) -> str:
    """What reading and judging one training cost, in CPU time."""
    reading, judging = [], []
    for training in trainings:
        began = time.process_time()
        runs = read_runs(str(out / training.name))
        read = time.process_time()
        for run in runs:
            judge(run, CATALOGUE)
        reading.append(1e3 * (read - began))
        judging.append(1e3 * (time.process_time() - read))
    return " ".join(
        f"{what}: {statistics.median(took):.1f} ms of CPU time a training, {max(took):.1f} at most."
        for what, took in (("Reading", reading), ("Judging", judging))
    )


if __name__ == "__main__":
    raise SystemExit(main())
