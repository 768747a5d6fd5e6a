/** The page's colours for what is drawn on a canvas, read from its style sheet. */
export interface Colours {
  background: string;
  soft: string;
  border: string;
  accent: string;
  band: string;
  data: string;
  unseen: string;
}

export const FONT = "11px Roboto, system-ui, sans-serif";

export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    background: read("background"),
    soft: read("soft"),
    border: read("border"),
    accent: read("accent"),
    band: read("band"),
    data: read("data"),
    unseen: read("unseen"),
  };
}
