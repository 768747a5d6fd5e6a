import {useCallback, useEffect, useState} from "preact/hooks";
import {onPlaceChange, readPlace, writePlace} from "../host/host";
import type {Place} from "../host/place";

export interface PlaceControl {
  place: Place;
  choose: (run: string) => void;
  /** Folds or unfolds a line of that training's page. */
  toggle: (run: string, line: string) => void;
}

/** The chosen training and the unfolded lines, in step with the address. */
export function usePlace(): PlaceControl {
  const [place, setPlace] = useState<Place>(readPlace);
  useEffect(() => onPlaceChange(setPlace), []);
  const choose = useCallback((run: string) => {
    const next = {run, open: []};
    setPlace(next);
    writePlace(next, "push");
  }, []);
  const toggle = useCallback(
    (run: string, line: string) => {
      const open = place.open.includes(line)
        ? place.open.filter((other) => other !== line)
        : [...place.open, line];
      const next = {run, open};
      setPlace(next);
      writePlace(next, "replace");
    },
    [place],
  );
  return {place, choose, toggle};
}
