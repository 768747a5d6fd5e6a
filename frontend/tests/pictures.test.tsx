// @vitest-environment happy-dom
import {cleanup, fireEvent, render, screen} from "@testing-library/preact";
import {afterEach, beforeEach, describe, expect, test, vi} from "vitest";
import {BarsPicture} from "../src/chart/BarsPicture";
import {RangesPicture} from "../src/chart/RangesPicture";
import {StripPicture} from "../src/chart/StripPicture";
import {TimelinePicture} from "../src/chart/TimelinePicture";
import type {Bars, Ranges} from "../src/model/wire";
import {FramedPicture} from "../src/page/PictureCard";

/** Nothing is laid out here: every element is as large as a card's picture. */
beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(500);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(240);
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const bars = (more: Partial<Bars>): Bars => ({
  kind: "bars",
  title: "Size of each input feature",
  what: "feature",
  unit: "",
  log: true,
  top: null,
  names: ["x[12]", "x[3]", "x[7]"],
  groups: [{name: "", values: [810, 100, 0.4]}],
  wrong: [0],
  limit: {value: 500, text: "at most 500"},
  left_out: 0,
  ...more,
});

describe("bars", () => {
  test("name what is flagged, with its value and the limit, and flag nothing else", () => {
    const {container} = render(<BarsPicture picture={bars({})} onHover={() => {}} />);
    expect(container.querySelectorAll(".Plot-bar")).toHaveLength(3);
    expect(container.querySelectorAll(".Plot-bar.is-wrong")).toHaveLength(1);
    expect(screen.getByText("810").classList).toContain("is-wrong");
    expect(screen.getByText("x[12]").classList).toContain("is-wrong");
    expect(screen.getByText("at most 500")).toBeTruthy();
    expect(screen.getByRole("img").getAttribute("aria-label")).toContain("Flagged: x[12]: 810");
  });
  test("read what the pointer is on", () => {
    const hovered = vi.fn();
    const {container} = render(<BarsPicture picture={bars({})} onHover={hovered} />);
    const svg = container.querySelector("svg") as SVGElement;
    const move = new MouseEvent("pointermove", {bubbles: true});
    Object.defineProperty(move, "offsetX", {value: 480});
    fireEvent(svg, move);
    expect(hovered).toHaveBeenLastCalledWith("x[7]: 0.4");
    fireEvent(svg, new MouseEvent("pointerleave", {bubbles: true}));
    expect(hovered).toHaveBeenLastCalledWith("");
  });
  test("of two groups say which is which", () => {
    const groups = [
      {name: "labels", values: [0.1, 0.9]},
      {name: "predictions", values: [1, 0]},
    ];
    const picture = bars({
      names: ["0", "1"],
      groups,
      unit: "share",
      log: false,
      top: 1,
      limit: null,
    });
    const {container} = render(<BarsPicture picture={picture} onHover={() => {}} />);
    expect(screen.getByText("labels")).toBeTruthy();
    expect(screen.getByText("predictions")).toBeTruthy();
    expect(container.querySelectorAll(".Plot-bar.is-second")).toHaveLength(2);
    const named = screen.getByRole("img", {
      name: /class|feature 0: labels 10 %, predictions 100 %/,
    });
    expect(named).toBeTruthy();
  });
  test("of nothing that are flagged can be seen", () => {
    const picture = bars({log: false, groups: [{name: "", values: [0, 5, "NaN"]}], limit: null});
    const {container} = render(<BarsPicture picture={picture} onHover={() => {}} />);
    const flagged = container.querySelector(".Plot-bar.is-wrong");
    expect(Number(flagged?.getAttribute("height"))).toBeGreaterThan(2);
    expect(container.querySelectorAll(".Plot-bar")).toHaveLength(2);
  });
});

