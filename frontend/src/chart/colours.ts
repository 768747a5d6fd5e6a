/** The page's colours for what is drawn on a canvas, read from its style sheet. */
export interface Colours {
  ground: string;
  ink: string;
  soft: string;
  line: string;
  accent: string;
  band: string;
  data: string;
}

export const FONT = "11px Roboto, system-ui, sans-serif";

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: read("ground"),
    ink: read("ink"),
    soft: read("soft"),
    line: read("line"),
    accent: read("accent"),
    band: read("band"),
    data: read("data"),
  };
}
