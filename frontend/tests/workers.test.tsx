// @vitest-environment happy-dom
import {cleanup, fireEvent, render, screen} from "@testing-library/preact";
import {afterEach, describe, expect, test} from "vitest";
import type {Finding, Worker} from "../src/model/wire";
import {type Tab, TabProvider} from "../src/page/context";
import {WorkersTable} from "../src/page/WorkersTable";

afterEach(cleanup);

function worker(number: number, more: Partial<Worker> = {}): Worker {
  return {
    name: `worker ${number}`,
    task: "worker",
    number,
    members: [],
    state: "live",
    state_text: "running",
    sessions: 1,
    steps: 499,
    loss: 0.119,
    last_time: null,
    mark: {sign: "✓", words: "Learning", tone: "good"},
    cause: "No fault found",
    code: null,
    codes: [],
    ...more,
  };
}

/** As `TrainingPage` shows them. */
const show = (workers: readonly Worker[], shown: Finding | null = null) =>
  render(
    <TabProvider value={{} as Tab}>
      <WorkersTable workers={workers} shown={shown} />
    </TabProvider>,
  );

/** The words of each row, the first one's those of the head. */
const rows = () =>
  screen.getAllByRole("row").map((row) => row.textContent?.replace(/\s+/g, " ").trim() ?? "");

describe("the workers of a job", () => {
  test("have a row each, and the one that the finding is about stands out", () => {
    const silent = {
      state: "unknown",
      state_text: "silent",
      steps: 29,
      loss: "NaN",
      cause: "Stalled",
      code: "ZA802",
      codes: ["ZA802"],
      sessions: 2,
    } as const;
    const shown = {workers: ["worker 1"]} as Finding;
    show([worker(0), worker(1, {...silent, codes: ["ZA802"]})], shown);
    expect(rows()).toHaveLength(3);
    expect(rows()[1]).toContain("running");
    expect(rows()[2]).toMatch(/worker 1.*silent.*started 2 times.*29.*NaN.*Stalled.*ZA802/);
    expect(document.querySelector(".is-meant")?.textContent).toContain("worker 1");
  });

  test("that do not train have no verdict of their own", () => {
    show([worker(0), worker(1, {name: "ps 0", mark: null, cause: "", steps: null, loss: null})]);
    expect(rows()[2]).toMatch(/ps 0 running$/);
    expect(document.querySelector(".is-meant")).toBeNull();
  });

  test("are shown in part where there are many, and all on demand", () => {
    const many = Array.from({length: 40}, (_, n) => worker(n));
    many[30] = worker(30, {codes: ["ZA804"], code: "ZA804", cause: "Worker differs"});
    show(many);
    expect(rows()).toHaveLength(3);
    fireEvent.click(screen.getByRole("button", {name: "Show all 40"}));
    expect(rows()).toHaveLength(41);
  });
});
