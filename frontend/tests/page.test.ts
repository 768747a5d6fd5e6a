import {describe, expect, test} from "vitest";
import {sparkline} from "../src/list/sparkline";
import {titleOf} from "../src/model/titles";
import {linesOf, pasteable} from "../src/page/diff";
import {firstDrawable, layerKindOf} from "../src/page/evidence";

test("a diff shows its signs and is pasted as the new code", () => {
  const diff = "  model.compile(\n-     Adam(10.),\n+     Adam(1e-3),\n  )\n";
  expect(linesOf(diff).map(({sign}) => sign)).toEqual([" ", "-", "+", " "]);
  expect(pasteable(diff)).toBe("model.compile(\n    Adam(1e-3),\n)");
});

test("code that merely begins with a blank or a minus is no diff", () => {
  const code = "x = (a\n  - b)";
  expect(
    linesOf(code)
      .map(({text}) => text)
      .join("\n"),
  ).toBe(code);
  expect(pasteable("  indented")).toBe("  indented");
});

test("a picture is of layers or of a curve", () => {
  const seen = (tag: string | null) => ({tag}) as never;
  expect(layerKindOf(seen("zeroacc/gradients/dense"))).toBe("gradients");
  expect(layerKindOf(seen("zeroacc/loss"))).toBeNull();
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
