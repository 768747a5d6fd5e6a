import {useLayoutEffect, useMemo, useRef} from "preact/hooks";
import uPlot from "uplot";
import {formatNumber, formatValue, toNumber} from "../model/numbers";
import type {CurveData, Evidence} from "../model/wire";
import {annotate} from "./annotate";
import {FONT, readColours} from "./colours";
import {marksFor} from "./marks";
import {type Scale, scaleFor} from "./scale";
import {stepAxis} from "./stepAxis";
import "uplot/dist/uPlot.min.css";
import "./CurveChart.css";

interface CurveChartProps {
  curve: CurveData;
  evidence: Evidence;
  dark: boolean;
  /** What the pointer is on, in words; empty when it leaves. */
  onHover: (words: string) => void;
}

/** One curve with what it proves: the stretch, the threshold, the point. */
export function CurveChart({curve, evidence, dark, onHover}: CurveChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const listener = useRef(onHover);
  listener.current = onHover;
  const picture = useMemo(() => layOut(curve, evidence), [curve, evidence]);
  const data = useMemo<uPlot.AlignedData>(
    () => [curve.steps.map(picture.places.place), picture.drawn] as uPlot.AlignedData,
    [curve, picture],
  );
  useLayoutEffect(() => {
    const host = box.current;
    if (!host) return undefined;
    const read = (index: number | null | undefined): void => {
      const step = curve.steps[index ?? -1];
      const value = formatValue(picture.values[index ?? -1] ?? NaN, evidence.unit);
      listener.current(step === undefined ? "" : `${picture.axis} ${formatNumber(step)}: ${value}`);
    };
    const options = optionsFor(picture, curve, read);
    const size = () => ({
      width: Math.max(host.clientWidth, 120),
      height: Math.max(host.clientHeight, 120),
    });
    const chart = new uPlot({...options, ...size()}, data, host);
    const watcher = new ResizeObserver(() => chart.setSize(size()));
    watcher.observe(host);
    void document.fonts.ready.then(() => host.isConnected && chart.redraw(false, true));
    return () => {
      watcher.disconnect();
      chart.destroy();
    };
  }, [data, picture, dark]);
  const {marks} = picture;
  const words = [marks.pointText, marks.brokenText, marks.thresholdText].filter(Boolean).join("; ");
  return (
    <div
      ref={box}
      class="Chart"
      role="img"
      aria-label={`Curve of ${curve.tag}, ${formatNumber(curve.count)} points. ${words}`}
    />
  );
}

function layOut(curve: CurveData, evidence: Evidence) {
  const values = curve.values.map(toNumber);
  const marks = marksFor({...evidence, axis: curve.axis}, curve.steps, values);
  const scale = scaleFor(values, marks.threshold ?? NaN);
  const drawn = values.map((value) => {
    if (!Number.isFinite(value)) return null;
    return scale.log && value <= 0 ? scale.low : value;
  });
  const axis: "step" | "epoch" = curve.axis === "epoch" ? "epoch" : "step";
  const places = stepAxis(curve.steps);
  const wrong = evidence.wrong === true;
  return {values, marks, scale, drawn, axis, places, wrong, unit: evidence.unit};
}

function optionsFor(
  picture: ReturnType<typeof layOut>,
  curve: CurveData,
  read: (index: number | null | undefined) => void,
): Omit<uPlot.Options, "width" | "height"> {
  const {scale, marks, drawn, axis, places, wrong} = picture;
  const colours = readColours();
  const few = curve.steps.length <= 24;
  const lonely = [...new Set(places.gaps.flatMap((n) => [n, n + 1]))];
  // Clipped are the pixels between two points that are too far apart for a line.
  const gaps: uPlot.Series.GapsRefiner = (plot, _, from, to, nulls) => [
    ...nulls,
    ...places.gaps
      .filter((n) => n >= from && n < to)
      .map((n): uPlot.Series.Gap => {
        const x = (index: number) => plot.valToPos(plot.data[0][index] ?? 0, "x", true);
        return [Math.round(x(n)), Math.round(x(n + 1))];
      }),
  ];
  return {
    legend: {show: false},
    padding: [8, 8, 0, 0],
    cursor: {
      drag: {x: false, y: false},
      points: {size: 7, fill: colours.data, stroke: colours.background},
      y: false,
    },
    scales: {
      x: {time: false, range: (_, low, high) => (low === high ? [low - 1, high + 1] : [low, high])},
      y: {distr: scale.log ? 3 : 1, range: [scale.low, scale.high]},
    },
    axes: [
      {size: 24, grid: {show: false}, ticks: {show: false}, values: () => []},
      {
        size: 48,
        gap: 6,
        font: FONT,
        stroke: colours.soft,
        grid: {stroke: colours.border, width: 1},
        ticks: {show: false},
        splits: () => scale.ticks,
        filter: (_, splits) => splits,
        values: (_, splits) => splits.map((tick) => tickText(tick, scale, picture.unit)),
      },
    ],
    series: [
      {},
      {
        stroke: colours.data,
        width: 1.75,
        gaps,
        points: {
          show: few || lonely.length > 0,
          filter: (_, __, show) => (show && !few ? lonely : null),
          size: 5,
          fill: colours.data,
        },
      },
    ],
    hooks: {setCursor: [(plot) => read(plot.cursor.idx)]},
    plugins: [annotate({marks, scale, colours, axis, places, steps: curve.steps, drawn, wrong})],
  };
}

function tickText(tick: number, scale: Scale, unit: string): string {
  if (scale.zeroAtFloor && tick === scale.low) return "0";
  return unit === "share" ? `${Number((100 * tick).toPrecision(4))} %` : formatNumber(tick);
}
