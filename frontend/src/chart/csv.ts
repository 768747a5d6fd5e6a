/** What a picture shows, as rows of a CSV file. Pure. */
import type {Bars, HistogramData, LayerData, Ranges, Strip, Timeline, Value} from "../model/wire";
import type {Line} from "./lines";
import {binsOf} from "./spreads";

type Cell = string | Value | null;

export function csvOfLines(lines: readonly Line[]): string {
  const rows = lines.flatMap(({curve: {member, tag, axis, steps, values}}) =>
    steps.map((step, n): Cell[] => [member, tag, axis, step, values[n] ?? null]),
  );
  return written([["run", "tag", "axis", "step", "value"], ...rows]);
}

export function csvOfLayers({rows, steps, values}: LayerData): string {
  return written([["step", ...rows], ...steps.map((step, n) => [step, ...(values[n] ?? [])])]);
}

export function csvOfHistograms({steps, spreads}: HistogramData): string {
  const rows = spreads.flatMap(({member, tag, columns}) =>
    columns.flatMap((column, n) =>
      (column ? binsOf(column) : []).map(({low, high, count}): Cell[] => [
        member,
        tag,
        steps[n] ?? null,
        low,
        high,
        count,
      ]),
    ),
  );
  return written([["run", "tag", "step", "from", "to", "count"], ...rows]);
}

export function csvOf(picture: Bars | Ranges | Strip | Timeline): string {
  switch (picture.kind) {
    case "bars": {
      const {what, names, groups} = picture;
      const head = [what, ...groups.map(({name}) => name || "value"), "flagged"];
      const row = (name: string, n: number): Cell[] => [
        name,
        ...groups.map(({values}) => values[n] ?? null),
        yes(picture.wrong.includes(n)),
      ];
      return written([head, ...names.map(row)]);
    }
    case "ranges":
      return written([
        ["name", "low", "median", "high", "flagged"],
        ...picture.rows.map(({name, low, middle, high, wrong}) => [
          name,
          low,
          middle,
          high,
          yes(wrong),
        ]),
      ]);
    case "strip":
      return written([
        ["place", "what", "note", "flagged"],
        ...picture.boxes.map(({name, text, note, wrong}) => [name, text, note, yes(wrong)]),
      ]);
    case "timeline":
      return written([
        ["step", "place", "name", "what", "flagged"],
        ...picture.moments.map(({step, place, name, text, wrong}) => [
          step,
          place,
          name,
          text,
          yes(wrong),
        ]),
      ]);
  }
}

const yes = (is: boolean): string => (is ? "yes" : "no");

/** Lines of quoted cells; a text that a spreadsheet would run as a formula is kept from it. */
function written(rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell): string => {
    if (value === null) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
