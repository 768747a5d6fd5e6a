import type {RefObject} from "preact";
import {useLayoutEffect, useState} from "preact/hooks";
import {ROW_HEIGHT} from "./layout";

/** How far a list is scrolled, and its size, in pixels. */
interface Scrolled {
  /** In whole rows: nothing is drawn anew for less. */
  top: number;
  height: number;
  /** Without the scroll bar; 0 before it is known. */
  width: number;
}

/** The same, as the list is scrolled and resized. */
export function useScrolled(box: RefObject<HTMLElement | null>): Scrolled {
  const [seen, setSeen] = useState<Scrolled>({top: 0, height: 800, width: 0});
  useLayoutEffect(() => {
    const list = box.current;
    if (!list) return undefined;
    const measure = (): void => {
      const top = Math.floor(list.scrollTop / ROW_HEIGHT) * ROW_HEIGHT;
      const {clientHeight: height, clientWidth: width} = list;
      setSeen((old) =>
        old.top === top && old.height === height && old.width === width
          ? old
          : {top, height, width},
      );
    };
    const watcher = new ResizeObserver(measure);
    watcher.observe(list);
    list.addEventListener("scroll", measure, {passive: true});
    measure();
    return () => {
      watcher.disconnect();
      list.removeEventListener("scroll", measure);
    };
  }, []);
  return seen;
}
