import {expect, test} from "vitest";
import {needsALook, worstFirst} from "../src/model/ranking";
import type {Finding, Outcome, Tier, Training} from "../src/model/wire";
import {markOf, readable, shortCause, titleOf} from "../src/model/words";

function training(run: string, outcome: Outcome, tier?: Tier): Training {
  const finding = {name: "some-fault", code: "ZA999", tier} as Finding;
  return {run, outcome, findings: tier ? [finding] : []} as unknown as Training;
}

test("the worst come first, the surest of them first, then by name", () => {
  const all = [
    training("fine", "learning"),
    training("remark", "learning", "smell"),
    training("unknown", "cannot_tell"),
    training("early", "finished_early", "strong"),
    training("flawed", "learning", "definite"),
    training("stuck10", "not_learning", "strong"),
    training("stuck2", "not_learning", "strong"),
    training("stuck", "not_learning"),
    training("nan", "broken", "definite"),
  ];
  expect(worstFirst(all).map(({run}) => run)).toEqual([
    "nan", "stuck2", "stuck10", "stuck", "flawed", "early", "unknown", "remark", "fine",
  ]);
  expect(all.filter(needsALook)).toHaveLength(6);
});

test("each outcome has a sign and words, a fault in a learning run its own", () => {
  expect(markOf(training("a", "learning")).sign).toBe("✓");
  expect(markOf(training("a", "learning", "strong"))).toMatchObject({sign: "▲", tone: "warn"});
  expect(markOf(training("a", "learning", "smell")).sign).toBe("✓");
  expect(markOf(training("a", "broken", "definite")).words).toBe("Broken");
});

test("causes and tags are said in words", () => {
  expect(readable("nan-in-inputs")).toBe("NaN in inputs");
  expect(shortCause(training("a", "broken", "definite"))).toBe("Some fault");
  expect(shortCause(training("a", "learning"))).toBe("No fault found");
  expect(titleOf("zeroacc/gradients/dense_1")).toBe("Gradient in dense_1");
  expect(titleOf("epoch_loss")).toBe("Loss, each epoch");
  expect(titleOf("my/own/tag")).toBe("my/own/tag");
});
