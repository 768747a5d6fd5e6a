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
interface Known {
  /** Asks whether it still holds. */
  tag: string;
  data: unknown;
  /** The list that stood when it was answered. */
  list: List | null;
}

/** What was answered last, by address. */
const cache = new Map<string, Known>();

/**
 * Asks for what a training holds, once a list: the list differs whenever anything new was read.
 *
 * A training that is chosen again is there at once, however busy TensorBoard is with other tabs.
 */
async function askOnce<T>(route: string, query: Record<string, string>): Promise<T> {
  const known = cache.get(addressOf(route, query));
  if (known?.list && known.list === listed?.list) return known.data as T;
  return (await ask<T>(route, query)).data;
}

/** Addresses are relative: the page's base is the plugin's own path, behind any proxy. */
const addressOf = (route: string, query: Record<string, string>): string =>
  `./${route}?${new URLSearchParams(query).toString()}`;

async function ask<T>(route: string, query: Record<string, string>): Promise<Answer<T>> {
  if (isReport()) {
    const data = embedded(route, query) as T | undefined;
    if (data === undefined) throw new RequestError("This report does not hold that.");
    return {data, pending: false};
  }
  const address = addressOf(route, query);
  const standing = listed?.list ?? null;
  const known = cache.get(address);
  let response: Response;
  try {
    response = await fetch(address, {headers: known ? {"If-None-Match": known.tag} : {}});
  } catch {
    throw new NetworkError("TensorBoard does not answer. Is it still running?");
  }
  const pending = response.headers.has("Retry-After");
  if (response.status === 304 && known) {
    remember(address, {...known, list: standing});
    return {data: known.data as T, pending};
  }
  if (!response.ok) {
    const said = response.headers.get("Content-Type")?.startsWith("text/plain");
    const sentence = said ? await response.text() : `TensorBoard answered ${response.status}.`;
    throw response.status === UNAVAILABLE ? new NetworkError(sentence) : new RequestError(sentence);
  }
  const data = (await response.json()) as T;
  remember(address, {tag: response.headers.get("ETag") ?? "", data, list: standing});
  return {data, pending};
}

/** Keeps an answer; of too many the one that was asked for longest ago goes. */
function remember(address: string, answer: Known): void {
  cache.delete(address);
  if (answer.tag) cache.set(address, answer);
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

export const getTraining = (name: string): Promise<Training> => askOnce<Training>("run", {name});

export const getRule = (code: string): Promise<RulePage> => askOnce<RulePage>("rule", {code});

export const getCurve = (run: string, member: string, tag: string): Promise<CurveData> =>
  askOnce<CurveData>("curves", {run, member, tag});

export const getLayers = (run: string, kind: LayerKind): Promise<LayerData> =>
  askOnce<LayerData>("layers", {run, kind});

export const getHistograms = (run: string): Promise<HistogramData> =>
  askOnce<HistogramData>("histograms", {run});
