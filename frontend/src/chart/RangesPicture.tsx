import {useMemo, useRef} from "preact/hooks";
import {formatNumber} from "../model/numbers";
import type {Range, Ranges} from "../model/wire";
import {heightOn} from "./barLayout";
import {linearScale, logScale, type Scale} from "./scale";
import {useSize} from "./useSize";
import "./Plot.css";

interface RangesPictureProps {
  picture: Ranges;
  /** What the pointer is on, in words; empty when it leaves. */
  onHover: (words: string) => void;
}

const BELOW = 22;
const ABOVE = 18;
const TALLEST = 60; // of a row
const THICKEST = 20; // of its bar
const LETTER = 6.3;
const LEAST = 4; // width of a range that is one value

/** Ranges below one another on one axis, before the range of what is healthy. */
export function RangesPicture({picture, onHover}: RangesPictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const {width, height} = useSize(box);
  const scale = useMemo(() => rangeScale(picture), [picture]);
  const {rows, healthy, low, high} = picture;
  const left = Math.min(170, LETTER * Math.max(...rows.map(({name}) => name.length)) + 14);
  const right = LETTER * Math.max(...rows.map(({text}) => text.length)) + 14;
  const wide = Math.max(0, width - left - right);
  const above = healthy ? ABOVE : 4;
  const tall = Math.min(TALLEST, (height - above - BELOW) / Math.max(1, rows.length));
  const top = Math.max(above, (height - BELOW - tall * rows.length) / 2);
  const bottom = top + tall * rows.length;
  const x = (value: number): number => left + heightOn(scale, value) * wide;
  const [from, to] = [x(low ?? -Infinity), x(high ?? Infinity)];
  const flagged = rows.filter(({wrong}) => wrong).map(inWords);
  return (
    <div
      ref={box}
      class="Plot"
      role="img"
      aria-label={`${rows.length} ranges. Flagged: ${flagged.join("; ") || "none"}. ${healthy}`}
    >
      {width > 0 && (
        <svg aria-hidden="true" width={width} height={height} onPointerLeave={() => onHover("")}>
          {healthy && (
            <rect class="Plot-healthy" x={from} y={top} width={to - from} height={bottom - top} />
          )}
          {scale.ticks.map((tick) => (
            <g key={tick}>
              <line class="Plot-grid" x1={x(tick)} x2={x(tick)} y1={top} y2={bottom} />
              <text x={x(tick)} y={bottom + 15} text-anchor="middle">
                {scale.zeroAtFloor && tick === scale.low ? "0" : formatNumber(tick)}
              </text>
            </g>
          ))}
          {[low, high].map(
            (edge, n) =>
              edge !== null && (
                <line key={n} class="Plot-limit" x1={x(edge)} x2={x(edge)} y1={top} y2={bottom} />
              ),
          )}
          {healthy && (
            <text
              x={Math.max(left, Math.min((from + to) / 2, width - 80))}
              y={top - 6}
              text-anchor="middle"
            >
              {healthy}
            </text>
          )}
          {rows.map((row, n) => (
            <Row
              key={row.name}
              row={row}
              x={x}
              y={top + n * tall}
              tall={tall}
              left={left}
              right={width}
              onHover={onHover}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

interface RowProps {
  row: Range;
  x: (value: number) => number;
  y: number;
  tall: number;
  left: number;
  right: number;
  onHover: (words: string) => void;
}

function Row({row, x, y, tall, left, right, onHover}: RowProps) {
  const thick = Math.min(THICKEST, tall * 0.6);
  const middle = y + tall / 2;
  const [from, to] = [x(row.low), x(row.high)];
  const wide = Math.max(LEAST, to - from);
  const start = Math.min(from, to - Math.min(wide, to - from)) - (wide - (to - from)) / 2;
  const tone = row.wrong ? "is-wrong" : "";
  const name =
    row.name.length * LETTER > left
      ? `${row.name.slice(0, Math.floor(left / LETTER) - 2)}…`
      : row.name;
  return (
    <g onPointerMove={() => onHover(inWords(row))}>
      <rect x={0} y={y} width={right} height={tall} fill="transparent" />
      <text
        class={row.wrong ? "is-wrong" : "is-name"}
        x={left - 10}
        y={middle + 4}
        text-anchor="end"
      >
        {name}
      </text>
      <rect
        class={`Plot-bar ${tone}`}
        x={start}
        y={middle - thick / 2}
        width={wide}
        height={thick}
        rx={2}
      />
      {row.middle !== null && wide > 3 * LEAST && (
        <line
          class="Plot-middle"
          x1={x(row.middle)}
          x2={x(row.middle)}
          y1={middle - thick / 2}
          y2={middle + thick / 2}
        />
      )}
      <text class={tone} x={right - 2} y={middle + 4} text-anchor="end">
        {row.text}
      </text>
    </g>
  );
}

function inWords({name, text, middle}: Range): string {
  return `${name}: ${text}${middle === null ? "" : `, median ${formatNumber(middle)}`}`;
}

/** The scale of the axis: all ranges and both ends of what is healthy lie on it. */
export function rangeScale({rows, low, high, log}: Ranges): Scale {
  const ends = [...rows.flatMap((row) => [row.low, row.high]), low, high];
  const known = ends.filter((end): end is number => end !== null);
  const positive = known.filter((end) => end > 0);
  if (log && positive.length) {
    const zeros = positive.length < known.length;
    return logScale(Math.min(...positive), Math.max(...positive), Number.NaN, zeros);
  }
  return linearScale(known, Number.NaN);
}
