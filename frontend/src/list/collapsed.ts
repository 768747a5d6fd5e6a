/**
 * Which directories are collapsed, in one line that stands in the address: `a,b` for these two, `*,a`
 * for all but one. So the line is as long as what somebody collapsed by hand. Pure.
 */

const ALL = "*";

/** Whether a directory is collapsed. */
export function isCollapsed(line: string): (directory: string) => boolean {
  const {all, but} = read(line);
  return (directory) => all !== but.has(directory);
}

/** The line after one directory is collapsed or opened. */
export function withCollapsed(line: string, directory: string, collapsed: boolean): string {
  const {all, but} = read(line);
  const names = new Set(but);
  if (collapsed === all) names.delete(directory);
  else names.add(directory);
  return written(all, names);
}

/** The line after a directory is opened; empty for none. */
export const opened = (line: string, directory: string): string =>
  directory === "" ? line : withCollapsed(line, directory, false);

/** The line for all directories. */
export const allCollapsed = (collapsed: boolean): string => written(collapsed, new Set());

function read(line: string): {all: boolean; but: ReadonlySet<string>} {
  const words = line.split(",").filter(Boolean);
  const all = words[0] === ALL;
  return {all, but: new Set(words.slice(all ? 1 : 0).map(decode))};
}

function written(all: boolean, names: ReadonlySet<string>): string {
  // What stands for all is no name, and no name holds a comma.
  const words = [...names].map((name) => encodeURIComponent(name).replaceAll(ALL, "%2A"));
  return [...(all ? [ALL] : []), ...words].join(",");
}

function decode(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
