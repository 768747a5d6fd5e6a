import {describe, expect, test} from "vitest";
import {countCauses, countStates, LIVE, NEWEST, narrowed} from "../src/list/narrowing";
import {shortened} from "../src/list/shortened";
import type {Summary} from "../src/model/wire";

const ALL = {find: "", state: "", why: "", sort: "", collapsed: ""};
const row = (name: string, words: string, severity: number, more: Partial<Summary> = {}) =>
  ({
    name,
    mark: {sign: "✕", words, tone: "bad"},
    severity,
    cause: "No fault found",
    code: null,
    further: [],
    headline: "No fault found.",
    last_time: null,
    live: false,
    ...more,
  }) as unknown as Summary;

const ROWS = [
  row("a", "Broken", 6, {cause: "Input not finite", code: "ZA101", last_time: 10}),
  row("b", "Not learning", 5, {cause: "Learning rate too high", code: "ZA701", last_time: 30}),
  row("c", "Not learning", 5, {cause: "Learning rate too high", code: "ZA701", live: true}),
  row("d", "Learning", 0, {last_time: 20}),
];
const names = (narrowing: Partial<typeof ALL>) =>
  narrowed(ROWS, {...ALL, ...narrowing}).map(({name}) => name);

test("search knows name, outcome, code and cause", () => {
  expect(names({find: "za701"})).toEqual(["b", "c"]);
  expect(names({find: "RATE high"})).toEqual(["b", "c"]);
  expect(names({find: "not learning"})).toEqual(["b", "c"]);
  const others = [...ROWS, row("notebook", "Learning", 0)];
  expect(narrowed(others, {...ALL, find: "not learning"})).toHaveLength(2);
  expect(names({find: "broken"})).toEqual(["a"]);
  expect(names({find: "d"})).toContain("d");
});

describe("a training with two causes", () => {
  const second = {code: "ZA603", title: "No nonlinearity"};
  const headline = "The learning rate is too high: the first update was 72 times the weights.";
  const both = row("e", "Not learning", 5, {
    cause: "Learning rate too high",
    code: "ZA701",
    further: [second],
    headline,
  });
  const remark = row("f", "Learning", 1, {cause: "No fault, one remark", further: [second]});
  const all = [...ROWS, both, remark];
  const left = (narrowing: Partial<typeof ALL>) =>
    narrowed(all, {...ALL, ...narrowing}).map(({name}) => name);

  test.each([
    ["the second one's code", {find: "za603"}, ["e", "f"]],
    ["words of its name", {find: "nonlinearity no"}, ["e", "f"]],
    ["the filter of the second one", {why: "No nonlinearity"}, ["e", "f"]],
    ["the filter of the first one", {why: "Learning rate too high"}, ["b", "c", "e"]],
    ["words of both", {find: "rate nonlinearity"}, ["e"]],
    ["words of its headline", {find: "72 times"}, ["e"]],
  ])("is found by %s", (_, narrowing, want) => {
    expect(left(narrowing)).toEqual(want);
  });

  test("is not found by its headline where a name holds the words", () => {
    const named = row("first update", "Learning", 0);
    const found = narrowed([both, named], {...ALL, find: "first update"});
    expect(found.map(({name}) => name)).toEqual(["first update"]);
  });

  test("counts under each of them", () => {
    expect(countCauses(all)).toEqual([
      ["Learning rate too high", 3],
      ["No nonlinearity", 2],
      ["Input not finite", 1],
    ]);
  });
});

test("the list is narrowed by outcome, by what still runs, and by cause", () => {
  expect(names({state: "Not learning"})).toEqual(["b", "c"]);
  expect(names({state: LIVE})).toEqual(["c"]);
  expect(names({why: "Input not finite"})).toEqual(["a"]);
  expect(names({why: "Input not finite", state: LIVE})).toEqual([]);
});

test("the newest come first where that is asked for", () => {
  expect(names({sort: NEWEST})).toEqual(["b", "d", "a", "c"]);
  expect(names({})).toEqual(["a", "b", "c", "d"]);
});

test("chips count what became of them, the worst first, and causes by their number", () => {
  expect(countStates(ROWS).map(({mark, count}) => [mark.words, count])).toEqual([
    ["Broken", 1],
    ["Not learning", 2],
    ["Learning", 1],
  ]);
  expect(countCauses(ROWS)).toEqual([
    ["Learning rate too high", 2],
    ["Input not finite", 1],
  ]);
});

describe("a name that there is no room for", () => {
  const measure = (text: string): number => [...text].length; // every sign is as wide as any other
  test.each([
    ["short", 5, "short"],
    ["experiments/rate_too_high_seed_17", 20, "experimen…gh_seed_17"],
    ["experiments/rate_too_high_seed_17", 8, "exp…d_17"],
    ["experiments/rate_too_high_seed_17", 2, "…7"],
    ["experiments/rate_too_high_seed_17", 0, "…"],
    ["a name of some words", 13, "a name…words"],
    ["\u{1f600}".repeat(30), 5, "\u{1f600}\u{1f600}…\u{1f600}\u{1f600}"],
  ])("%s in %i", (name, width, want) => {
    expect(shortened(name, width, measure)).toBe(want);
  });
  test("uses all the room that there is, and no more", () => {
    const name = "experiments/learning_rate_too_high_digits_seed_17";
    for (let width = 1; width < name.length; width++)
      expect(measure(shortened(name, width, measure))).toBe(width);
    expect(shortened(name, name.length, measure)).toBe(name);
  });
});
