/** What a key does in the list. Pure. */
import {headOf, type Stop} from "./layout";

export type Move = {kind: "go"; to: number} | {kind: "collapse" | "open"; directory: string};

const FAR = 10; // stops

/** From the search box one key leads into the list. */
export const moveInto = (key: string): Move | null =>
  key === "ArrowDown" ? {kind: "go", to: 0} : null;

/**
 * Up and down go from stop to stop. To the left lies the head of a row, and what collapses that
 * head; to the right what opens it, and its first row. Null for a key that is none of ours.
 */
export function moveOf(key: string, stops: readonly Stop[], at: number): Move | null {
  const stop = stops[at];
  if (!stop) return null;
  const go = (to: number): Move => ({
    kind: "go",
    to: Math.min(stops.length - 1, Math.max(0, to)),
  });
  const {directory, isOpen} = stop.section;
  switch (key) {
    case "ArrowDown":
      return go(at + 1);
    case "ArrowUp":
      return go(at - 1);
    case "PageDown":
      return go(at + FAR);
    case "PageUp":
      return go(at - FAR);
    case "Home":
      return go(0);
    case "End":
      return go(stops.length - 1);
    case "ArrowLeft":
      if (directory === "") return null;
      if (stop.row) return go(headOf(stops, directory));
      return isOpen ? {kind: "collapse", directory} : null;
    case "ArrowRight":
      if (directory === "" || stop.row) return null;
      return isOpen ? go(at + 1) : {kind: "open", directory};
    default:
      return null;
  }
}
