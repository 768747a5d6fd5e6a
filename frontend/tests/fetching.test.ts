import {afterEach, beforeEach, expect, test, vi} from "vitest";

/** A server of many trainings: which reading it is at, which brought each, and what it was asked. */
let reading = 1;
let reader = "one";
let count = 2500;
let changed: Record<number, number> = {};
let asked: string[] = [];
const rowOf = (n: number) => ({name: `run${n}`, since: changed[n] ?? 1});

/** What `summaries` says, as the server has it: what changed, or a page. */
function summaries(query: URLSearchParams): object {
  const after = Number(query.get("after") ?? "NaN");
  const all = Array.from({length: count}, (_, n) => rowOf(n));
  const head = {complete: true, reader, reading, total: count, errors: []};
  if (query.get("reader") === reader && after <= reading) {
    const places = all.flatMap(({since}, n) => (since > after ? [n] : []));
    return {...head, places, summaries: places.map(rowOf)};
  }
  const offset = Number(query.get("offset"));
  return {...head, places: null, summaries: all.slice(offset, offset + Number(query.get("limit")))};
}

const trainingOf = (name: string | null) => ({run: name, at: changed[Number(name?.slice(3))] ?? 1});

function answerTo(route: string, query: URLSearchParams): object {
  if (route === "summaries") return summaries(query);
  if (route === "run") return trainingOf(query.get("name"));
  const trainings = query.getAll("name").map(trainingOf);
  return {trainings: trainings.map((training) => ({tag: `${training.at}`, training}))};
}

beforeEach(() => {
  reading = 1;
  reader = "one";
  count = 2500;
  changed = {};
  asked = [];
  vi.resetModules();
  vi.stubGlobal("fetch", (address: string, {headers}: {headers: Record<string, string>}) => {
    asked.push(address);
    const {pathname, searchParams} = new URL(address, "http://x/");
    const answer = answerTo(pathname.slice(1), searchParams);
    const tag = `"${"at" in answer ? answer.at : reader + reading}"`;
    const sent = {ETag: tag, ...(reading > 1 ? {"Retry-After": "1"} : {})};
    if (headers["If-None-Match"] === tag)
      return Promise.resolve(new Response(null, {status: 304, headers: sent}));
    return Promise.resolve(new Response(JSON.stringify(answer), {status: 200, headers: sent}));
  });
});

afterEach(() => vi.unstubAllGlobals());

const timesAsked = (what: string): number =>
  asked.filter((address) => address.includes(what)).length;

/** A new reading, in which these trainings changed. */
function read(...numbers: number[]): void {
  reading += 1;
  for (const n of numbers) changed[n] = reading;
}

test("the list is all of its pages, and the same one while nothing changes", async () => {
  const {getList} = await import("../src/model/listing");
  const first = await getList();
  expect(first.data.rows.map(({name}) => name)).toEqual(
    Array.from({length: 2500}, (_, n) => `run${n}`),
  );
  expect(asked).toHaveLength(3);
  expect(first.pending).toBe(false);
  expect((await getList()).data).toBe(first.data);
  expect(asked).toHaveLength(4);
});

test("of a list that stands only what changed is asked for", async () => {
  const {getList} = await import("../src/model/listing");
  const first = await getList();
  asked = [];
  read(0, 7, 2499);
  const {data, pending} = await getList();
  expect(asked).toEqual(["./summaries?offset=0&limit=1000&reader=one&after=1"]);
  expect(pending).toBe(true);
  expect(data.rows).toEqual(Array.from({length: 2500}, (_, n) => rowOf(n)));
  expect(data.rows[8]).toBe(first.data.rows[8]);
  expect((await getList()).data).toBe(data);
});

test("a training that changed goes to its new place, one that is new comes between", async () => {
  const {changed: after} = await import("../src/model/listing");
  const rows = (...names: string[]) => names.map((name) => ({name}));
  const list = {head: {total: 4}, rows: rows("a", "b", "c", "d")};
  const told = (total: number, ...names: string[]) => ({total, summaries: rows(...names)});
  const names = (head: object, places: number[]) =>
    after(list as never, head as never, places)?.rows.map(({name}) => name);
  expect(names(told(4, "d"), [0])).toEqual(["d", "a", "b", "c"]);
  expect(names(told(6, "new", "a", "z"), [0, 3, 5])).toEqual(["new", "b", "c", "a", "d", "z"]);
  expect(names(told(4, "new"), [0]), "one of them is gone: that is no whole").toBeUndefined();
});

test("where the server cannot tell what changed all pages are asked for", async () => {
  const {getList} = await import("../src/model/listing");
  await getList();
  reader = "two";
  count = 1500;
  asked = [];
  const {data} = await getList();
  expect(data.rows).toHaveLength(1500);
  expect(asked).toHaveLength(3);
});

test("pages of two readings are asked for anew", async () => {
  const {getList} = await import("../src/model/listing");
  const server = globalThis.fetch;
  vi.stubGlobal("fetch", (...question: Parameters<typeof fetch>) => {
    if (asked.length === 1) reading = 2; // between the first page and the second
    return server(...question);
  });
  const {data} = await getList();
  expect(data.head.reading).toBe(2);
  expect(data.rows).toHaveLength(2500);
  expect(asked).toHaveLength(6);
});

