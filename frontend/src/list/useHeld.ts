import {useLayoutEffect, useMemo, useState} from "preact/hooks";
import {headOf, type Stop, stopOf} from "./layout";
import type {Narrowing} from "./narrowing";

/** What the tab key stops at: a training, or the head of a directory. */
export interface Held {
  name: string;
  isHead: boolean;
  /** Counts how often a key or a click led there: then it gets the focus. */
  focused: number;
}

interface HeldControl {
  held: Held;
  /** Its place among the stops; that of the chosen training where it is not there any more. */
  at: number;
  hold: (name: string, isHead: boolean) => void;
}

/** The one stop of the tab key: where keys led, from the chosen training on. */
export function useHeld(stops: readonly Stop[], chosen: string, narrowing: Narrowing): HeldControl {
  const {find, state, why, sort} = narrowing;
  const [held, setHeld] = useState<Held>({name: chosen, isHead: false, focused: 0});
  useLayoutEffect(
    () => setHeld({name: chosen, isHead: false, focused: 0}),
    [chosen, find, state, why, sort],
  );
  const at = useMemo(() => {
    const own = held.isHead ? headOf(stops, held.name) : stopOf(stops, held.name);
    return Math.max(0, own < 0 ? stopOf(stops, chosen) : own);
  }, [stops, held, chosen]);
  const hold = (name: string, isHead: boolean): void =>
    setHeld(({focused}) => ({name, isHead, focused: focused + 1}));
  return {held, at, hold};
}
