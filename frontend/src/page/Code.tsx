import type {ComponentChildren} from "preact";
import {useState} from "preact/hooks";
import {isDiff, type Piece, pastedOf, piecesOf} from "./diff";
import "./Code.css";

interface CodeProps {
  code: string;
  /** What the code is, for the button that copies it: `the fix`. */
  what: string;
  /** Whether a `CopyWhole` stands elsewhere: then only code of several places has buttons beside it. */
  headed?: boolean;
}

/**
 * Code to read and copy, place by place. A diff shows its lines on green and red, with their signs;
 * what is copied has none.
 */
export function Code({code, what, headed = false}: CodeProps) {
  const diff = isDiff(code);
  const pieces = piecesOf(code);
  const pasted = headed && pastedOf(code).length === 1 ? [] : pastedOf(code);
  return (
    <div class={diff ? "Code Code--diff" : "Code"}>
      {pieces.map((piece, n) => (
        <div key={n} class="Code-piece">
          <Lines piece={piece} diff={diff} />
          {pasted.includes(piece.paste) && (
            <CopyButton
              text={piece.paste}
              what={pasted.length > 1 ? `part ${pasted.indexOf(piece.paste) + 1} of ${what}` : what}
            />
          )}
        </div>
      ))}
    </div>
  );
}

/** The button for code that is pasted at one place. */
export function CopyWhole({code, what}: {code: string; what: string}) {
  const [only, ...others] = pastedOf(code);
  return only && !others.length ? <CopyButton text={only} what={what} /> : null;
}

function Lines({piece, diff}: {piece: Piece; diff: boolean}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a line too long scrolls by keyboard, too
    <pre tabIndex={0}>
      {piece.lines.map(({sign, text}, n) => (
        <code key={n} class={sign === "+" ? "is-new" : sign === "-" ? "is-old" : ""}>
          {diff && <span class="Code-sign">{sign}</span>}
          {breakable(text)}
          {"\n"}
        </code>
      ))}
    </pre>
  );
}

/** A long line may break behind an opening bracket or a comma, rather than within a word. */
function breakable(text: string): ComponentChildren {
  if (text === "") return " ";
  return text.split(/(?<=[(,])/).flatMap((part, n) => (n === 0 ? [part] : [<wbr key={n} />, part]));
}

/** Copies the text; says so for two seconds. */
function CopyButton({text, what}: {text: string; what: string}) {
  const [said, setSaid] = useState("");
  const copy = async (): Promise<void> => {
    setSaid((await copyToClipboard(text)) ? "Copied" : "Select and copy by hand");
    window.setTimeout(() => setSaid(""), 2000);
  };
  return (
    <button
      type="button"
      class="LinkButton Code-copy"
      aria-label={`Copy ${what}`}
      title={text}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{said || "Copy"}</span>
    </button>
  );
}

/** A frame in a notebook's page may not: the browser would only log that it was asked. */
function mayUseClipboard(): boolean {
  const {featurePolicy} = document as {
    featurePolicy?: {allowsFeature: (name: string) => boolean};
  };
  return featurePolicy?.allowsFeature("clipboard-write") ?? true;
}

async function copyToClipboard(text: string): Promise<boolean> {
  if (!mayUseClipboard()) return copySelection(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelection(text); // no clipboard without https, unless on this very machine
  }
}

function copySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
