import type {Check, StepAnswer} from "../model/wire";
import {RuleLink} from "./RuleLink";
import "./Table.css";
import "./Checklist.css";

interface ChecklistProps {
  steps: readonly StepAnswer[];
  checks: Record<string, Check>;
}

/** The six steps of a first look, each answered, with what was found. */
export function Checklist({steps, checks}: ChecklistProps) {
  return (
    <table class="Table Checklist" aria-label="The six steps of a first look">
      <tbody>
        {steps.map(({title, question, mark, summary, flagged}) => (
          <tr key={title}>
            <td class={`Checklist-answer tone-${mark.tone}`}>
              <span aria-hidden="true">{mark.sign}</span> {mark.words}
            </td>
            <th scope="row">
              {title} <span class="soft">{question}</span>
            </th>
            <td>
              {flagged.map((code) => (
                <div key={code}>
                  {checks[code]?.title ?? ""} <RuleLink code={code} />
                </div>
              ))}
              <span class="soft">{summary}</span>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The same in a line: each step with its sign. */
export function ChecklistLine({steps}: {steps: readonly StepAnswer[]}) {
  return (
    <span class="ChecklistLine">
      {steps.map(({title, mark}) => (
        <span key={title}>
          {title}{" "}
          <span class={`tone-${mark.tone}`} aria-hidden="true">
            {mark.sign}
          </span>
          <span class="visually-hidden">{mark.words}; </span>
        </span>
      ))}
    </span>
  );
}
