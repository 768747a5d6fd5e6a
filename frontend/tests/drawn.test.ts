import {describe, expect, test} from "vitest";
import {barInWords, barScale, heightOn} from "../src/chart/barLayout";
import {csvOf, csvOfLayers, csvOfLines} from "../src/chart/csv";
import {
  columnEnds,
  hatchWords,
  isFlagged,
  seenSpans,
  strengthOf,
  unseenSpans,
} from "../src/chart/heatmap";
import {layOut} from "../src/chart/lines";
import {onPointed, point} from "../src/chart/linkedCursor";
import {stepAxis, ticksBetween} from "../src/chart/stepAxis";
import {placesWithin} from "../src/chart/usePointer";
import type {Bars, CurveData, Evidence, LayerData} from "../src/model/wire";

const bars = (values: number[], more: Partial<Bars> = {}): Bars => ({
  kind: "bars",
  title: "",
  what: "class",
  unit: "",
  log: false,
  top: null,
  names: values.map(String),
  groups: [{name: "", values}],
  wrong: [],
  limit: null,
  left_out: 0,
  ...more,
});

describe("bars", () => {
  test("stand on 0 unless they span decades", () => {
    expect(barScale(bars([4, 5])).low).toBe(0);
    const {log, low, high} = barScale(bars([0.5, 900], {log: true}));
    expect([log, low, high]).toEqual([true, 0.1, 1000]);
  });
  test("of the smallest power of ten still stand out of the floor", () => {
    const scale = barScale(bars([0.1, 100], {log: true}));
    expect(heightOn(scale, 0.1)).toBeGreaterThan(0);
    const limited = barScale(bars([900], {log: true, limit: {value: 10, text: "at most 10"}}));
    expect(heightOn(limited, 10)).toBeGreaterThan(0);
  });
  test("of shares and correlations all have one scale, to their greatest value", () => {
    expect(barScale(bars([0.001, 0.1], {top: 1}))).toEqual({
      log: false,
      low: 0,
      high: 1,
      ticks: [0, 0.25, 0.5, 0.75, 1],
      zeroAtFloor: false,
    });
  });
  test("that count have whole ticks", () => {
    expect(barScale(bars([1, 1])).ticks.every(Number.isInteger)).toBe(true);
  });
  test("are named by what they stand for where their name is a number", () => {
    expect(barInWords(bars([7]), 0)).toBe("class 7: 7");
  });
});

describe("a heat map", () => {
  const scale = {low: 1e-8, high: 1, log: true};
  test("is the stronger the worse where it is flagged", () => {
    expect(strengthOf(1e-8, scale, true, "low")).toBe(1);
    expect(strengthOf(1, scale, true, "low")).toBe(0);
    expect(strengthOf(1, scale, true, "high")).toBe(1);
    expect(strengthOf(1e-8, scale, false, "low")).toBe(0);
  });
  test("leaves the ground bare where nothing was sampled for long", () => {
    expect(columnEnds([0, 10, 20, 100, 110], [2])).toEqual([10, 20, 30, 110]);
    expect(columnEnds([0, 10, 20], [])).toEqual([10, 20]);
  });
  test.each([
    ["all was sampled", [0, 10, 20], [10, 20], []],
    ["a gap in the middle", [0, 10, 20, 100, 110], [10, 20, 30, 110], [[30, 100]]],
    [
      "two gaps",
      [0, 50, 100],
      [10, 60],
      [
        [10, 50],
        [60, 100],
      ],
    ],
    ["a rounding is no gap", [0, 10.4, 20], [10, 20], []],
  ])("leave unseen: %s", (_, edges, ends, want) => {
    expect(unseenSpans(edges, ends)).toEqual(want);
  });
  test.each([
    [
      "the whole of it",
      [true, true, true, true],
      [
        [0, 30],
        [100, 110],
      ],
    ],
    [
      "from the second sample on",
      [false, true, true, true],
      [
        [10, 30],
        [100, 110],
      ],
    ],
    ["behind the gap alone", [false, false, false, true], [[100, 110]]],
    [
      "two that are not neighbours",
      [true, false, true, false],
      [
        [0, 10],
        [20, 30],
      ],
    ],
    ["none", [false, false, false, false], []],
  ])("are framed where they were seen: %s", (_, meant, want) => {
    expect(seenSpans([0, 10, 20, 100, 110], [10, 20, 30, 110], meant)).toEqual(want);
  });
  test("say what their hatch stands for", () => {
    expect(hatchWords(true, false)).toBe("not sampled");
    expect(hatchWords(true, true)).toBe("not sampled, no number");
    expect(hatchWords(false, false)).toBe("");
  });
  test("is flagged within its stretch, which may have no end", () => {
    expect([4, 5, 9].map((step) => isFlagged(step, 5, 8))).toEqual([false, true, false]);
    expect(isFlagged(3, null, null)).toBe(true);
  });
  test("shows the samples that were dragged over, or all", () => {
    expect(placesWithin([0, 5, 9], [4, 9])).toEqual([1, 3]);
    expect(placesWithin([0, 5, 9], [0, 5])).toEqual([0, 2]);
    expect(placesWithin([0, 5, 9], [6, 7])).toEqual([0, 3]);
    expect(placesWithin([0, 5, 9], null)).toEqual([0, 3]);
  });
});

