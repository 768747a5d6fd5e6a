// @vitest-environment happy-dom
import {cleanup, render, screen} from "@testing-library/preact";
import {afterEach, describe, expect, test} from "vitest";
import {countWords} from "../src/model/counts";
import type {Summaries} from "../src/model/wire";
import {EmptyState} from "../src/page/EmptyState";

afterEach(cleanup);

const head = (more: Partial<Summaries>) =>
  ({complete: false, total: 0, expected: null, need_a_look: 0, errors: [], ...more}) as Summaries;

describe("how many trainings there are, in words", () => {
  test.each<[string, Partial<Summaries>, string]>([
    ["read of those there are", {total: 312, expected: 2000}, "312 of 2000 trainings read"],
    ["none read yet", {expected: 1}, "0 of 1 training read"],
    ["not known of how many", {total: 312}, "312 trainings so far, reading on"],
    ["more than was expected", {total: 3, expected: 2}, "3 trainings so far, reading on"],
    ["all read, none at fault", {complete: true, total: 312}, "312 trainings"],
    ["all read", {complete: true, total: 312, need_a_look: 1}, "312 trainings · 1 needs a look"],
  ])("%s", (_, more, words) => {
    expect(countWords(head(more)).replaceAll(/\s/g, " ")).toBe(words);
  });
});

describe("before the first verdict", () => {
  const said = () => (screen.getByRole("status").textContent ?? "").replaceAll(/\s/g, " ");
  test("the page says how many are read of how many", () => {
    render(<EmptyState head={head({expected: 2000})} failed="" />);
    expect(said()).toBe(
      "Reading the logs0 of 2000 trainings readThe first verdicts stand here in a moment.",
    );
  });
  test("it says no number that it does not know", () => {
    render(<EmptyState head={null} failed="" />);
    expect(said()).toBe("Reading the logsThe first verdicts stand here in a moment.");
  });
});
