import {describe, expect, test} from "vitest";
import {sparkline} from "../src/list/sparkline";
import {titleOf} from "../src/model/titles";
import type {Check, Finding, Status, Tally, Training, Worker} from "../src/model/wire";
import {causesOf, countCauses, shownCause} from "../src/page/causes";
import {familiesOf} from "../src/page/checks";
import {pastedOf, piecesOf} from "../src/page/diff";
import {firstDrawable} from "../src/page/evidence";
import {blocksOf} from "../src/page/markdown";
import {someOf} from "../src/page/WorkersTable";

describe("workers of a job", () => {
  const worker = (number: number, state = "ended", codes: string[] = []) =>
    ({name: `worker ${number}`, number, state, codes}) as Worker;
  const names = (workers: readonly Worker[]) => someOf(workers).map(({number}) => number);
  test("are all listed where there are few", () => {
    expect(names([0, 1, 2].map((n) => worker(n)))).toEqual([0, 1, 2]);
  });
  test("are those that something sets apart where there are many", () => {
    const many = Array.from({length: 100}, (_, n) => worker(n));
    many[7] = worker(7, "ended", ["ZA804"]);
    many[60] = worker(60, "unknown");
    expect(names(many)).toEqual([0, 7, 60]);
  });
  test("are listed in bounds where all are set apart", () => {
    const all = Array.from({length: 100}, (_, n) => worker(n, "ended", ["ZA1"]));
    expect(names(all)).toHaveLength(16);
  });
});

describe("code", () => {
  const pastes = (code: string) => piecesOf(code).map(({paste}) => paste);
  test("of a diff is pasted without signs, and without what stays", () => {
    const diff = "  model.compile(\n-     Adam(10.),\n+     Adam(1e-3),\n  )\n";
    const [before, changed, after] = piecesOf(diff);
    expect(before?.lines).toEqual([{sign: " ", text: "model.compile("}]);
    expect(changed?.lines.map(({sign}) => sign)).toEqual(["-", "+"]);
    expect(changed?.paste).toBe("    Adam(1e-3),");
    expect(after?.lines).toEqual([{sign: " ", text: ")"}]);
  });
  test("that changes at two places is pasted at one at a time", () => {
    const diff = '- Dense(3, "softmax")\n+ Dense(3)\n- loss="cce",\n+ loss="mse",';
    expect(pastes(diff)).toEqual(["Dense(3)", 'loss="mse",']);
  });
  test("that stands before what it replaces is one place", () => {
    expect(pastes("+ good = f(x)\n- fit(x)\n+ fit(x[good])")).toEqual([
      "good = f(x)\nfit(x[good])",
    ]);
    expect(pastes("- a\n- b\n+ c\n+ d")).toEqual(["c\nd"]);
  });
  test("is copied where it comes new", () => {
    expect(pastedOf("  a(\n-   1,\n+   2,\n  )")).toEqual(["  2,"]);
    expect(pastedOf("a\nb")).toEqual(["a\nb"]);
    expect(pastedOf("- a")).toEqual([]);
  });
  test("that is only taken out leaves nothing to paste", () => {
    expect(pastes("- keras.layers.Softmax()")).toEqual([""]);
  });
  test("beside a line without a sign is a diff all the same", () => {
    const pieces = piecesOf("+ x, y = x[order], y[order]\nmodel.fit(x, y)");
    expect(pieces.map(({paste}) => paste)).toEqual([
      "x, y = x[order], y[order]",
      "model.fit(x, y)",
    ]);
    expect(pieces[1]?.lines).toEqual([{sign: " ", text: "model.fit(x, y)"}]);
  });
  test("that merely begins with a blank or a minus is no diff", () => {
    for (const code of ["x = (a\n  - b)", "  indented", "x = -1"])
      expect(pastes(code)).toEqual([code]);
  });
});

