"""ZA710: a reward that does not rise, or rose and was lost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    unlike,
)
from tb_zeroacc.diagnosis.computed.learning.course import Course, course_of
from tb_zeroacc.diagnosis.computed.learning.improvement import improved
from tb_zeroacc.diagnosis.computed.learning.trend import training_step
from tb_zeroacc.diagnosis.context import RunContext
from tb_zeroacc.diagnosis.motif import Motif
from tb_zeroacc.diagnosis.needs import A_LOG, REWARD
from tb_zeroacc.diagnosis.rule import rule
from tb_zeroacc.diagnosis.steps import Step
from tb_zeroacc.run import Role, Run
from tb_zeroacc.wording import count, number, percent

FEWEST_POINTS, FEWEST_FOR_FLAT = 10, 15
FEWEST_SURE = 40  # points of a reward that was lost: means of few episodes wander
SINKS = 2.5  # Mann-Kendall z of a reward that gets worse
HALF = 0.5  # of the steps: rewards that end before are missed
SUCCESS = 0.9  # share of episodes that reach their goal: solved, whatever the reward
ALIKE = 1e-6  # of the level: a reward that never moves
CONSTANT_SHARE = 0.5  # of the points after the first tenth that are exactly the last one
LOST_SHARE = 0.7  # of what had been gained
NOISES = 3.0
TREND = 1.5  # Mann-Kendall z below which nothing rises
WITHIN = 0.5  # standard deviations of all points above the start
# Of the points: a best level before or after may be noise, or nothing that was learned.
EARLY, LATE = 0.1, 0.8
MORE = 1.2  # times as many
DO = (
    "Look at single episodes first: is any reward reached at all? Then explore more (a higher "
    "entropy bonus), lower the learning rate, and normalise observations and rewards."
)
# What stable-baselines3 logs of two of its algorithms alone, and how they are told to explore.
EXPLORING = {
    "train/clip_fraction": 'PPO("MlpPolicy", VecNormalize(env), ent_coef=0.01, '
    "learning_rate=1e-4)",
    "rollout/exploration_rate": 'DQN("MlpPolicy", env, exploration_fraction=0.3, '
    "learning_rate=1e-5)",
}


@rule(
    "ZA710",
    "reward-flat",
    Tier.STRONG,
    Stage.LOSS,
    motif=Motif.ITS_CURVE,
    healthy="The reward rises",
    step=Step.SANITY,
    needs=(A_LOG,),
    explains=("ZA403", "ZA404", "ZA704", "ZA705"),
    fix=Fix(DO),
)
def reward_flat(context: RunContext) -> Answer:
    """The reward does not rise, or it rose and was lost again.

    ## What it means
    In reinforcement learning the losses tell little; the reward is what is learned. One that stays
    where it began shows that nothing was; one that is the same to the last digit shows a policy
    that always does one thing; one that rose and fell back shows a policy that collapsed.

    ## Why accuracy suffers
    The reward takes the place of accuracy: the agent does not get better at its task.

    ## How it is detected
    By the reward of training or evaluation, of 10 points at least, and only where no reward
    curve improves (Mann-Kendall z over 2.5 and 3 % of the start). Constant: after the first
    tenth half of the points are exactly alike, and that is not the largest reward there was.
    Collapsed: it ends having lost 70 % of what its best level, free of spikes, had gained, the
    gain is over three times the noise and the best lies before the last fifth (a smell under 40
    points). Flat: 15 points or more, z under 1.5, and it ends no more than half a standard
    deviation above its start; a smell where it is above 0 and does not sink, for a solved task
    stands as well. No longer logged (a smell): the last reward stands in the first half of the
    steps of other curves. Not asked of a run that is still going: half of the healthy public
    logs stay flat for a twentieth of the run, one for half of it.

    ## How to fix it
    Play an episode by hand and look whether any reward is reached. Then:
    ```python
    model = PPO("MlpPolicy", VecNormalize(env), ent_coef=0.01, learning_rate=1e-4)
    ```

    ## Easily confused with
    A sparse reward: flat for long and healthy once the first success was met; more steps tell.
    ZA705 stopped-too-early: there it was still rising.

    ## Sources
    Henderson et al. 2018, Deep reinforcement learning that matters (how noisy rewards are);
    Mann 1945 and Kendall 1975 for the trend. Margins measured on public logs.
    """
    run = context.run
    if run.state == "live":
        return NotApplicable("still running: a reward may stay flat for long before it rises")
    if REWARD.find(run) is None:
        return NotApplicable("no reward in the log: no reinforcement learning")
    courses = [c for curve in run.curves_of(Role.REWARD) if (c := course_of(run, curve))]
    long = [course for course in courses if course.points >= FEWEST_POINTS]
    if not long:
        return CannotTell(f"fewer than {FEWEST_POINTS} points of a reward")
    if any("elo" in c.name.lower().split("_") for c in run.curves):
        return NotApplicable("self-play: both sides get better, and neither's reward rises")
    solved = [c for curve in run.curves if "success" in curve.name and (c := course_of(run, curve))]
    if any(course.end >= SUCCESS for course in solved):
        return Passed(f"the success rate ended at {number(solved[0].end)}")
    for course in long:
        if course.curve.headline and (found := _collapsed(run, course)) is not None:
            return found
    rising = next((course for course in courses if improved(course)), None)
    if rising is not None:
        said = f"the reward rose from {number(rising.start)} to {number(rising.end)}"
        return _ended(run, long) or Passed(said)
    for course in long:
        if (found := _constant(run, course) or _flat(run, course)) is not None:
            return found
    return _ended(run, long) or Passed(
        f"the reward began at {number(long[0].start)} and ended at {number(long[0].end)}"
    )


def _fix(run: Run) -> Fix | None:
    """The call that makes an agent of stable-baselines3, where that wrote the log."""
    tags = {curve.tag for curve in run.curves}
    calls = [call for tag, call in EXPLORING.items() if tag in tags]
    return Fix(DO, f"# in stable-baselines3\nmodel = {calls[0]}") if calls else None


def _ended(run: Run, courses: list[Course]) -> Flagged | None:
    """No reward is logged any more while other curves of the same directory go on."""
    last = max(courses, key=lambda course: int(course.steps[-1]))
    curve = last.curve
    others = [c.series.last.step for c in run.curves
              if (c.member, c.axis) == (curve.member, curve.axis)
              and len(c.series) >= FEWEST_POINTS]  # fmt: skip
    end, until = max(others, default=0), int(last.steps[-1])
    if until >= HALF * end:
        return None
    return Flagged(
        summary=f"The reward was logged for the last time at step {until}, of {end} steps.",
        context="An episode that does not end has no reward: look at its length and its limit.",
        evidence=(
            Evidence.of_number("last step with a reward", until, at_least(HALF * end),
                               unit="steps", member=curve.member, axis=curve.axis, since=until),
        ),
        tier=Tier.SMELL,
        since=until,
        fix=_fix(run),
    )  # fmt: skip


def _collapsed(run: Run, course: Course) -> Flagged | None:
    gained = course.best_gain
    is_between = EARLY <= course.best_at / course.points < LATE
    rose = is_between and gained > NOISES * max(course.noise, course.wander)
    if not rose or course.loss_from_best <= LOST_SHARE * gained:
        return None
    limit = at_least(course.best - LOST_SHARE * gained)
    return Flagged(
        summary=f"The reward rose from {number(course.start)} to {number(course.best)} and fell "
        f"back to {number(course.end)}.",
        evidence=(
            Evidence.of_curve("reward at the end, against what it had gained", course.curve,
                              course.end, limit, since=course.best_step),
        ),
        tier=Tier.STRONG if course.points >= FEWEST_SURE else Tier.SMELL,
        since=training_step(run, course.curve, course.best_step),
        fix=_fix(run),
    )


def _constant(run: Run, course: Course) -> Flagged | None:
    later = course.values[max(1, course.points // 10) :]
    alike = np.abs(later - later[-1]) <= ALIKE * max(1.0, abs(float(later[-1])))
    if alike.mean() <= CONSTANT_SHARE or _is_solved(course) or _others_come(alike):
        return None
    begin = course.points - len(later) + int(np.flatnonzero(alike)[0])
    return Flagged(
        summary=f"The reward is {number(float(later[-1]))} again and again: in "
        f"{percent(float(alike.mean()))} of {count(len(later), 'point')}.",
        context="A policy that always does the same earns always the same.",
        evidence=(
            Evidence.of_curve("reward at the end, against its median", course.curve,
                              float(later[-1]), unlike(float(np.median(later))),
                              since=int(course.steps[begin])),
        ),
        since=training_step(run, course.curve, int(course.steps[begin])),
        fix=_fix(run),
    )


def _is_solved(course: Course) -> bool:
    """Whether the last reward is the largest there was, and not the least there is."""
    last, largest = float(course.values[-1]), float(course.values.max())
    return last >= largest and (last > 0 or last > float(course.values.min()))


def _others_come(alike: NDArray[np.bool_]) -> bool:
    """Whether other rewards come more often in the second half: single episodes, 0 or 1."""
    half = len(alike) // 2
    return bool((~alike[half:]).sum() > MORE * (~alike[:half]).sum())


def _flat(run: Run, course: Course) -> Flagged | None:
    room = WITHIN * float(course.values.std())
    if room == 0.0 or course.is_resumed:
        return None
    if course.points < FEWEST_FOR_FLAT or course.trend >= TREND or course.gain > room:
        return None
    return Flagged(
        summary=f"The reward does not rise: it began at {number(course.start)} and ended at "
        f"{number(course.end)}.",
        context=f"Single points scatter by {number(float(course.values.std()))}.",
        evidence=(
            Evidence.of_curve("reward at the end, against its start and half a deviation",
                              course.curve, course.end, at_least(course.start + room)),
        ),
        # One that is above 0 throughout may stand because the task is solved.
        tier=Tier.STRONG if course.end <= 0 or course.trend < -SINKS else Tier.SMELL,
        since=training_step(run, course.curve, int(course.steps[0])),
        fix=_fix(run),
    )
