import {useLayoutEffect, useMemo, useRef, useState} from "preact/hooks";
import {formatNumber, formatValue, toNumber} from "../model/numbers";
import type {LayerData} from "../model/wire";
import {columnEdges, framedRows, heatScale, shortRows} from "./heat";
import {drawHeat} from "./paint";
import "./LayerPicture.css";

interface LayerPictureProps {
  data: LayerData;
  /** Layers or rows that the finding is about. */
  flagged: readonly string[];
  dark: boolean;
  onRead: (words: string) => void;
}

const AXIS = 26; // below the rows: steps and the scale
const GUTTER = 8;
const WIDEST_NAMES = 150;
const LEAST_ROW = 13; // below that, only some rows are named

/** Layers in order against steps: where a signal fades, dies or saturates. */
export function LayerPicture({data, flagged, dark, onRead}: LayerPictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [{width, height}, setSize] = useState({width: 0, height: 0});
  const names = useMemo(() => shortRows(data.rows), [data]);
  const values = useMemo(() => data.values.map((row) => row.map(toNumber)), [data]);
  const scale = useMemo(() => heatScale(values.flat(), data.unit), [values, data]);
  const frames = useMemo(() => framedRows(data, flagged), [data, flagged]);
  const left = Math.min(
    WIDEST_NAMES,
    7 * Math.max(...names.map((name) => name.length), 4) + GUTTER,
  );
  const area = {left, width: Math.max(0, width - left - 1), height: Math.max(0, height - AXIS)};
  const edges = useMemo(() => columnEdges(data.steps, area.width), [data, area.width]);

  useLayoutEffect(() => {
    const host = box.current;
    if (!host) return undefined;
    const measure = () => setSize({width: host.clientWidth, height: host.clientHeight});
    const watcher = new ResizeObserver(measure);
    watcher.observe(host);
    measure();
    return () => watcher.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (canvas.current && width > 0) drawHeat(canvas.current, {values, scale, frames, edges, area});
  }, [values, scale, frames, edges, width, height, dark]);

  const read = (event: PointerEvent): void => {
    const [x, y] = [event.offsetX - left, event.offsetY];
    const sample = edges.findIndex((edge, n) => x >= edge && x < (edges[n + 1] ?? -1));
    const row = Math.floor((y / area.height) * names.length);
    const name = names[row];
    const step = data.steps[sample];
    const value = formatValue(values[sample]?.[row] ?? NaN, data.unit);
    onRead(name && step !== undefined ? `${name}, step ${formatNumber(step)}: ${value}` : "");
  };
  const rowHeight = area.height / Math.max(1, names.length);
  const every = Math.max(1, Math.ceil(LEAST_ROW / rowHeight));
  const ends = [data.steps[0] ?? 0, data.steps[data.steps.length - 1] ?? 0] as const;
  const inFrames = frames.map(([a, b]) => (a === b ? names[a] : `${names[a]} to ${names[b]}`));
  return (
    <div
      ref={box}
      class="Layers"
      role="img"
      aria-label={`${names.length} layers in order. Flagged: ${inFrames.join(", ") || "none"}.`}
      onPointerMove={read}
      onPointerLeave={() => onRead("")}
    >
      <canvas ref={canvas} />
      {names.map((name, n) =>
        n % every === 0 || n === names.length - 1 ? (
          <span
            class="Layers-name"
            title={data.rows[n]}
            style={{top: `${(n + 0.5) * rowHeight}px`, width: `${left - GUTTER}px`}}
          >
            {n % every !== 0 && every > 1 && (names.length - 1) % every < every / 2 ? "" : name}
          </span>
        ) : null,
      )}
      <div class="Layers-axis" style={{left: `${left}px`, top: `${area.height + 6}px`}}>
        <span>step {formatNumber(ends[0])}</span>
        <span class="Layers-scale">
          {scale.log && "log scale"} {formatValue(scale.low, data.unit)}
          <i />
          {formatValue(scale.high, data.unit)}
        </span>
        <span>step {formatNumber(ends[1])}</span>
      </div>
    </div>
  );
}
