import {useEffect, useState} from "preact/hooks";

/** How many pixels wide a text is drawn in the list. */
export type TextWidth = (text: string, weight: number) => number;

const SIZE = 14; // pixels, as in the style sheet
const context = document.createElement("canvas").getContext("2d");

/** Measures text without laying out the page; another one once another typeface is there. */
export function useTextWidth(): TextWidth {
  const [measure, setMeasure] = useState(measured);
  useEffect(() => {
    const faces = document.fonts;
    const listen = (): void => setMeasure(measured);
    faces?.addEventListener("loadingdone", listen);
    return () => faces?.removeEventListener("loadingdone", listen);
  }, []);
  return measure;
}

function measured(): TextWidth {
  const family = getComputedStyle(document.body).fontFamily;
  return (text, weight) => {
    if (!context) return 0;
    context.font = `${weight} ${SIZE}px ${family}`;
    // The style sheet has all digits as wide as this one.
    return context.measureText(text.replace(/\d/g, "0")).width;
  };
}
