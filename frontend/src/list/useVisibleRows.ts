import type {RefObject} from "preact";
import {useLayoutEffect, useState} from "preact/hooks";

export const ROW_HEIGHT = 60; // pixels; the style sheet has it, too
const BEYOND = 8; // rows that are drawn above and below what can be seen

/** Which rows of a scrolling list have to be there: first, and one behind the last. */
export function visibleRows(top: number, height: number, count: number): [number, number] {
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - BEYOND);
  return [first, Math.min(count, Math.ceil((top + height) / ROW_HEIGHT) + BEYOND)];
}

/** The same, as the list is scrolled and resized. */
export function useVisibleRows(box: RefObject<HTMLElement | null>, count: number) {
  const [seen, setSeen] = useState({top: 0, height: 800});
  useLayoutEffect(() => {
    const list = box.current;
    if (!list) return undefined;
    const measure = () => setSeen({top: list.scrollTop, height: list.clientHeight});
    const watcher = new ResizeObserver(measure);
    watcher.observe(list);
    list.addEventListener("scroll", measure, {passive: true});
    measure();
    return () => {
      watcher.disconnect();
      list.removeEventListener("scroll", measure);
    };
  }, []);
  return visibleRows(seen.top, seen.height, count);
}

/** Scrolls no farther than it takes to see a row whole. */
export function scrollToRow(list: HTMLElement | null, row: number): void {
  if (!list || row < 0) return;
  const top = row * ROW_HEIGHT;
  if (top < list.scrollTop) list.scrollTop = top;
  const bottom = top + ROW_HEIGHT - list.clientHeight;
  if (bottom > list.scrollTop) list.scrollTop = bottom;
}
