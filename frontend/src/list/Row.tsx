import {useMemo} from "preact/hooks";
import {formatBriefly, formatCount} from "../model/numbers";
import type {Summary} from "../model/wire";
import {restOf} from "./directories";
import type {Stop} from "./layout";
import {causesOf} from "./narrowing";
import {Sparkline} from "./Sparkline";
import {shortened} from "./shortened";
import type {TextWidth} from "./useTextWidth";

// Pixels of a row that its name has not: the style sheet has them, too.
const BESIDE = 127;
const INDENT = 16;

interface RowProps {
  row: Summary;
  stop: Stop;
  /** Where it stands below the list's begin, or its section's. */
  top: number;
  /** Its place among `count` that stand on one level. */
  place: number;
  count: number;
  /** Whether the tab key stops at it. */
  isStop: boolean;
  isChosen: boolean;
  now: number;
  /** Of the list, in pixels. */
  width: number;
  measure: TextWidth;
  onChoose: (run: string) => void;
}

/** One training in two lines. */
export function Row(props: RowProps) {
  const {row, stop, top, place, count, isStop, isChosen, now, width, measure, onChoose} = props;
  const {name, mark, cause, further, sparkline, baseline, live, workers, last_time: last} = row;
  const {directory} = stop.section;
  const room = width - BESIDE - (directory === "" ? 0 : INDENT);
  const shown = useMemo(() => {
    const rest = restOf(name, directory);
    return width > 0 ? shortened(rest, room, (text) => measure(text, 400)) : rest;
  }, [name, directory, room, measure]);
  return (
    <li class="List-item" style={{top: `${top}px`}} aria-posinset={place + 1} aria-setsize={count}>
      <button
        type="button"
        class="Row"
        data-row={stop.index}
        tabIndex={isStop ? 0 : -1}
        aria-current={isChosen ? "true" : undefined}
        title={name}
        onClick={() => onChoose(name)}
      >
        <span class={`Row-sign tone-${mark.tone}`} aria-hidden="true">
          {mark.sign}
        </span>
        <span class="visually-hidden">{name}</span>
        <span class="Row-name" aria-hidden="true">
          {shown}
        </span>
        <Sparkline values={sparkline} baseline={baseline} tone={mark.tone} />
        <span class="Row-cause soft" title={causeWords(row)}>
          <span class="visually-hidden">{mark.words}: </span>
          <span class="Row-words">
            {cause}
            {workers > 0 && ` · ${formatCount(workers, "worker")}`}
          </span>
          {row.code !== null && further.length > 0 && (
            <span aria-hidden="true"> +{further.length}</span>
          )}
          {further.map(({code, title}) => (
            <span key={code} class="visually-hidden">
              , {title}
            </span>
          ))}
        </span>
        <span class="Row-when soft">
          {live ? (
            <>
              <span class="LiveMark" aria-hidden="true" /> live
            </>
          ) : (
            last !== null && formatBriefly(last, now)
          )}
        </span>
      </button>
    </li>
  );
}

/** All that was found, a line each. */
const causeWords = (row: Summary): string =>
  causesOf(row)
    .map(({code, title}) => `${title} ${code}`)
    .join("\n");
