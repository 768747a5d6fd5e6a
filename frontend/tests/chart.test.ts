import {describe, expect, test} from "vitest";
import {colourScale, columnEdges, framedRows, scalePosition, shortRows} from "../src/chart/heatmap";
import {placeLabel, sampleAlong} from "../src/chart/labelPlacement";
import {marksFor} from "../src/chart/marks";
import {scaleFor} from "../src/chart/scale";
import {stepAxis, stepTicks} from "../src/chart/stepAxis";
import type {Evidence, LayerData} from "../src/model/wire";

const fact = (more: Partial<Evidence>): Evidence => ({
  run: "a/train",
  tag: "t",
  layer: null,
  axis: "step",
  first_step: null,
  last_step: null,
  value: null,
  value_text: "",
  comparison: null,
  threshold: null,
  healthy: null,
  limit_text: "",
  line_text: "",
  wrong: null,
  stretches: [],
  throughout: false,
  rules_out: "",
  unit: "",
  estimated: false,
  text: "",
  ...more,
});

describe("scale", () => {
  test("values over decades are drawn on a log scale that shows the threshold", () => {
    const scale = scaleFor([72, 0.1, 0.5], 1);
    expect(scale).toMatchObject({log: true, low: 0.1, high: 100});
    expect(scale.ticks).toEqual([0.1, 1, 10, 100]);
    expect(scaleFor([72, 0.1, 0.5], 1000).high).toBe(1000);
  });
  test("zeros of a log scale stand on their own floor", () => {
    expect(scaleFor([0, 0.1, 100], NaN)).toMatchObject({log: true, zeroAtFloor: true, low: 0.01});
  });
  test("near or negative values are drawn on a plain scale", () => {
    expect(scaleFor([2.3, 0.09, 1], Math.LN10)).toMatchObject({log: false, low: 0});
    expect(scaleFor([-160, 10, 1], NaN).log).toBe(false);
    expect(scaleFor([0.99, 1], NaN).ticks.length).toBeGreaterThan(2);
  });
  test("one value, no value and no finite value have a scale, too", () => {
    for (const values of [[3], [], [NaN], [0, 0], [-5, -5]]) {
      const {low, high, ticks} = scaleFor(values, NaN);
      expect(high).toBeGreaterThan(low);
      expect(ticks.every(Number.isFinite)).toBe(true);
    }
  });
  test("a constant share stands between nothing and all, another constant over its zero", () => {
    expect(scaleFor([1, 1, 1], NaN)).toMatchObject({low: 0, high: 1});
    expect(scaleFor([0, 0], NaN)).toMatchObject({low: 0, high: 1});
    expect(scaleFor([0.627, 0.627], NaN)).toMatchObject({low: 0, high: 1});
    expect(scaleFor([40, 40], NaN)).toMatchObject({low: 0, high: 80});
  });
  test("a curve that hardly moves is not magnified", () => {
    const scale = scaleFor([2.31, 2.28], NaN);
    expect(scale.high - scale.low).toBeGreaterThanOrEqual(0.2 * 2.31);
    expect(scaleFor([0.97, 0.99], NaN)).toMatchObject({high: 1});
    expect(scaleFor([0.97, 0.99], NaN).low).toBeLessThanOrEqual(0.8022);
  });
  test("a threshold far away does not flatten the curve", () => {
    expect(scaleFor([0, 1], 1e6).high).toBeLessThan(10);
  });
});

describe("steps", () => {
  const early = Array.from({length: 20}, (_, n) => n);
  test("have round labels between their ends", () => {
    expect(stepTicks(0, 636)).toEqual([0, 200, 400, 636]);
    expect(stepTicks(0, 19)).toEqual([0, 5, 10, 15, 19]);
    expect(stepTicks(3, 3)).toEqual([3]);
    expect(stepTicks(0, 1)).toEqual([0, 1]);
  });
  test("stand evenly where samples do", () => {
    const axis = stepAxis(early.map((n) => 32 * n));
    expect(axis).toMatchObject({log: false, gaps: []});
    expect(axis.place(320)).toBe(320);
  });
  test("stand by their logarithm where the first samples are dense", () => {
    const axis = stepAxis([...early, 280, 540, 569]);
    expect(axis.log).toBe(true);
    expect(axis.ticks).toEqual([0, 10, 100, 569]);
    const share = (step: number) => axis.place(step) / axis.place(569);
    expect(share(19)).toBeGreaterThan(0.25);
    expect(share(0)).toBe(0);
  });
  test("no line is drawn across what the log leaves out", () => {
    expect(stepAxis([...early, 280, 540, 569]).gaps).toEqual([19, 20, 21]);
    const sparse = Array.from({length: 40}, (_, n) => 100 + 64 * n);
    expect(stepAxis([...early, ...sparse]).gaps).toEqual([]);
    expect(stepAxis([0, 1, 2, 500]).gaps).toEqual([]);
  });
});

