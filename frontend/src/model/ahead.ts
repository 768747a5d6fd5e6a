/** Trainings that are fetched before somebody chooses them: several with one request. */
import {addressOf, ask, atHand, takeOver} from "./asking";
import {isReport} from "./embedded";
import {versionOf} from "./listing";
import type {Trainings} from "./wire";

export const AT_ONCE = 40; // as many as the server gives: a screen of them, and about another
const LONGEST = 4000; // characters of an address: proxies refuse longer ones

interface Batch {
  names: ReadonlySet<string>;
  done: Promise<void>;
}
let coming: Batch | null = null;
let wanted: readonly string[] = [];

/** Fetches what is not at hand of these, one request at a time; those named last are wanted. */
export function fetchAhead(names: readonly string[]): void {
  if (isReport()) return;
  wanted = names;
  if (!coming) fetchNext();
}

/** Waits for a training that is under way. */
export async function untilCame(name: string): Promise<void> {
  if (coming?.names.has(name)) await coming.done;
}

function fetchNext(): void {
  const names = batchOf(wanted.filter(isMissing));
  wanted = [];
  if (!names.length) return;
  const done = fetchBatch(names).finally(() => {
    coming = null;
    fetchNext();
  });
  coming = {names: new Set(names), done};
}

/** Whether a training is in the list, and its page is not at hand. */
function isMissing(name: string): boolean {
  const version = versionOf(name);
  return version !== "" && atHand("run", {name}, version) === undefined;
}

async function fetchBatch(names: readonly string[]): Promise<void> {
  const versions = names.map(versionOf);
  try {
    const {data} = await ask<Trainings>("trainings", {name: names});
    for (const {tag, training} of data.trainings) {
      const version = versions[names.indexOf(training.run)] ?? "";
      takeOver("run", {name: training.run}, {tag: `"${tag}"`, data: training, version});
    }
  } catch {
    // Whoever chooses one of them asks for it alone, and is told why it is not there.
  }
}

/** The first of them that fit into one request. */
function batchOf(names: readonly string[]): readonly string[] {
  let batch = names.slice(0, AT_ONCE);
  while (addressOf("trainings", {name: batch}).length > LONGEST) batch = batch.slice(0, -1);
  return batch;
}
