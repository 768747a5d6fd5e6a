import {useState} from "preact/hooks";
import {formatCount} from "../model/numbers";
import type {Check, Status} from "../model/wire";
import {readable, STATUSES} from "../model/words";
import {Words} from "./Words";

const ORDER: Status[] = ["flagged", "cannot_tell", "passed", "not_applicable"];

/** How many checks gave which answer: `4 flagged · 21 passed`. */
export function countChecks(checks: Record<string, Check>): string {
  const all = Object.values(checks);
  return ORDER.map((status) => [status, all.filter((c) => c.status === status).length] as const)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${STATUSES[status].words}`)
    .join(" · ");
}

/** Every check with its answer, what was seen, and the line that would log what it lacks. */
export function ChecksTable({checks}: {checks: Record<string, Check>}) {
  const [only, setOnly] = useState<Status | null>(null);
  const all = Object.entries(checks);
  const count = (status: Status): number => all.filter(([, c]) => c.status === status).length;
  const shown = ORDER.filter((status) => only === null || status === only).flatMap((status) =>
    all.filter(([, check]) => check.status === status),
  );
  return (
    <>
      <div class="Chips" role="group" aria-label="Show only">
        <Chip label={`all ${all.length}`} on={only === null} choose={() => setOnly(null)} />
        {ORDER.filter((status) => count(status) > 0).map((status) => (
          <Chip
            key={status}
            label={`${count(status)} ${STATUSES[status].words}`}
            on={only === status}
            choose={() => setOnly(status)}
          />
        ))}
      </div>
      <table class="Table Checks" aria-label={formatCount(shown.length, "check")}>
        <tbody>
          {shown.map(([code, check]) => (
            <CheckRow key={code} code={code} check={check} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function CheckRow({code, check}: {code: string; check: Check}) {
  const mark = STATUSES[check.status];
  return (
    <tr>
      <td class={`Checks-status tone-${mark.tone}`}>
        <span aria-hidden="true">{mark.sign}</span> {mark.words}
      </td>
      <th scope="row">
        {check.name ? readable(check.name) : code}
        {check.name && <small class="soft"> {code}</small>}
      </th>
      <td>
        <Words text={check.reason} />
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
