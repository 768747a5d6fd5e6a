import {afterEach, beforeEach, expect, test, vi} from "vitest";

/** A server of 2 500 trainings: which reading it is at, and what it was asked. */
let reading = 1;
let asked: string[] = [];

beforeEach(() => {
  reading = 1;
  asked = [];
  vi.resetModules();
  vi.stubGlobal("fetch", (address: string, {headers}: {headers: Record<string, string>}) => {
    asked.push(address);
    const query = new URL(address, "http://x/").searchParams;
    const tag = `"${reading}"`;
    const sent = {ETag: tag, ...(reading > 1 ? {"Retry-After": "1"} : {})};
    if (headers["If-None-Match"] === tag) {
      return Promise.resolve(new Response(null, {status: 304, headers: sent}));
    }
    const offset = Number(query.get("offset"));
    const count = Math.max(0, Math.min(Number(query.get("limit")), 2500 - offset));
    const summaries = Array.from({length: count}, (_, n) => ({name: `run${offset + n}`}));
    const body = JSON.stringify({reading, total: 2500, summaries});
    return Promise.resolve(new Response(body, {status: 200, headers: sent}));
  });
});

afterEach(() => vi.unstubAllGlobals());

test("the list is all of its pages, and the same one while nothing changes", async () => {
  const {getList} = await import("../src/model/fetching");
  const first = await getList();
  expect(first.data.rows.map(({name}) => name)).toEqual(
    Array.from({length: 2500}, (_, n) => `run${n}`),
  );
  expect(asked).toHaveLength(3);
  expect(first.pending).toBe(false);
  expect((await getList()).data).toBe(first.data);
  reading = 2;
  const later = await getList();
  expect(later.data).not.toBe(first.data);
  expect(later.pending).toBe(true);
});

test("pages of two readings are asked for anew", async () => {
  const {getList} = await import("../src/model/fetching");
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

test("a training is asked for once a list, and again when a newer one stands", async () => {
  const {getList, getTraining} = await import("../src/model/fetching");
  const times = () => asked.filter((address) => address.includes("run?name=a")).length;
  await getTraining("a");
  await getList();
  await getTraining("a");
  expect(times(), "no list stood at first: it may have changed since").toBe(2);
  const held = await getTraining("a");
  await getList();
  expect(await getTraining("a")).toBe(held);
  expect(times()).toBe(2);
  reading = 2;
  await getList();
  expect(await getTraining("a")).not.toBe(held);
  expect(times()).toBe(3);
});

test("a refusal is told in the server's own sentence", async () => {
  const {getTraining, NetworkError, RequestError} = await import("../src/model/fetching");
  const headers = {"Content-Type": "text/plain; charset=utf-8"};
  vi.stubGlobal("fetch", () => Promise.resolve(new Response("No such.", {status: 404, headers})));
  await expect(getTraining("é/&=")).rejects.toThrow(new RequestError("No such."));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("offline")));
  await expect(getTraining("a")).rejects.toBeInstanceOf(NetworkError);
});
