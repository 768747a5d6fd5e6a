"""Asks every rule, folds consequences under their causes, ranks the causes, names the outcome."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from tb_zeroacc.diagnosis.answering.fixes.as_trained import (
    Way,
    fix_for,
    told_for,
    told_in,
    way_of,
)
from tb_zeroacc.diagnosis.answering.of_workers import merged
from tb_zeroacc.diagnosis.answering.one_output import with_its_output
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Flagged,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.computed.learning.stretches import are_open, is_judged
from tb_zeroacc.diagnosis.computed.per_run import per_run
from tb_zeroacc.diagnosis.computed.workers.presence import taking_part
from tb_zeroacc.diagnosis.context import Fault, JudgedStretch, RunContext, context_of
from tb_zeroacc.diagnosis.diagnosis import Consequence, Diagnosis, Finding, Outcome, Rivals
from tb_zeroacc.diagnosis.needs import Need
from tb_zeroacc.diagnosis.outcome import headline_of, outcome_of
from tb_zeroacc.diagnosis.overview import loss_against_baseline, overview_of
from tb_zeroacc.diagnosis.rule import Family, Rule, not_in_the_log
from tb_zeroacc.errors import MissingColumnError
from tb_zeroacc.run import Run

log = logging.getLogger(__name__)

ONE_PROCESS = NotApplicable("one process trains")


def diagnose(run: Run, rules: Sequence[Rule], *, strict: bool = False) -> Diagnosis:
    """The verdict of `rules`, in their order of suspicion, on one run.

    Args:
        run: The training to judge.
        rules: The catalogue, likeliest family first.
        strict: Let a rule's exception through, as tests do; otherwise it answers `cannot tell`.

    Returns:
        The same diagnosis for the same run, always.
    """
    return _judged(run, tuple(rules), strict).diagnosis


class _Judged(NamedTuple):
    """A verdict, and what every rule answered before any stepped back behind another."""

    diagnosis: Diagnosis
    given: Mapping[str, Answer]


def _judged(run: Run, rules: tuple[Rule, ...], strict: bool) -> _Judged:
    try:
        return _verdict(run, rules, strict)
    except MissingColumnError as lacking:
        kept = {kind: table for kind, table in run.tables.items() if kind != lacking.kind}
        if len(kept) == len(run.tables):
            raise
        # No single rule rests on that column but the verdict: the whole table counts as missing.
        return _judged(replace(run, tables=kept), rules, strict)


@per_run  # of a job that goes on, most lanes are as they were
def _lane(run: Run, rules: tuple[Rule, ...], strict: bool) -> _Judged:
    return _judged(run, rules, strict)


# Recorded values may be infinite; what is computed from them is NaN, which passes no threshold.
@np.errstate(all="ignore")
def _verdict(run: Run, rules: tuple[Rule, ...], strict: bool) -> _Judged:
    context = context_of(run, judged_stretches(run, rules, strict=strict))
    lanes = {lane.worker: _lane(lane.run, rules, strict) for lane in run.training_lanes}
    if lanes:
        tiers = {rule.code: rule.tier for rule in rules}
        # Faults of an earlier session are not this one's; the first worker stands for the job.
        here = {next(iter(lanes)), *(lane.worker for lane in taking_part(run.training_lanes))}
        given = merged({w: lane.given for w, lane in lanes.items() if w in here}, tiers)
        given |= {r.code: ask(r, context, strict=strict) for r in rules if r.across_workers}
    else:
        untold = _untold(rules, context)
        given = {r.code: untold.get(r.code) or ask(r, context, strict=strict) for r in rules}
    answers = _yield(given, rules)
    told = {r.code: (r, a) for r in rules if isinstance(a := answers[r.code], Flagged)}
    flagged = {code: (rule, answer) for code, (rule, answer) in told.items() if not rule.preview}
    order = _layer_order(run)
    findings = _rank(_fold(flagged, order), flagged, run)
    outcome = outcome_of(context, findings, flagged)
    headline, line_below = headline_of(context, outcome, findings, answers)
    diagnosis = Diagnosis(
        run=run.name,
        outcome=outcome,
        headline=headline,
        context=line_below,
        findings=findings,
        rivals=_rivals(findings, flagged, answers),
        checks=answers,
        curve=loss_against_baseline(context),
        overview=overview_of(context),
        previews=_previews(told, run),
        lanes={worker.name: lane.diagnosis for worker, lane in lanes.items()},
    )
    return _Judged(diagnosis, given)


def judged_stretches(
    run: Run, rules: Sequence[Rule], *, strict: bool = False
) -> tuple[JudgedStretch, ...]:
    """The verdicts on the earlier stretches of a run's directory that are long enough."""
    stretches = run.earlier.stretches
    if not stretches:  # as with most runs
        return ()
    open_ones = are_open([stretch.run for stretch in stretches], run)
    return tuple(
        JudgedStretch(stretch, _fault_of(stretch.run, tuple(rules), strict, is_open))
        for stretch, is_open in zip(stretches, open_ones, strict=True)
        if is_judged(stretch.run)
    )


