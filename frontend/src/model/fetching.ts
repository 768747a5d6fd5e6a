import {embedded, isReport} from "./embedded";
import type {
  CurveData,
  HistogramData,
  LayerData,
  LayerKind,
  RulePage,
  Summaries,
  Summary,
  Training,
} from "./wire";

/** The plugin said no, in a sentence for people. */
export class RequestError extends Error {}

/** Nobody answered: it may be worth asking again. */
export class NetworkError extends RequestError {}

export interface Answer<T> {
  /** The very object of the last time where nothing changed. */
  data: T;
  /** Something newer is under way: ask again soon. */
  pending: boolean;
}

const UNAVAILABLE = 503;
const CACHE_SIZE = 100;
/** What was answered last, by address, with the tag that asks whether it still holds. */
const cache = new Map<string, {tag: string; data: unknown}>();

/** Addresses are relative: the page's base is the plugin's own path, behind any proxy. */
async function ask<T>(route: string, query: Record<string, string>): Promise<Answer<T>> {
  if (isReport()) {
    const data = embedded(route, query) as T | undefined;
    if (data === undefined) throw new RequestError("This report does not hold that.");
    return {data, pending: false};
  }
  const address = `./${route}?${new URLSearchParams(query).toString()}`;
  const known = cache.get(address);
  let response: Response;
  try {
    response = await fetch(address, {headers: known ? {"If-None-Match": known.tag} : {}});
  } catch {
    throw new NetworkError("TensorBoard does not answer. Is it still running?");
  }
  const pending = response.headers.has("Retry-After");
  if (response.status === 304 && known) {
    remember(address, known.tag, known.data);
    return {data: known.data as T, pending};
  }
  if (!response.ok) {
    const said = response.headers.get("Content-Type")?.startsWith("text/plain");
    const sentence = said ? await response.text() : `TensorBoard answered ${response.status}.`;
    throw response.status === UNAVAILABLE ? new NetworkError(sentence) : new RequestError(sentence);
  }
  const data = (await response.json()) as T;
  remember(address, response.headers.get("ETag"), data);
  return {data, pending};
}

/** Keeps an answer; of too many the one that was asked for longest ago goes. */
function remember(address: string, tag: string | null, data: unknown): void {
  cache.delete(address);
  if (tag) cache.set(address, {tag, data});
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHE_SIZE) break;
    cache.delete(oldest);
  }
}

export interface List {
  /** The first page: what it says of all trainings holds for `rows`. */
  head: Summaries;
  /** Every training in a line, the worst first. */
  rows: readonly Summary[];
}

const PAGE = 1000;
const MAX_ATTEMPTS = 3;
let listed: {pages: readonly Summaries[]; list: List} | null = null;

/** All pages of one reading: when another one comes between two pages, they are asked for anew. */
export async function getList(): Promise<Answer<List>> {
  for (let tries = 1; ; tries++) {
    const first = await ask<Summaries>("summaries", {offset: "0", limit: `${PAGE}`});
    const pages = [first.data];
    while (pages.length * PAGE < first.data.total) {
      const query = {offset: `${pages.length * PAGE}`, limit: `${PAGE}`};
      pages.push((await ask<Summaries>("summaries", query)).data);
    }
    const whole = pages.every(({reading}) => reading === first.data.reading);
    if (whole || tries === MAX_ATTEMPTS)
      return {data: listOf(first.data, pages), pending: first.pending || !whole};
  }
}

/** The list that these pages make; the same one for the same pages, so that nothing is drawn anew. */
function listOf(head: Summaries, pages: readonly Summaries[]): List {
  const known =
    listed?.pages.length === pages.length && pages.every((page, n) => page === listed?.pages[n]);
  if (!listed || !known)
    listed = {pages, list: {head, rows: pages.flatMap(({summaries}) => summaries)}};
  return listed.list;
}

export const getTraining = async (name: string): Promise<Training> =>
  (await ask<Training>("run", {name})).data;

export const getRule = async (code: string): Promise<RulePage> =>
  (await ask<RulePage>("rule", {code})).data;

export const getCurve = async (run: string, member: string, tag: string): Promise<CurveData> =>
  (await ask<CurveData>("curves", {run, member, tag})).data;

export const getLayers = async (run: string, kind: LayerKind): Promise<LayerData> =>
  (await ask<LayerData>("layers", {run, kind})).data;

export const getHistograms = async (run: string): Promise<HistogramData> =>
  (await ask<HistogramData>("histograms", {run})).data;
