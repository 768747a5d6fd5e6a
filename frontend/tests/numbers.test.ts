import {describe, expect, test} from "vitest";
import {
  formatCount,
  formatNumber,
  formatPercent,
  formatValue,
  formatWhen,
  toNumber,
} from "../src/model/numbers";

test.each([
  [0, "0"],
  [72, "72"],
  [640, "640"],
  [12345, "12\u2009345"],
  [1.114, "1.11"],
  [0.0312, "0.0312"],
  [0.001, "0.001"],
  [1.6e-8, "1.6e-8"],
  [2e-9, "2e-9"],
  [4.26e7, "4.3e7"],
  [519.6, "520"],
  [-2.5, "−2.5"],
  [-1e-9, "−1e-9"],
  [NaN, "NaN"],
  [Infinity, "infinity"],
  [-Infinity, "−infinity"],
])("number %s is written %s", (value, words) => expect(formatNumber(value)).toBe(words));

test.each([
  [0, "0 %"],
  [0.003, "0.3 %"],
  [0.5, "50 %"],
  [0.9902, "99.0 %"],
  [0.9999, "99.9 %"],
  [1, "100 %"],
  [520, "52\u2009000 %"],
])("share %s is written %s", (share, words) => expect(formatPercent(share)).toBe(words));

test("words of the wire become numbers", () => {
  expect(toNumber("NaN")).toBeNaN();
  expect(toNumber("-Infinity")).toBe(-Infinity);
  expect(toNumber(null)).toBeNaN();
  expect(toNumber(3)).toBe(3);
});

describe("values and counts", () => {
  test("a value carries its unit", () => {
    expect(formatValue(0.94, "share")).toBe("94 %");
    expect(formatValue(1, "epochs")).toBe("1 epoch");
    expect(formatValue(2, "epochs")).toBe("2 epochs");
    expect(formatValue(null, "share")).toBe("");
    expect(formatValue("NaN", "nats")).toBe("NaN");
  });
  test("counts know one from many", () => {
    expect(formatCount(1, "step")).toBe("1 step");
    expect(formatCount(20, "epoch")).toBe("20 epochs");
  });
});

test.each([
  [1, "just now"],
  [30, "30 seconds ago"],
  [125, "2 minutes ago"],
  [3 * 3600, "3 hours ago"],
  [86400 * 3, "3 days ago"],
  [1e9, "on 1970-01-01"],
])("%s seconds before", (seconds, words) => expect(formatWhen(0, seconds)).toBe(words));