@per_run  # a stretch of the past stays as it is while the training goes on
def _fault_of(run: Run, rules: tuple[Rule, ...], strict: bool, is_open: bool) -> Fault | None:
    """Why a stretch did not learn; only by what cannot turn where it need not have come far."""
    verdict = diagnose(replace(run, state="live") if is_open else run, rules, strict=strict)
    first = verdict.findings[0] if verdict.findings else None
    if first is None or first.tier < Tier.STRONG or verdict.outcome not in _FAILED:
        return None
    return Fault(first.code, first.name, first.summary, _FAILED.index(verdict.outcome), first.tier)


_FAILED = (Outcome.NOT_LEARNING, Outcome.BROKEN)  # the worst last


def _untold(rules: tuple[Rule, ...], context: RunContext) -> Mapping[str, Answer]:
    """The answers of rules whose data are missing, as far as other runs lack the same."""
    if context.run.unrecorded:  # it gives reasons of its own
        return {}
    absent = frozenset(n for n in _needs_of(rules) if context.look_for(n) is None)
    return _lacking(rules, absent, way_of(context.run))


@lru_cache(maxsize=256)  # the runs of a log lack the same: their verdicts share these answers
def _lacking(
    rules: tuple[Rule, ...], absent: frozenset[Need[Any]], way: Way
) -> Mapping[str, Answer]:
    unmet = {rule.code: rule.unmet(absent) for rule in rules}
    told = {code: told_in(way, not_in_the_log(needs)) for code, needs in unmet.items() if needs}
    return MappingProxyType(told)


@lru_cache(maxsize=16)
def _needs_of(rules: tuple[Rule, ...]) -> tuple[Need[Any], ...]:
    """Whatever any of the rules needs."""
    return tuple(dict.fromkeys(n for rule in rules for group in rule.needs for n in group))


def ask(rule: Rule, context: RunContext, *, strict: bool = False) -> Answer:
    """One rule's answer; a bug in it does not affect the others."""
    if rule.across_workers and not context.run.lanes:
        return ONE_PROCESS
    if (missing := rule.missing(context)) is not None:
        return told_for(context.run, missing)
    try:
        answer = rule.decide(replace(context, declared=rule.given))
        answer = rule.so_far(rule.muted(answer, context), context)
        answer = with_its_output(answer, context.run)
        return told_for(context.run, _located(answer, context.run))
    except MissingColumnError as lacking:
        return CannotTell(f"not in the log: {lacking}")
    except Exception as fault:
        if strict:
            raise
        log.debug("%s failed on run %r", rule.code, context.run.name, exc_info=True)
        return CannotTell(f"this check failed on this run ({type(fault).__name__})")


