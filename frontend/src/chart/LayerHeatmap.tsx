import type {RefObject} from "preact";
import {useLayoutEffect, useMemo, useRef, useState} from "preact/hooks";
import {formatNumber, formatValue, toNumber} from "../model/numbers";
import type {LayerData} from "../model/wire";
import {drawHeatmap} from "./drawHeatmap";
import {type ColourScale, colourScale, columnEdges, framedRows, shortRows} from "./heatmap";
import "./LayerHeatmap.css";

interface LayerHeatmapProps {
  data: LayerData;
  /** Layers or rows that the finding is about. */
  flagged: readonly string[];
  dark: boolean;
  /** What the pointer is on, in words; empty when it leaves. */
  onHover: (words: string) => void;
}

const AXIS = 26; // below the rows: steps and the scale
const GUTTER = 8;
const MAX_NAME_WIDTH = 150;
const MIN_ROW_HEIGHT = 13; // below that, only some rows are named

/** Layers in order against steps: where a signal fades, dies or saturates. */
export function LayerHeatmap({data, flagged, dark, onHover}: LayerHeatmapProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const {width, height} = useSize(box);
  const names = useMemo(() => shortRows(data.rows), [data]);
  const values = useMemo(() => data.values.map((row) => row.map(toNumber)), [data]);
  const scale = useMemo(() => colourScale(values.flat(), data.unit), [values, data]);
  const frames = useMemo(() => framedRows(data, flagged), [data, flagged]);
  const longest = Math.max(...names.map((name) => name.length), 4);
  const left = Math.min(MAX_NAME_WIDTH, 7 * longest + GUTTER);
  const area = {left, width: Math.max(0, width - left - 1), height: Math.max(0, height - AXIS)};
  const edges = useMemo(() => columnEdges(data.steps, area.width), [data, area.width]);
  useLayoutEffect(() => {
    if (canvas.current && width > 0)
      drawHeatmap(canvas.current, {values, scale, frames, edges, area});
  }, [values, scale, frames, edges, width, height, dark]);

  const read = ({offsetX, offsetY}: PointerEvent): void => {
    const x = offsetX - left;
    const sample = edges.findIndex((edge, n) => x >= edge && x < (edges[n + 1] ?? -1));
    const row = Math.floor((offsetY / area.height) * names.length);
    const [name, step] = [names[row], data.steps[sample]];
    const value = formatValue(values[sample]?.[row] ?? NaN, data.unit);
    onHover(name && step !== undefined ? `${name}, step ${formatNumber(step)}: ${value}` : "");
  };
  const inFrames = frames.map(([a, b]) => (a === b ? names[a] : `${names[a]} to ${names[b]}`));
  return (
    <div
      ref={box}
      class="Layers"
      role="img"
      aria-label={`${names.length} layers in order. Flagged: ${inFrames.join(", ") || "none"}.`}
      onPointerMove={read}
      onPointerLeave={() => onHover("")}
    >
      <canvas ref={canvas} />
      <RowNames rows={data.rows} names={names} width={left - GUTTER} height={area.height} />
      <Axis data={data} scale={scale} left={left} top={area.height + 6} />
    </div>
  );
}

/** Width and height of an element in pixels, as they change; 0 before it is there. */
function useSize(element: RefObject<HTMLElement | null>): {width: number; height: number} {
  const [size, setSize] = useState({width: 0, height: 0});
  useLayoutEffect(() => {
    const host = element.current;
    if (!host) return undefined;
    const measure = () => setSize({width: host.clientWidth, height: host.clientHeight});
    const watcher = new ResizeObserver(measure);
    watcher.observe(host);
    measure();
    return () => watcher.disconnect();
  }, []);
  return size;
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

interface AxisProps {
  data: LayerData;
  scale: ColourScale;
  left: number;
  top: number;
}

/** The first and the last step, and between them what the colours mean. */
function Axis({data: {steps, unit}, scale, left, top}: AxisProps) {
  return (
    <div class="Layers-axis" style={{left: `${left}px`, top: `${top}px`}}>
      <span>step {formatNumber(steps[0] ?? 0)}</span>
      <span class="Layers-scale">
        {scale.log && "log scale"} {formatValue(scale.low, unit)}
        <i />
        {formatValue(scale.high, unit)}
      </span>
      <span>step {formatNumber(steps[steps.length - 1] ?? 0)}</span>
    </div>
  );
}
