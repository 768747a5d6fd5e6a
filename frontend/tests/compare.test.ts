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
  test("are not new where they could not be told before", () => {
    expect(changeWords(cut, broken)).toBe("Fault C is gone; Fault A could not be told before.");
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
  /** Trainings by the time of their last record, and by their model; the last one is looked at. */
  const rows = (given: [name: string, last_time: number | null, model?: string][]) =>
    given.map(([name, last_time, model = ""]) => ({name, last_time, model}) as Summary);
  test.each<[string, [name: string, last_time: number | null, model?: string][], string | null]>([
    [
      "the newest of those counted on",
      [
        ["x/digits_1", 1],
        ["x/digits_2", 5],
        ["x/digits_3", 7],
      ],
      "x/digits_2",
    ],
    [
      "counted on, though its model is another now",
      [
        ["digits_1", 1, "a"],
        ["digits_2", 2, "b"],
      ],
      "digits_1",
    ],
    [
      "counted on in a directory of another day",
      [
        ["2024-05-01/digits", 1],
        ["2024-05-02/digits", 2],
      ],
      "2024-05-01/digits",
    ],
    [
      "of another name with the same model",
      [
        ["demo/dead_relu", 1, "a"],
        ["demo/dead_relu_mended", 2, "a"],
      ],
      "demo/dead_relu",
    ],
    [
      "not another program that ran just before",
      [
        ["demo/digits", 1, "a"],
        ["demo/houses", 2, "b"],
        ["demo/digits_mended", 3, "a"],
      ],
      "demo/digits",
    ],
    [
      "not one of another directory, though the model is the same",
      [
        ["alice/digits", 1, "a"],
        ["bob/first", 2, "a"],
      ],
      null,
    ],
    [
      "not one of another name of which no model is on record",
      [
        ["digits", 1],
        ["houses", 2],
      ],
      null,
    ],
    [
      "not one whose model alone is not on record",
      [
        ["1", 1, ""],
        ["2", 2, "a"],
      ],
      null,
    ],
    [
      "named by times, with nothing that tells them apart",
      [
        ["fit/20240501-1200", 1],
        ["fit/20240502-0900", 2],
      ],
      "fit/20240501-1200",
    ],
    [
      "named by times, but of another model",
      [
        ["fit/20240501-1200", 1, "a"],
        ["fit/20240502-0900", 2, "b"],
      ],
      null,
    ],
    [
      "named by PyTorch, though of another model",
      [
        ["runs/Nov29_20-37-08_host", 1, "a"],
        ["runs/Nov30_09-00-11_host", 2, "b"],
      ],
      null,
    ],
    [
      "not the later name of two that ended in the same moment",
      [
        ["digits_2", 2],
        ["digits_1", 2],
      ],
      null,
    ],
    [
      "not a later one",
      [
        ["digits_2", 9],
        ["digits_1", 1],
      ],
      null,
    ],
    [
      "not one without a time",
      [
        ["digits_2", null],
        ["digits_1", 1],
      ],
      null,
    ],
    [
      "none of one without a time",
      [
        ["digits_2", 1],
        ["digits_1", null],
      ],
      null,
    ],
    [
      "one that ended at the same time",
      [
        ["digits_1", 1],
        ["digits_2", 1],
      ],
      "digits_1",
    ],
  ])("is %s", (_, given, want) => {
    expect(runBefore(rows(given), given[given.length - 1]?.[0] ?? "")).toBe(want);
  });
  test("of a training that is gone is none", () => {
    expect(runBefore(rows([["digits_1", 1]]), "digits_2")).toBeNull();
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
