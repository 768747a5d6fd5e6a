// @vitest-environment happy-dom
import {cleanup, fireEvent, render, screen} from "@testing-library/preact";
import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {csvOfHistograms} from "../src/chart/csv";
import {HistogramsPicture} from "../src/chart/HistogramsPicture";
import {greatestShare, rangeOf, readAt, strengthOfShare} from "../src/chart/spreads";
import type {Column, HistogramData, Histograms} from "../src/model/wire";

const column = (low: number, high: number, counts: number[]): Column => ({
  low,
  high,
  total: counts.reduce((a, b) => a + b, 0),
  counts,
});
const LOST: Column = {low: "NaN", high: "Infinity", total: 0, counts: []};
const data: HistogramData = {
  steps: [0, 1, 2, 3],
  spreads: [
    {
      member: "a/train",
      tag: "dense/kernel",
      name: "dense",
      columns: [column(-1, 1, [30, 10]), column(-2, 2, [20, 20]), LOST, null],
    },
    {
      member: "a/train",
      tag: "dense_1/kernel",
      name: "dense_1",
      columns: [column(0, 0, [6]), null, null, null],
    },
  ],
  thinned: false,
};
const picture: Histograms = {
  kind: "histograms",
  title: "Weights over time",
  names: ["dense", "dense_1"],
  flagged: ["dense_1"],
  left_out: 0,
};

describe("the scales", () => {
  test("a tensor spans all its finite steps; a single value has room around it", () => {
    expect(data.spreads.map(rangeOf)).toEqual([
      [-2, 2],
      [-1, 1],
    ]);
    expect(rangeOf({...data.spreads[0], columns: [LOST]} as never)).toEqual([0, 1]);
  });
  test("the strongest colour is that of the fullest bin of all", () => {
    expect(greatestShare(data)).toBe(1);
    expect(strengthOfShare(0.25, 1)).toBe(0.5);
    expect(strengthOfShare(0, 1)).toBe(0);
  });
});

test.each([
  [data.spreads[0]?.columns[0], -0.5, "w, step 7: 30 of 40 values from −1 to 0"],
  [data.spreads[0]?.columns[0], 0.5, "w, step 7: 10 of 40 values from 0 to 1"],
  [data.spreads[0]?.columns[0], 1.5, "w, step 7: no values at 1.5"],
  [data.spreads[1]?.columns[0], 0.7, "w, step 7: all 6 values are 0"],
  [LOST, 0, "w, step 7: values that are not finite"],
  [null, 0, "w, step 7: no histogram"],
])("the pointer reads step, count and bin", (at, value, words) => {
  expect(readAt("w", 7, at ?? null, value)).toBe(words);
});

test("the file has a row for each bin", () => {
  expect(csvOfHistograms(data).split("\r\n").slice(0, 3)).toEqual([
    "run,tag,step,from,to,count",
    "a/train,dense/kernel,0,-1,0,30",
    "a/train,dense/kernel,0,0,1,10",
  ]);
});

describe("the picture", () => {
  // Nothing is laid out here: 64 pixels of names, then 100 a step; two rows of 100.
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(465);
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(226);
  });
  afterEach(() => {
    cleanup();
    vi.restoreAllMocks();
  });

  test("reads what the pointer is on, row by row, and names what is flagged", () => {
    const hovered = vi.fn();
    render(<HistogramsPicture data={data} picture={picture} dark={false} onHover={hovered} />);
    const drawn = screen.getByRole("img", {
      name: "Histograms of 2 tensors over 4 steps. Flagged: dense_1.",
    });
    const move = (offsetX: number, offsetY: number) => {
      const event = new Event("pointermove", {bubbles: true});
      Object.defineProperties(event, {offsetX: {value: offsetX}, offsetY: {value: offsetY}});
      fireEvent(drawn, event);
      return hovered.mock.lastCall?.[0];
    };
    expect(move(180, 10)).toBe("dense, step 1: 20 of 40 values from 0 to 2");
    expect(move(80, 150)).toBe("dense_1, step 0: all 6 values are 0");
    expect(move(10, 10)).toBe("");
  });
});
