import type {ComponentChildren} from "preact";
import {useState} from "preact/hooks";
import {isDiff, linesOf, pasteable} from "./diff";
import "./Code.css";

/** Code to read and copy; a diff shows its lines on green and red, with their signs. */
export function Code({code}: {code: string}) {
  const diff = isDiff(code.split("\n"));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a line too long scrolls by keyboard, too
    <pre class={diff ? "Code Code--diff" : "Code"} tabIndex={0}>
      {linesOf(code).map(({sign, text}, n) => (
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

/** Copies the new code; says so for two seconds. */
export function CopyButton({code, what}: {code: string; what: string}) {
  const [said, setSaid] = useState("");
  const copy = async (): Promise<void> => {
    setSaid((await copyToClipboard(pasteable(code))) ? "Copied" : "Select and copy by hand");
    window.setTimeout(() => setSaid(""), 2000);
  };
  return (
    <button
      type="button"
      class="LinkButton"
      aria-label={`Copy ${what}`}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{said || "Copy"}</span>
    </button>
  );
}

async function copyToClipboard(text: string): Promise<boolean> {
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
