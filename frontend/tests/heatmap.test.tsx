// @vitest-environment happy-dom
import {cleanup, fireEvent, render, screen} from "@testing-library/preact";
import {afterEach, beforeEach, expect, test, vi} from "vitest";
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

function shown() {
  const hovered = vi.fn();
  render(<LayerHeatmap data={data} picture={picture} dark={false} onHover={hovered} />);
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
