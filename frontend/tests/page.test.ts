import {expect, test} from "vitest";
import {sparklinePath} from "../src/list/sparklinePath";
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

test("a sparkline leaves gaps and takes anything", () => {
  expect(sparklinePath([], 54, 18)).toBe("");
  expect(sparklinePath([NaN], 54, 18)).toBe("");
  expect(sparklinePath([1], 54, 18)).toContain("h54");
  expect(sparklinePath([1, NaN, 2], 54, 18).match(/M/g)).toHaveLength(2);
});

test("tags are said in words", () => {
  expect(titleOf("zeroacc/gradients/dense_1")).toBe("Gradient in dense_1");
  expect(titleOf("epoch_loss")).toBe("Loss, each epoch");
  expect(titleOf("my/own/tag")).toBe("my/own/tag");
});
