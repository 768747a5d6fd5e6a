"""Trains programs that fail to learn, each with its mended twin, and prints the verdicts."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

from demo.case import MENDED, load, names
from demo.checking import complaints
from demo.training import train_all


def main() -> int:
    """Runs the command: 0 when every verdict is as its case says, 1 else, 2 for bad usage."""
    options = parse(sys.argv[1:])
    if options.list:
        print_cases()
        return 0
    unknown = sorted(set(options.only) - set(names()))
    if unknown:
        print(f"No such case: {', '.join(unknown)}. `python -m demo --list` names them.")
        return 2
    chosen = options.only or names()
    programs = [n for name in chosen for n in ([name, name + MENDED] if options.twins else [name])]
    out = Path(options.out)
    for program in programs:  # a second run judges its own trainings, not those of the first
        shutil.rmtree(out / program, ignore_errors=True)
    began = time.monotonic()
    print(f"Training {len(programs)} programs into {out} (seed {options.seed}) ...", flush=True)
    failed = train_all(programs, out, options.seed)
    print(f"Trained in {time.monotonic() - began:.0f} s.\n")
    wrong = report(programs, out)
    seconds = time.monotonic() - began
    right = len(programs) - wrong
    print(f"\n{right} of {len(programs)} verdicts are right; {seconds:.0f} s in all.")
    return 1 if wrong or failed else 0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--out", default="demo-runs", help="log directory (default: demo-runs)")
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these cases only")
    parser.add_argument(
        "--twins", action=argparse.BooleanOptionalAction, default=True,
        help="train the mended twins too (default: yes)",
    )
    parser.add_argument("--list", action="store_true", help="say what each case is, and stop")
    return parser.parse_args(arguments)


def print_cases() -> None:
    """Prints every case with what really happens in it."""
    for name in names():
        print(name)
        print(textwrap.indent(load(name).text, "    ") + "\n")


def report(programs: Sequence[str], out: Path) -> int:
    """Prints the verdict on each program; how many are not as their case says."""
    from tb_zeroacc import diagnose

    verdicts = {verdict.run: verdict for verdict in diagnose(str(out))}
    wrong = 0
    for program in programs:
        verdict = verdicts.get(program)
        if verdict is None:
            print(f"✕ {program:<37} left no log")
            wrong += 1
            continue
        case = load(program.removesuffix(MENDED))
        faults = complaints(case, verdict, mended=program.endswith(MENDED))
        first = verdict.findings[0] if verdict.findings else None
        code = f"{first.code} " if first and first.summary == verdict.headline else ""
        print(f"{'✕' if faults else '✓'} {program:<37} {code}{verdict.headline}")
        for fault in faults:
            print(f"    {fault}")
        wrong += bool(faults)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
