import type {RefObject} from "preact";
import {useLayoutEffect, useState} from "preact/hooks";

/** Width and height of an element in pixels, as they change; 0 before it is there. */
export function useSize(element: RefObject<HTMLElement | null>): {width: number; height: number} {
  const [size, setSize] = useState({width: 0, height: 0});
  useLayoutEffect(() => {
    const host = element.current;
    if (!host) return undefined;
    const measure = () => setSize({width: host.clientWidth, height: host.clientHeight});
    const watcher = new ResizeObserver(measure);
    watcher.observe(host);
    measure();
    return () => watcher.disconnect();
  }, []);
  return size;
}
