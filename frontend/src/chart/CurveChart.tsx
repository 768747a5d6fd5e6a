import {useLayoutEffect, useMemo, useRef, useState} from "preact/hooks";
import uPlot from "uplot";
import {formatNumber, formatValue} from "../model/numbers";
import {annotate} from "./annotate";
import {FONT, readColours} from "./colours";
import {type LaidOut, type Line, layOut} from "./lines";
import {onPointed, point} from "./linkedCursor";
import type {Scale} from "./scale";
import "uplot/dist/uPlot.min.css";
import "./CurveChart.css";

const LOW = 130; // pixels: there is no room for all ticks

interface CurveChartProps {
  /** One, or several on one scale. */
  lines: readonly Line[];
  dark: boolean;
  /** What the pointer is on, in words; empty when it leaves. */
  onHover: (words: string) => void;
}

/** Curves with what they prove: the stretch, the threshold, the point. A drag looks closer. */
export function CurveChart({lines, dark, onHover}: CurveChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const listener = useRef(onHover);
  listener.current = onHover;
  const [zoomed, setZoomed] = useState(false);
  const picture = useMemo(() => layOut(lines), [lines]);
  const data = useMemo(
    () => [picture.steps.map(picture.places.place), ...picture.drawn] as uPlot.AlignedData,
    [picture],
  );
  useLayoutEffect(() => {
    const host = box.current;
    if (!host) return undefined;
    const own = {};
    let isOwn = true; // pointed at here, not on another picture
    const read = (index: number | null | undefined): void => {
      if (!isOwn) return;
      const step = picture.steps[index ?? -1];
      listener.current(step === undefined ? "" : inWords(picture, index ?? -1));
      point(step === undefined ? null : {axis: picture.axis, step}, own);
    };
    const size = () => ({
      width: Math.max(host.clientWidth, 120),
      height: Math.max(host.clientHeight, 90),
    });
    const chart = new uPlot({...optionsFor(picture, read, setZoomed), ...size()}, data, host);
    plot.current = chart;
    const watcher = new ResizeObserver(() => chart.setSize(size()));
    watcher.observe(host);
    const stop = onPointed(own, (pointed) => {
      isOwn = false;
      const meant = pointed?.axis === picture.axis ? picture.places.place(pointed.step) : null;
      chart.setCursor({left: meant === null ? -10 : chart.valToPos(meant, "x"), top: 0});
      isOwn = true;
    });
    void document.fonts?.ready.then(() => host.isConnected && chart.redraw(false, true));
    return () => {
      stop();
      watcher.disconnect();
      chart.destroy();
    };
  }, [data, picture, dark]);
  const reset = (): void => {
    const places = data[0];
    plot.current?.setScale("x", {min: places[0] ?? 0, max: places[places.length - 1] ?? 1});
  };
  const {marks} = picture;
  const words = [marks.pointText, marks.brokenText, marks.thresholdText].filter(Boolean).join("; ");
  const curves = picture.lines.map(
    ({curve}) => `Curve of ${curve.tag}, ${formatNumber(curve.count)} points.`,
  );
  return (
    <div class="Chart-frame">
      <div ref={box} class="Chart" role="img" aria-label={`${curves.join(" ")} ${words}`} />
      {zoomed && (
        <button type="button" class="LinkButton Chart-reset" onClick={reset}>
          Reset zoom
        </button>
      )}
    </div>
  );
}

/** What all lines are at one step: `epoch 3: 0.41`, with their names where there are several. */
function inWords({lines, steps, values, axis}: LaidOut, index: number): string {
  const found = lines.flatMap(({evidence, name}, n) => {
    const value = values[n]?.[index];
    if (value === undefined) return [];
    const told = formatValue(value, evidence.unit);
    return [lines.length > 1 ? `${name} ${told}` : told];
  });
  return `${axis} ${formatNumber(steps[index] ?? 0)}: ${found.join(", ")}`;
}

function optionsFor(
  picture: LaidOut,
  read: (index: number | null | undefined) => void,
  onZoom: (zoomed: boolean) => void,
): Omit<uPlot.Options, "width" | "height"> {
  const {lines, steps, scale, drawn, places} = picture;
  const colours = readColours();
  const few = steps.length <= 24;
  const lonely = [...new Set(places.gaps.flatMap((n) => [n, n + 1]))];
  const [first, last] = [places.place(steps[0] ?? 0), places.place(steps[steps.length - 1] ?? 0)];
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
  const unit = lines[0]?.evidence.unit ?? "";
  const names = lines.length > 1 ? lines.map(({name}) => name) : [];
  return {
    legend: {show: false},
    padding: [8, 8, 0, 0],
    cursor: {
      drag: {x: true, y: false},
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
        splits: (plot) => (plot.height < LOW ? everySecond(scale.ticks) : scale.ticks),
        filter: (_, splits) => splits,
        values: (_, splits) => splits.map((tick) => tickText(tick, scale, unit)),
      },
    ],
    series: [
      {},
      ...drawn.map(
        (_, n): uPlot.Series => ({
          stroke: n ? colours.soft : colours.data,
          width: 1.75,
          gaps,
          points: {
            show: few || lonely.length > 0,
            filter: (_plot, __, show) => (show && !few ? lonely : null),
            size: 5,
            fill: n ? colours.soft : colours.data,
          },
        }),
      ),
    ],
    hooks: {
      setCursor: [(plot) => read(plot.cursor.idx)],
      setScale: [
        (plot, key) => {
          const {min, max} = plot.scales.x ?? {};
          if (key === "x") onZoom((min ?? first) > first || (max ?? last) < last);
        },
      ],
    },
    plugins: [annotate({...picture, colours, names})],
  };
}

const everySecond = (ticks: readonly number[]): number[] => ticks.filter((_, n) => n % 2 === 0);

function tickText(tick: number, scale: Scale, unit: string): string {
  if (scale.zeroAtFloor && tick === scale.low) return "0";
  return unit === "share" ? `${Number((100 * tick).toPrecision(4))} %` : formatNumber(tick);
}