describe("causes", () => {
  const finding = (code: string) =>
    ({code, title: code, summary: `${code} is so.`, context: ""}) as Finding;
  const training = (main: string | null, ...codes: string[]) =>
    ({findings: codes.map(finding), main, headline: "So.", context: ""}) as unknown as Training;
  test("stand in their order, the main one first, whatever the address names", () => {
    const causes = causesOf(training("B", "A", "B"));
    expect(causes.map(({headline}) => headline)).toEqual(["So.", "A is so."]);
    expect(shownCause(causes, "A").finding?.code).toBe("A");
    expect(shownCause(causes, "gone").finding?.code).toBe("B");
    expect(countCauses(causes)).toBe("2 causes");
  });
  test("are remarks beside a verdict that speaks of something else", () => {
    const causes = causesOf(training(null, "A"));
    expect(causes.map((cause) => cause.finding?.code ?? null)).toEqual([null, "A"]);
    expect(countCauses(causes)).toBe("1 remark");
    expect(countCauses(causesOf(training(null)))).toBe("");
    expect(countCauses(causesOf(training("A", "A")))).toBe("");
  });
});

test("a rule's page falls into headings, code and paragraphs", () => {
  const page = "It is so.\n\n## Why\nOne\ntwo:\n```python\nx = 1\n\n\ny = 2\n```\n";
  expect(blocksOf(page)).toEqual([
    {kind: "paragraph", text: "It is so."},
    {kind: "heading", text: "Why"},
    {kind: "paragraph", text: "One two:"},
    {kind: "code", text: "x = 1\n\n\ny = 2"},
  ]);
});

test("the first number with a curve is drawn", () => {
  const seen = (tag: string | null) => ({tag}) as never;
  expect(firstDrawable([seen(null), seen("a")])).toBe(1);
  expect(firstDrawable([seen(null)])).toBeNull();
});

describe("a sparkline", () => {
  const path = (values: number[], baseline: number | null = null) =>
    sparkline(values, baseline, 54, 18).path;
  test("leaves gaps and takes anything", () => {
    expect(path([])).toBe("");
    expect(path([NaN])).toBe("");
    expect(path([1])).toContain("h54");
    expect(path([1, NaN, 2]).match(/M/g)).toHaveLength(2);
    expect(path([-3, 4])).not.toContain("NaN");
    expect(path([0, 0])).not.toContain("NaN");
  });
  test("has the scale of all others: the same height for the same loss over its baseline", () => {
    expect(path([2.3, 0.23], 2.3)).toBe(path([0.7, 0.07], 0.7));
    expect(path([2.3, 2.28], 2.3)).not.toBe(path([2.3, 0.23], 2.3));
  });
  test("shows the level of guessing, where a loss that learned nothing stands", () => {
    const {path, level} = sparkline([2.3, 2.3], 2.3, 54, 18);
    expect(path).toBe(`M0.0 ${level?.toFixed(1)}L54.0 ${level?.toFixed(1)}`);
    expect(sparkline([2.3], null, 54, 18).level).toBeNull();
  });
  test("ends at the edge where it goes beyond", () => {
    expect(path([1e9, 1e-9], 1)).toBe("M0.0 1.0L54.0 17.0");
  });
});

test("tags are said in words", () => {
  expect(titleOf("zeroacc/gradients/dense_1")).toBe("Gradient in dense_1");
  expect(titleOf("epoch_loss")).toBe("Loss, each epoch");
  expect(titleOf("my/own/tag")).toBe("my/own/tag");
});

describe("checks", () => {
  const check = (family: string, status: Status): Check => ({
    title: "",
    statement: "",
    family,
    status,
    reason: "",
    needs: [],
  });
  const mark = {sign: "", words: "", tone: "soft"} as const;
  const tally: Tally[] = [
    {status: "flagged", mark, count: 1},
    {status: "passed", mark, count: 3},
  ];
  const all = {
    ZA001: check("Log", "passed"),
    ZA101: check("Inputs", "passed"),
    ZA102: check("Inputs", "flagged"),
    __proto__x: check("constructor", "passed"),
  };
  const shown = (...args: [Status | null, string[]]) =>
    familiesOf(all, tally, ...args).map(({title, lines}) => [title, lines.map(({code}) => code)]);
  test("stand by family, and what is flagged stands first in it", () => {
    expect(shown(null, [])).toEqual([
      ["Log", ["ZA001"]],
      ["Inputs", ["ZA102", "ZA101"]],
      ["constructor", ["__proto__x"]],
    ]);
  });
  test("that are left out leave no empty family", () => {
    expect(shown("flagged", [])).toEqual([["Inputs", ["ZA102"]]]);
    expect(shown("passed", ["ZA001", "__proto__x"])).toEqual([["Inputs", ["ZA101"]]]);
  });
});
