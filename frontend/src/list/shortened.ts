/** Signs at the end of a long text that are shown whatever happens to its middle. */
const TAIL = 10;

/**
 * A text that is drawn at most so wide: where there is no room for it, one sign stands for its middle,
 * close to what is left of both halves. Pure.
 */
export function shortened(text: string, width: number, measure: (text: string) => number): string {
  const line = text.replace(/\s/g, " "); // a directory's name may hold a line's end
  if (measure(line) <= width) return line;
  const signs = [...line];
  let [fits, most] = [0, signs.length - 1]; // signs that are left
  while (fits < most) {
    const middle = Math.ceil((fits + most) / 2);
    if (measure(withoutMiddle(signs, middle)) <= width) fits = middle;
    else most = middle - 1;
  }
  return withoutMiddle(signs, fits);
}

function withoutMiddle(signs: readonly string[], left: number): string {
  const tail = Math.min(TAIL, Math.ceil(left / 2));
  const head = signs.slice(0, left - tail).join("");
  return `${head.trimEnd()}…${signs
    .slice(signs.length - tail)
    .join("")
    .trimStart()}`;
}
