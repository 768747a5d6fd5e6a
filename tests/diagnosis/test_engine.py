"""The engine on a small catalogue of its own: folding, tiers, yields, rivals, outcomes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    NotApplicable,
    Passed,
    Stage,
    Tier,
    at_least,
    at_most,
)
from tb_zeroacc.diagnosis.catalogue import CATALOGUE
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Diagnosis, Outcome
from tb_zeroacc.diagnosis.engine import diagnose, judged_stretches
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import CONTRACT, INPUTS, LOSS
from tb_zeroacc.diagnosis.rule import HEADINGS, Family, Muted, Rule, rule
from tb_zeroacc.errors import UndeclaredNeedError
from tb_zeroacc.facts import COLUMNS, End, Layer
from tb_zeroacc.run import Curve, Earlier, Role, Run, Split, Stretch
from tests.diagnosis.planted import a_contract, a_curve, a_run, a_table

PAGE = "A fault.\n\n" + "\n".join(f"## {heading}\nSome text." for heading in HEADINGS)
COUNTS = a_table("label_counts", {"y": {"0": 50.0, "1": 50.0}})
LAYERS = [Layer(name, "Dense", "relu", 8) for name in ("first", "second", "third")]
RUN = a_run(a_contract(*LAYERS), a_curve([0.5, 0.5, 0.5, 0.5]))


def a_rule(
    code: str,
    answer: Answer | Callable[[RunContext], Answer],
    *,
    tier: Tier = Tier.STRONG,
    stage: Stage = Stage.LOSS,
    **more: Any,
) -> Rule:
    """A rule that gives one answer."""

    def decide(context: RunContext) -> Answer:
        return answer(context) if callable(answer) else answer

    decide.__doc__ = PAGE
    needs = more.pop("needs", ())
    more.setdefault("healthy", "All is well")
    return rule(code, f"fault-{code[2:]}", tier, stage, motif=Motif.NUMBERS, needs=needs,
                fix=Fix("Fix it."), **more)(decide)


def flag(since: int = 0, *layers: str, **more: Any) -> Flagged:
    return Flagged("It is faulty.", since=since, layers=layers, **more)


def judged(*rules: Rule, run: Run = RUN, strict: bool = True) -> Diagnosis:
    return diagnose(run, rules, strict=strict)


def shape(diagnosis: Diagnosis) -> dict[str, list[str]]:
    """The causes, each with the codes that are folded under it."""
    return {f.code: [c.code for c in f.explains] for f in diagnosis.findings}


# --- what a damaged log lacks -----------------------------------------------------------------


def test_a_rule_whose_column_is_missing_cannot_tell() -> None:
    run = a_run(a_table("inputs", {"x": {"mean": 1.0}}, columns=("mean",)))
    asks = a_rule("ZA101", lambda context: Passed(str(context.given(INPUTS).column("std"))),
                  needs=(INPUTS,))  # fmt: skip
    found = judged(asks, a_rule("ZA102", Passed("fine")), run=run).checks
    assert found["ZA101"] == CannotTell(
        "not in the log: the table `inputs` lacks the column `std`"
    ), "no fault of the rule's, so that even strictly nothing is raised"
    assert found["ZA102"] == Passed("fine")


@pytest.mark.parametrize("kind", sorted(COLUMNS))
def test_no_column_of_a_table_is_one_that_a_verdict_cannot_do_without(kind: str) -> None:
    contract = a_contract(units=2)
    curves = a_curve([0.7, 0.3, 0.2, 0.1]), a_curve([0.6, 0.8, 0.9, 0.97], Role.ACCURACY)
    whole = {
        other: a_table(other, {row: dict.fromkeys(columns, 1.0) for row in ("y", "head/kernel")})
        for other, columns in COLUMNS.items()
    }
    for lacking in COLUMNS[kind]:
        kept = [column for column in COLUMNS[kind] if column != lacking]
        table = a_table(kind, {"y": dict.fromkeys(kept, 1.0)}, columns=kept)
        run = a_run(contract, *curves, COUNTS, *{**whole, kind: table}.values())
        assert judged(*CATALOGUE, run=run, strict=False).headline


# --- folding ----------------------------------------------------------------------------------
A, B = "ZA701", "ZA504"
UPDATE, ACTIVATIONS = Stage.UPDATE, Stage.ACTIVATIONS


def run_of(*losses: float, accuracy: list[float] | None = None) -> Run:
    curves = [a_curve(losses)]
    if accuracy is not None:
        curves.append(a_curve(accuracy, Role.ACCURACY))
    return a_run(COUNTS, a_contract(units=2), *curves)


GOOD = run_of(0.7, 0.3, 0.2, 0.1, accuracy=[0.6, 0.8, 0.9, 0.97])
STUCK = run_of(0.69, 0.69, 0.69, 0.69)
SHORT = run_of(0.69)


@pytest.mark.parametrize(
    ("cause", "effect", "folds"),
    [
        ((0, UPDATE), (1, ACTIVATIONS), True),
        ((0, UPDATE), (0, ACTIVATIONS), False),  # the update of step 0 comes after it
        ((5, UPDATE), (4, ACTIVATIONS), False),
        ((0, ACTIVATIONS), (0, ACTIVATIONS), True),
        ((0, Stage.INPUT), (0, ACTIVATIONS), True),
        ((-1, Stage.CONTRACT), (0, Stage.INPUT), True),
    ],
)
def test_a_consequence_begins_no_earlier_than_its_cause(
    cause: tuple[int, Stage], effect: tuple[int, Stage], folds: bool
) -> None:
    found = judged(
        a_rule(A, flag(cause[0]), stage=cause[1], explains=(B,)),
        a_rule(B, flag(effect[0]), stage=effect[1]),
    )
    assert shape(found) == ({A: [B]} if folds else {A: [], B: []})


@pytest.mark.parametrize(
    ("cause", "effect", "folds"),
    [
        (("second",), ("second",), True),
        (("second",), ("third",), True),
        (("second",), ("first",), False),
        (("second",), ("first", "third"), False),
        ((), ("first",), True),
        (("third",), (), True),
        (("unknown",), ("first",), True),
    ],
)
def test_a_consequence_lies_in_the_cause_layers_or_behind(
    cause: tuple[str, ...], effect: tuple[str, ...], folds: bool
) -> None:
    found = judged(a_rule(A, flag(0, *cause), explains=(B,)), a_rule(B, flag(1, *effect)))
    assert shape(found) == ({A: [B]} if folds else {A: [], B: []})


def test_what_is_not_named_stands_beside() -> None:
    assert shape(judged(a_rule(A, flag()), a_rule(B, flag()))) == {A: [], B: []}


def test_folding_is_transitive() -> None:
    found = judged(
        a_rule("ZA101", flag(), stage=Stage.INPUT, explains=("ZA501",)),
        a_rule("ZA501", flag(), explains=("ZA704",)),
        a_rule("ZA704", flag()),
    )
    assert shape(found) == {"ZA101": ["ZA501", "ZA704"]}


def test_a_consequence_lies_under_the_strongest_of_its_causes() -> None:
    found = judged(
        a_rule("ZA103", flag(tier=Tier.STRONG), explains=("ZA704",)),
        a_rule("ZA301", flag(), tier=Tier.DEFINITE, explains=("ZA704",)),
        a_rule("ZA704", flag()),
    )
    assert shape(found) == {"ZA301": ["ZA704"], "ZA103": []}


def test_a_smell_explains_no_strong_finding() -> None:
    smell = a_rule(A, flag(tier=Tier.SMELL), explains=(B,))
    assert shape(judged(smell, a_rule(B, flag()))) == {B: [], A: []}
    assert shape(judged(smell, a_rule(B, flag(tier=Tier.SMELL)))) == {A: [B]}


def test_a_cause_of_its_own_lies_under_nothing_and_steps_back_behind_nothing() -> None:
    own = a_rule(B, flag(is_own_cause=True), yields_to=(A,))
    assert shape(judged(a_rule(A, flag(), explains=(B,)), own)) == {A: [], B: []}


@pytest.mark.parametrize(("apart_from", "stands"), [((A,), True), (("ZA7",), True),
                                                    (("ZA1", "ZA3"), False), ((), False)])
def test_what_a_fault_did_not_bring_about_stands_beside_it(
    apart_from: tuple[str, ...], stands: bool
) -> None:
    cause, effect = a_rule(A, flag(), explains=(B,)), a_rule(B, flag(apart_from=apart_from))
    assert shape(judged(cause, effect)) == ({A: [], B: []} if stands else {A: [B]})
    behind = a_rule(B, flag(apart_from=apart_from), yields_to=(A,))
    assert (B in shape(judged(a_rule(A, flag()), behind))) is stands


def test_folded_findings_keep_their_evidence_and_stay_flagged() -> None:
    found = judged(a_rule(A, flag(), explains=(B,)), a_rule(B, flag()))
    assert isinstance(found.checks[B], Flagged)
    assert found.findings[0].explains[0].summary == "It is faulty."


def test_a_healthy_number_is_no_evidence_but_rules_out_or_speaks_against() -> None:
    wrong = Evidence.of_number("loss", 2.3, at_most(1.0))
    healthy = Evidence.of_number("updates", 0.01, at_least(1e-4))
    settles = replace(healthy, rules_out="a rate too low")
    found = judged(a_rule(A, flag(evidence=(wrong, settles, healthy)))).findings[0]
    assert [f.text for f in found.evidence] == ["loss"]
    assert [f.rules_out for f in found.rules_out] == ["a rate too low"]
    assert [f.rules_out for f in found.counter_evidence] == [""]


# --- tiers and ranks --------------------------------------------------------------------------
def test_tier_comes_before_suspicion() -> None:
    found = judged(
        a_rule("ZA101", flag(tier=Tier.SMELL)),
        a_rule("ZA503", flag()),
        a_rule("ZA601", flag(), tier=Tier.DEFINITE),
        a_rule("ZA704", flag()),
    )
    assert list(shape(found)) == ["ZA601", "ZA503", "ZA704", "ZA101"]
    assert [finding.rank for finding in found.findings] == [1, 2, 3, 4]


def test_no_finding_exceeds_its_rule() -> None:
    found = judged(a_rule(A, flag(tier=Tier.DEFINITE), tier=Tier.SMELL))
    assert found.findings[0].tier is Tier.SMELL


def test_a_finding_may_bring_its_own_fix() -> None:
    own = Fix("Do this instead.")
    assert judged(a_rule(A, flag(fix=own))).findings[0].fix == own
    assert judged(a_rule(A, flag())).findings[0].fix.text == "Fix it."


# --- rules in preview --------------------------------------------------------------------------
def test_a_rule_in_preview_decides_nothing() -> None:
    tried = a_rule("ZA101", flag(), tier=Tier.DEFINITE, outcome=Outcome.BROKEN, preview=True)
    found = judged(tried, run=GOOD)
    assert (found.findings, [f.code for f in found.previews]) == ((), ["ZA101"])
    assert found.outcome is Outcome.LEARNING
    assert found.headline.startswith("No fault found")


def test_a_finding_stands_above_a_rule_in_preview() -> None:
    tried = a_rule("ZA101", flag(), tier=Tier.DEFINITE, explains=("ZA704",), preview=True)
    found = judged(tried, a_rule("ZA704", flag(), yields_to=("ZA101",)))
    assert shape(found) == {"ZA704": []}, "what is in preview neither explains nor hides"
    assert found.headline == found.findings[0].summary


def test_what_a_finding_explains_is_not_named_in_preview() -> None:
    found = judged(
        a_rule("ZA303", flag(), explains=("ZA704",)), a_rule("ZA704", flag(), preview=True)
    )
    assert found.previews == ()


def test_rules_in_preview_fold_among_themselves() -> None:
    found = judged(
        a_rule("ZA303", flag(), explains=("ZA704",), preview=True),
        a_rule("ZA704", flag(), preview=True),
    )
    assert [(f.code, [c.code for c in f.explains]) for f in found.previews] == [
        ("ZA303", ["ZA704"])
    ]


# --- yields, needs, faults, rivals ------------------------------------------------------------
def test_a_rule_steps_back_behind_a_flagged_one() -> None:
    found = judged(a_rule("ZA303", flag()), a_rule("ZA309", flag(), yields_to=("ZA303",)))
    answer = found.checks["ZA309"]
    assert isinstance(answer, CannotTell)
    assert "ZA303" in answer.reason


def test_it_does_not_step_back_behind_a_smell() -> None:
    found = judged(
        a_rule("ZA303", flag(tier=Tier.SMELL)), a_rule("ZA309", flag(), yields_to=("ZA303",))
    )
    assert isinstance(found.checks["ZA309"], Flagged)


def test_who_has_stepped_back_hides_nobody() -> None:
    found = judged(
        a_rule("ZA101", flag()),
        a_rule("ZA303", flag(), yields_to=("ZA101",)),
        a_rule("ZA309", flag(), yields_to=("ZA303",)),
    )
    assert isinstance(found.checks["ZA309"], Flagged)


def test_a_rule_steps_back_behind_another_family() -> None:
    behind = a_rule("ZA201", flag(), yields_to=(Family.LABELS, Family.OUTPUT_AND_LOSS))
    other = a_rule("ZA310", flag())
    told = judged(a_rule("ZA101", flag()), behind, other).checks["ZA201"]
    assert told == CannotTell("ZA310 (fault-310) hides it")
    assert isinstance(judged(a_rule("ZA101", flag()), behind).checks["ZA201"], Flagged)


MUTED = "muted because the run beats its baseline: "
SUSPICION = CannotTell("too few steps so far", is_suspicion=True)


@pytest.mark.parametrize(
    ("answer", "want"),
    [
        (flag(), Passed(f"{MUTED}It is faulty")),
        (flag(is_mutable=False), flag(is_mutable=False)),
        (SUSPICION, Passed(f"{MUTED}too few steps so far")),
        (CannotTell("not on record"), CannotTell("not on record")),
        (NotApplicable("no such layer"), NotApplicable("no such layer")),
    ],
    ids=["flagged", "stands", "suspicion", "not on record", "not applicable"],
)
def test_a_run_that_beats_its_baseline_mutes_a_rule(answer: Answer, want: Answer) -> None:
    """The rule itself need not look at it."""
    muted = a_rule("ZA101", answer, muted_when=Muted.BASELINE_IS_BEATEN)
    assert judged(muted, run=GOOD).checks["ZA101"] == want
    for run in (STUCK, a_run()):
        assert judged(muted, run=run).checks["ZA101"] == answer
    assert judged(a_rule("ZA101", answer), run=GOOD).checks["ZA101"] == answer


def test_accuracy_alone_may_mute_a_rule() -> None:
    learned = run_of(0.69, 0.68, 0.67, 0.66, accuracy=[0.5, 0.7, 0.9, 0.95])
    rules = [a_rule(A, flag(), muted_when=Muted.ACCURACY_IS_BEATEN),
             a_rule(B, flag(), muted_when=Muted.BASELINE_IS_BEATEN)]  # fmt: skip
    checks = judged(*rules, run=learned).checks
    assert isinstance(checks[A], Passed)
    assert isinstance(checks[B], Flagged)


def test_what_is_not_logged_cannot_be_told() -> None:
    rule = a_rule(A, flag(), needs=(INPUTS,))
    answer = judged(rule, run=replace(RUN, recorded=False)).checks[A]
    assert isinstance(answer, CannotTell)
    assert answer.needs[0].how_to_log
    answer = judged(rule).checks[A]
    assert isinstance(answer, CannotTell)
    assert answer.needs[0].how_to_log == "", "the recorder was there"


def broken(context: RunContext) -> Answer:
    raise ZeroDivisionError


def test_a_rule_that_raises_hides_no_other() -> None:
    found = judged(a_rule(A, broken), a_rule(B, flag()), strict=False)
    assert isinstance(found.checks[A], CannotTell)
    assert shape(found) == {B: []}


def test_strictly_it_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        judged(a_rule(A, broken))


def test_a_rule_is_given_what_it_declared_to_need() -> None:
    def asks(context: RunContext) -> Answer:
        return Passed(f"{context.given(LOSS).tag} {context.given(CONTRACT).model}")

    told = judged(a_rule("ZA001", asks, needs=(LOSS, CONTRACT)))
    assert told.checks["ZA001"] == Passed("zeroacc/epoch/loss Sequential")


@pytest.mark.parametrize(
    "needs", [(), (CONTRACT,), ((LOSS, CONTRACT),)],
    ids=["nothing", "something else", "an alternative"],
)  # fmt: skip
def test_what_a_rule_did_not_declare_it_is_not_given(needs: Any) -> None:
    """Else it would find nothing in the first run that lacks it."""
    asks = a_rule("ZA001", lambda context: Passed(context.given(LOSS).tag), needs=needs)
    with pytest.raises(UndeclaredNeedError, match="a training loss: a rule is given only what"):
        judged(asks)


@pytest.mark.parametrize(
    ("other", "stands"),
    [
        (Passed("fine"), False),
        (NotApplicable("no"), False),
        (CannotTell("who knows"), True),
        (flag(tier=Tier.SMELL), True),
    ],
)
def test_a_rival_stands_unless_it_was_ruled_out(other: Answer, stands: bool) -> None:
    rivals = (("ZA206", "a validation split"),)
    found = judged(a_rule("ZA705", flag(rivals=rivals)), a_rule("ZA206", other))
    assert [r.codes for r in found.rivals] == ([("ZA705", "ZA206")] if stands else [])


def test_facts_without_a_curve_stand_in_the_recorders_part() -> None:
    table = a_table("inputs", {"x": {"mean": 0.0}})
    rule_of = a_rule(A, Flagged("x", evidence=(Evidence("a fact"), Evidence("b", member="train"))))
    found = judged(rule_of, run=a_run(table))
    assert [fact.member for fact in found.findings[0].evidence] == ["zeroacc", "train"]


def test_a_rival_that_no_rule_looks_for_is_not_named() -> None:
    assert judged(a_rule("ZA705", flag(rivals=(("ZA999", "nothing"),)))).rivals == ()


def test_an_exception_before_the_first_epoch_is_no_learning() -> None:
    text = "Graph execution error\n  shapes differ\n"
    end = End("exception", 0, exception="ValueError", text=text)
    found = diagnose(a_run(a_table("inputs", {"x": {"mean": 0.0}}), end=end), ())
    assert found.outcome is Outcome.CANNOT_TELL
    assert found.headline == (
        "ValueError ended the training after 0 steps: 0 checks passed, 0 could not be told."
    )
    assert found.context == "shapes differ"


@pytest.mark.parametrize("state", ["live", "ended"])
@pytest.mark.parametrize("steps", [5, 15])
def test_a_run_of_some_steps_is_too_young_to_be_called_stuck(state: str, steps: int) -> None:
    """Every healthy loss stands near its baseline in the first steps."""
    labels = a_table("label_counts", {"y": {str(k): 10.0 for k in range(10)}})
    curve = a_curve([2.35, *[2.31] * (steps - 1)], tag="zeroacc/loss", axis="step")
    found = diagnose(a_run(a_contract(), labels, curve, state=state), CATALOGUE, strict=True)
    assert found.outcome is Outcome.CANNOT_TELL, found.headline
    assert all(finding.tier is Tier.SMELL for finding in found.findings)


def test_a_live_run_needs_whole_epochs() -> None:
    labels = a_table("label_counts", {"y": {str(k): 10.0 for k in range(10)}})
    curve = a_curve([2.31] * 60, tag="zeroacc/loss", axis="step")
    for state, outcome in (("live", Outcome.CANNOT_TELL), ("ended", Outcome.NOT_LEARNING)):
        found = diagnose(a_run(a_contract(), labels, curve, state=state), CATALOGUE, strict=True)
        assert found.outcome is outcome, found.headline


# --- outcome and headline ---------------------------------------------------------------------
BROKEN, NOT_LEARNING = Outcome.BROKEN, Outcome.NOT_LEARNING
EARLY, LEARNING = Outcome.FINISHED_EARLY, Outcome.LEARNING

OUTCOMES: dict[str, tuple[Run, list[Rule], Outcome]] = {
    "nothing found": (GOOD, [a_rule(A, Passed("fine"))], LEARNING),
    "nothing found, and hopeless": (STUCK, [], NOT_LEARNING),
    "nothing found, hopeless and short": (SHORT, [], Outcome.CANNOT_TELL),
    "nothing in the log": (a_run(), [], Outcome.CANNOT_TELL),
    "a loss that is not finite": (run_of(0.7, math.nan), [], BROKEN),
    "a broken contract": (
        GOOD, [a_rule("ZA301", flag(), tier=Tier.DEFINITE, outcome=BROKEN)], BROKEN,
    ),
    "a contract that is only likely broken": (
        STUCK, [a_rule("ZA310", flag(), outcome=BROKEN)], NOT_LEARNING,
    ),
    "a strong cause": (STUCK, [a_rule(A, flag())], NOT_LEARNING),
    "a strong cause, but it learned": (GOOD, [a_rule(A, flag())], LEARNING),
    "a definite cause": (GOOD, [a_rule(A, flag(), tier=Tier.DEFINITE)], NOT_LEARNING),
    "a smell": (GOOD, [a_rule(A, flag(tier=Tier.SMELL))], LEARNING),
    "stopped early": (STUCK, [a_rule("ZA705", flag(), outcome=EARLY)], EARLY),
    "too short": (
        run_of(0.5), [a_rule("ZA705", flag(tier=Tier.SMELL), outcome=EARLY)], Outcome.CANNOT_TELL,
    ),
    "overfits": (run_of(0.4, 0.4), [a_rule("ZA605", flag(), outcome=LEARNING)], LEARNING),
    "the first cause decides": (
        STUCK,
        [a_rule("ZA504", flag()), a_rule("ZA705", flag(), outcome=EARLY)],
        NOT_LEARNING,
    ),
}


@pytest.mark.parametrize(("run", "rules", "want"), OUTCOMES.values(), ids=OUTCOMES.keys())
def test_outcome(run: Run, rules: list[Rule], want: Outcome) -> None:
    assert judged(*rules, run=run).outcome is want


def test_the_first_cause_heads_the_verdict() -> None:
    assert judged(a_rule(A, flag()), run=STUCK).headline == "It is faulty."


def test_a_smell_heads_no_healthy_run() -> None:
    found = judged(a_rule(A, flag(tier=Tier.SMELL)), run=GOOD)
    assert found.headline.startswith("No fault found")
    assert "0.97" in found.context


def foreign(*curves: Curve) -> Diagnosis:
    return diagnose(a_run(*curves, recorded=False), CATALOGUE, strict=True)


def test_headline_and_the_line_below_it_name_the_same_level() -> None:
    """The last of points that scatter is another number than their level."""
    found = foreign(a_curve([*[2.0, 2.2] * 14, 2.1, 2.1, 2.9]))
    assert found.headline == (
        "The loss went from 2 to 2.1 in 31 epochs: whether it learns, the log does not say."
    )
    assert found.context == "The loss ended at 2.1."


def test_a_loss_has_not_ended_while_training_goes_on() -> None:
    run = replace(a_run(a_curve([*[2.0, 2.2] * 15, 2.1]), recorded=False), state="live")
    assert diagnose(run, CATALOGUE, strict=True).context.startswith("The loss is now 2")


def test_losses_of_several_networks_are_shown() -> None:
    parts = [
        a_curve([start, end] * 8, tag=name, name=name, headline=False)
        for name, start, end in (("generator_loss", 1.0, 1.2), ("discriminator_loss", 1.3, 1.1))
    ]
    assert foreign(*parts).headline == (
        "`generator_loss` went from 1 to 1.2 and `discriminator_loss` from 1.3 to 1.1: whether it "
        "learns, the log does not say."
    )


def test_a_term_is_not_called_the_loss() -> None:
    total = a_curve(list(np.linspace(1.0, 4.0, 20)))
    term = a_curve(list(np.geomspace(1.0, 0.1, 20)), tag="task_loss", headline=False)
    assert foreign(total, term).headline.startswith("`task_loss` fell from 0.9")


def test_a_remark_stands_below_what_was_learned() -> None:
    broken = a_curve([2.0, *[math.nan] * 19], split=Split.VALIDATION)
    found = foreign(a_curve(list(np.geomspace(2.0, 0.1, 20))), broken)
    assert found.headline.startswith("The loss fell from 1.8")
    assert found.context.startswith("The validation loss is NaN")


def test_a_healthy_run_says_how_much_was_looked_at() -> None:
    found = judged(a_rule(A, Passed("fine")), a_rule(B, CannotTell("unknown")), run=GOOD)
    assert found.headline == "No fault found: 1 check passed, 1 could not be told."


def test_equal_runs_give_equal_diagnoses() -> None:
    rules = (a_rule(A, flag(), explains=(B,)), a_rule(B, flag()))
    assert judged(*rules) == judged(*rules)


def test_infinite_numbers_warn_of_nothing() -> None:
    def decide(context: RunContext) -> Answer:
        gap = np.float32([math.inf, 3e38]) - np.float32([math.inf, -3e38])
        return flag() if (gap < 1).any() else Passed("nothing is that close")

    found = diagnose(RUN, [a_rule("ZA801", decide)], strict=True)
    assert isinstance(found.checks["ZA801"], Passed)


def test_an_earlier_stretch_is_judged_once() -> None:
    """While the training goes on, its own past does not cost anything any more."""
    asked: list[Run] = []

    def decide(context: RunContext) -> Answer:
        asked.append(context.run)
        return flag()

    rules = [a_rule("ZA801", decide)]
    earlier = Earlier(1, 0, (Stretch(a_run(a_curve([0.5] * 20))),))
    latest = [a_run(a_curve([0.5] * points), earlier=earlier) for points in (20, 21)]
    for run in latest:
        diagnose(run, rules, strict=True)
    assert asked == [earlier.stretches[0].run, *latest]


@pytest.mark.parametrize(
    ("tier", "outcome", "is_fault"),
    [
        (Tier.STRONG, Outcome.NOT_LEARNING, True),
        (Tier.SMELL, Outcome.NOT_LEARNING, False),
        (Tier.STRONG, Outcome.FINISHED_EARLY, False),
        (Tier.STRONG, Outcome.LEARNING, False),
    ],
)
def test_what_is_the_fault_of_a_stretch(tier: Tier, outcome: Outcome, is_fault: bool) -> None:
    rules = [a_rule("ZA801", flag(), tier=tier, outcome=outcome)]
    run = a_run(earlier=Earlier(1, 0, (Stretch(a_run(a_curve([0.5] * 20))),)))
    (judged,) = judged_stretches(run, rules, strict=True)
    assert (judged.fault is not None) is is_fault


ROWS = {
    "inputs": ("x[0]",), "batch": ("x",), "labels": ("y",), "sample_weights": ("y",),
    "outputs": ("y",), "activations": ("dense", "head"), "loss": ("loss",),
    "gradients": ("dense/kernel", "head/kernel"), "weights": ("dense/kernel", "head/kernel"),
    "progress": ("progress",), "validation_outputs": ("y",), "validation_labels": ("y",),
}  # fmt: skip
ENDS = {  # of a loss; what is computed of it must not overflow with a warning either
    "usual": [0.7, 0.6, 0.6, 0.6],
    "huge": [-4e23, -3e28, -2e29, -3e38],
    "not finite": [0.7, math.nan, math.inf, math.nan],
}
HEADS = [
    ("binary_crossentropy", "sigmoid", 1), ("sparse_categorical_crossentropy", "softmax", 10),
    ("mean_squared_error", "linear", 1), ("a_loss_of_mine", "sigmoid", 1),
]  # fmt: skip


@pytest.mark.parametrize("losses", ENDS.values(), ids=ENDS.keys())
@pytest.mark.parametrize(("loss", "activation", "units"), HEADS)
def test_what_is_unknown_costs_no_warning(
    losses: list[float], loss: str, activation: str, units: int
) -> None:
    """NumPy warns of the mean of nothing, on the user's console: here that is an error."""
    unknown = [
        a_table(kind, {row: {} for row in rows}, steps=list(range(0, 60, 2)))
        for kind, rows in ROWS.items()
    ]
    contract = a_contract(loss=loss, activation=activation, units=units)
    diagnose(a_run(contract, a_curve(losses), *unknown), CATALOGUE, strict=True)
