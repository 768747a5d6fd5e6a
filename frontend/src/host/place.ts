/** Where the reader is, kept in the address of TensorBoard's page as `p.zero_accuracy.<key>`. */

const PREFIX = "p.zero_accuracy.";
const TAB = "zero_accuracy";

export interface Place {
  /** Name of the chosen training; empty for the worst one. */
  run: string;
  /** Code of the finding that is shown; empty for the main one. */
  cause: string;
  /** Names of the trainings that it is compared with; null where it is not compared. */
  against: readonly string[] | null;
  /** Code of the rule whose page is shown; empty for the verdict itself. */
  rule: string;
  /** How the list is narrowed and sorted: see `Narrowing`; empty for all, the worst first. */
  find: string;
  state: string;
  why: string;
  sort: string;
  collapsed: string;
  /** Lines that are unfolded, by the names of their sections. */
  open: readonly string[];
}

export const NOWHERE: Place = {
  run: "",
  cause: "",
  against: null,
  rule: "",
  find: "",
  state: "",
  why: "",
  sort: "",
  collapsed: "",
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
    against: found.has("against") ? namesOf(read("against")) : null,
    rule: read("rule"),
    find: read("find"),
    state: read("state"),
    why: read("why"),
    sort: read("sort"),
    collapsed: read("collapsed"),
    open: open ? open.split(",") : [],
  };
}

/** The hash with this place in it; what belongs to others stays. */
export function hashWith(hash: string, {open, against, ...words}: Place): string {
  const kept = hash
    .replace(/^#/, "")
    .split("&")
    .filter((part) => part && !part.startsWith(PREFIX));
  for (const [key, value] of Object.entries(words)) {
    if (value) kept.push(`${PREFIX}${key}=${encodeURIComponent(value)}`);
  }
  if (against) {
    const names = against.map(encodeURIComponent).join(",");
    kept.push(`${PREFIX}against=${encodeURIComponent(names)}`);
  }
  if (open.length) kept.push(`${PREFIX}open=${encodeURIComponent(open.join(","))}`);
  return `#${kept.join("&")}`;
}

/** Whether our tab is the one in front: its name is the first word of the hash. */
export function isInFront(hash: string): boolean {
  return hash.replace(/^#/, "").split("&")[0] === TAB;
}

/** Names that were joined by commas; a comma of their own is encoded once more. */
const namesOf = (joined: string): string[] => joined.split(",").filter(Boolean).map(decode);

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
