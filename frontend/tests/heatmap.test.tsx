// @vitest-environment happy-dom
import {cleanup, fireEvent, render, screen} from "@testing-library/preact";
import {afterEach, beforeEach, expect, test, vi} from "vitest";
import {drawHeatmap} from "../src/chart/drawHeatmap";
import {LayerHeatmap} from "../src/chart/LayerHeatmap";
import {point} from "../src/chart/linkedCursor";
import type {LayerData, Layers} from "../src/model/wire";

const data: LayerData = {
  kind: "dead_units",
  unit: "share",
  rows: ["dense", "dense_1"],
  layers: ["dense", "dense_1"],
  steps: [0, 1, 2, 3],
  values: [
    [0, 0.95],
    [0, 1],
    [0.1, 1],
    [0.1, 1],
  ],
  thinned: false,
};
const picture: Layers = {
  kind: "layers",
  title: "Dead units",
  layers: "dead_units",
  flagged: ["dense_1"],
  first_step: 1,
  last_step: null,
  worse: "high",
};

/** Nothing is laid out here: the picture is 463 wide, 63 of it names, so a sample is 100. */
beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(464);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(226);
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function pointer(kind: string, offsetX: number, offsetY = 10): Event {
  const event = new Event(`pointer${kind}`, {bubbles: true});
  Object.defineProperties(event, {offsetX: {value: offsetX}, offsetY: {value: offsetY}});
  return event;
}

function shown(given = data) {
  const hovered = vi.fn();
  render(<LayerHeatmap data={given} picture={picture} dark={false} onHover={hovered} />);
  return {hovered, map: screen.getByRole("img", {name: /Flagged: dense_1\./})};
}

test("reads layer, step and value, and nothing beside the samples", () => {
  const {hovered, map} = shown();
  fireEvent(map, pointer("move", 230, 150));
  expect(hovered).toHaveBeenLastCalledWith("dense_1, step 1: 100 %");
  fireEvent(map, pointer("move", 10));
  expect(hovered).toHaveBeenLastCalledWith("");
});

test("looks closer where it is dragged over, and back", () => {
  const {map} = shown();
  expect(screen.getByText("step 0")).toBeTruthy();
  fireEvent(map, pointer("down", 280));
  fireEvent(map, pointer("move", 440));
  fireEvent(map, pointer("up", 440));
  expect(screen.getByText("step 2")).toBeTruthy();
  fireEvent.click(screen.getByText("Reset zoom"));
  expect(screen.getByText("step 0")).toBeTruthy();
  expect(screen.queryByText("Reset zoom")).toBeNull();
});

test("shows what another picture is pointed at", async () => {
  const {map} = shown();
  expect(map.querySelector(".Layers-cursor")).toBeNull();
  point({axis: "step", step: 2}, {});
  await vi.waitFor(() => expect(map.querySelector(".Layers-cursor")).not.toBeNull());
  point({axis: "epoch", step: 2}, {});
  await vi.waitFor(() => expect(map.querySelector(".Layers-cursor")).toBeNull());
});

/** Twelve samples close together, and one long after them. */
const sparse: LayerData = {
  ...data,
  steps: [...Array.from({length: 12}, (_, n) => n), 500],
  values: Array.from({length: 13}, () => [0, 1]),
};

test("hatches what was not sampled, and says so", () => {
  const {hovered, map} = shown(sparse);
  expect(screen.getByText("not sampled")).toBeTruthy();
  fireEvent(map, pointer("move", 300, 150));
  expect(hovered).toHaveBeenLastCalledWith("not sampled");
  cleanup();
  shown();
  expect(screen.queryByText("not sampled")).toBeNull();
});

test("says of a statistic that a sample lacks that there is no number", () => {
  const {hovered, map} = shown({...data, values: [...data.values.slice(0, 3), ["NaN", 1]]});
  expect(screen.getByText("no number")).toBeTruthy();
  fireEvent(map, pointer("move", 430, 10));
  expect(hovered).toHaveBeenLastCalledWith("dense, step 3: no number");
});

test("no frame and no colour goes over a gap", () => {
  const drawn: {kind: string; from: number; to: number}[] = [];
  const keep = (kind: string) => (x: number, _y: number, width: number) =>
    drawn.push({kind, from: x, to: x + width});
  const nothing = () => undefined;
  const context = {
    ...{scale: nothing, translate: nothing, save: nothing, restore: nothing, clip: nothing},
    ...{beginPath: nothing, moveTo: nothing, lineTo: nothing, stroke: nothing},
    ...{fillRect: keep("colour"), strokeRect: keep("frame"), rect: keep("hatch")},
  };
  const canvas = {style: {}, getContext: () => context} as unknown as HTMLCanvasElement;
  drawHeatmap(canvas, {
    values: Array.from({length: 4}, () => [0, 1]),
    scale: {low: 0, high: 1, log: false},
    frames: [[1, 1]],
    inStretch: [true, true, true, true],
    worse: "high",
    edges: [0, 10, 20, 100, 110],
    ends: [10, 20, 30, 110],
    area: {left: 0, width: 110, height: 40},
  });
  const spans = (kind: string) => drawn.filter((one) => one.kind === kind);
  expect(spans("hatch")).toEqual([{kind: "hatch", from: 30, to: 100}]);
  expect(spans("frame")).toHaveLength(2);
  for (const {from, to} of [...spans("frame"), ...spans("colour")])
    expect(to <= 30.5 || from >= 100, `${from} to ${to} lies over the gap`).toBe(true);
});
