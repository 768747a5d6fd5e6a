/** How the curves of compared trainings are told apart: by colour and, for whoever sees none, by dashes. */

const COLOURS = 4;
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

/** The training at place 0 is the one that is looked at: it has the line that curves have elsewhere. */
export const colourName = (place: number): string => `--series-${(place % COLOURS) + 1}`;

export const colourOf = (place: number): string =>
  getComputedStyle(document.documentElement).getPropertyValue(colourName(place)).trim();

export const dashOf = (place: number): number[] => DASHES[place % DASHES.length] ?? [];
