"""ZA109: the stage of the input pipeline that destroys the data."""

from __future__ import annotations

from collections.abc import Callable

from tb_zeroacc.diagnosis.answering.pipeline_faults import (
    PipelineFault,
    clipped,
    constant,
    emptied,
    not_finite,
    scaled_twice,
    truncated,
)
from tb_zeroacc.diagnosis.answering.shown_curves import loss_shown
from tb_zeroacc.diagnosis.answers import (
    Answer,
    CannotTell,
    Evidence,
    Fix,
    Flagged,
    Limit,
    Missing,
    NotApplicable,
    Passed,
    Tier,
)
from tb_zeroacc.diagnosis.answers import Stage as Moment
from tb_zeroacc.diagnosis.computed.data.inputs import has_constant_input, has_non_finite_input
from tb_zeroacc.diagnosis.computed.data.pipeline import (
    FEWEST_VALUES,
    PipelineStage,
    Seen,
    seen_at_taps,
    stages_of,
)
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.diagnosis import Outcome
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import PIPELINE
from tb_zeroacc.diagnosis.rule import Muted, rule
from tb_zeroacc.run import Run
from tb_zeroacc.wording import count

Look = Callable[[PipelineStage, dict[str, Seen]], PipelineFault | None]
LOOKS: tuple[Look, ...] = (not_finite, constant, truncated, clipped, emptied, scaled_twice)
TAP = "dataset = dataset.apply(tb_zeroacc.tap({name!r}))"


@rule(
    "ZA109",
    "pipeline-stage-destroys-data",
    Tier.DEFINITE,
    Moment.INPUT,
    motif=Motif.DATA_PATH,
    healthy="The pipeline keeps the data intact",
    needs=(PIPELINE,),
    explains=(
        "ZA101", "ZA102", "ZA103", "ZA104", "ZA105", "ZA106", "ZA107", "ZA108", "ZA112", "ZA206",
        "ZA403", "ZA404", "ZA501", "ZA503", "ZA504", "ZA505", "ZA509", "ZA510", "ZA602", "ZA604",
        "ZA702", "ZA703", "ZA704", "ZA705", "ZA706", "ZA708",
    ),
    outcome=Outcome.BROKEN,
    muted_when=Muted.BASELINE_IS_BEATEN,
    fix=Fix(
        "Compare one element before and after the stage between the two taps.",
        "before, after = next(iter(raw)), next(iter(raw.map(stage)))\n"
        "print(before, after, sep='\\n')",
    ),
)  # fmt: skip
def pipeline_stage_destroys_data(context: RunContext) -> Answer:
    """A stage of the input pipeline, between two taps, destroys the data.

    ## What it means
    The data at the tap before the stage are fine; at the tap after it they are all zero, one
    constant, NaN or Inf, clipped to nearly nothing, cut from an empty margin, or scaled for a
    second time.

    ## Why accuracy suffers
    The model never sees how the examples differ. In data that are scaled twice the differences
    remain, but are too small to have an effect.

    ## How it is detected
    Taps count every element, and summarise the values of the first 32 and of every 17th. The taps
    before and after a stage are compared, for inputs, not for labels.

    Definite, where the inputs of the model show it too (otherwise a later stage repaired it, and
    the check passes): NaN or Inf in an element after the stage, and in none before; or values that
    differ before and are all 0, or all one constant, after it, at least 32 of them.

    Strong, muted once the run beats its baseline: cut to integers (whole numbers no more than 1
    apart, 90 % or more of them 0, and at most a quarter of the values other than 0 left); or
    clipped (95 % at one end of their element, under half before, and the range was cut); or a part
    is cut out of each element in which 98 % of the values are 0, and those that are not are at most
    a twentieth as frequent as before.

    Strong, a smell where the run beats its baseline: scaled twice. Standard deviation and range
    shrink by one factor (within 25 %), the resulting range is .1 or less, and the factor is, within
    10 %, that of the stage before and at least 4; or that of an image (255, 256, 127.5, 128, 65535)
    where the range was 2.5 or less already; or its square.

    ## How to fix it
    ```python
    x = tf.cast(image, tf.float32) / 255.0  # once, and before any cast to integers
    ```
    The finding names the two taps; the stage is what is between them.

    ## Easily confused with
    ZA102 input-all-zero, ZA101 input-not-finite: the inputs of the model, without the place where
    they went wrong. ZA510 unused-layer: the zero arises inside the model. ZA103
    input-not-normalised: never scaled, while here it is scaled too often.

    ## Sources
    stackoverflow.com/q/53654594; karpathy.github.io/2019/04/25/recipe ("visualize just before the
    net"). The thresholds are this rule's own; 255 twice leaves a range of .0039.
    """
    seen = seen_at_taps(context.run)
    stages = list(stages_of(seen))
    if not any(each.values > 0 for each in seen.values()):
        return NotApplicable("no tap saw numeric inputs")
    answers = [
        _weighed(context, stage, fault)
        for stage in stages
        if (fault := next((hit for look in LOOKS if (hit := look(stage, seen))), None))
    ]
    found = [answer for answer in answers if isinstance(answer, Flagged)]
    if context.beats:  # then a fault that this disproves must not hide another
        found.sort(key=lambda answer: answer.is_mutable)
    if answers:
        return [*found, *answers][0]
    return _untapped(context.run, seen) or _sound(seen, stages)


