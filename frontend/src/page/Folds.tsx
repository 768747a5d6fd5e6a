import type {ComponentChildren} from "preact";
import {formatCount} from "../model/numbers";
import type {Consequence, Evidence, Finding, Lacking, Training, Unrecorded} from "../model/wire";
import {ChecksTable, countChecks} from "./ChecksTable";
import {Code, CopyButton} from "./Code";
import {Consequences} from "./Consequences";
import {EvidenceTable} from "./EvidenceTable";
import {FindingBody} from "./FindingBody";
import {Fold} from "./Fold";
import {LossCard} from "./LossCard";
import {tagsOf} from "./picture";
import {Words} from "./Words";
import "./Folds.css";

interface FoldsProps {
  training: Training;
  /** The finding that the page opens with; null on a calm page. */
  main: Finding | null;
  open: readonly string[];
  onToggle: (line: string) => void;
}

const HEIGHT = 180;

/** Everything else about a training, in lines that already say what is inside. */
export function Folds({training, main, open, onToggle}: FoldsProps) {
  const {checks, tally, curve, rivals, notes, unrecorded, lacking} = training;
  const line = (id: string, title: string, aside: string, children: () => ComponentChildren) => (
    <Fold key={id} {...{title, aside}} open={open.includes(id)} onToggle={() => onToggle(id)}>
      {children}
    </Fold>
  );
  return (
    <div class="Folds">
      {main &&
        main.explains.length > 0 &&
        line("explains", explainsTitle(main), names(main.explains), () => (
          <Consequences training={training} items={main.explains} />
        ))}
      {main &&
        main.counter_evidence.length > 0 &&
        line("against", "What speaks against it", against(main), () => (
          <EvidenceTable rows={main.counter_evidence} title="What was seen" />
        ))}
      {training.findings
        .filter((finding) => finding !== main)
        .map((finding) =>
          line(finding.code, finding.summary, `${finding.tier} · ${finding.code}`, () => (
            <Further training={training} finding={finding} />
          )),
        )}
      {main &&
        curve?.tag &&
        !tagsOf(main.evidence).includes(curve.tag) &&
        line("loss", "The loss against its baseline", versus(curve), () => (
          <LossCard training={training} curve={curve} height={HEIGHT} />
        ))}
      {rivals.length > 0 &&
        line(
          "rivals",
          "What would settle it",
          rivals.map((r) => r.codes.join(" or ")).join(" · "),
          () =>
            rivals.map(({codes, would_separate}) => (
              <p key={codes.join()}>
                <span class="soft">
                  {codes.map((code) => nameOf(training, code)).join(" or ")}:{" "}
                </span>
                <Words text={would_separate} />
              </p>
            )),
        )}
      {lacking.length > 0 &&
        line(
          "lacking",
          "What could not be told, and the line that would tell it",
          lacking.map(({what}) => what).join(" · "),
          () =>
            lacking.map((entry) => (
              <LackingEntry key={entry.how_to_log} training={training} entry={entry} />
            )),
        )}
      {unrecorded.length > 0 &&
        line(
          "unrecorded",
          "What is not on record, and why",
          unrecorded.map(({part}) => part.replaceAll("`", "")).join(" · "),
          () =>
            unrecorded.map((entry) => <UnrecordedEntry key={entry.part + entry.why} {...entry} />),
        )}
      {line("checks", "All checks", countChecks(tally), () => (
        <ChecksTable checks={checks} tally={tally} />
      ))}
      {notes.length + (training.sampled ? 1 : 0) > 0 &&
        line("notes", "Notes on this log", formatCount(notes.length || 1, "note"), () => (
          <ul class="Notes">
            {training.sampled && <li>TensorBoard's data provider gave sampled points only.</li>}
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        ))}
    </div>
  );
}

function explainsTitle({explains}: Finding): string {
  return `It explains ${formatCount(explains.length, "more finding")}`;
}

const names = (items: readonly Consequence[]): string =>
  items.map(({title}) => inSentence(title)).join(" · ");

/** A title in the middle of a sentence: `NaN in inputs` keeps its capitals. */
const inSentence = (title: string): string =>
  /^[A-Z][a-z]*[A-Z]/.test(title) ? title : title.charAt(0).toLowerCase() + title.slice(1);

/** The loss and its baseline: a mere reference has no side that would stand before its number. */
const versus = ({value_text, limit_text}: Evidence): string =>
  [value_text, limit_text].filter(Boolean).join(" against ");

const against = ({counter_evidence}: Finding): string =>
  counter_evidence.map(({text, value_text}) => `${text} ${value_text}`).join(" · ");

function nameOf(training: Training, code: string): string {
  const title = training.checks[code]?.title ?? code;
  return title === code ? code : `${inSentence(title)} (${code})`;
}

function Further({training, finding}: {training: Training; finding: Finding}) {
  return (
    <>
      {finding.context && (
        <p class="soft">
          <Words text={finding.context} />
        </p>
      )}
      <FindingBody training={training} finding={finding} height={HEIGHT} />
      {finding.counter_evidence.length > 0 && (
        <EvidenceTable rows={finding.counter_evidence} title="What speaks against it" />
      )}
      {finding.explains.length > 0 && (
        <>
          <p>{explainsTitle(finding)}:</p>
          <Consequences training={training} items={finding.explains} />
        </>
      )}
    </>
  );
}

function UnrecordedEntry({part, why, remedy}: Unrecorded) {
  return (
    <p>
      <Words text={part} />.{" "}
      <span class="soft">
        <Words text={why} />
      </span>{" "}
      <Words text={remedy} />
    </p>
  );
}

function LackingEntry({training, entry}: {training: Training; entry: Lacking}) {
  const {how_to_log, what, codes} = entry;
  return (
    <div class="Lacking">
      <p>
        {what}
        <span class="soft">, for {codes.map((code) => nameOf(training, code)).join(", ")}</span>
        <CopyButton code={how_to_log} what="the line" />
      </p>
      <Code code={how_to_log} />
    </div>
  );
}
