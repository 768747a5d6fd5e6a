import {useEffect, useRef, useState} from "preact/hooks";
import {onPointed, point} from "./linkedCursor";

/** First and last step that are shown. */
export type Span = readonly [first: number, last: number];

interface Pointing {
  data: {steps: readonly number[]};
  /** Left edge of each sample's column, and the right edge of the last one. */
  edges: readonly number[];
  /** Where each column ends. */
  ends: readonly number[];
  /** Where the columns begin. */
  left: number;
  setSpan: (span: Span | null) => void;
  /** Told which sample the pointer is on, -1 for none, and how far down it is; -1 for outside. */
  read: (sample: number, offsetY: number) => void;
}

const LEAST_DRAG = 6; // pixels: less is a click

/** The pointer on columns of samples: what it reads, what it drags over, what others point at. */
export function usePointer({data, edges, ends, left, setSpan, read}: Pointing) {
  const own = useRef({});
  const [pointed, setPointed] = useState<number | null>(null);
  const [start, setStart] = useState<number | null>(null);
  const [end, setEnd] = useState(0);
  useEffect(
    () =>
      onPointed(own.current, (other) => {
        const sample = other?.axis === "step" ? latestAt(data.steps, other.step) : -1;
        setPointed(edges[sample] ?? null);
      }),
    [data, edges],
  );
  const sampleAt = (x: number): number =>
    edges.findIndex((edge, n) => x >= edge && x < (ends[n] ?? -1));
  const drag = start === null ? null : ([Math.min(start, end), Math.max(start, end)] as const);
  const leave = (): void => {
    setStart(null);
    read(-1, -1);
    point(null, own.current);
  };
  const handlers = {
    onPointerDown: ({offsetX}: PointerEvent) => {
      setStart(offsetX - left);
      setEnd(offsetX - left);
    },
    onPointerMove: ({offsetX, offsetY}: PointerEvent) => {
      const sample = sampleAt(offsetX - left);
      const step = data.steps[sample];
      setEnd(offsetX - left);
      setPointed(null);
      read(sample, offsetX < left ? -1 : offsetY);
      point(step === undefined ? null : {axis: "step", step}, own.current);
    },
    onPointerUp: () => {
      setStart(null);
      if (!drag || drag[1] - drag[0] < LEAST_DRAG) return;
      const within = data.steps.filter((_, n) => {
        const [from, to] = [edges[n] ?? 0, ends[n] ?? 0];
        return to > drag[0] && from < drag[1];
      });
      const [first, last] = [within[0], within[within.length - 1]];
      if (first !== undefined && last !== undefined) setSpan([first, last]);
    },
    onPointerLeave: leave,
    onDblClick: () => setSpan(null),
  };
  return {pointed, drag, handlers};
}

/** Index of the last sample at or before a step; -1 before the first. */
function latestAt(steps: readonly number[], step: number): number {
  for (let n = steps.length - 1; n >= 0; n--) if ((steps[n] ?? 0) <= step) return n;
  return -1;
}

/** Of rising steps the places within a span, end excluded; all without one, or where none are. */
export function placesWithin(steps: readonly number[], span: Span | null): [number, number] {
  const all: [number, number] = [0, steps.length];
  if (!span) return all;
  const first = steps.findIndex((step) => step >= span[0]);
  const beyond = steps.findIndex((step) => step > span[1]);
  const end = beyond < 0 ? steps.length : beyond;
  return first < 0 || first >= end ? all : [first, end];
}
