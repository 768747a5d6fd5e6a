/** Where each head and each row of the list stands. Pure. */

import type {Summary} from "../model/wire";
import {isCollapsed} from "./collapsed";
import {append, type Section} from "./directories";

// Pixels; the style sheet has them, too.
export const ROW_HEIGHT = 60;
export const HEAD_HEIGHT = 36;
const BEYOND = 8 * ROW_HEIGHT; // what is drawn above and below what can be seen

export interface PlacedSection extends Section {
  /** Whether its rows are shown; always, of a training by itself. */
  isOpen: boolean;
  /** Counts from 0. */
  place: number;
  /** Its first stop, counted from 0. */
  first: number;
  top: number;
  height: number;
}

/** What arrow keys lead to: the head of a section, or a row in it. */
export interface Stop {
  /** Counts from 0. */
  index: number;
  section: PlacedSection;
  /** Its place among the section's rows; -1 for the head. */
  place: number;
  /** Null for the head. */
  row: Summary | null;
  top: number;
}

export interface Layout {
  sections: readonly PlacedSection[];
  stops: readonly Stop[];
  height: number;
}

/** Puts sections below each other. */
export function layoutOf(sections: readonly Section[], collapsed: string): Layout {
  const isClosed = isCollapsed(collapsed);
  const placed: PlacedSection[] = [];
  const stops: Stop[] = [];
  let top = 0;
  for (const [place, given] of sections.entries()) {
    const {directory, rows} = given;
    const isOpen = directory === "" || !isClosed(directory);
    const head = directory === "" ? 0 : HEAD_HEIGHT;
    const height = head + (isOpen ? rows.length * ROW_HEIGHT : 0);
    const section = {...given, isOpen, place, first: stops.length, top, height};
    const add = (n: number, row: Summary | null, from: number): void => {
      stops.push({index: stops.length, section, place: n, row, top: from});
    };
    placed.push(section);
    if (directory !== "") add(-1, null, top);
    if (isOpen) for (const [n, row] of rows.entries()) add(n, row, top + head + n * ROW_HEIGHT);
    top += height;
  }
  return {sections: placed, stops, height: top};
}

/** Which stops have to be there: the first, and one behind the last. */
export function visibleStops(stops: readonly Stop[], top: number, height: number) {
  const from = firstBelow(stops, top - BEYOND - ROW_HEIGHT);
  return [from, firstBelow(stops, top + height + BEYOND)] as const;
}

/** The first stop that stands below a height, by halving. */
function firstBelow(stops: readonly Stop[], height: number): number {
  let low = 0;
  let high = stops.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((stops[middle]?.top ?? 0) > height) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Visible stops by section, in order. */
export function bySection(stops: readonly Stop[]): [PlacedSection, Stop[]][] {
  const found = new Map<PlacedSection, Stop[]>();
  for (const stop of stops) append(found, stop.section, stop);
  return [...found];
}

/** The stop of a training: its row, or the head of the collapsed directory that holds it; else -1. */
export function stopOf(stops: readonly Stop[], name: string): number {
  return stops.findIndex(({row, section}) =>
    row ? row.name === name : !section.isOpen && section.rows.some((one) => one.name === name),
  );
}

/** The head of a directory among the stops; else -1. */
export const headOf = (stops: readonly Stop[], directory: string): number =>
  stops.findIndex(({row, section}) => !row && section.directory === directory);

/** How far a list has to be scrolled so that a stop is seen whole: no farther than that. */
export function scrolledTo(stop: Stop, top: number, height: number): number {
  const head = stop.row && stop.section.directory !== "" ? HEAD_HEIGHT : 0; // it stays above
  if (stop.top - head < top) return stop.top - head;
  const bottom = stop.top + (stop.row ? ROW_HEIGHT : HEAD_HEIGHT);
  return Math.max(top, bottom - height);
}
