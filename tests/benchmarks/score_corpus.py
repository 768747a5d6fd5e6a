"""Scores the rules on a folder of real logs with a verdict each.

`python tests/benchmarks/score_corpus.py [FOLDER]`, or the folder in ZEROACC_CORPUS. The folder
holds `labels.jsonl` (one run a line: id, group, verdict, kind, confidence), `kinds.json` (kind ->
the codes that count as telling it) and the event files in `runs/<id>/`. Runs of one group are of
one author, hence correlated: rates are averaged over groups. Labels that are unsure or of low
confidence are left out.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tb_zeroacc.diagnosis.answers import Tier
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tb_zeroacc.diagnosis.engine import diagnose
from tb_zeroacc.logs import read_runs

ABSENT = "There is no corpus: name its folder as an argument or in ZEROACC_CORPUS."
NO_TRAINING = "not-a-training-run"
LEFT_OUT = ("unsure", NO_TRAINING)


@dataclass(frozen=True, slots=True)
class Label:
    """One careful reader's verdict on one run."""

    id: str
    group: str
    verdict: str
    kind: str
    confidence: str

    @property
    def counts(self) -> bool:
        """Whether it is sure enough to score by."""
        return self.verdict not in LEFT_OUT and self.confidence != "low"


@dataclass(frozen=True, slots=True)
class Scored:
    """What was found in one labelled run: the tier of each root, and all that strong ones tell."""

    label: Label
    outcome: Outcome
    tiers: Mapping[str, Tier]
    told: frozenset[str] = field(default_factory=frozenset)


def labels_of(folder: Path) -> list[Label]:
    """The labels that count."""
    lines = (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines if line.strip()]
    names = ("id", "group", "verdict", "kind", "confidence")
    found = [Label(*(str(entry[name]) for name in names)) for entry in entries]
    return [label for label in found if label.counts]


def score(folder: Path, label: Label) -> Scored:
    """The findings on one run; its directory may hold several trainings, which then count as one.

    An unreadable directory counts as one of which nothing can be told.
    """
    verdicts = [diagnose(run, CATALOGUE) for run in read_runs(str(folder / "runs" / label.id))]
    tiers: dict[str, Tier] = {}
    told: set[str] = set()
    for verdict in verdicts:
        for finding in verdict.findings:
            tiers[finding.code] = max(finding.tier, tiers.get(finding.code, finding.tier))
            if finding.tier >= Tier.STRONG:
                told.update({finding.code, *(c.code for c in finding.explains)})
    return Scored(label, _worst(verdicts), tiers, frozenset(told))


def _worst(verdicts: Sequence[Diagnosis]) -> Outcome:
    order = list(Outcome)
    return min((v.outcome for v in verdicts), key=order.index, default=Outcome.CANNOT_TELL)


def false_alarms(scored: Iterable[Scored]) -> list[str]:
    """Per rule and tier: how many healthy runs it flags, and of how many authors."""
    runs: Counter[tuple[str, Tier]] = Counter()
    groups: defaultdict[tuple[str, Tier], set[str]] = defaultdict(set)
    healthy = [s for s in scored if s.label.verdict == "healthy"]
    for s in healthy:
        for code, tier in s.tiers.items():
            runs[code, tier] += 1
            groups[code, tier].add(s.label.group)
    of = f"{len(healthy)} healthy runs of {len({s.label.group for s in healthy})} authors"
    clean = sum(all(tier < Tier.STRONG for tier in s.tiers.values()) for s in healthy)
    lines = [f"{of}; {clean} without a strong or definite finding"]
    for (code, tier), many in sorted(runs.items()):
        lines.append(f"  {code} {tier.label:8} {many:3} runs of {len(groups[code, tier])} authors")
    return lines


def hits(scored: Iterable[Scored], kinds: Mapping[str, Sequence[str]]) -> list[str]:
    """Per kind: the share of runs whose kind is told, averaged over authors."""
    rates: defaultdict[str, defaultdict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for s in scored:
        if s.label.kind in kinds:
            rates[s.label.kind][s.label.group].append(bool(s.told & set(kinds[s.label.kind])))
    lines = []
    for kind, groups in sorted(rates.items()):
        rate = sum(sum(hit) / len(hit) for hit in groups.values()) / len(groups)
        many = sum(len(hit) for hit in groups.values())
        told = sum(sum(hit) for hit in groups.values())
        codes = " ".join(kinds[kind])
        lines.append(f"  {kind:30} {rate:4.0%} ({told} of {many}, {len(groups)} authors)  {codes}")
    return lines


def confusion(scored: Iterable[Scored]) -> list[str]:
    """The reader's verdict against the outcome."""
    table: Counter[tuple[str, Outcome]] = Counter((s.label.verdict, s.outcome) for s in scored)
    head = "".join(f"{outcome.value:>16}" for outcome in Outcome)
    lines = [f"  {'':14}{head}"]
    for verdict in sorted({verdict for verdict, _ in table}):
        row = "".join(f"{table[verdict, outcome]:>16}" for outcome in Outcome)
        lines.append(f"  {verdict:14}{row}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the three tables, and with `--runs` what was found in each run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", default=os.environ.get("ZEROACC_CORPUS"))
    parser.add_argument("--runs", action="store_true", help="list every run with its findings")
    chosen = parser.parse_args(arguments)
    folder = Path(chosen.folder) if chosen.folder else None
    if folder is None or not (folder / "labels.jsonl").is_file():
        print(ABSENT)
        return 0
    kinds = json.loads((folder / "kinds.json").read_text(encoding="utf-8"))
    scored = [score(folder, label) for label in labels_of(folder)]
    print("False alarms:", *false_alarms(scored), sep="\n")
    print("\nKinds told by a strong or definite finding:", *hits(scored, kinds), sep="\n")
    print("\nVerdict against outcome, in runs:", *confusion(scored), sep="\n")
    if chosen.runs:
        for s in scored:
            found = " ".join(f"{code}:{tier.label}" for code, tier in s.tiers.items())
            print(s.label.id, s.label.verdict, s.label.kind, s.outcome.value, found, sep="  ")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
