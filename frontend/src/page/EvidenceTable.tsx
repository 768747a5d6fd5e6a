import type {Evidence} from "../model/wire";
import {InlineCode} from "./InlineCode";
import "./Table.css";
import "./EvidenceTable.css";

interface EvidenceTableProps {
  rows: readonly Evidence[];
  /** Heads the table; without one there is no head. */
  title?: string;
  /** Index of the row whose curve is drawn; null where none is. */
  drawn?: number | null;
  /** Asked to draw the curve of a row. */
  onDraw?: (index: number) => void;
}

/** What was seen: each number with the limit that it is held against. */
export function EvidenceTable({rows, title = "", drawn = null, onDraw}: EvidenceTableProps) {
  const choice = drawn === null || rows.filter((row) => row.tag !== null).length > 1;
  const limited = rows.some((row) => row.limit_text);
  return (
    <table class="Table">
      {title && (
        <thead>
          <tr>
            <th scope="col">{title}</th>
            <th scope="col" class="is-number">
              value
            </th>
            {limited && (
              <th scope="col" class="is-number">
                limit
              </th>
            )}
          </tr>
        </thead>
      )}
      <tbody>
        {rows.map((row, n) => (
          <tr key={n} class={n === drawn ? "is-drawn" : ""} title={sourceOf(row)}>
            <th scope="row">
              {onDraw && row.tag !== null && choice ? (
                <DrawButton row={row} pressed={n === drawn} onClick={() => onDraw(n)} />
              ) : (
                <InlineCode text={row.text} />
              )}
              {row.layer && !row.text.includes(row.layer) && <code> {row.layer}</code>}
              {row.estimated && <span class="soft"> (estimated)</span>}
            </th>
            <td class="is-number">{row.value_text}</td>
            {limited && <td class="is-number soft">{row.limit_text}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface DrawButtonProps {
  row: Evidence;
  pressed: boolean;
  onClick: () => void;
}

function DrawButton({row, pressed, onClick}: DrawButtonProps) {
  return (
    <button
      type="button"
      class="LinkButton"
      aria-pressed={pressed}
      title={`Draw this curve: ${row.tag}`}
      onClick={onClick}
    >
      <InlineCode text={row.text} />
    </button>
  );
}

/** Run, tag and stretch of a number, for whoever wants to look it up. */
function sourceOf({run, tag, axis, first_step, last_step}: Evidence): string {
  const steps =
    first_step === null
      ? ""
      : last_step === null || last_step === first_step
        ? `${axis} ${first_step}`
        : `${axis} ${first_step} to ${last_step}`;
  return [run, tag, steps].filter(Boolean).join(" · ");
}
