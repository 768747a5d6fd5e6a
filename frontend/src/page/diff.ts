/** Code of a fix: plain, or a diff, whose new lines begin with `+ ` and whose old ones with `- `. Pure. */
export interface CodeLine {
  sign: "+" | "-" | " ";
  text: string;
}

/** A stretch of code that is changed or pasted in one go. */
export interface Piece {
  lines: CodeLine[];
  /** What is to be pasted there, without signs; empty where nothing is. */
  paste: string;
}

/** Its pieces in order: plain code is one, of a diff each place that changes is, and what stays. */
export function piecesOf(code: string): Piece[] {
  const lines = linesOf(code);
  if (!isDiff(code)) return [pieceOf(lines)];
  const pieces: CodeLine[][] = [];
  let piece: CodeLine[] = [];
  for (const line of lines) {
    if (begins(line, piece)) {
      piece = [];
      pieces.push(piece);
    }
    piece.push(line);
  }
  return pieces.map(pieceOf);
}

/** What is pasted, place by place: of a diff what comes new, else all of it. */
export function pastedOf(code: string): string[] {
  const diff = isDiff(code);
  return piecesOf(code)
    .filter(({lines, paste}) => paste && !(diff && lines[0]?.sign === " "))
    .map(({paste}) => paste);
}

/** Another place begins where lines stay after some that change, and where old lines follow new ones. */
function begins(line: CodeLine, piece: readonly CodeLine[]): boolean {
  const last = piece[piece.length - 1];
  if (!last || (line.sign === " ") !== (last.sign === " ")) return true;
  return line.sign === "-" && last.sign === "+" && piece.some(({sign}) => sign === "-");
}

function pieceOf(lines: CodeLine[]): Piece {
  const changed = lines.some(({sign}) => sign !== " ");
  const kept = lines.filter(({sign}) => !changed || sign === "+");
  return {lines, paste: kept.map(({text}) => text).join("\n")};
}

export function isDiff(code: string): boolean {
  return code.split("\n").some((line) => /^[-+]( |$)/.test(line));
}

function linesOf(code: string): CodeLine[] {
  const lines = code.replace(/\n+$/, "").split("\n");
  if (!isDiff(code)) return lines.map((text) => ({sign: " ", text}));
  // Lines that stay are as deep as the others, behind two blanks, or written without a sign's room.
  const roomy = lines.every((line) => line === "" || /^[-+]( |$)| {2}/.test(line));
  return lines.map((line) => {
    if (/^[-+]( |$)/.test(line))
      return {sign: line.startsWith("+") ? "+" : "-", text: line.slice(2)};
    return {sign: " ", text: roomy ? line.slice(2) : line};
  });
}
