/** How many trainings there are, in words. Pure. */
import {formatCount, formatNumber} from "./numbers";
import type {Summaries} from "./wire";

/** `312 of 2 000 trainings read`; empty where it is not known how many there will be. */
export function readWords({total, expected}: Summaries): string {
  // Names tell of directories, tags of what is one training after all: there may be more.
  if (expected === null || expected < total) return "";
  return `${formatNumber(total)} of ${formatCount(expected, "training")} read`;
}

/** How many there are, and how many of them somebody should look at; before, how many are read. */
export function countWords(head: Summaries): string {
  const {total, need_a_look, complete} = head;
  const all = formatCount(total, "training");
  if (!complete) return readWords(head) || `${all} so far, reading on`;
  if (need_a_look === 0) return all;
  return `${all} · ${formatNumber(need_a_look)} need${need_a_look === 1 ? "s" : ""} a look`;
}
