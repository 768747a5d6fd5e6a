import {useState} from "preact/hooks";
import {formatCount} from "../model/numbers";
import type {Check, Mark, Status, Tally} from "../model/wire";
import {InlineCode} from "./InlineCode";
import "./Table.css";
import "./ChecksTable.css";

/** How many checks gave which answer: `4 flagged · 21 passed`. */
export const countChecks = (tally: readonly Tally[]): string => tally.map(words).join(" · ");

const words = ({count, mark}: Tally): string => `${count} ${mark.words}`;

interface ChecksTableProps {
  checks: Record<string, Check>;
  tally: readonly Tally[];
}

/** Every check with its answer, what was seen, and the line that would log what it lacks. */
export function ChecksTable({checks, tally}: ChecksTableProps) {
  const [only, setOnly] = useState<Status | null>(null);
  const all = Object.entries(checks);
  const shown = tally
    .filter(({status}) => only === null || status === only)
    .flatMap(({status, mark}) =>
      all.filter(([, check]) => check.status === status).map((entry) => [...entry, mark] as const),
    );
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is part of a form */}
      <div class="Chips" role="group" aria-label="Show only">
        <Chip label={`all ${all.length}`} on={only === null} choose={() => setOnly(null)} />
        {tally.map((entry) => (
          <Chip
            key={entry.status}
            label={words(entry)}
            on={only === entry.status}
            choose={() => setOnly(entry.status)}
          />
        ))}
      </div>
      <table class="Table Checks" aria-label={formatCount(shown.length, "check")}>
        <tbody>
          {shown.map(([code, check, mark]) => (
            <CheckRow key={code} code={code} check={check} mark={mark} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function CheckRow({code, check, mark}: {code: string; check: Check; mark: Mark}) {
  return (
    <tr>
      <td class={`Checks-status tone-${mark.tone}`}>
        <span aria-hidden="true">{mark.sign}</span> {mark.words}
      </td>
      <th scope="row">
        {check.title}
        {check.title !== code && <small class="soft"> {code}</small>}
      </th>
      <td>
        <InlineCode text={check.reason} />
        {check.needs.map(({what, how_to_log}, n) => (
          <div key={n} class="Checks-need">
            <span class="soft">To log {what}: </span>
            <code>{how_to_log}</code>
          </div>
        ))}
      </td>
    </tr>
  );
}

function Chip({label, on, choose}: {label: string; on: boolean; choose: () => void}) {
  return (
    <button type="button" class="Chip" aria-pressed={on} onClick={choose}>
      {label}
    </button>
  );
}