def _located(answer: Answer, run: Run) -> Answer:
    """Facts without a curve, those of the contract say, are in the recorder's part of the log."""
    if not isinstance(answer, Flagged) or (home := run.recorder_member) is None:
        return answer

    def at_home(facts: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        return tuple(fact if fact.member else replace(fact, member=home) for fact in facts)

    return replace(
        answer, evidence=at_home(answer.evidence), counter_evidence=at_home(answer.counter_evidence)
    )


def _yield(answers: dict[str, Answer], rules: Sequence[Rule]) -> dict[str, Answer]:
    """Hides the findings of rules that yield to a flagged rule which is not hidden itself."""
    by_code = {rule.code: rule for rule in rules}
    settled: dict[str, Answer] = {}

    def settle(code: str) -> Answer:
        if code in settled:
            return settled[code]
        answer = settled[code] = answers[code]  # set first: a cycle ends here
        if isinstance(answer, Flagged) and not answer.is_own_cause:
            for other in by_code[code].steps_back_behind(rules):
                if other.code.startswith(answer.apart_from):
                    continue
                if _stands(settle(other.code), other):
                    settled[code] = CannotTell(f"{other.code} ({other.name}) hides it")
                    break
        return settled[code]

    return {
        code: settle(code) if isinstance(answer, Flagged) else answer
        for code, answer in answers.items()
    }


def _stands(answer: Answer, rule: Rule) -> bool:
    is_grave = isinstance(answer, Flagged) and tier_of(rule, answer) >= Tier.STRONG
    return is_grave and not rule.preview


def tier_of(rule: Rule, answer: Flagged) -> Tier:
    """The tier at which a finding speaks: never above its rule's."""
    return rule.tier if answer.tier is None else min(answer.tier, rule.tier)


Flags = Mapping[str, tuple[Rule, Flagged]]


def _fold(flagged: Flags, layer_order: Mapping[str, int]) -> dict[str, list[str]]:
    """Every root cause with all that lies under it, transitively, in catalogue order."""
    cause: dict[str, str] = {}
    for code in flagged:
        able = [c for c in flagged if c != code and _explains(flagged, c, code, layer_order)]
        if able:
            cause[code] = max(able, key=lambda c: _weight(flagged, c))
    roots: dict[str, list[str]] = {}
    for code in flagged:
        root, seen = code, {code}
        while root in cause and cause[root] not in seen:
            root = cause[root]
            seen.add(root)
        roots.setdefault(root, [])
        if root != code:
            roots[root].append(code)
    return roots


def _previews(told: Flags, run: Run) -> tuple[Finding, ...]:
    """What rules in preview name, where neither a finding nor another of them explains it."""
    layer_order = _layer_order(run)
    tried = {code: (rule, answer) for code, (rule, answer) in told.items() if rule.preview}
    causes = told.keys() - tried.keys()
    unexplained = {
        code: found
        for code, found in tried.items()
        if not any(_explains(told, cause, code, layer_order) for cause in causes)
    }
    return _rank(_fold(unexplained, layer_order), unexplained, run)


def _explains(flagged: Flags, cause: str, effect: str, order: Mapping[str, int]) -> bool:
    """Named as a consequence, begun no earlier, and in the same layers or behind them."""
    (rule, first), (other, second) = flagged[cause], flagged[effect]
    if effect not in rule.explains or second.is_own_cause:
        return False
    if cause.startswith(second.apart_from):
        return False
    if other.across_workers and not set(second.workers) <= set(first.workers):
        return False  # what all workers have sets none of them apart
    if tier_of(rule, first) < min(Tier.STRONG, tier_of(other, second)):
        return False  # a smell does not explain a strong finding
    if (first.since, rule.stage) > (second.since, other.stage):
        return False
    known = [order[layer] for layer in first.layers if layer in order]
    behind = [order[layer] for layer in second.layers if layer in order]
    return not known or not behind or min(behind) >= min(known)


def _weight(flagged: Flags, code: str) -> tuple[int, int]:
    """Tier first, then the order of suspicion: earlier in the catalogue weighs more."""
    rule, answer = flagged[code]
    return tier_of(rule, answer), -list(flagged).index(code)


def _rank(
    roots: Mapping[str, list[str]], flagged: Flags, run: Run
) -> tuple[Finding, ...]:
    def key(code: str) -> tuple[int, bool, int, int]:
        tier, suspicion = _weight(flagged, code)
        # What the log holds beside the training comes after what the training itself shows.
        is_of_training = flagged[code][0].family is not Family.LOG
        return tier, is_of_training, suspicion, len(roots[code])

    findings = []
    for rank, code in enumerate(sorted(roots, key=key, reverse=True), start=1):
        rule, answer = flagged[code]
        healthy = [fact for fact in answer.evidence if fact.is_healthy]
        against = (fact for fact in healthy if not fact.rules_out)
        findings.append(
            Finding(
                rank=rank,
                code=code,
                name=rule.name,
                tier=tier_of(rule, answer),
                summary=answer.summary,
                context=answer.context,
                evidence=tuple(fact for fact in answer.evidence if not fact.is_healthy),
                counter_evidence=(*answer.counter_evidence, *against),
                explains=tuple(_consequence(*flagged[c]) for c in roots[code]),
                fix=fix_for(run, answer.fix or rule.fix),
                layers=answer.layers,
                since=answer.since,
                rules_out=tuple(fact for fact in healthy if fact.rules_out),
                workers=answer.workers,
            )
        )
    return tuple(findings)


def _consequence(rule: Rule, answer: Flagged) -> Consequence:
    return Consequence(
        rule.code, rule.name, answer.summary, answer.evidence, answer.layers, answer.workers
    )


def _rivals(
    findings: Sequence[Finding], flagged: Flags, answers: Mapping[str, Answer]
) -> tuple[Rivals, ...]:
    """Rivals of the first cause that a rule looks for and the data have not ruled out."""
    found = []
    for finding in findings[:1]:
        for other, separates in flagged[finding.code][1].rivals:
            if other in answers and not isinstance(answers[other], Passed | NotApplicable):
                found.append(Rivals((finding.code, other), separates))
    return tuple(found)


def _layer_order(run: Run) -> dict[str, int]:
    layers = run.contract.layers if run.contract else ()
    return {layer.name: index for index, layer in enumerate(layers)}
