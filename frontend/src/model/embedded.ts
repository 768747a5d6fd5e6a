import type {Fleet} from "./wire";

/**
 * Answers that came with the page itself: a report is one file, and asks nobody.
 *
 * The file puts them here before the tab starts, by the key that `keyOf` makes of a question.
 */
declare global {
  var zeroAccuracyAnswers: Readonly<Record<string, unknown>> | undefined;
}

export const isReport = (): boolean => globalThis.zeroAccuracyAnswers !== undefined;

/** The same as `key_of` in Python: the route and its arguments' values, in the order asked. */
function keyOf(route: string, query: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([route, ...Object.values(query)]);
}

/** The answer to a question; undefined where the page does not hold it. */
export function embedded(route: string, query: Readonly<Record<string, unknown>>): unknown {
  const key = keyOf(route, query);
  const answers = globalThis.zeroAccuracyAnswers ?? {};
  return Object.hasOwn(answers, key) ? answers[key] : undefined;
}

/** The summary of a scan, where that is what the page is about. */
export const embeddedFleet = (): Fleet | undefined => embedded("fleet", {}) as Fleet | undefined;
