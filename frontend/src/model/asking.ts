import {embedded, isReport} from "./embedded";

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
/** A question's arguments; a list has its name once for each entry. */
export type Query = Readonly<Record<string, string | readonly string[]>>;

interface Known {
  /** Asks whether it still holds. */
  tag: string;
  data: unknown;
  /** For as long as this is what it is asked for, it holds without asking; empty: never. */
  version: string;
}

/** What was answered last, by address. */
const cache = new Map<string, Known>();

/** The answer of this version, where it was given already. */
export function atHand<T>(route: string, query: Query, version: string): T | undefined {
  const address = addressOf(route, query);
  const known = cache.get(address);
  if (!known || version === "" || known.version !== version) return undefined;
  keep(address, known);
  return known.data as T;
}

/** Asks where the answer of this version is not at hand: a busy TensorBoard takes its time. */
export async function askOnce<T>(route: string, query: Query, version: string): Promise<T> {
  return atHand<T>(route, query, version) ?? (await ask<T>(route, query, version)).data;
}

/** Takes over an answer that came together with others. */
export function takeOver(route: string, query: Query, known: Known): void {
  keep(addressOf(route, query), known);
}

/** Addresses are relative: the page's base is the plugin's own path, behind any proxy. */
export function addressOf(route: string, query: Query): string {
  const given = Object.entries(query).flatMap(([key, values]) =>
    [values].flat().map((value) => [key, value]),
  );
  return `./${route}?${new URLSearchParams(given).toString()}`;
}

/** Asks, and keeps the answer where a `version` is given: it holds for as long as that stays. */
export async function ask<T>(route: string, query: Query, version?: string): Promise<Answer<T>> {
  if (isReport()) {
    const data = embedded(route, query) as T | undefined;
    if (data === undefined) throw new RequestError("This report does not hold that.");
    return {data, pending: false};
  }
  const address = addressOf(route, query);
  const known = cache.get(address);
  let response: Response;
  try {
    response = await fetch(address, {headers: known ? {"If-None-Match": known.tag} : {}});
  } catch {
    throw new NetworkError("TensorBoard does not answer. Is it still running?");
  }
  const pending = response.headers.has("Retry-After");
  if (response.status === 304 && known) {
    keep(address, {...known, version: version ?? ""});
    return {data: known.data as T, pending};
  }
  if (!response.ok) {
    const said = response.headers.get("Content-Type")?.startsWith("text/plain");
    const sentence = said ? await response.text() : `TensorBoard answered ${response.status}.`;
    throw response.status === UNAVAILABLE ? new NetworkError(sentence) : new RequestError(sentence);
  }
  const data = (await response.json()) as T;
  const tag = response.headers.get("ETag") ?? "";
  if (version !== undefined) keep(address, {tag, data, version});
  return {data, pending};
}

/** Lets go of an answer that nobody asks for again. */
export function forget(route: string, query: Query): void {
  cache.delete(addressOf(route, query));
}

/** Keeps an answer; of too many the one that was asked for longest ago goes. */
function keep(address: string, answer: Known): void {
  cache.delete(address);
  if (answer.tag) cache.set(address, answer);
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHE_SIZE) break;
    cache.delete(oldest);
  }
}
