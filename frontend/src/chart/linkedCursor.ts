/** Where the pointer is on one picture of a page, for the others to show it, too. */
import type {Axis} from "../model/wire";

export interface Pointed {
  axis: Axis;
  step: number;
}

type Listener = (pointed: Pointed | null, from: object) => void;
const listeners = new Set<Listener>();

/** Tells all pictures what `from` is pointed at; null where it no longer is. */
export function point(pointed: Pointed | null, from: object): void {
  for (const listener of listeners) listener(pointed, from);
}

/** Hears of pointers on other pictures than the own one; returns how to stop. */
export function onPointed(own: object, hear: (pointed: Pointed | null) => void): () => void {
  const listener: Listener = (pointed, from) => from !== own && hear(pointed);
  listeners.add(listener);
  return () => listeners.delete(listener);
}
