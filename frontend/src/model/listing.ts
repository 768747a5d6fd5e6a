/** The list: all of it once, from then on what changed. */
import {type Answer, ask, forget} from "./asking";
import {isReport} from "./embedded";
import type {Summaries, Summary} from "./wire";

export interface List {
  /** What the last answer says of all trainings; it holds for `rows`. */
  head: Summaries;
  /** Every training in a line, the worst first. */
  rows: readonly Summary[];
}

const PAGE = 1000;
const MAX_ATTEMPTS = 3;

interface Listed {
  list: List;
  /** The pages that it was made of; none where it was made of an older one. */
  pages: readonly Summaries[];
  /** Whether it is that of one reading: what changed since can be told of no other. */
  isWhole: boolean;
  /** The reading that brought each training, by name. */
  since: ReadonlyMap<string, number>;
}
let listed: Listed | null = null;

/**
 * Tells a training's state from any other of it: while it stays, so do all answers about it.
 *
 * Empty where that is not known, as during the first reading.
 */
export function versionOf(name: string): string {
  const since = listed?.since.get(name);
  const head = listed?.list.head;
  return head?.complete && since !== undefined ? `${head.reader}-${since}` : "";
}

/** The same for what no log changes. */
export const readerVersion = (): string => listed?.list.head.reader ?? "";

/**
 * The list as it is now; the very same one while nothing changes, so that nothing is drawn anew.
 *
 * With `early` the first answer is the first page alone, as of a reading that goes on. A report holds
 * all, and is asked once.
 */
export async function getList(early = false): Promise<Answer<List>> {
  if (listed?.isWhole && listed.list.head.complete) {
    const {reader, reading} = listed.list.head;
    const query = {offset: "0", limit: `${PAGE}`, reader, after: `${reading}`};
    const {data, pending} = await ask<Summaries>("summaries", query, "");
    if (data.reading !== reading) forget("summaries", query);
    const list = data.places && changed(listed.list, data, data.places);
    if (list) return {data: standing(list, []), pending};
  }
  for (let tries = 1; ; tries++) {
    const first = await page(0);
    const {total, reading} = first.data;
    if (early && !isReport() && !listed && total > PAGE) {
      const head = {...first.data, total: PAGE, expected: total, complete: false};
      return {data: standing({head, rows: head.summaries}, []), pending: true};
    }
    const pages = [first.data];
    while (pages.length * PAGE < total) pages.push((await page(pages.length * PAGE)).data);
    const whole = pages.every((one) => one.reading === reading);
    if (whole || tries === MAX_ATTEMPTS)
      return {data: listOf(first.data, pages, whole), pending: first.pending || !whole};
  }
}

const page = (offset: number): Promise<Answer<Summaries>> =>
  ask<Summaries>("summaries", {offset: `${offset}`, limit: `${PAGE}`}, "");

/** The list that these pages make. */
function listOf(head: Summaries, pages: readonly Summaries[], isWhole: boolean): List {
  const known = listed?.pages;
  if (listed && known?.length === pages.length && pages.every((one, n) => one === known[n]))
    return listed.list;
  return standing({head, rows: pages.flatMap(({summaries}) => summaries)}, pages, isWhole);
}

function standing(list: List, pages: readonly Summaries[], isWhole = true): List {
  if (list === listed?.list) return list;
  const since = new Map(list.rows.map((row) => [row.name, row.since]));
  listed = {list, pages, isWhole, since};
  return list;
}

/**
 * The list after a change: every training that changed goes to its place, the others keep their
 * order. Null where that does not make a whole; the very same list where nothing changed.
 */
export function changed(list: List, head: Summaries, places: readonly number[]): List | null {
  const anew = head.summaries;
  if (!anew.length && headWords(head) === headWords(list.head)) return list;
  const names = new Set(anew.map(({name}) => name));
  const kept = list.rows.filter(({name}) => !names.has(name));
  const rows: Summary[] = [];
  let next = 0;
  for (const [n, row] of anew.entries()) {
    const until = next + (places[n] ?? 0) - rows.length;
    for (; next < until; next++) rows.push(...kept.slice(next, next + 1));
    rows.push(row);
  }
  rows.push(...kept.slice(next));
  return rows.length === head.total ? {head, rows} : null;
}

/** What an answer says of all trainings. */
const headWords = (head: Summaries): string =>
  JSON.stringify({...head, summaries: 0, places: 0, offset: 0, limit: 0});
