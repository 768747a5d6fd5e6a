/** Which trainings stand under the head of a directory. Pure. */
import {parentOf} from "../model/paths";
import type {Mark, Summary} from "../model/wire";

/** The directory of each training that stands under a head, by the training's name. */
export type Directories = ReadonlyMap<string, string>;

/** Rows that stay together: those of a directory under its head, or one training by itself. */
export interface Section {
  /** The directory whose head stands above them; empty for a training by itself. */
  directory: string;
  rows: readonly Summary[];
  /** How many of them somebody should look at. */
  needALook: number;
  /** The mark of the worst of them. */
  mark: Mark;
}

/** From this severity on somebody should look at a training. */
const NEEDS_A_LOOK = 3;

/**
 * Puts trainings together that share a directory. One that is alone in its directory counts to the
 * next one further up, so that `a/x/run` and `a/y/run` are two of `a`. None at all stands under a
 * head where one directory holds them all: it would say nothing.
 */
export function directoriesOf(names: readonly string[]): Directories {
  const levels: Map<string, string[]>[] = [];
  const add = (directory: string, name: string): void => {
    const depth = directory === "" ? 0 : directory.split("/").length;
    while (levels.length <= depth) levels.push(new Map());
    append(levels[depth], directory, name);
  };
  for (const name of names) add(parentOf(name), name);
  const found = new Map<string, string>();
  for (let depth = levels.length - 1; depth > 0; depth--) {
    for (const [directory, held] of levels[depth] ?? []) {
      if (held.length > 1) for (const name of held) found.set(name, directory);
      else for (const name of held) add(parentOf(directory), name);
    }
  }
  const isOne = found.size === names.length && new Set(found.values()).size < 2;
  return isOne ? new Map() : found;
}

/** Puts a value behind those of the same key. */
export function append<K, V>(lists: Map<K, V[]> | undefined, key: K, value: V): void {
  const known = lists?.get(key);
  if (known) known.push(value);
  else lists?.set(key, [value]);
}

/** The rows by directory: each stands where the first of its rows would. */
export function sectionsOf(rows: readonly Summary[], directories: Directories): readonly Section[] {
  const held = new Map<string | Summary, Summary[]>();
  for (const row of rows) append(held, directories.get(row.name) ?? row, row);
  return [...held].map(([key, members]) => sectionOf(typeof key === "string" ? key : "", members));
}

function sectionOf(directory: string, rows: readonly Summary[]): Section {
  const worst = rows.reduce((a, b) => (b.severity > a.severity ? b : a));
  const needALook = rows.filter(({severity}) => severity >= NEEDS_A_LOOK).length;
  return {directory, rows, needALook, mark: worst.mark};
}

/** What a row under a head says of its name: the rest of it. */
export const restOf = (name: string, directory: string): string =>
  directory === "" ? name : name.slice(directory.length + 1);
