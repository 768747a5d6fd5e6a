import {describe, expect, test} from "vitest";
import {runBefore} from "../src/compare/before";
import {changeWords, findingRows, numberRows, settingRows} from "../src/compare/differences";
import {overlay} from "../src/compare/overlay";
import {hashWith, NOWHERE, placeOf} from "../src/host/place";
import type {CurveData, Status, Summary, Training} from "../src/model/wire";

/** A training whose checks gave these answers; the causes are findings of their own. */
function training(run: string, causes: string[], checks: Record<string, Status>, more = {}) {
  const told = {
    run,
    findings: causes.map((code) => ({code, title: `Fault ${code}`})),
    checks: Object.fromEntries(
      Object.entries(checks).map(([code, status]) => [code, {title: `Fault ${code}`, status}]),
    ),
    settings: [],
    glance: [],
    ...more,
  };
  return told as unknown as Training;
}

describe("causes", () => {
  const broken = training("broken", ["A"], {A: "flagged", B: "flagged", C: "passed"});
  const mended = training("mended", [], {A: "passed", B: "passed", C: "passed"});
  const cut = training("cut", ["C"], {A: "cannot_tell", B: "passed", C: "flagged"});
  test("are gone where the check passes now, and what followed from them is listed below", () => {
    expect(changeWords(broken, mended)).toBe("Fault A is gone.");
    const rows = findingRows([broken, mended]);
    expect(rows.map(({code, isCause, change}) => [code, isCause, change])).toEqual([
      ["A", true, "gone"],
      ["B", false, "gone"],
    ]);
    expect(rows[0]?.statuses).toEqual(["flagged", "passed"]);
  });
  test("that cannot be told any more are not gone", () => {
    expect(changeWords(broken, cut)).toBe("Fault C is new; Fault A cannot be told any more.");
  });
  test("come back the other way", () => {
    expect(changeWords(mended, broken)).toBe("Fault A is new.");
    expect(changeWords(broken, broken)).toBe("Fault A stays.");
    expect(changeWords(mended, mended)).toBe("Neither of them has a cause to show.");
  });
  test("of a training between the first and the last are rows, too", () => {
    const rows = findingRows([mended, cut, mended]);
    expect(rows.map(({code, change}) => [code, change])).toEqual([["C", "stays"]]);
    expect(changeWords(mended, mended)).toContain("Neither");
  });
});

describe("settings and numbers", () => {
  const of = (run: string, settings: [string, string][], glance: [string, string][] = []) =>
    training(
      run,
      [],
      {},
      {
        settings: settings.map(([name, text]) => ({name, text})),
        glance: glance.map(([text, value_text]) => ({text, value_text})),
      },
    );
  test("that are the same everywhere are left out, and what one lacks is a difference", () => {
    const one = of("a", [
      ["learning rate", "10"],
      ["optimizer", "Adam"],
    ]);
    const other = of("b", [
      ["learning rate", "0.003"],
      ["optimizer", "Adam"],
      ["__proto__", "x"],
    ]);
    expect(settingRows([one, other])).toEqual([
      {name: "learning rate", texts: ["10", "0.003"]},
      {name: "__proto__", texts: ["", "x"]},
    ]);
  });
  test("stand side by side by what they are", () => {
    const rows = numberRows([of("a", [], [["loss", "2.3"]]), of("b", [], [["loss", "0.1"]])]);
    expect(rows).toEqual([{name: "loss", texts: ["2.3", "0.1"]}]);
  });
});

describe("the run before", () => {
  const rows = (times: Record<string, number | null>) =>
    Object.entries(times).map(([name, last_time]) => ({name, last_time}) as Summary);
  test("is the latest earlier one of the same directory, else of all", () => {
    const all = rows({"x/1": 1, "x/2": 5, "y/1": 6, "x/3": 7, "z/1": 4, odd: null});
    expect(runBefore(all, "x/3")).toBe("x/2");
    expect(runBefore(all, "y/1")).toBe("x/2");
    expect(runBefore(all, "x/1")).toBeNull();
    expect(runBefore(all, "odd")).toBeNull();
    expect(runBefore(all, "gone")).toBeNull();
  });
});

describe("curves over each other", () => {
  const curve = (axis: CurveData["axis"], steps: number[], values: CurveData["values"]) =>
    ({axis, steps, values}) as CurveData;
  test("share an axis where they count the same", () => {
    const laid = overlay([curve("epoch", [0, 1], [2, "NaN"]), curve("epoch", [0, 4], [1, 0])]);
    expect(laid.axis).toBe("epoch");
    expect(laid.curves).toEqual([
      {places: [0, 1], values: [2, null]},
      {places: [0, 4], values: [1, 0]},
    ]);
  });
  test("lie along their own way where one counts steps and the other epochs", () => {
    const laid = overlay([curve("step", [10, 20, 30], [3, 2, 1]), curve("epoch", [0], [1])]);
    expect(laid.axis).toBe("share");
    expect(laid.curves.map(({places}) => places)).toEqual([[0, 0.5, 1], [0]]);
  });
});

describe("the address of a comparison", () => {
  test.each([[[]], [["a"]], [["a,b", "c&d=e", "%2C", "日本", "__proto__"]]])(
    "holds every name: %j",
    (against) => {
      const place = {...NOWHERE, run: "x", against};
      expect(placeOf(hashWith("#zero_accuracy", place))).toEqual(place);
    },
  );
});
