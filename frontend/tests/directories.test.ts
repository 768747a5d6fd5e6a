import {describe, expect, test} from "vitest";
import {allCollapsed, isCollapsed, opened, withCollapsed} from "../src/list/collapsed";
import {directoriesOf, restOf, sectionsOf} from "../src/list/directories";
import {moveOf} from "../src/list/keys";
import {
  bySection,
  HEAD_HEIGHT,
  layoutOf,
  ROW_HEIGHT,
  scrolledTo,
  stopOf,
  visibleStops,
} from "../src/list/layout";
import type {Summary} from "../src/model/wire";

const row = (name: string, severity = 0) =>
  ({name, severity, mark: {sign: "✓", words: `of ${severity}`, tone: "good"}}) as Summary;
const laidOut = (names: readonly string[], collapsed = "") =>
  layoutOf(
    sectionsOf(
      names.map((name) => row(name)),
      directoriesOf(names),
    ),
    collapsed,
  );

describe("which trainings stand under which head", () => {
  test.each<[string, string[], [directory: string, rests: string][]]>([
    ["those of one directory beside others", ["demo/a", "demo/b", "c"], [["demo", "a b"]]],
    [
      "directories within directories",
      ["x/y/a", "x/y/b", "x/c", "x/d"],
      [
        ["x", "c d"],
        ["x/y", "a b"],
      ],
    ],
    ["one alone counts to the next one up", ["x/1/run", "x/2/run", "b"], [["x", "1/run 2/run"]]],
    ["alone all the way up", ["a/b/c/run", "d"], []],
    ["none", ["a", "b"], []],
    ["one directory that holds all", ["demo/a", "demo/b"], []],
    [
      "all of two directories",
      ["x/a", "x/b", "y/a", "y/b"],
      [
        ["x", "a b"],
        ["y", "a b"],
      ],
    ],
    ["the log directory itself", [".", "x/a", "x/b"], [["x", "a b"]]],
    [
      "odd names",
      ["/a", "//b", "x//a", "x//b", "__proto__/a", "__proto__/b"],
      [
        ["x/", "a b"],
        ["__proto__", "a b"],
      ],
    ],
    ["nothing", [], []],
  ])("%s", (_, names, want) => {
    const found = directoriesOf(names);
    const heads = want.flatMap(([directory, rests]) =>
      rests.split(" ").map((rest) => [`${directory}/${rest}`, directory]),
    );
    expect([...found].sort()).toEqual(heads.sort());
    for (const [name, directory] of found)
      expect(`${directory}/${restOf(name, directory)}`).toBe(name);
  });
});

test("a directory stands where its best row would, and says how many need a look", () => {
  const rows = [row("x/bad", 6), row("single", 5), row("y/a", 3), row("x/fine"), row("y/b", 2)];
  const directories = directoriesOf(rows.map(({name}) => name));
  const sections = sectionsOf(rows, directories);
  expect(
    sections.map((one) => [one.directory, one.rows.length, one.needALook, one.mark.words]),
  ).toEqual([
    ["x", 2, 1, "of 6"],
    ["", 1, 1, "of 5"],
    ["y", 2, 1, "of 3"],
  ]);
  expect(sections[0]?.rows.map(({name}) => name)).toEqual(["x/bad", "x/fine"]);
});

describe("which directories are collapsed, in a line", () => {
  test("is told by name", () => {
    let line = withCollapsed("", "b", true);
    line = withCollapsed(line, "a/b", true);
    expect(line).toBe("b,a%2Fb");
    expect(["a", "b", "a/b"].map(isCollapsed(line))).toEqual([false, true, true]);
    expect(opened(line, "b")).toBe("a%2Fb");
    expect(opened(line, "")).toBe(line);
  });
  test("is one sign for all of them, those that come later, too", () => {
    const line = withCollapsed(allCollapsed(true), "a", false);
    expect(line).toBe("*,a");
    expect(["a", "b"].map(isCollapsed(line))).toEqual([false, true]);
    expect(withCollapsed(line, "a", true)).toBe(allCollapsed(true));
    expect(allCollapsed(false)).toBe("");
  });
  test.each(["*", ",", "%", "日本語", "__proto__", "a b&c=d"])(
    "whatever it is called: %s",
    (name) => {
      const line = withCollapsed("", name, true);
      expect([name, "other"].map(isCollapsed(line))).toEqual([true, false]);
      expect(withCollapsed(line, name, false)).toBe("");
    },
  );
});