test("a list of two readings is no base for what changed", async () => {
  const {getList} = await import("../src/model/listing");
  const server = globalThis.fetch;
  vi.stubGlobal("fetch", (...question: Parameters<typeof fetch>) => {
    read(0); // at each question: no three pages are ever of one reading
    return server(...question);
  });
  expect((await getList()).pending).toBe(true);
  vi.stubGlobal("fetch", server);
  asked = [];
  const {data, pending} = await getList();
  expect(timesAsked("after=")).toBe(0);
  expect(timesAsked("summaries?")).toBe(3);
  expect(data.rows).toHaveLength(2500);
  expect(pending, "the server's own: a newer reading is under way").toBe(true);
});

test("the first page of a long list stands alone at first, as of a reading that goes on", async () => {
  const {getList} = await import("../src/model/listing");
  const first = await getList(true);
  expect(asked).toHaveLength(1);
  expect(first.pending).toBe(true);
  expect(first.data.rows).toHaveLength(1000);
  expect(first.data.head).toMatchObject({complete: false, total: 1000, expected: 2500});
  const {data} = await getList(true);
  expect(data.rows).toHaveLength(2500);
  expect(data.head).toMatchObject({complete: true, total: 2500});
});

test("a report's list is whole at once", async () => {
  const {getList} = await import("../src/model/listing");
  const page = (offset: number) =>
    summaries(new URLSearchParams({offset: `${offset}`, limit: "1000"}));
  vi.stubGlobal("zeroAccuracyAnswers", {
    '["summaries","0","1000"]': page(0),
    '["summaries","1000","1000"]': page(1000),
    '["summaries","2000","1000"]': page(2000),
  });
  expect((await getList(true)).data.rows).toHaveLength(2500);
  expect(asked).toEqual([]);
});

test("a training is asked for once, and again when it changed, not when another did", async () => {
  const {getList} = await import("../src/model/listing");
  const {getTraining} = await import("../src/model/fetching");
  await getTraining("run1");
  await getList();
  await getTraining("run1");
  expect(timesAsked("run?name=run1"), "no list stood at first: it may have changed").toBe(2);
  const held = await getTraining("run1");
  read(2);
  await getList();
  expect(await getTraining("run1")).toBe(held);
  expect(timesAsked("run?name=run1")).toBe(2);
  read(1);
  await getList();
  expect(await getTraining("run1")).toEqual({run: "run1", at: 3});
  expect(timesAsked("run?name=run1")).toBe(3);
});

test("trainings that were fetched ahead are there, and are asked for anew with their tags", async () => {
  const {getList} = await import("../src/model/listing");
  const {getTraining} = await import("../src/model/fetching");
  const {fetchAhead} = await import("../src/model/ahead");
  await getList();
  fetchAhead(["run1", "run2"]);
  fetchAhead(["run1", "run2", "run3"]); // scrolled on meanwhile
  expect(await getTraining("run1")).toEqual({run: "run1", at: 1});
  await vi.waitFor(() => expect(timesAsked("trainings?")).toBe(2));
  expect(await getTraining("run3")).toEqual({run: "run3", at: 1});
  expect(asked.filter((address) => address.includes("name="))).toEqual([
    "./trainings?name=run1&name=run2",
    "./trainings?name=run3",
  ]);
  read(2);
  await getList();
  fetchAhead(["run1", "run2", "run3"]);
  expect(await getTraining("run2")).toEqual({run: "run2", at: 2});
  expect(timesAsked("trainings?name=run2")).toBe(1);
});

test("what is fetched ahead is bounded, and what fails is asked for by whoever chooses it", async () => {
  const {getList} = await import("../src/model/listing");
  const {getTraining} = await import("../src/model/fetching");
  const {fetchAhead} = await import("../src/model/ahead");
  fetchAhead(["run1"]);
  expect(asked, "no list stands: nobody knows what holds").toEqual([]);
  await getList();
  const server = globalThis.fetch;
  vi.stubGlobal("fetch", (...question: Parameters<typeof fetch>) =>
    `${question[0]}`.includes("trainings")
      ? Promise.reject(new TypeError("offline"))
      : server(...question),
  );
  fetchAhead(["run1"]);
  expect(await getTraining("run1")).toEqual({run: "run1", at: 1});
  vi.stubGlobal("fetch", server);
  fetchAhead(Array.from({length: 100}, (_, n) => `run${n}`));
  await getTraining("run0");
  const [address] = asked.filter((one) => one.includes("trainings"));
  expect(new URL(address ?? "", "http://x/").searchParams.getAll("name")).toHaveLength(40);
  expect(timesAsked("trainings?")).toBe(1);
});

test("a refusal is told in the server's own sentence", async () => {
  const {getTraining} = await import("../src/model/fetching");
  const {NetworkError, RequestError} = await import("../src/model/asking");
  const headers = {"Content-Type": "text/plain; charset=utf-8"};
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("No such.", {status: 404, headers})));
  await expect(getTraining("é/&=")).rejects.toThrow(new RequestError("No such."));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
  await expect(getTraining("a")).rejects.toBeInstanceOf(NetworkError);
});
