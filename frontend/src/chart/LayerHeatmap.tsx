import {useLayoutEffect, useMemo, useRef, useState} from "preact/hooks";
import {formatNumber, formatValue, toNumber} from "../model/numbers";
import type {LayerData, Layers} from "../model/wire";
import {drawHeatmap} from "./drawHeatmap";
import {HeatAxis} from "./HeatAxis";
import {HeatPointer} from "./HeatPointer";
import {
  colourScale,
  columnEdges,
  columnEnds,
  framedRows,
  hatchWords,
  isFlagged,
  shortRows,
} from "./heatmap";
import {stepAxis} from "./stepAxis";
import {placesWithin, type Span, usePointer} from "./usePointer";
import {useSize} from "./useSize";
import "./CurveChart.css";
import "./LayerHeatmap.css";

interface LayerHeatmapProps {
  data: LayerData;
  /** What of it is flagged. */
  picture: Layers;
  dark: boolean;
  /** What the pointer is on, in words; empty when it leaves. */
  onHover: (words: string) => void;
}

const AXIS = 26; // below the rows: steps and the scale
const GUTTER = 8;
const MAX_NAME_WIDTH = 150;
const TALLEST_ROW = 96;
const MIN_ROW_HEIGHT = 13; // below that, only some rows are named

/** Layers in order against steps: where a signal fades, dies or saturates. A drag looks closer. */
export function LayerHeatmap({data: whole, picture, dark, onHover}: LayerHeatmapProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const {width, height} = useSize(box);
  const [span, setSpan] = useState<Span | null>(null);
  const data = useMemo(() => within(whole, span), [whole, span]);
  const names = useMemo(() => shortRows(data.rows), [data]);
  const values = useMemo(() => data.values.map((row) => row.map(toNumber)), [data]);
  // Of all samples: a closer look is on the same scale.
  const scale = useMemo(() => colourScale(whole.values.flat().map(toNumber), whole.unit), [whole]);
  const frames = useMemo(() => framedRows(data, picture.flagged), [data, picture]);
  const {first_step: first, last_step: until, worse} = picture;
  const inStretch = useMemo(
    () => data.steps.map((step) => isFlagged(step, first, until)),
    [data, picture],
  );
  const longest = Math.max(...names.map((name) => name.length), 4);
  const left = Math.min(MAX_NAME_WIDTH, 7 * longest + GUTTER);
  const tall = Math.min(Math.max(0, height - AXIS), names.length * TALLEST_ROW);
  const area = {left, width: Math.max(0, width - left - 1), height: tall};
  const axis = useMemo(() => stepAxis(data.steps), [data]);
  const edges = useMemo(
    () => columnEdges(data.steps.map(axis.place), area.width),
    [axis, area.width],
  );
  const ends = useMemo(() => columnEnds(edges, axis.gaps), [edges]);
  useLayoutEffect(() => {
    if (canvas.current && width > 0)
      drawHeatmap(canvas.current, {values, scale, frames, inStretch, worse, edges, ends, area});
  }, [values, scale, frames, inStretch, worse, edges, width, height, dark]);
  const {pointed, drag, handlers} = usePointer({data, edges, ends, left, setSpan, read});

  function read(sample: number, offsetY: number): void {
    if (sample < 0) {
      const isInside = offsetY >= 0 && offsetY < area.height;
      onHover(isInside ? "not sampled" : "");
      return;
    }
    const row = Math.floor((offsetY / area.height) * names.length);
    const [name, step] = [names[row], data.steps[sample]];
    const value = values[sample]?.[row] ?? NaN;
    const words = Number.isNaN(value) ? "no number" : formatValue(value, data.unit);
    onHover(name && step !== undefined ? `${name}, step ${formatNumber(step)}: ${words}` : "");
  }

  const inFrames = frames.map(([a, b]) => (a === b ? names[a] : `${names[a]} to ${names[b]}`));
  return (
    <div
      ref={box}
      class="Layers"
      role="img"
      aria-label={`${names.length} layers in order. Flagged: ${inFrames.join(", ") || "none"}.`}
      {...handlers}
    >
      <canvas ref={canvas} />
      <HeatPointer pointed={pointed} drag={drag} left={left} height={tall} />
      <RowNames rows={data.rows} names={names} width={left - GUTTER} height={area.height} />
      <HeatAxis
        steps={data.steps}
        unit={data.unit}
        scale={scale}
        log={axis.log}
        worse={frames.length ? worse : null}
        hatched={hatchWords(
          axis.gaps.length > 0,
          values.some((row) => row.some(Number.isNaN)),
        )}
        left={left}
        top={area.height + 6}
      />
      {span && (
        <button type="button" class="LinkButton Chart-reset" onClick={() => setSpan(null)}>
          Reset zoom
        </button>
      )}
    </div>
  );
}

interface RowNamesProps {
  rows: readonly string[];
  /** The rows without what all of them share. */
  names: readonly string[];
  width: number;
  height: number;
}

/** The names beside the rows; where these are too low, every second, third, ... and the last. */
function RowNames({rows, names, width, height}: RowNamesProps) {
  const rowHeight = height / Math.max(1, names.length);
  const every = Math.max(1, Math.ceil(MIN_ROW_HEIGHT / rowHeight));
  const last = names.length - 1;
  const lastIsNamed = last % every >= every / 2;
  return names.map((name, n) =>
    n % every === 0 || (n === last && lastIsNamed) ? (
      <span
        key={n}
        class="Layers-name"
        title={rows[n]}
        style={{top: `${(n + 0.5) * rowHeight}px`, width: `${width}px`}}
      >
        {name}
      </span>
    ) : null,
  );
}

/** The samples of a span. */
function within(data: LayerData, span: Span | null): LayerData {
  const [first, end] = placesWithin(data.steps, span);
  if (end - first === data.steps.length) return data;
  return {...data, steps: data.steps.slice(first, end), values: data.values.slice(first, end)};
}
