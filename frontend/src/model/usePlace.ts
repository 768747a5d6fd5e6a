import {useCallback, useEffect, useState} from "preact/hooks";
import {onPlaceChange, readPlace, writePlace} from "../host/host";
import type {Place} from "../host/place";
import type {Narrowing} from "../list/narrowing";

export interface PlaceControl {
  place: Place;
  /** Shows another training, with these directories collapsed. */
  choose: (run: string, collapsed: string) => void;
  /** Compares a training with others; null ends that. */
  compare: (run: string, against: readonly string[] | null) => void;
  /** Narrows or sorts the list. */
  narrow: (narrowing: Narrowing) => void;
  /** Shows another cause of a training, empty for the main one, with these directories collapsed. */
  turn: (run: string, cause: string, collapsed: string) => void;
  /** Shows the page of a rule; empty for the verdict. */
  explain: (code: string) => void;
  /** Folds or unfolds a line of that training's page. */
  toggle: (run: string, line: string) => void;
}

/** What is shown, in step with the address. */
export function usePlace(): PlaceControl {
  const [place, setPlace] = useState<Place>(readPlace);
  useEffect(() => onPlaceChange(setPlace), []);
  const go = useCallback((next: Place, how: "push" | "replace") => {
    setPlace(next);
    writePlace(next, how);
  }, []);
  const choose = (run: string, collapsed: string): void =>
    go({...place, run, collapsed, cause: "", rule: "", against: null, open: []}, "push");
  const compare = (run: string, against: readonly string[] | null): void =>
    go({...place, run, rule: "", against}, "push");
  const narrow = (narrowing: Narrowing): void => go({...place, ...narrowing}, "replace");
  const turn = (run: string, cause: string, collapsed: string): void => {
    const isElsewhere = place.run !== run || place.rule !== "" || place.against !== null;
    go(
      {...place, run, cause, collapsed, rule: "", against: null},
      isElsewhere ? "push" : "replace",
    );
  };
  const explain = (rule: string): void => go({...place, rule}, "push");
  const toggle = (run: string, line: string): void => {
    const open = place.open.includes(line)
      ? place.open.filter((other) => other !== line)
      : [...place.open, line];
    go({...place, run, open}, "replace");
  };
  return {place, choose, compare, narrow, turn, explain, toggle};
}
