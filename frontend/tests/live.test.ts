import {describe, expect, test} from "vitest";
import {shownCode, shownName} from "../src/model/held";
import type {List} from "../src/model/listing";
import {formatBriefly, formatRange} from "../src/model/numbers";
import {pauseAfter} from "../src/model/polling";
import type {Training} from "../src/model/wire";
import {furtherCauses, joined, newCauses} from "../src/news/news";

const list = (codes: Record<string, string | null>, complete = true) =>
  ({
    head: {complete},
    rows: Object.entries(codes).map(([name, code]) => ({name, code, cause: `cause ${code}`})),
  }) as unknown as List;

const training = (run: string, ...codes: string[]) =>
  ({run, findings: codes.map((code) => ({code, title: `cause ${code}`}))}) as unknown as Training;

describe("the pause between two questions", () => {
  const asked = {pending: false, empty: 0, watched: true, failures: 0, unseen: 0};
  test.each([
    [{}, 5000],
    [{pending: true}, 700],
    [{pending: true, empty: 1}, 50],
    [{pending: true, empty: 20}, 50],
    [{pending: true, empty: 22}, 78.125],
    [{pending: true, empty: 99}, 700],
    [{empty: 1}, 5000],
    [{failures: 1}, 5000],
    [{failures: 2}, 10_000],
    [{failures: 40}, 30_000],
    [{watched: false}, 10_000],
    [{watched: false, unseen: 3, pending: true}, 80_000],
    [{watched: false, unseen: 99}, 300_000],
  ])("after %j is %d ms", (more, pause) => {
    expect(pauseAfter({...asked, ...more})).toBe(pause);
  });
});

describe("a new cause", () => {
  test("is one that heads a training now and did not before", () => {
    const before = list({a: null, b: "ZA1", __proto__x: null});
    const after = list({a: "ZA2", b: "ZA1", c: "ZA3", d: null});
    expect(newCauses(before, after).map(({name, code}) => [name, code])).toEqual([
      ["a", "ZA2"],
      ["c", "ZA3"],
    ]);
  });
  test("is none while the first reading goes on", () => {
    expect(newCauses(null, list({a: "ZA1"}))).toEqual([]);
    expect(newCauses(list({}, false), list({a: "ZA1"}))).toEqual([]);
  });
  test("may be a further one of the training that is looked at, and counts once", () => {
    const further = furtherCauses(training("a", "ZA1"), training("a", "ZA1", "ZA2"));
    expect(further).toEqual([{name: "a", code: "ZA2", cause: "cause ZA2"}]);
    expect(furtherCauses(training("b", "ZA1"), training("a", "ZA2"))).toEqual([]);
    expect(furtherCauses(null, training("a", "ZA2"))).toEqual([]);
    expect(joined(newCauses(list({a: "ZA1"}), list({a: "ZA2"})), further)).toHaveLength(1);
  });
});

describe("what is read stays", () => {
  const rows = list({worst: "ZA1", read: "ZA2"});
  test("a training stays when a worse one comes, unless the address names one", () => {
    expect(shownName(rows, "", "")).toBe("worst");
    expect(shownName(rows, "", "read")).toBe("read");
    expect(shownName(rows, "worst", "read")).toBe("worst");
    expect(shownName(rows, "gone", "gone")).toBe("worst");
    expect(shownName(list({}), "", "")).toBe("");
    expect(shownName(null, "x", "y")).toBe("");
  });
  test("a cause stays for as long as it is one", () => {
    expect(shownCode(training("a", "ZA1", "ZA2"), "", "ZA2")).toBe("ZA2");
    expect(shownCode(training("a", "ZA1"), "", "ZA2")).toBe("");
    expect(shownCode(training("a", "ZA1", "ZA2"), "ZA1", "ZA2")).toBe("ZA1");
  });
});

describe("time in words", () => {
  test.each([
    [600, 720, 900, "12 minutes (10 to 15)"],
    [720, 720, 720, "12 minutes"],
    [40, 60, 80, "60 seconds (40 to 80)"],
    [7000, 7200, 7300, "2 hours (2 to 2)"],
  ])("%d, %d, %d", (low, middle, high, words) => {
    expect(formatRange(low, middle, high)).toBe(words.replace(" (2 to 2)", ""));
  });
  test.each([
    [10, "now"],
    [600, "10 min"],
    [10_000, "3 h"],
    [1e6, "12 d"],
    [1e8, "3 y"],
    [-50, "now"],
  ])("%d seconds ago, briefly", (ago, words) => {
    expect(formatBriefly(1e9 - ago, 1e9)).toBe(words);
  });
});
