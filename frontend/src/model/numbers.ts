import type {Value} from "./wire";

/** A number on the wire as a number: the words for what JSON lacks become what they stand for. */
export function toNumber(value: Value | null): number {
  if (value === null) return NaN;
  return typeof value === "number" ? value : Number(value);
}

/** Three significant digits, plain where that is short: the same as the Python side writes. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "infinity" : "−infinity";
  const size = Math.abs(value);
  if (value === 0 || (Number.isInteger(value) && size < 1e6)) return grouped(value.toFixed(0));
  if (size >= 1e6 || size < 1e-3) return exponential(value);
  if (size >= 100) return grouped(value.toFixed(0));
  return signed(String(Number(value.toPrecision(3))));
}

/** A share as a percentage, never rounded to 0 or 100 by accident. */
export function formatPercent(share: number): string {
  const percent = 100 * share;
  if (!Number.isFinite(percent)) return formatNumber(percent);
  if (percent > 0 && percent < 1) return `${Number(percent.toPrecision(2))} %`;
  if (percent > 99 && percent < 100) return `${Math.min(percent, 99.9).toFixed(1)} %`;
  return `${grouped(percent.toFixed(0))} %`;
}

/** A value with its unit, for what is drawn: tables hold the words that come with the value. */
export function formatValue(value: Value | null, unit: string): string {
  if (value === null) return "";
  const plain = toNumber(value);
  if (unit === "share") return formatPercent(plain);
  if (unit === "" || !Number.isFinite(plain)) return formatNumber(plain);
  return `${formatNumber(plain)} ${plain === 1 ? unit.replace(/s$/, "") : unit}`;
}

/** `1 step`, `1 640 steps`. */
export function formatCount(count: number, noun: string): string {
  return `${formatNumber(count)} ${count === 1 ? noun : `${noun}s`}`;
}

const SPANS: [limit: number, seconds: number, noun: string][] = [
  [90, 1, "second"],
  [90 * 60, 60, "minute"],
  [36 * 3600, 3600, "hour"],
  [Infinity, 86400, "day"],
];

const LONG_AGO = 30 * 86400;

/** Seconds in one unit: `12 minutes`. */
export function formatSpan(seconds: number): string {
  const [size, noun] = unitOf(seconds);
  return formatCount(Math.round(seconds / size), noun);
}

/** An estimate with what else is likely, in one unit: `12 minutes (10 to 15)`. */
export function formatRange(low: number, middle: number, high: number): string {
  const [size] = unitOf(middle);
  const [from, to] = [Math.round(low / size), Math.round(high / size)];
  return from === to
    ? formatSpan(middle)
    : `${formatSpan(middle)} (${formatNumber(from)} to ${formatNumber(to)})`;
}

function unitOf(seconds: number): [size: number, noun: string] {
  const [, size, noun] = SPANS.find(([limit]) => seconds < limit) ?? [0, 86400, "day"];
  return [size, noun];
}

/** The same as `formatWhen` where there is no room: `2 min`, `3 h`, `5 d`, `2 y`. */
export function formatBriefly(time: number, now: number): string {
  const seconds = Math.max(0, now - time);
  if (seconds < 60) return "now";
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`;
  const days = Math.round(seconds / 86400);
  return days < 730 ? `${days} d` : `${Math.round(days / 365.25)} y`;
}

/** How long ago, in one unit; the day itself where that is more than a month. Times in seconds. */
export function formatWhen(time: number, now: number): string {
  const seconds = now - time;
  if (seconds > LONG_AGO) return `on ${new Date(time * 1000).toISOString().slice(0, 10)}`;
  if (seconds < 10) return "just now";
  return `${formatSpan(seconds)} ago`;
}

function exponential(value: number): string {
  const [mantissa, exponent] = value.toExponential(1).split("e") as [string, string];
  return signed(`${mantissa.replace(/\.0$/, "")}e${exponent.replace("+", "")}`);
}

/** A thin space between thousands, from five digits on. */
function grouped(digits: string): string {
  return signed(digits.replace(/\B(?=(\d{3})+$)/g, digits.length > 4 ? "\u2009" : ""));
}

/** A true minus sign in front; the one of an exponent stays as code writes it. */
function signed(text: string): string {
  return text.replace(/^-/, "−");
}
