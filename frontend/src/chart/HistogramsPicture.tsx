import {useLayoutEffect, useMemo, useRef, useState} from "preact/hooks";
import {formatNumber} from "../model/numbers";
import type {HistogramData, Histograms} from "../model/wire";
import {drawSpreads, ROW_GAP} from "./drawSpreads";
import {HeatAxis} from "./HeatAxis";
import {HeatPointer} from "./HeatPointer";
import {columnEdges, columnEnds, shortRows} from "./heatmap";
import {greatestShare, rangeOf, readAt, spreadsWithin} from "./spreads";
import {stepAxis} from "./stepAxis";
import {type Span, usePointer} from "./usePointer";
import {useSize} from "./useSize";
import "./CurveChart.css";
import "./HistogramsPicture.css";
import "./LayerHeatmap.css";

interface HistogramsPictureProps {
  data: HistogramData;
  /** What of it is flagged. */
  picture: Histograms;
  dark: boolean;
  /** What the pointer is on, in words; empty when it leaves. */
  onHover: (words: string) => void;
}

const AXIS = 26; // below the rows: steps and the scale
const GUTTER = 8;
const [LEAST_GUTTER, MOST_GUTTER] = [64, 170];
const ROW = 44;
const ROOM_FOR_ENDS = 44; // pixels of a row that has room for its range beside its name

/** How high the picture of so many tensors wants to be, in pixels. */
export const heightOfHistograms = (tensors: number): number => AXIS + tensors * ROW;

/** The histograms of each tensor side by side: how its values spread. A drag looks closer. */
export function HistogramsPicture({data: whole, picture, dark, onHover}: HistogramsPictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const {width, height} = useSize(box);
  const [span, setSpan] = useState<Span | null>(null);
  const data = useMemo(() => spreadsWithin(whole, span), [whole, span]);
  const rows = useMemo(() => {
    const names = shortRows(whole.spreads.map(({name}) => name));
    return data.spreads.map((spread, n) => ({
      name: names[n] ?? spread.name,
      title: spread.tag,
      columns: spread.columns,
      range: rangeOf(whole.spreads[n] ?? spread), // a closer look is on the same scale
      flagged: picture.flagged.includes(spread.name),
    }));
  }, [data, whole, picture]);
  const greatest = useMemo(() => greatestShare(whole), [whole]);
  const longest = Math.max(...rows.map(({name}) => name.length));
  const left = Math.min(MOST_GUTTER, Math.max(LEAST_GUTTER, 7 * longest + GUTTER));
  const tall = Math.max(0, height - AXIS);
  const area = {left, width: Math.max(0, width - left - 1), height: tall};
  const pitch = tall / Math.max(1, rows.length);
  const axis = useMemo(() => stepAxis(data.steps), [data]);
  const edges = useMemo(
    () => columnEdges(data.steps.map(axis.place), area.width),
    [axis, area.width],
  );
  const ends = useMemo(() => columnEnds(edges, axis.gaps), [edges]);
  useLayoutEffect(() => {
    if (canvas.current && width > 0)
      drawSpreads(canvas.current, {rows, greatest, edges, ends, area});
  }, [rows, greatest, edges, width, height, dark]);
  const {pointed, drag, handlers} = usePointer({data, edges, ends, left, setSpan, read});

  function read(sample: number, offsetY: number): void {
    const row = rows[Math.floor(offsetY / pitch)];
    const step = data.steps[sample];
    if (!row || step === undefined) {
      onHover("");
      return;
    }
    const [low, high] = row.range;
    const down = Math.min(1, (offsetY % pitch) / Math.max(1, pitch - ROW_GAP));
    onHover(readAt(row.name, step, row.columns[sample] ?? null, high - down * (high - low)));
  }

  return (
    <div
      ref={box}
      class="Layers"
      role="img"
      aria-label={`Histograms of ${rows.length} tensors over ${data.steps.length} steps. Flagged: ${
        rows.flatMap(({flagged, name}) => (flagged ? [name] : [])).join(", ") || "none"
      }.`}
      {...handlers}
    >
      <canvas ref={canvas} />
      <HeatPointer pointed={pointed} drag={drag} left={left} height={tall} />
      {rows.map(({name, title, range: [low, high]}, n) => (
        <span
          key={title}
          class="Spread-head"
          style={{
            top: `${n * pitch}px`,
            width: `${left - GUTTER}px`,
            height: `${Math.max(0, pitch - ROW_GAP)}px`,
          }}
        >
          {pitch >= ROOM_FOR_ENDS && <i>{formatNumber(high)}</i>}
          <span title={title}>{name}</span>
          {pitch >= ROOM_FOR_ENDS && <i>{formatNumber(low)}</i>}
        </span>
      ))}
      <HeatAxis
        steps={data.steps}
        unit="share"
        scale={{low: 0, high: greatest, log: false}}
        log={axis.log}
        worse={picture.flagged.length ? "high" : null}
        hatched={
          axis.gaps.length || data.spreads.some(({columns}) => columns.includes(null))
            ? "not logged"
            : ""
        }
        left={left}
        top={tall}
      />
      {span && (
        <button type="button" class="LinkButton Chart-reset" onClick={() => setSpan(null)}>
          Reset zoom
        </button>
      )}
    </div>
  );
}
