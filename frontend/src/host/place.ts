/** Where the reader is, kept in the address of TensorBoard's page as `p.zero_accuracy.<key>`. */

const PREFIX = "p.zero_accuracy.";
const TAB = "zero_accuracy";

export interface Place {
  /** Name of the chosen training; empty for the worst one. */
  run: string;
  /** Code of the finding that is shown; empty for the main one. */
  cause: string;
  /** Code of the rule whose page is shown; empty for the verdict itself. */
  rule: string;
  /** How the list is narrowed and sorted: see `Narrowing`; empty for all, the worst first. */
  find: string;
  state: string;
  why: string;
  sort: string;
  /** Lines that are unfolded, by the names of their sections. */
  open: readonly string[];
}

export const NOWHERE: Place = {
  run: "",
  cause: "",
  rule: "",
  find: "",
  state: "",
  why: "",
  sort: "",
  open: [],
};

export function placeOf(hash: string): Place {
  const found = new Map<string, string>();
  for (const part of hash.replace(/^#/, "").split("&")) {
    const [key = "", value = ""] = part.split("=");
    if (key.startsWith(PREFIX)) found.set(key.slice(PREFIX.length), decode(value));
  }
  const open = found.get("open") ?? "";
  const read = (key: string): string => found.get(key) ?? "";
  return {
    run: read("run"),
    cause: read("cause"),
    rule: read("rule"),
    find: read("find"),
    state: read("state"),
    why: read("why"),
    sort: read("sort"),
    open: open ? open.split(",") : [],
  };
}

/** The hash with this place in it; what belongs to others stays. */
export function hashWith(hash: string, {open, ...words}: Place): string {
  const kept = hash
    .replace(/^#/, "")
    .split("&")
    .filter((part) => part && !part.startsWith(PREFIX));
  for (const [key, value] of Object.entries(words)) {
    if (value) kept.push(`${PREFIX}${key}=${encodeURIComponent(value)}`);
  }
  if (open.length) kept.push(`${PREFIX}open=${encodeURIComponent(open.join(","))}`);
  return `#${kept.join("&")}`;
}

/** Whether our tab is the one in front: its name is the first word of the hash. */
export function isInFront(hash: string): boolean {
  return hash.replace(/^#/, "").split("&")[0] === TAB;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
