import {useEffect, useState} from "preact/hooks";
import {opened} from "./collapsed";
import {isNarrow, type Narrowing} from "./narrowing";

/**
 * Which directories are collapsed. What is sought stands open: what is collapsed then holds for as long
 * as the same is sought and nothing in it is chosen, and the address keeps what held before.
 */
export function useCollapsed(
  narrowing: Narrowing,
  onNarrow: (next: Narrowing) => void,
  chosen: string,
  chosenIn: string,
): [collapsed: string, set: (next: string) => void] {
  const {find, state, why} = narrowing;
  const sought = JSON.stringify([find, state, why]);
  const [passing, setPassing] = useState({sought, collapsed: ""});
  useEffect(() => {
    setPassing((old) => ({...old, collapsed: opened(old.collapsed, chosenIn)}));
  }, [chosen]);
  if (!isNarrow(narrowing))
    return [narrowing.collapsed, (collapsed) => onNarrow({...narrowing, collapsed})];
  return [
    passing.sought === sought ? passing.collapsed : "",
    (collapsed) => setPassing({sought, collapsed}),
  ];
}
