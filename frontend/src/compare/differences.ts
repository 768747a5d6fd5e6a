/** What differs between trainings: causes, settings and numbers side by side. Pure. */
import type {Status, Training} from "../model/wire";

/** `gone` and `new` are of the last training, against the first. */
export type Change = "gone" | "new" | "stays" | "untold" | "untold before";

export interface FindingRow {
  code: string;
  title: string;
  /** Whether it is a cause in one of them, and not merely what follows from one. */
  isCause: boolean;
  /** What its check answered in each training; null where it was not asked. */
  statuses: (Status | null)[];
  change: Change;
}

/** Everything that is flagged in one of them: causes first, and of these what came and went. */
export function findingRows(trainings: readonly Training[]): FindingRow[] {
  const codes = new Set<string>();
  const causes = new Set<string>();
  for (const {findings, checks} of trainings) {
    for (const {code} of findings) causes.add(code);
    for (const [code, {status}] of Object.entries(checks)) {
      if (status === "flagged") codes.add(code);
    }
  }
  const rows = [...new Set([...causes, ...codes])].map((code): FindingRow => {
    const answers = trainings.map(({checks}) => checks[code]);
    const statuses = trainings.map(
      ({findings}, n) =>
        answers[n]?.status ?? (findings.some((one) => one.code === code) ? "flagged" : null),
    );
    const titles = trainings.flatMap(({findings}) => findings.filter((one) => one.code === code));
    return {
      code,
      title: titles[0]?.title ?? answers.find((answer) => answer)?.title ?? code,
      isCause: causes.has(code),
      statuses,
      change: changeOf(statuses),
    };
  });
  const place = ({isCause, change}: FindingRow): number =>
    (isCause ? 0 : ORDER.length) + ORDER.indexOf(change);
  return rows.sort((a, b) => place(a) - place(b));
}

const ORDER: readonly Change[] = ["new", "untold before", "gone", "untold", "stays"];

/** A check that could not be made does not prove that there was no such fault. */
function changeOf(statuses: readonly (Status | null)[]): Change {
  const [before = null, after = null] = [statuses[0], statuses[statuses.length - 1]];
  if ((before === "flagged") === (after === "flagged")) return "stays";
  const other = after === "flagged" ? before : after;
  if (other === "cannot_tell" || other === null) {
    return after === "flagged" ? "untold before" : "untold";
  }
  return after === "flagged" ? "new" : "gone";
}

/** The causes that came and went from the first training to the last, in a sentence. */
export function changeWords(first: Training, last: Training): string {
  const causes = findingRows([first, last]).filter(({isCause}) => isCause);
  const said = (change: Change, one: string, several: string): string => {
    const found = causes.filter((row) => row.change === change);
    if (found.length === 0) return "";
    const [first] = found;
    if (first && found.length === 1) return `${first.title} ${one}`;
    return `${found.length} causes ${several}`;
  };
  const parts = [
    said("gone", "is gone", "are gone"),
    said("new", "is new", "are new"),
    said("untold before", "could not be told before", "could not be told before"),
    said("untold", "cannot be told any more", "cannot be told any more"),
    said("stays", "stays", "stay"),
  ].filter(Boolean);
  return parts.length ? `${parts.join("; ")}.` : "Neither of them has a cause to show.";
}

export interface TextRow {
  name: string;
  /** One for each training; empty where it is not on record. */
  texts: string[];
}

/** The settings that are not the same in all trainings. */
export function settingRows(trainings: readonly Training[]): TextRow[] {
  return textRows(
    trainings.map(({settings}) => settings.map(({name, text}) => [name, text] as const)),
  ).filter(({texts}) => texts.some((text) => text !== texts[0]));
}

/** The numbers of each training. */
export function numberRows(trainings: readonly Training[]): TextRow[] {
  return textRows(
    trainings.map(({glance}) => glance.map(({text, value_text}) => [text, value_text] as const)),
  );
}

function textRows(columns: readonly (readonly (readonly [string, string])[])[]): TextRow[] {
  const maps = columns.map((entries) => new Map(entries));
  const names = new Set(maps.flatMap((map) => [...map.keys()]));
  return [...names].map((name) => ({name, texts: maps.map((map) => map.get(name) ?? "")}));
}
