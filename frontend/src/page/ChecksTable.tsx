import {useState} from "preact/hooks";
import {formatCount} from "../model/numbers";
import type {Check, Mark, NoRecording, Status, Tally} from "../model/wire";
import {InlineCode} from "./InlineCode";
import {RuleLink} from "./RuleLink";
import "./Table.css";
import "./ChecksTable.css";

/** How many checks gave which answer: `4 flagged · 21 passed`. */
export const countChecks = (tally: readonly Tally[]): string => tally.map(words).join(" · ");

const words = ({count, mark}: Tally): string => `${count} ${mark.words}`;

interface ChecksTableProps {
  checks: Record<string, Check>;
  tally: readonly Tally[];
  noRecording: NoRecording | null;
}

/** Every check with its answer, what was seen, and the line that would log what it lacks. */
export function ChecksTable({checks, tally, noRecording}: ChecksTableProps) {
  const [only, setOnly] = useState<Status | null>(null);
  const [whole, setWhole] = useState(false);
  const joined = whole ? null : noRecording;
  const all = Object.entries(checks);
  const shown = tally
    .filter(({status}) => only === null || status === only)
    .flatMap(({status, mark}) =>
      all
        .filter(([code, check]) => check.status === status && !joined?.codes.includes(code))
        .map((entry) => [...entry, mark] as const),
    );
  const untold = tally.find(({status}) => status === "cannot_tell");
  const isJoinedShown = joined && untold && (only === null || only === untold.status);
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
          {rows(shown.filter(([, {status}]) => status === "flagged"))}
          {isJoinedShown && (
            <JoinedRow joined={joined} mark={untold.mark} open={() => setWhole(true)} />
          )}
          {rows(shown.filter(([, {status}]) => status !== "flagged"))}
        </tbody>
      </table>
    </>
  );
}

const rows = (checks: readonly (readonly [string, Check, Mark])[]) =>
  checks.map(([code, check, mark]) => (
    <CheckRow key={code} code={code} check={check} mark={mark} />
  ));

interface JoinedRowProps {
  joined: NoRecording;
  mark: Mark;
  open: () => void;
}

/** One line for all the checks that only a recording would let answer. */
function JoinedRow({joined, mark, open}: JoinedRowProps) {
  return (
    <tr>
      <td class={`Checks-status tone-${mark.tone}`}>
        <span aria-hidden="true">{mark.sign}</span> {mark.words}
      </td>
      <th scope="row">{formatCount(joined.codes.length, "check")}</th>
      <td>
        {joined.sentence}{" "}
        <button type="button" class="LinkButton" onClick={open}>
          Show them
        </button>
      </td>
    </tr>
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
        {check.title !== code && (
          <small>
            {" "}
            <RuleLink code={code} />
          </small>
        )}
      </th>
      <td>
        <InlineCode text={check.reason} links />
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
