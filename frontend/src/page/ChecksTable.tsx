import type {ComponentChildren} from "preact";
import {useState} from "preact/hooks";
import {formatCount} from "../model/numbers";
import type {Check, Mark, NoRecording, Status, Tally} from "../model/wire";
import {familiesOf, type Line} from "./checks";
import {InlineCode} from "./InlineCode";
import {RuleLink} from "./RuleLink";
import "./Table.css";
import "./ChecksTable.css";

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
  const families = familiesOf(checks, tally, only, joined?.codes ?? []);
  const untold = tally.find(({status}) => status === "cannot_tell");
  const isJoinedShown = joined && untold && (only === null || only === untold.status);
  const count = families.reduce((sum, {lines}) => sum + lines.length, 0);
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is part of a form */}
      <div class="Chips" role="group" aria-label="Show only">
        <Chip on={only === null} choose={() => setOnly(null)}>
          all {Object.keys(checks).length}
        </Chip>
        {tally.map((entry) => (
          <Chip
            key={entry.status}
            on={only === entry.status}
            choose={() => setOnly(only === entry.status ? null : entry.status)}
          >
            <span class={`tone-${entry.mark.tone}`} aria-hidden="true">
              {entry.mark.sign}
            </span>{" "}
            {words(entry)}
          </Chip>
        ))}
      </div>
      <table class="Table Checks" aria-label={formatCount(count, "check")}>
        {isJoinedShown && (
          <tbody>
            <JoinedRow joined={joined} mark={untold.mark} open={() => setWhole(true)} />
          </tbody>
        )}
        {families.map(({title, lines}) => (
          <tbody key={title}>
            {title && (
              <tr>
                <td colSpan={3} class="Checks-family">
                  <h3>{title}</h3>
                </td>
              </tr>
            )}
            {lines.map((line) => (
              <CheckRow key={line.code} {...line} />
            ))}
          </tbody>
        ))}
      </table>
    </>
  );
}

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

/** What holds is said by its own sentence; only a screen reader needs the word for it. */
function CheckRow({code, check, mark}: Line) {
  const isSaid = check.statement !== check.title;
  return (
    <tr>
      <td class={`Checks-status tone-${mark.tone}`}>
        <span aria-hidden="true">{mark.sign}</span>{" "}
        <span class={isSaid ? "visually-hidden" : ""}>{mark.words}</span>
      </td>
      <th scope="row">
        {check.statement}
        {check.statement !== code && (
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

interface ChipProps {
  on: boolean;
  choose: () => void;
  children: ComponentChildren;
}

function Chip({on, choose, children}: ChipProps) {
  return (
    <button type="button" class="Chip" aria-pressed={on} onClick={choose}>
      {children}
    </button>
  );
}
