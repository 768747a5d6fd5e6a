/** Code of a fix: plain, or a diff whose lines begin with `- `, `+ ` or two blanks. */
export interface CodeLine {
  sign: "+" | "-" | " ";
  text: string;
}

export function linesOf(code: string): CodeLine[] {
  const lines = code.replace(/\n+$/, "").split("\n");
  if (!isDiff(lines)) return lines.map((text) => ({sign: " ", text}));
  return lines.map((line) => ({sign: signOf(line), text: line.slice(2)}));
}

/** What to paste: of a diff, the lines that stay or come new. */
export function pasteable(code: string): string {
  return linesOf(code)
    .filter(({sign}) => sign !== "-")
    .map(({text}) => text)
    .join("\n");
}

export function isDiff(lines: readonly string[]): boolean {
  const marked = lines.filter((line) => line !== "");
  return (
    marked.every((line) => /^([-+] | {2}|[-+]$)/.test(line)) &&
    marked.some((line) => /^[-+]( |$)/.test(line))
  );
}

function signOf(line: string): CodeLine["sign"] {
  return line.startsWith("+") ? "+" : line.startsWith("-") ? "-" : " ";
}
