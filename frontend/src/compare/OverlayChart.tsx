import {useLayoutEffect, useMemo, useRef} from "preact/hooks";
import uPlot from "uplot";
import {FONT, readColours} from "../chart/colours";
import {scaleFor} from "../chart/scale";
import {formatNumber, formatPercent} from "../model/numbers";
import type {CurveData} from "../model/wire";
import {overlay} from "./overlay";
import {colourOf, dashOf} from "./strokes";
import "uplot/dist/uPlot.min.css";
import "../chart/CurveChart.css";

interface OverlayChartProps {
  curves: readonly CurveData[];
  names: readonly string[];
  /** Which of the trainings each belongs to: it decides the stroke. */
  places: readonly number[];
  dark: boolean;
  /** What the pointer is on, in words; empty when it leaves. */
  onHover: (words: string) => void;
}

/** The curves of several trainings on one scale. */
export function OverlayChart({curves, names, places, dark, onHover}: OverlayChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const listener = useRef(onHover);
  listener.current = onHover;
  const picture = useMemo(() => layOut(curves), [curves]);
  useLayoutEffect(() => {
    const host = box.current;
    if (!host) return undefined;
    const size = () => ({
      width: Math.max(host.clientWidth, 120),
      height: Math.max(host.clientHeight, 120),
    });
    const read = (plot: uPlot): void => listener.current(wordsAt(plot, names, picture.axis));
    const chart = new uPlot({...optionsFor(picture, places, read), ...size()}, picture.data, host);
    const watcher = new ResizeObserver(() => chart.setSize(size()));
    watcher.observe(host);
    return () => {
      watcher.disconnect();
      chart.destroy();
    };
  }, [picture, dark]);
  return (
    <div ref={box} class="Chart" role="img" aria-label={`The curves of ${names.join(" and ")}`} />
  );
}

/** What the pointer is on: each curve that has a point there. */
function wordsAt({cursor, data}: uPlot, names: readonly string[], axis: string): string {
  const at = cursor.idx ?? -1;
  const place = data[0][at];
  if (place === undefined) return "";
  const values = names.flatMap((name, n) => {
    const value = data[n + 1]?.[at];
    return typeof value === "number" ? [`${name} ${formatNumber(value)}`] : [];
  });
  return `${placeText(place, axis)}: ${values.join(", ")}`;
}

function layOut(curves: readonly CurveData[]) {
  const {axis, curves: laid} = overlay(curves);
  const scale = scaleFor(
    laid.flatMap(({values}) => values.map((value) => value ?? Number.NaN)),
    Number.NaN,
  );
  const tables = laid.map(
    ({places, values}) =>
      [
        places,
        values.map((v) => (v !== null && scale.log && v <= 0 ? scale.low : v)),
      ] as uPlot.AlignedData,
  );
  return {axis, scale, data: uPlot.join(tables)};
}

function optionsFor(
  picture: ReturnType<typeof layOut>,
  places: readonly number[],
  read: (plot: uPlot) => void,
): Omit<uPlot.Options, "width" | "height"> {
  const {axis, scale} = picture;
  const {soft, border, background} = readColours();
  const look = {font: FONT, stroke: soft, ticks: {show: false}};
  return {
    legend: {show: false},
    padding: [8, 12, 0, 0],
    cursor: {drag: {x: false, y: false}, y: false, points: {size: 7, stroke: background}},
    scales: {
      x: {time: false, range: (_, low, high) => (low === high ? [low - 1, high + 1] : [low, high])},
      y: {distr: scale.log ? 3 : 1, range: [scale.low, scale.high]},
    },
    axes: [
      {
        ...look,
        size: 24,
        gap: 4,
        grid: {show: false},
        incrs: axis === "share" ? [0.25] : WHOLE,
        values: (_, splits) => splits.map((place) => tickText(place, axis)),
      },
      {
        ...look,
        size: 48,
        gap: 6,
        grid: {stroke: border, width: 1},
        splits: () => scale.ticks,
        filter: (_, splits) => splits,
        values: (_, splits) =>
          splits.map((tick) =>
            scale.zeroAtFloor && tick === scale.low ? "0" : formatNumber(tick),
          ),
      },
    ],
    series: [
      {},
      ...places.map((place): uPlot.Series => {
        const look = {stroke: colourOf(place), dash: dashOf(place)};
        return {...look, width: 1.75, points: {show: false}};
      }),
    ],
    hooks: {setCursor: [read]},
  };
}

/** 1, 2, 5, 10, 20, ...: steps and epochs are whole. */
const WHOLE = Array.from({length: 12}, (_, n) => [1, 2, 5].map((m) => m * 10 ** n)).flat();

const tickText = (place: number, axis: string): string =>
  axis === "share" ? formatPercent(place) : formatNumber(place);

const placeText = (place: number, axis: string): string =>
  axis === "share" ? `${formatPercent(place)} of the way` : `${axis} ${formatNumber(place)}`;
