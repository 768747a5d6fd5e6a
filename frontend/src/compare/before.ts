/** Which training is the run before another one: the newest earlier one of the same program. Pure. */
import {lastPartOf, parentOf} from "../model/paths";
import type {Summary} from "../model/wire";

/** Its name; null where no earlier training is known to be of the same program. */
export function runBefore(rows: readonly Summary[], name: string): string | null {
  const own = rows.find((row) => row.name === name);
  const until = own?.last_time ?? null;
  if (!own || until === null) return null;
  let found: Summary | null = null;
  for (const row of rows) {
    if (row === own || row.last_time === null || row.last_time > until) continue;
    if (row.last_time === until && row.name > name) continue; // one of both is the earlier one
    if (row.last_time > (found?.last_time ?? -Infinity) && areAlike(row, own)) found = row;
  }
  return found?.name ?? null;
}

/**
 * Whether two trainings are of the same program, as far as names and models tell:
 *
 * - `runs/digits_3` and `runs/digits_4`: their names differ in numbers alone, and have a word that is
 *   none of a date;
 * - of one directory, with the same model, whatever they are called;
 * - `fit/20240501` and `fit/20240502`: they are named by numbers alone, and of neither a model is on
 *   record that would tell them apart.
 */
function areAlike(a: Summary, b: Summary): boolean {
  const areCounted = withoutNumbers(a.name) === withoutNumbers(b.name);
  if (areCounted && /\p{L}/u.test(withoutDates(lastPartOf(a.name)))) return true;
  if (a.model !== "" || b.model !== "")
    return a.model === b.model && parentOf(a.name) === parentOf(b.name);
  return areCounted;
}

const withoutNumbers = (name: string): string => name.replace(/\d+/g, "0");
/** `20240501T101010`, and PyTorch's `Nov30_20-37-08_host`, are of any program. */
const withoutDates = (name: string): string =>
  name.replace(/\d+T\d+Z?/g, "").replace(/[A-Z][a-z]{2}\d+_\d+-\d+-\d+_[^/]*/g, "");