const line = (name: string, steps: number[], values: (number | "NaN")[], wrong = false) => ({
  name,
  curve: {member: "a", tag: name, axis: "epoch", steps, values} as unknown as CurveData,
  evidence: {
    value: null,
    threshold: null,
    stretches: [],
    wrong,
    unit: "",
    healthy: null,
  } as never as Evidence,
});

describe("lines together", () => {
  const drawn = layOut([
    line("train", [0, 1, 2], [3, 2, "NaN"]),
    line("val", [1, 3], [4, 5], true),
  ]);
  test("stand on all their steps, gaps of one apart from points of the other", () => {
    expect(drawn.steps).toEqual([0, 1, 2, 3]);
    expect(drawn.drawn).toEqual([
      [undefined, 4, undefined, 5],
      [3, 2, null, undefined],
    ]);
  });
  test("have the marks of the one that is wrong", () => {
    expect(drawn.lines[0]?.name).toBe("val");
    expect(drawn.wrong).toBe(true);
  });
});

test("a part of an axis has labels of its own, the whole one its usual ones", () => {
  const axis = stepAxis([0, 50, 100]);
  expect(ticksBetween(axis, 0, 100)).toEqual(axis.ticks);
  const part = ticksBetween(axis, 12, 38);
  expect([part[0], part[part.length - 1]]).toEqual([12, 38]);
  expect(ticksBetween(axis, 40.2, 40.4)).toHaveLength(1);
});

test("a step of a log axis comes back from its place", () => {
  const axis = stepAxis([...Array(20).keys(), 500, 5000]);
  expect(axis.log).toBe(true);
  for (const step of [0, 7, 500, 5000]) expect(axis.stepAt(axis.place(step))).toBeCloseTo(step, 6);
});

test("what one picture points at the others hear, and it does not hear itself", () => {
  const [first, second] = [{}, {}];
  const heard: unknown[] = [];
  const stop = [
    onPointed(first, (p) => heard.push(["first", p])),
    onPointed(second, (p) => heard.push(["second", p])),
  ];
  point({axis: "step", step: 3}, first);
  expect(heard).toEqual([["second", {axis: "step", step: 3}]]);
  for (const end of stop) end();
  point(null, first);
  expect(heard).toHaveLength(1);
});

describe("CSV", () => {
  test("of curves has a row a point, with its run and tag", () => {
    const {curve, ...rest} = line("loss", [0, 1], [2.5, "NaN"]);
    expect(csvOfLines([{...rest, curve}])).toBe(
      "run,tag,axis,step,value\r\na,loss,epoch,0,2.5\r\na,loss,epoch,1,NaN\r\n",
    );
  });
  test("of layers has a column a layer", () => {
    const data = {rows: ["a", "b"], steps: [0], values: [[1, "Infinity"]]};
    expect(csvOfLayers(data as unknown as LayerData)).toBe("step,a,b\r\n0,1,Infinity\r\n");
  });
  test("quotes what would break a row, and disarms what a spreadsheet would run", () => {
    const text = csvOf(bars([1, 2], {names: ['=cmd("x")', "a,b"], wrong: [1]}));
    expect(text).toBe('class,value,flagged\r\n"\'=cmd(""x"")",1,no\r\n"a,b",2,yes\r\n');
  });
  test("of places and moments says which is flagged", () => {
    const boxes = [{name: "scaled", text: "0", note: "", wrong: true}];
    expect(csvOf({kind: "strip", title: "", boxes})).toContain("scaled,0,,yes");
    const moments = [{step: 7, place: "loss", name: "", text: "NaN", wrong: false}];
    expect(csvOf({kind: "timeline", title: "", moments})).toContain("7,loss,,NaN,no");
  });
});