describe("ranges", () => {
  const picture: Ranges = {
    kind: "ranges",
    title: "Update ÷ weights",
    unit: "",
    log: true,
    rows: [
      {name: "dense", low: 5e-5, high: 5e-3, middle: 4e-3, text: "5e-5 .. 0.005", wrong: false},
      {name: "head", low: 0, high: 32.5, middle: 0.02, text: "0 .. 32.5", wrong: true},
    ],
    low: 3e-5,
    high: 1,
    healthy: "healthy: 3e-5 to 1",
    left_out: 0,
  };
  test("stand before what is healthy, and name the one that does not fit", () => {
    const {container} = render(<RangesPicture picture={picture} onHover={() => {}} />);
    expect(container.querySelectorAll(".Plot-healthy")).toHaveLength(1);
    expect(container.querySelectorAll(".Plot-bar.is-wrong")).toHaveLength(1);
    expect(screen.getByText("head").classList).toContain("is-wrong");
    expect(screen.getByText("healthy: 3e-5 to 1")).toBeTruthy();
    expect(
      screen.getByRole("img", {name: /Flagged: head: 0 \.\. 32\.5, median 0\.02/}),
    ).toBeTruthy();
  });
  test("end on the right side of what is healthy", () => {
    const {container} = render(<RangesPicture picture={picture} onHover={() => {}} />);
    const edge = (element: Element | null | undefined): number =>
      Number(element?.getAttribute("x")) + Number(element?.getAttribute("width"));
    const healthy = edge(container.querySelector(".Plot-healthy"));
    const [fine, wrong] = [...container.querySelectorAll(".Plot-bar")].map(edge);
    expect(fine).toBeLessThan(healthy);
    expect(wrong).toBeGreaterThan(healthy);
  });
  test("without a limit have no band", () => {
    const open = {...picture, low: null, high: null, healthy: ""};
    const {container} = render(<RangesPicture picture={open} onHover={() => {}} />);
    expect(container.querySelectorAll(".Plot-healthy, .Plot-limit")).toHaveLength(0);
  });
});

test("a strip has its places in order, and a sign and a word at the wrong one", () => {
  const box = (name: string, text: string, wrong = false) => ({name, text, note: "", wrong});
  const boxes = [box("loaded", "0 .. 255"), box("scaled", "0 .. 0", true), box("x", "0 .. 0")];
  render(<StripPicture picture={{kind: "strip", title: "", boxes}} />);
  const places = screen.getAllByRole("listitem").map(({textContent}) => textContent);
  expect(places).toEqual(["loaded0 .. 255", "scaled0 .. 0\u00a0✕ wrong", "x0 .. 0"]);
});

test("a time line has what happened by step, and where it began", () => {
  const moments = [
    {step: 7, place: "inputs", name: "x[3]", text: "4 values", wrong: true},
    {step: 7, place: "loss", name: "", text: "NaN", wrong: false},
    {step: 8, place: "weights", name: "sequential/dense/kernel", text: "96 values", wrong: false},
  ];
  render(<TimelinePicture picture={{kind: "timeline", title: "", moments}} />);
  expect(screen.getAllByText(/^step/).map(({textContent}) => textContent)).toEqual([
    "step 7",
    "step 8",
  ]);
  expect(screen.getByText(", the origin").closest("li")?.textContent).toContain("inputs x[3]");
  expect(screen.getByText("dense/kernel")).toBeTruthy();
});

test("a frame says what the pointer is on, else what is left out", () => {
  render(
    <FramedPicture title="Sizes" caption="4 more features not drawn" height={240} file="a">
      {({onHover}) => (
        <button type="button" onClick={() => onHover("x[3]: 12")}>
          point
        </button>
      )}
    </FramedPicture>,
  );
  expect(screen.getByText("4 more features not drawn")).toBeTruthy();
  fireEvent.click(screen.getByText("point"));
  expect(screen.getByText("x[3]: 12")).toBeTruthy();
  expect(screen.getByRole("region", {name: "Sizes"})).toBeTruthy();
});
