"""Scores verdicts on a folder of real logs with a verdict each.

`python -m tests.corpus score [FOLDER] [--runs] [--environment DIR]`, `python -m tests.corpus flips
[FOLDER]` and `python -m tests.corpus stretches [FOLDER]`; the folder may stand in ZEROACC_CORPUS.
DIR is a virtual environment in which `runmedic` and `trainproof` are installed (`pip install
runmedic trainproof`): they are scored beside us.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.logs import read_runs
from tests.corpus import judging, stretches
from tests.corpus.flips import flips, headlines
from tests.corpus.judging import Doctor, Judgement
from tests.corpus.labels import Label, kinds_of, labels_of
from tests.corpus.scoring import differences, table

ROUNDS = 3
ABSENT = "There is no corpus: name its folder as an argument or in ZEROACC_CORPUS."


def judged(folder: Path, labels: Sequence[Label], doctor: Doctor) -> list[tuple[Label, Judgement]]:
    """Every labelled run that a doctor can read."""
    found = ((label, doctor(folder / "runs" / label.id)) for label in labels)
    return [(label, judgement) for label, judgement in found if judgement is not None]


def score(folder: Path, environment: Path | None, *, runs: bool) -> None:
    """Prints the table of each doctor, ours first, and where ours differs from the label."""
    labels, kinds = labels_of(folder), kinds_of(folder)
    print("Rates averaged over authors (runs; authors with any). Halves of authors: A and B.")
    mine = judged(folder, labels, judging.ours)
    print("ours:", *table(mine, kinds), sep="\n")
    print("\nOurs differs from the label:", *differences(mine, kinds), sep="\n")
    print(f"\n{cost(folder)}")
    if runs:
        for label, j in mine:
            found = " ".join(f"{code}:{tier.label}" for code, tier in j.tiers.items())
            print(label.id, label.verdict, label.kind, j.outcome.value if j.outcome else "", found)
    doctors = dict(judging.OLDER)
    if environment is not None:
        doctors["runmedic"] = judging.runmedic(environment)
        doctors["trainproof"] = judging.trainproof(environment)
    for name, doctor in doctors.items():
        theirs = judged(folder, labels, doctor)
        print(f"\n{name} ({len(theirs)} of {len(labels)} runs read):", *table(theirs, kinds),
              sep="\n")  # fmt: skip


def cost(folder: Path) -> str:
    """What judging every run costs beside reading it, in CPU time: the least of some rounds."""
    reading = judgement = math.inf
    for _ in range(ROUNDS):
        began = time.process_time()
        runs = [run for path in sorted((folder / "runs").iterdir()) for run in read_runs(str(path))]
        read = time.process_time()
        for run in runs:
            diagnose(run, CATALOGUE)
        reading = min(reading, read - began)
        judgement = min(judgement, time.process_time() - read)
    return (f"reading {reading:.2f} s, judging {judgement:.2f} s of CPU time: "
            f"{judgement / reading:.1%} of it")  # fmt: skip


def count_flips(folder: Path) -> None:
    """Prints how often the headline of a growing run changes, by the label's verdict."""
    many: dict[str, Counter[int]] = {}
    for label in labels_of(folder):
        for run in read_runs(str(folder / "runs" / label.id)):
            codes = headlines(run)
            found = flips(codes)
            many.setdefault(label.verdict, Counter())[found] += 1
            if found:
                print(f"  {label.id} {label.verdict} {label.kind}: "
                      f"{' '.join(code or '-' for code in codes)}")  # fmt: skip
    for verdict, counts in sorted(many.items()):
        rate = sum(k * n for k, n in counts.items()) / counts.total()
        print(f"{verdict:14}{rate:5.2f} flips a run {json.dumps(dict(sorted(counts.items())))}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Scores a corpus, or says that there is none."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("score", "flips", "stretches"))
    parser.add_argument("folder", nargs="?", default=os.environ.get("ZEROACC_CORPUS"))
    parser.add_argument("--runs", action="store_true", help="list every run with its findings")
    parser.add_argument("--environment", type=Path, help="holds runmedic and trainproof")
    chosen = parser.parse_args(arguments)
    folder = Path(chosen.folder) if chosen.folder else None
    if folder is None or not (folder / "labels.jsonl").is_file():
        print(ABSENT)
        return 0
    began = time.perf_counter()
    if chosen.what == "score":
        score(folder, chosen.environment, runs=chosen.runs)
    elif chosen.what == "flips":
        count_flips(folder)
    else:
        print(*stretches.table(folder, labels_of(folder)), sep="\n")
    print(f"({time.perf_counter() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
