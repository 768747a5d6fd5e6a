"""Follows the fixes of findings, and counts how many mend their program.

`python -m tests.fixes run OUT` trains programs of the zoo faulty and mended, a few a rule, and
prints two shares of each rule: mended by its fix alone, and with those of what was found next.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from tests.fixes.running import MOST, table, trials

# What `compile`, a layer, a scale or the data can mend, with a fix that can be carried out.
RULES = (
    "ZA103", "ZA104", "ZA107", "ZA111", "ZA112", "ZA201", "ZA203", "ZA204", "ZA205", "ZA208",
    "ZA209", "ZA211", "ZA301", "ZA302", "ZA303", "ZA304", "ZA305", "ZA306", "ZA307", "ZA308",
    "ZA309", "ZA310", "ZA311", "ZA312", "ZA315", "ZA401", "ZA402", "ZA504", "ZA505", "ZA601",
    "ZA602", "ZA603", "ZA607", "ZA608", "ZA609", "ZA701", "ZA702", "ZA705", "ZA707",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command: 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.fixes", description=__doc__)
    parser.add_argument("what", choices=("run",))
    parser.add_argument("out", type=Path, help="folder of the trainings")
    parser.add_argument("--only", nargs="+", default=RULES, metavar="CODE", help="these rules")
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--most", type=int, default=MOST, help="programs a rule (default: 3)")
    chosen = parser.parse_args(arguments)
    found = []
    for code in chosen.only:
        for trial in trials(code, chosen.out, chosen.seed, most=chosen.most):
            codes = ", ".join(code for code, _ in trial.followed)
            print(f"{trial.code} {trial.program}: {trial.result.value} ({codes}) {trial.said}",
                  flush=True)  # fmt: skip
            found.append(trial)
    print("", *table(found), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