describe("heads and rows below each other", () => {
  const NAMES = ["x/a", "x/b", "c", "y/a", "y/b"];
  const at = (name: string, collapsed = "") => stopOf(laidOut(NAMES, collapsed).stops, name);

  test("have the heights of what is open", () => {
    const {stops, height} = laidOut(NAMES, "y");
    const head = HEAD_HEIGHT;
    expect(stops.map(({top}) => top)).toEqual([
      0,
      head,
      head + ROW_HEIGHT,
      head + 2 * ROW_HEIGHT,
      head + 3 * ROW_HEIGHT,
    ]);
    expect(height).toBe(2 * head + 3 * ROW_HEIGHT);
    expect(stops.map(({index}) => index)).toEqual([0, 1, 2, 3, 4]);
  });
  test("hold a training at its row, or at the head that hides it", () => {
    expect([at("c"), at("y/b"), at("y/b", "y"), at("gone")]).toEqual([3, 6, 4, -1]);
  });
  test("are there where they can be seen, and some beyond", () => {
    const names = Array.from({length: 10_000}, (_, n) => `sweep_${n % 100}/run_${n}`);
    const {stops, height} = laidOut(names);
    expect(stops).toHaveLength(10_100);
    for (const top of [0, 60, 300_000, height - 600]) {
      const [first, end] = visibleStops(stops, top, 600);
      const seen = stops.filter((stop) => stop.top + ROW_HEIGHT > top && stop.top < top + 600);
      expect(seen.every(({index}) => first <= index && index < end)).toBe(true);
      expect(end - first).toBeLessThan(40);
    }
    expect(visibleStops([], 0, 600)).toEqual([0, 0]);
    expect(
      bySection(stops.slice(95, 105)).map(([one, held]) => [one.directory, held.length]),
    ).toEqual([
      ["sweep_0", 6],
      ["sweep_1", 4],
    ]);
  });
  test("are scrolled to no farther than that, and not below their head", () => {
    const {stops} = laidOut(Array.from({length: 40}, (_, n) => `${n % 2}/${n}`));
    const stop = stops[10];
    if (!stop) throw new Error("there are more");
    expect(scrolledTo(stop, stop.top - HEAD_HEIGHT, 600)).toBe(stop.top - HEAD_HEIGHT);
    expect(scrolledTo(stop, stop.top, 600)).toBe(stop.top - HEAD_HEIGHT);
    expect(scrolledTo(stop, 0, 100)).toBe(stop.top + ROW_HEIGHT - 100);
  });

  describe("go by keys", () => {
    const go = (to: number) => ({kind: "go", to});
    test.each<[key: string, at: number, want: unknown]>([
      ["ArrowDown", 0, go(1)],
      ["ArrowDown", 6, go(6)],
      ["ArrowUp", 0, go(0)],
      ["End", 2, go(6)],
      ["Home", 5, go(0)],
      ["ArrowLeft", 2, go(0)],
      ["ArrowLeft", 0, {kind: "collapse", directory: "x"}],
      ["ArrowLeft", 3, null],
      ["ArrowRight", 0, go(1)],
      ["ArrowRight", 1, null],
      ["ArrowRight", 3, null],
      ["a", 0, null],
    ])("%s at %i", (key, from, want) => {
      expect(moveOf(key, laidOut(NAMES).stops, from)).toEqual(want);
    });
    test("a collapsed head opens, and collapses no more", () => {
      const {stops} = laidOut(NAMES, "x");
      expect(moveOf("ArrowRight", stops, 0)).toEqual({kind: "open", directory: "x"});
      expect(moveOf("ArrowLeft", stops, 0)).toBeNull();
      expect(moveOf("ArrowDown", [], 0)).toBeNull();
    });
  });
});
