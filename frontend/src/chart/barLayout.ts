/** Where bars and their words stand. Pure: no drawing in here. */
import {formatValue, toNumber} from "../model/numbers";
import type {Bars} from "../model/wire";
import {linearScale, logScale, type Scale} from "./scale";

/** Everything in pixels, from the left and the top. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Index into the picture's names, and into its groups. */
  at: number;
  group: number;
  wrong: boolean;
}

const LETTER = 6.3; // width of a usual letter of 11 px
const FULL = 0.76; // of a slot, the rest stands between bars
const WIDEST = 56;
const MOST_NAMED = 4; // flagged bars: of more only the first is, the others are alike
const STUB = 3; // height of a flagged bar of nothing: it has to be seen

/**
 * The scale of the bars, which stand on 0, or on a floor below all where they span decades. What has
 * a greatest value is drawn up to that.
 */
export function barScale({groups, limit, log, top}: Bars): Scale {
  if (top !== null) {
    const ticks = QUARTERS.map((share) => share * top);
    return {log: false, low: 0, high: top, ticks, zeroAtFloor: false};
  }
  const values = groups.flatMap((group) => group.values.map(toNumber)).filter(Number.isFinite);
  const line = limit?.value ?? Number.NaN;
  if (!log) {
    const scale = linearScale([0, ...values], line);
    const counts = [...values, limit?.value ?? 0].every(Number.isInteger);
    return counts ? {...scale, ticks: scale.ticks.filter(Number.isInteger)} : scale;
  }
  const positive = values.filter((value) => value > 0);
  const zeros = positive.length < values.length;
  const lowest = Math.min(...positive, line > 0 ? line : Infinity);
  return logScale(lowest, Math.max(...positive), line, zeros, true);
}

const QUARTERS = [0, 0.25, 0.5, 0.75, 1];

/** How far up a value lies on a scale, 0 to 1. */
export function heightOn(scale: Scale, value: number): number {
  const {log, low, high} = scale;
  if (value === Infinity) return 1;
  if (log) {
    const decades = Math.log10(high) - Math.log10(low);
    return clamp((Math.log10(Math.max(value, low)) - Math.log10(low)) / decades);
  }
  return clamp((value - low) / (high - low));
}

/** Whether a name only counts: a step, a class. */
const isNumber = (name: string | undefined): boolean => /^\d+$/.test(name ?? "");

const clamp = (share: number): number => Math.min(1, Math.max(0, share));

export function layOutBars(picture: Bars, scale: Scale, area: Area): Bar[] {
  const {names, groups, wrong} = picture;
  const slot = area.width / Math.max(1, names.length);
  const wide = Math.min(WIDEST * groups.length, slot * FULL);
  const each = wide / groups.length;
  const base = scale.log ? 0 : heightOn(scale, 0);
  return names.flatMap((_, at) =>
    groups.flatMap((group, n): Bar[] => {
      const value = toNumber(group.values[at] ?? null);
      if (Number.isNaN(value)) return [];
      const top = heightOn(scale, value);
      const flagged = wrong.includes(at);
      const tall = Math.abs(top - base) * area.height;
      const height = flagged ? Math.max(STUB, tall) : tall;
      const x = area.left + at * slot + (slot - wide) / 2 + n * each;
      const y = area.top + (1 - Math.max(top, base)) * area.height - (height - tall);
      const gap = each > 4 ? 1 : 0;
      return [{x, y, width: Math.max(1, each - gap), height, at, group: n, wrong: flagged}];
    }),
  );
}

export interface Words {
  text: string;
  x: number;
  align: "start" | "middle" | "end";
  at: number;
}

/** The names below the bars: all where they fit, else the first, the last and those of flagged bars. */
export function namesBelow({names, wrong}: Bars, area: Area): Words[] {
  const slot = area.width / Math.max(1, names.length);
  const longest = Math.max(...names.map((name) => name.length));
  const last = names.length - 1;
  const every = Math.max(1, Math.ceil((longest * LETTER + 8) / slot));
  const plain = names.every(isNumber);
  const fit = every === 1 || plain;
  const wanted = names.flatMap((_, at) => {
    if (fit) return at % every === 0 ? [at] : [];
    return at === 0 || at === last || wrong[0] === at ? [at] : [];
  });
  const taken: [number, number][] = [];
  const order = [...wanted].sort((a, b) => Number(wrong.includes(b)) - Number(wrong.includes(a)));
  return order.flatMap((at): Words[] => {
    const text = shortened(names[at] ?? "", area.width / 2);
    const wide = text.length * LETTER;
    const middle = area.left + (at + 0.5) * slot;
    const from = Math.min(area.left + area.width - wide, Math.max(area.left, middle - wide / 2));
    if (taken.some(([a, b]) => from < b + 6 && from + wide > a - 6)) return [];
    taken.push([from, from + wide]);
    return [{text, x: from + wide / 2, align: "middle", at}];
  });
}

/** What is written above flagged bars: name and value of the first, and of others that leave room. */
export function wordsAbove(
  picture: Bars,
  bars: readonly Bar[],
  area: Area,
): (Words & {y: number})[] {
  const below = new Set(namesBelow(picture, area).map(({at}) => at));
  const taken: [number, number][] = [];
  const [first] = picture.wrong;
  return bars.flatMap((bar) => {
    const {names, groups, unit, wrong} = picture;
    if (!bar.wrong || (wrong.length > MOST_NAMED && bar.at !== first)) return [];
    const value = formatValue(groups[bar.group]?.values[bar.at] ?? null, unit);
    const named = below.has(bar.at) || groups.length > 1 || isNumber(names[bar.at]);
    const text = named ? value : `${names[bar.at]}: ${value}`;
    const wide = text.length * LETTER;
    const middle = bar.x + bar.width / 2;
    const from = Math.min(area.left + area.width - wide, Math.max(area.left, middle - wide / 2));
    if (taken.some(([a, b]) => from < b + 8 && from + wide > a - 8)) return [];
    taken.push([from, from + wide]);
    const y = Math.max(area.top - 4, bar.y - 5);
    return [{text, x: from + wide / 2, align: "middle" as const, at: bar.at, y}];
  });
}

function shortened(text: string, width: number): string {
  const most = Math.max(6, Math.floor(width / LETTER));
  if (text.length <= most) return text;
  const half = Math.floor((most - 1) / 2);
  return `${text.slice(0, half)}…${text.slice(-half)}`;
}

/** A bar in words: `x[3]: 12.5`, `class 3: labels 10 %, predictions 100 %`. */
export function barInWords({names, groups, unit, what}: Bars, at: number): string {
  const name = isNumber(names[at]) ? `${what} ${names[at]}` : names[at];
  const values = groups.map((group) =>
    [group.name, formatValue(group.values[at] ?? null, unit)].filter(Boolean).join(" "),
  );
  return `${name}: ${values.join(", ")}`;
}