def _weighed(context: RunContext, stage: PipelineStage, fault: PipelineFault) -> Answer:
    """A finding, unless the inputs of the model are fine all the same."""
    in_inputs = {"bad": has_non_finite_input, "constant": has_constant_input}.get(fault.shows_as)
    if in_inputs is None:
        return _flagged(context, stage, fault, Tier.SMELL if context.beats else Tier.STRONG)
    shown = in_inputs(context.run)
    if shown is False:
        return Passed("the inputs of the model are fine, although "
                      f"{fault.summary[0].lower()}{fault.summary[1:].rstrip('.')}")  # fmt: skip
    tier = None if shown else Tier.STRONG
    if context.beats:
        tier = Tier.SMELL if fault.shows_as == "bad" else Tier.STRONG
    return _flagged(context, stage, fault, tier)


def _flagged(
    context: RunContext, stage: PipelineStage, fault: PipelineFault, tier: Tier | None
) -> Flagged:
    run, table = context.run, context.given(PIPELINE)
    until = int(table.steps[-1])

    def shown(number: tuple[str, float], seen: Seen, limit: Limit | None) -> Evidence:
        return Evidence.of_table(f"{number[0]} at tap `{seen.tensor.tap}`", table, number[1],
                                 limit, unit=fault.unit, layer=seen.tensor.row, since=0,
                                 until=until)  # fmt: skip

    return Flagged(
        summary=fault.summary,
        context=fault.context,
        evidence=(
            shown(fault.at_after, stage.after, fault.limit),
            shown(fault.at_before, stage.before, None),
            *loss_shown(run),
        ),
        tier=tier,
        fix=fault.fix,
        is_mutable=fault.is_mutable,
    )


def _untapped(run: Run, seen: dict[str, Seen]) -> CannotTell | None:
    """Data that are broken before the first tap, or after the last one."""
    for each in seen.values():
        broken = each.is_constant and has_constant_input(run)
        broken = broken or bool(each.bad > 0 and has_non_finite_input(run))
        if broken and each.tensor.before is None:
            how = TAP.format(name="loaded") + "  # further up, right after the data are read"
            return CannotTell(
                f"the data are already broken at `{each.tensor.tap}`, and no tap comes before it",
                (Missing("a tap further up the pipeline", how),),
            )
    sound = all((each.varies or not each.values) and each.bad == 0 for each in seen.values())
    if sound and (has_constant_input(run) or has_non_finite_input(run)):
        how = TAP.format(name="fed") + "  # as the last stage"
        return CannotTell(
            "the data are fine at every tap, but broken where they enter the model",
            (Missing("a tap further down the pipeline", how),),
        )
    return None


def _sound(seen: dict[str, Seen], stages: list[PipelineStage]) -> Answer:
    taps = list(dict.fromkeys(each.tensor.tap for each in seen.values()))
    numeric = [stage for stage in stages if stage.before.values and stage.after.values]
    if not numeric:
        return CannotTell(
            f"{count(len(taps), 'tap')}, and no stage with numeric inputs between two of them",
            (Missing("a second tap", TAP.format(name="loaded") + "  # before the stage"),),
        )
    fewest = min(min(stage.before.values, stage.after.values) for stage in numeric)
    if fewest < FEWEST_VALUES:
        return CannotTell(f"{count(int(fewest), 'value')} at a tap, too few "
                          f"(at least {FEWEST_VALUES} are needed)")  # fmt: skip
    return Passed(f"no stage between {count(len(taps), 'tap')} destroys its data")
