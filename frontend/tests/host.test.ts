import {expect, test} from "vitest";
import {escapeRegex, timeSeriesHref, timeSeriesQuery} from "../src/host/links";
import {hashWith, isInFront, NOWHERE, placeOf} from "../src/host/place";

test("a run's name is taken literally", () => {
  const name = "a+b/lr=1.0 (x)[y]{z}|^$*?\\d";
  expect(new RegExp(`^${escapeRegex(name)}$`).test(name)).toBe(true);
  expect(new RegExp(`^${escapeRegex("a.b")}$`).test("axb")).toBe(false);
});

test("the link pins the curves and shows the members alone", () => {
  const query = new URLSearchParams(
    timeSeriesQuery({members: ["a/train", "a/zeroacc"], tags: ["zeroacc/update_ratio"]}),
  );
  expect(query.get("runFilter")).toBe("^(a/train|a/zeroacc)$");
  expect(JSON.parse(query.get("pinnedCards") ?? "")).toEqual([
    {plugin: "scalars", tag: "zeroacc/update_ratio"},
  ]);
  expect(query.get("smoothing")).toBe("0");
});

test("the link is relative, holds no bare blank, and at most ten pins", () => {
  const tags = Array.from({length: 20}, (_, n) => `t ${n}`);
  const href = timeSeriesHref({members: ["my run"], tags});
  expect(href.startsWith("../../../?")).toBe(true);
  expect(href.endsWith("#timeseries")).toBe(true);
  expect(href).not.toMatch(/[ +]/);
  const pins = new URL(href, "http://x/data/plugin/zero_accuracy/").searchParams.get("pinnedCards");
  expect(JSON.parse(pins ?? "")).toHaveLength(10);
});

test("a place survives the address, and what belongs to others stays", () => {
  const place = {
    ...NOWHERE,
    run: "a b/c&d=é",
    cause: "ZA504",
    state: "Not learning",
    collapsed: "*,a%2Fb",
    open: ["explains", "checks"],
  };
  const hash = hashWith("#zero_accuracy&p.other.x=1&p.zero_accuracy.run=old", place);
  expect(placeOf(hash)).toEqual(place);
  expect(hash).toContain("p.other.x=1");
  expect(hash).not.toContain("old");
  expect(isInFront(hash)).toBe(true);
  expect(isInFront("#timeseries&p.zero_accuracy.run=a")).toBe(false);
});

test("an odd address is no error", () => {
  expect(placeOf("")).toEqual(NOWHERE);
  expect(placeOf("#zero_accuracy&p.zero_accuracy.run=%E0%A4%A")).toMatchObject({open: []});
});
