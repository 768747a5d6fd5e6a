import type {Finding, Training} from "../model/wire";
import {InlineCode} from "./InlineCode";
import {RuleLink} from "./RuleLink";
import {inSentence} from "./wording";

/** What else it could be, and what would settle it: a sentence each. */
export function RivalCauses({training, finding}: {training: Training; finding: Finding}) {
  const rivals = training.rivals.filter(({codes}) => codes.includes(finding.code));
  return rivals.map(({codes, would_separate: settles}) => (
    <p key={codes.join()} class="Rival">
      It could also be{" "}
      {codes
        .filter((code) => code !== finding.code)
        .map((code) => (
          <span key={code}>
            {inSentence(training.checks[code]?.title ?? "another cause")} (<RuleLink code={code} />)
          </span>
        ))}
      .{" "}
      <span class="soft">
        What would settle it: <InlineCode text={settles.replace(/\.$/, "")} links />.
      </span>
    </p>
  ));
}
