import {useLayoutEffect, useMemo, useRef} from "preact/hooks";
import uPlot from "uplot";
import {formatNumber, formatValue, toNumber} from "../model/numbers";
import type {CurveData, Evidence} from "../model/wire";
import {annotate} from "./annotate";
import {FONT, readColours} from "./colours";
import {marksFor} from "./marks";
import {type Scale, scaleFor} from "./scale";
import "uplot/dist/uPlot.min.css";
import "./CurveChart.css";

interface CurveChartProps {
  curve: CurveData;
  evidence: Evidence;
  dark: boolean;
  /** Nothing is flagged here: the threshold is a mere reference. */
  neutral: boolean;
  /** What the pointer is on, in words; empty when it leaves. */
  onHover: (words: string) => void;
}

/** One curve with what it proves: the stretch, the threshold, the point. */
export function CurveChart({curve, evidence, dark, neutral, onHover}: CurveChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const listener = useRef(onHover);
  listener.current = onHover;
  const picture = useMemo(() => layOut(curve, evidence, neutral), [curve, evidence, neutral]);
  const data = useMemo<uPlot.AlignedData>(
    () => [curve.steps, picture.drawn] as uPlot.AlignedData,
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
    const options = optionsFor(picture, curve, neutral, read);
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
  }, [data, picture, dark, neutral]);
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

function layOut(curve: CurveData, evidence: Evidence, neutral: boolean) {
  const values = curve.values.map(toNumber);
  const marks = marksFor({...evidence, axis: curve.axis}, curve.steps, values, neutral);
  const scale = scaleFor(values, marks.threshold ?? NaN);
  const drawn = values.map((value) => {
    if (!Number.isFinite(value)) return null;
    return scale.log && value <= 0 ? scale.low : value;
  });
  const axis: "step" | "epoch" = curve.axis === "epoch" ? "epoch" : "step";
  return {values, marks, scale, drawn, axis, unit: evidence.unit};
}

function optionsFor(
  picture: ReturnType<typeof layOut>,
  curve: CurveData,
  neutral: boolean,
  read: (index: number | null | undefined) => void,
): Omit<uPlot.Options, "width" | "height"> {
  const {scale, marks, drawn, axis} = picture;
  const colours = readColours();
  const few = curve.steps.length <= 24;
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
      {stroke: colours.data, width: 1.75, points: {show: few, size: 5, fill: colours.data}},
    ],
    hooks: {setCursor: [(plot) => read(plot.cursor.idx)]},
    plugins: [annotate({marks, scale, colours, axis, steps: curve.steps, drawn, neutral})],
  };
}

function tickText(tick: number, scale: Scale, unit: string): string {
  if (scale.zeroAtFloor && tick === scale.low) return "0";
  return unit === "share" ? `${Number((100 * tick).toPrecision(4))} %` : formatNumber(tick);
}
