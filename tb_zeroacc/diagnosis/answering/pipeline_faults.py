"""The ways in which a stage of a pipeline can destroy data, each seen by the two taps around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tb_zeroacc.diagnosis.answers import Fix, Limit, at_least, at_most, unlike
from tb_zeroacc.diagnosis.computed.data.pipeline import PipelineStage, Seen, cuts_out, keeps_shape
from tb_zeroacc.diagnosis.computed.model.samples import ROUNDING
from tb_zeroacc.wording import count, number, percent

# Whole numbers, nearly all 0: what remains of pixels that were divided as integers. Thresholded
# digits keep half of the values other than 0, divided ones a fifth or less.
NEARLY_ALL_ZERO = 0.9
LEFT_OVER = 0.25
FEW_LEVELS = 1.0  # range of what is left
MANY_LEVELS = 8.0  # range of whole numbers with some information
AT_ONE_END = 0.95  # a photo of 0 to 255 that is clipped to 0 to 1: over .99
SPREAD_OUT = 0.5
# A part that is cut out: nearly all of it is 0, and of what is not hardly any of what there was.
EMPTY = 0.98
HARDLY_ANY = 0.05

# Scaled twice: the range that results, and how alike the two factors must be. Taps look at
# different elements, so that their spreads differ by some percent.
TINY_RANGE = 0.1
UNIT_RANGE = 2.5  # -1 to 1, with some room
SAME_FACTOR = 0.1
SAME_RANGE = 0.25
SMALLEST_FACTOR = 4.0
IMAGE_FACTORS = (255.0, 127.5, 65535.0)  # 256 and 128 are within the tolerance


@dataclass(frozen=True, slots=True)
class PipelineFault:
    """What a stage did to the data.

    Attributes:
        summary, context, fix: For the finding.
        at_before, at_after: A statistic with its value, at the tap before and at the one after.
        limit, unit: What `at_after` is compared with.
        shows_as: How the model's inputs should show it too: `bad`, `constant`; empty if not at all.
        is_mutable: Whether a run that beats its baseline disproves it.
    """

    summary: str
    context: str
    fix: Fix
    at_before: tuple[str, float]
    at_after: tuple[str, float]
    limit: Limit
    unit: str = ""
    shows_as: Literal["", "bad", "constant"] = ""
    is_mutable: bool = False


def not_finite(stage: PipelineStage, _: dict[str, Seen]) -> PipelineFault | None:
    """NaN or infinity where every element was finite before."""
    before, after = stage.before, stage.after
    if before.bad != 0 or not after.bad > 0:
        return None
    return PipelineFault(
        f"The stage between the taps {_taps(stage)} produces NaN or Inf in "
        f"{int(after.bad)} of {count(int(after.elements), 'element')}.",
        f"All {count(int(before.elements), 'element')} before it are finite. Typical "
        "causes: a logarithm of 0, a division by 0 or by the standard deviation of a constant.",
        Fix(
            "Keep logarithms and divisors away from 0.",
            "- x = tf.math.log(x) / tf.math.reduce_std(x)\n"
            "+ x = tf.math.log(tf.maximum(x, 1e-6)) / (tf.math.reduce_std(x) + 1e-6)",
        ),
        ("elements with NaN or Inf", 0.0),
        ("elements with NaN or Inf", after.bad),
        at_most(0), unit="elements", shows_as="bad",
    )  # fmt: skip


def constant(stage: PipelineStage, _: dict[str, Seen]) -> PipelineFault | None:
    """Values that differed are all zero, or all one constant."""
    before, after = stage.before, stage.after
    if not (before.varies and after.is_constant):
        return None
    value = number(after.low)
    context, fix = _how_lost(stage)
    return PipelineFault(
        f"The stage between the taps {_taps(stage)} turns every value into {value}.",
                f"{_range_before(stage)}. {context}",
        fix,
        ("standard deviation", before.std),
        ("standard deviation", after.std),
        unlike(0, room=ROUNDING * max(1.0, abs(after.high))), shows_as="constant",
    )  # fmt: skip


def _how_lost(stage: PipelineStage) -> tuple[str, Fix]:
    """What most likely made a constant of the values, by the dtypes on both sides."""
    before, after = stage.before, stage.after
    if after.low != 0:
        return (
            "The values were overwritten, or clipped to one end of a range.",
            Fix("Find what fills, clips or rounds the values in that stage.",
                "for x in raw.map(stage).take(1):\n    print(x)"),
        )
    if _is_integer(after) and not _is_integer(before):
        return "It casts fractions to integers, which leaves 0.", _CAST
    if _is_integer(after) and before.high > 1:
        return "It divides integers by a larger number, which leaves 0.", _CAST
    return (
        "It multiplies by 0, or overwrites the values.",
        Fix("Find the factor that is 0, and use its real value.",
             "- x = x * scale  # scale is 0\n+ x = x * (1 / 255)"),
    )  # fmt: skip


def truncated(stage: PipelineStage, _: dict[str, Seen]) -> PipelineFault | None:
    """Integers that were divided, or fractions that were cast: nearly all are 0."""
    before, after, end = stage.before, stage.after, stage.end
    fine = before.integers < 1 or before.range >= MANY_LEVELS
    coarse = after.integers == 1 and 0 < after.range <= FEW_LEVELS
    lost = (1 - after.zeros) <= LEFT_OVER * (1 - before.zeros)
    rare = min(after.zeros, end.zeros) >= NEARLY_ALL_ZERO - ROUNDING
    if not (fine and coarse and lost and rare and keeps_shape(stage)) or _is_boolean(after):
        return None
    return PipelineFault(
        f"The stage between the taps {_taps(stage)} truncates values to whole numbers: "
        f"{percent(after.zeros)} of them are 0 after it.",
                f"{_range_before(stage)}, and {percent(before.zeros)} are 0.",
        _CAST,
        ("share of zeros", before.zeros),
        ("share of zeros", after.zeros),
        at_most(NEARLY_ALL_ZERO, room=ROUNDING), unit="share", is_mutable=True,
    )  # fmt: skip


def clipped(stage: PipelineStage, _: dict[str, Seen]) -> PipelineFault | None:
    """Nearly all values are clipped to one end of a range."""
    before, after, end = stage.before, stage.after, stage.end
    if not (after.varies and keeps_shape(stage)) or _is_boolean(after):
        return None
    above = after.high < before.high and before.largest < SPREAD_OUT
    below = after.low > before.low and before.least < SPREAD_OUT
    if above and min(after.largest, end.largest) >= AT_ONE_END - ROUNDING:
        was, share, bound = before.largest, after.largest, after.high
    elif below and min(after.least, end.least) >= AT_ONE_END - ROUNDING:
        was, share, bound = before.least, after.least, after.low
    else:
        return None
    return PipelineFault(
        f"The stage between the taps {_taps(stage)} clips {percent(share)} of the values to one "
        f"end of their range, {number(bound)}.",
                f"{_range_before(stage)}.",
        Fix(
            "Scale the values before they are clipped.",
            "- x = tf.clip_by_value(x, 0.0, 1.0)\n+ x = tf.clip_by_value(x / 255.0, 0.0, 1.0)",
        ),
        ("share of values at that end", was),
        ("share of values at that end", share),
        at_most(AT_ONE_END, room=ROUNDING), unit="share", is_mutable=True,
    )  # fmt: skip


def emptied(stage: PipelineStage, _: dict[str, Seen]) -> PipelineFault | None:
    """What is cut out holds next to nothing of what there was: the margin of a picture, say."""
    if not cuts_out(stage):
        return None
    before, after, end = stage.before, stage.after, stage.end
    if not after.varies or min(after.zeros, end.zeros) < EMPTY - ROUNDING:
        return None
    if (1 - after.zeros) > HARDLY_ANY * (1 - before.zeros):
        return None
    return PipelineFault(
        f"The stage between the taps {_taps(stage)} cuts out a part in which "
        f"{percent(after.zeros)} of the values are 0.",
        f"Before it {percent(before.zeros)} are 0.",
        Fix(
            "Cut out the part that shows something, and look at what is left.",
            "for before, after in zip(raw.take(3), raw.map(stage).take(3)):\n"
            "    print(before, after, sep='\\n')",
        ),
        ("share of zeros", before.zeros),
        ("share of zeros", after.zeros),
        at_most(EMPTY, room=ROUNDING), unit="share", is_mutable=True,
    )  # fmt: skip


def scaled_twice(stage: PipelineStage, seen: dict[str, Seen]) -> PipelineFault | None:
    """Values that were small already are divided by the same factor once more."""
    before, after = stage.before, stage.after
    if not (before.varies and after.varies and before.std > 0 and after.std > 0):
        return None
    factor = before.std / after.std
    is_linear = _alike(before.range / after.range, factor, SAME_RANGE)
    if not is_linear or max(after.range, stage.end.range) > TINY_RANGE or before.range < TINY_RANGE:
        return None
    factor = _rounded(factor)
    earlier = seen.get(before.tensor.before or "")
    first = earlier.std / before.std if earlier else 0.0
    taps = _taps(stage)
    if earlier and first >= SMALLEST_FACTOR and _alike(factor, first, SAME_FACTOR):
        told = f"divides by {number(factor)} once more, as the previous stage did"
        between = f"From `{earlier.tensor.tap}` to `{before.tensor.tap}`"
        context = f"{between} values shrank by the same factor"
    elif before.range <= UNIT_RANGE and _image_factor(factor):
        told = f"divides already scaled values by {number(factor)}"
        context = _range_before(stage)
    elif _image_factor(factor**0.5) and before.range > UNIT_RANGE:
        factor = _rounded(factor**0.5)
        told = f"divides by {number(factor)} twice"
        context = _range_before(stage)
    else:
        return None
    return PipelineFault(
        f"The stage between the taps {taps} {told}: the range of the values is "
        f"only {number(after.range)} after it.",
        f"{context}; the standard deviation after it is {number(after.std)}.",
        Fix(
            "Scale once: remove one of the two divisions.",
            f"- x = x / {factor:.4g}  # between {before.tensor.tap!r} and {after.tensor.tap!r}",
        ),
        ("range of the values", before.range),
        ("range of the values", after.range),
        at_least(TINY_RANGE),
    )  # fmt: skip


_CAST = Fix(
    "Cast to floats before dividing, and never back to integers.",
    "- x = tf.cast(image // 255, tf.uint8)\n+ x = tf.cast(image, tf.float32) / 255.0",
)


def _range_before(stage: PipelineStage) -> str:
    low, high = stage.before.low, stage.before.high
    return f"Before it, values range from {number(low)} to {number(high)}"


def _taps(stage: PipelineStage) -> str:
    return f"`{stage.before.tensor.tap}` and `{stage.after.tensor.tap}`"


def _is_integer(seen: Seen) -> bool:
    return "int" in seen.tensor.dtype


def _is_boolean(seen: Seen) -> bool:
    return seen.tensor.dtype.startswith("bool")


def _alike(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance * b


def _image_factor(factor: float) -> bool:
    return _rounded(factor) in IMAGE_FACTORS


def _rounded(factor: float) -> float:
    """The factor of an image that it is near: spreads of different elements differ by a little."""
    return next((known for known in IMAGE_FACTORS if _alike(factor, known, SAME_FACTOR)), factor)
