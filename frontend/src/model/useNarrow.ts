import {useEffect, useState} from "preact/hooks";

/** The same width is in the style sheets: half a window of 1280, or a whole one at 200 %. */
const query = window.matchMedia("(max-width: 640px)");

/** Whether list and page have to share one column. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const listen = (): void => setNarrow(query.matches);
    query.addEventListener("change", listen);
    return () => query.removeEventListener("change", listen);
  }, []);
  return narrow;
}
