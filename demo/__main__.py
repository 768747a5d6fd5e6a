"""Trains the demo's cases and prints the verdict on each: `python -m demo --help`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from demo.case import MENDED, load, names, train
from demo.checking import complaints

WORKERS = 2  # processes; each keeps TensorFlow to one thread, which is fastest for such small nets


def main() -> int:
    """Runs the command; 0 when every verdict is as its case says, 1 else."""
    options = parse(sys.argv[1:])
    if options.list:
        print("\n".join(names()))
        return 0
    unknown = sorted(set(options.only) - set(names()))
    if unknown:
        print(f"No such case: {', '.join(unknown)}. `python -m demo --list` names them.")
        return 2
    chosen = options.only or names()
    out = Path(options.out)
    if options.train:  # one worker's share, in a process of its own
        train_all(options.train, out, options.seed)
        return 0
    began = time.monotonic()
    programs = [n for name in chosen for n in ([name, name + MENDED] if options.twins else [name])]
    print(f"Training {len(programs)} programs into {out} (seed {options.seed}) ...", flush=True)
    failed = train_in_processes(programs, out, options.seed)
    print(f"Trained in {time.monotonic() - began:.0f} s.\n")
    wrong = report(programs, out)
    print(f"\n{len(programs) - wrong} of {len(programs)} verdicts are right. "
          f"{time.monotonic() - began:.0f} s in all.")
    return 1 if wrong or failed else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--out", default="demo-runs", help="log directory (default: demo-runs)")
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these cases only")
    parser.add_argument("--no-twins", dest="twins", action="store_false", help="no mended twins")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    parser.add_argument("--train", nargs="*", default=[], help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def train_all(programs: Sequence[str], out: Path, seed: int) -> None:
    """Trains programs one after the other, and says so where one ends with an exception."""
    for program in programs:
        ended = train(program.removesuffix(MENDED), out, seed, mended=program.endswith(MENDED))
        if ended:
            print(f"  {program} ended as expected with {ended[:100]}", flush=True)


def train_in_processes(programs: Sequence[str], out: Path, seed: int) -> bool:
    """Trains programs in `WORKERS` processes; True where one of them failed."""
    shares = [programs[i::WORKERS] for i in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        codes = list(pool.map(lambda share: _one_process(share, out, seed), shares))
    return any(codes)


def _one_process(programs: Sequence[str], out: Path, seed: int) -> int:
    if not programs:
        return 0
    command = [sys.executable, "-m", "demo", "--out", str(out), "--seed", str(seed), "--train"]
    quiet = {
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "KERAS_BACKEND": "tensorflow",
    }
    environment = {**os.environ, **quiet}
    return subprocess.run([*command, *programs], env=environment, check=False).returncode


def report(programs: Sequence[str], out: Path) -> int:
    """Prints the verdict on each program; how many are not as their case says."""
    from tb_zeroacc import diagnose

    verdicts = {verdict.run: verdict for verdict in diagnose(str(out))}
    wrong = 0
    for program in programs:
        verdict = verdicts.get(program)
        if verdict is None:
            print(f"✕ {program}: left no log")
            wrong += 1
            continue
        case = load(program.removesuffix(MENDED))
        faults = complaints(case, verdict, mended=program.endswith(MENDED))
        code = f"{verdict.findings[0].code} " if verdict.findings else ""
        print(f"{'✕' if faults else '✓'} {program:<40} {code}{verdict.headline}")
        for fault in faults:
            print(f"    {fault}")
        wrong += bool(faults)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
