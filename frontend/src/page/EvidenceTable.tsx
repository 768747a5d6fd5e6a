import type {Evidence} from "../model/wire";
import {InlineCode} from "./InlineCode";
import "./Table.css";
import "./EvidenceTable.css";

interface EvidenceTableProps {
  rows: readonly Evidence[];
  /** Healthy values that speak against other causes. */
  ruledOut?: readonly Evidence[];
  /** Heads the table; without one there is no head. */
  title?: string;
  /** Index of the row whose curve is drawn; null where none is. */
  drawn?: number | null;
  /** Asked to draw the curve of a row; those that are ruled out count on behind the others. */
  onDraw?: (index: number) => void;
}

/** What was seen: each number beside what is healthy, and whether it is. */
export function EvidenceTable(props: EvidenceTableProps) {
  const {rows, ruledOut = [], title = "", drawn = null, onDraw} = props;
  const all = [...rows, ...ruledOut];
  const choice = drawn === null || all.filter((row) => row.tag !== null).length > 1;
  const row = (fact: Evidence, n: number) => (
    <Row
      key={n}
      row={fact}
      drawn={n === drawn}
      onDraw={onDraw && fact.tag !== null && choice ? () => onDraw(n) : undefined}
    />
  );
  return (
    <table class="Table Evidence">
      {title && <Head title={title} limited={all.some(({limit_text}) => limit_text)} />}
      <tbody>{rows.map(row)}</tbody>
      {ruledOut.length > 0 && (
        <tbody>
          <tr>
            <td colSpan={4} class="Evidence-group">
              <h3>Rules out</h3>
            </td>
          </tr>
          {ruledOut.map((fact, n) => row(fact, rows.length + n))}
        </tbody>
      )}
    </table>
  );
}

function Head({title, limited}: {title: string; limited: boolean}) {
  return (
    <thead>
      <tr>
        <th scope="col">{title}</th>
        <th scope="col" class="is-number">
          seen
        </th>
        <th scope="col" class="is-number">
          {limited && "healthy"}
        </th>
        <td />
      </tr>
    </thead>
  );
}

interface RowProps {
  row: Evidence;
  drawn: boolean;
  onDraw: (() => void) | undefined;
}

function Row({row, drawn, onDraw}: RowProps) {
  return (
    <tr class={drawn ? "is-drawn" : ""} title={sourceOf(row)}>
      <th scope="row">
        {row.rules_out && <>{row.rules_out}: </>}
        {onDraw ? (
          <DrawButton row={row} pressed={drawn} onClick={onDraw} />
        ) : (
          <InlineCode text={row.text} />
        )}
        {row.layer && !row.text.includes(row.layer) && <code> {row.layer}</code>}
        {row.estimated && <span class="soft"> (estimated)</span>}
      </th>
      <td class="is-number">{row.value_text}</td>
      <td class="is-number soft">{row.limit_text}</td>
      <td class="Evidence-mark">
        <Verdict wrong={row.wrong} />
      </td>
    </tr>
  );
}

/** On which side of its limit a value lies; nothing where no limit tells. */
function Verdict({wrong}: {wrong: boolean | null}) {
  if (wrong === null) return null;
  return (
    <span class={wrong ? "tone-bad" : "tone-good"}>
      <span aria-hidden="true">{wrong ? "✕" : "✓"}</span>
      <span class="visually-hidden">{wrong ? "wrong" : "healthy"}</span>
    </span>
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