describe("marks", () => {
  const steps = [0, 10, 20, 30];
  const wrong = {wrong: true, threshold: 1, healthy: "<="} as const;
  test("the decisive point has the evidence's value and lies in a stretch", () => {
    const seen = fact({...wrong, value: 72.3, line_text: "at most 1", stretches: [[0, 10]]});
    const marks = marksFor(seen, steps, [72, 9, 72.3, 0.1]);
    expect(marks).toMatchObject({bands: [[0, 10]], bracket: false, threshold: 1, point: 0});
    expect(marks.pointText).toBe("72 at step 0");
    expect(marks.thresholdText).toBe("at most 1");
  });
  test("a curve that is wrong throughout has a bracket instead of a ground", () => {
    const seen = fact({...wrong, value: 9, stretches: [[0, 30]], throughout: true});
    expect(marksFor(seen, steps, [9, 8, 7, 9])).toMatchObject({bands: [], bracket: true});
  });
  test("without such a point the one farthest on the wrong side is named by its own value", () => {
    const seen = fact({...wrong, value: 5, stretches: [[0, 30]]});
    expect(marksFor(seen, steps, [9, 3, 2, 1]).pointText).toBe("9 at step 0");
    const low = {...seen, healthy: ">="} as const;
    expect(marksFor(low, steps, [9, 3, 2, 1]).pointText).toBe("1 at step 30");
  });
  test("the first value that is not finite is marked", () => {
    const seen = fact({wrong: true, value: "NaN", stretches: [[20, 30]]});
    const marks = marksFor(seen, steps, [1, 2, NaN, NaN]);
    expect(marks).toMatchObject({broken: 2, brokenText: "NaN from step 20", point: null});
    expect(marks.bands).toEqual([[20, 30]]);
  });
  test("where nothing is wrong the last point is named and the line says what it is", () => {
    const seen = fact({value: 0.1, threshold: 2.3, line_text: "guessing scores 2.3"});
    expect(marksFor(seen, steps, [2, 1, 0.5, NaN])).toMatchObject({
      bands: [],
      bracket: false,
      point: 2,
      thresholdText: "guessing scores 2.3",
    });
  });
});

describe("labels", () => {
  const area = {left: 0, top: 0, width: 200, height: 100};
  const size = {width: 60, height: 14};
  test("stand beside their point", () => {
    expect(placeLabel([50, 50], size, area, [], [], 8)).toMatchObject({left: 58, top: 43});
  });
  test("turn to the left at the right edge and give way to the curve", () => {
    expect(placeLabel([190, 50], size, area, [], [], 8).left).toBe(122);
    const curve = sampleAlong(
      [
        [0, 50],
        [200, 50],
      ],
      4,
    );
    expect(Math.abs(placeLabel([50, 50], size, area, curve, [], 8).top + 7 - 50)).toBeGreaterThan(
      7,
    );
  });
});

describe("layers", () => {
  const data = {rows: ["a", "b", "c", "d"], layers: ["a", "b", "c", null]} as unknown as LayerData;
  test("flagged rows that touch share a frame", () => {
    expect(framedRows(data, ["a", "b", "d"])).toEqual([
      [0, 1],
      [3, 3],
    ]);
    expect(framedRows(data, [])).toEqual([]);
  });
  test("sizes have a log scale, shares run from 0 to 1", () => {
    const scale = colourScale([1e-8, 0.5, 0, NaN], "");
    expect(scale).toEqual({low: 1e-8, high: 1, log: true});
    expect(scalePosition(0, scale)).toBe(0);
    expect(scalePosition(1, scale)).toBe(1);
    expect(colourScale([0.3], "share")).toEqual({low: 0, high: 1, log: false});
    expect(colourScale([0, 0], "")).toMatchObject({log: true});
  });
  test("names lose what they share", () => {
    expect(shortRows(["m/dense/kernel", "m/dense_1/kernel"])).toEqual(["dense", "dense_1"]);
    expect(shortRows(["dense", "dense_1"])).toEqual(["dense", "dense_1"]);
    expect(shortRows(["m/dense/kernel"])).toEqual(["m/dense/kernel"]);
  });
  test("columns are as wide as the steps between samples", () => {
    expect(columnEdges([0, 10, 20], 300)).toEqual([0, 100, 200, 300]);
    expect(columnEdges([5], 300)).toEqual([0, 300]);
  });
});
