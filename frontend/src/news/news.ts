/** Which causes are new since the last answer. Pure. */
import type {List} from "../model/listing";
import type {Training} from "../model/wire";

export interface News {
  name: string;
  code: string;
  cause: string;
}

/** Causes that head a training now and did not before; none while the first reading goes on. */
export function newCauses(before: List | null, after: List): News[] {
  if (!before?.head.complete) return [];
  const known = new Map(before.rows.map(({name, code}) => [name, code]));
  return after.rows.flatMap(({name, code, cause}) =>
    code !== null && known.get(name) !== code ? [{name, code, cause}] : [],
  );
}

/** Further causes of the training that is looked at. */
export function furtherCauses(before: Training | null, after: Training): News[] {
  if (before?.run !== after.run) return [];
  const known = new Set(before.findings.map(({code}) => code));
  return after.findings.flatMap(({code, title}) =>
    known.has(code) ? [] : [{name: after.run, code, cause: title}],
  );
}

/** All of them, each once; the one that is looked at first. */
export function joined(news: readonly News[], further: readonly News[]): News[] {
  const all = new Map([...further, ...news].map((one) => [`${one.name}\n${one.code}`, one]));
  return [...all.values()];
}
