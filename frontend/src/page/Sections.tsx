import {type ComponentChildren, Fragment} from "preact";
import {formatCount} from "../model/numbers";
import type {Finding, Lacking, Training, Unrecorded} from "../model/wire";
import {Checklist, ChecklistLine} from "./Checklist";
import {ChecksTable} from "./ChecksTable";
import {Code} from "./Code";
import {Consequences} from "./Consequences";
import {Disclosure} from "./Disclosure";
import {EvidenceTable} from "./EvidenceTable";
import {tagsOf} from "./evidence";
import {FindingBody} from "./FindingBody";
import {InlineCode} from "./InlineCode";
import {LossCard} from "./LossCard";
import {PictureCard} from "./PictureCard";
import {RuleLink} from "./RuleLink";
import {inSentence} from "./wording";
import "./Sections.css";

interface SectionsProps {
  training: Training;
  /** The finding that is shown; null for the verdict as a whole. */
  shown: Finding | null;
  open: readonly string[];
  onToggle: (id: string) => void;
}

interface Section {
  id: string;
  title: string;
  aside: ComponentChildren;
  content: () => ComponentChildren;
}

const HEIGHT = 180;

/** Everything else about a training, in lines that already say what is inside. */
export function Sections({training, shown, open, onToggle}: SectionsProps) {
  return (
    <div class="Sections">
      {sectionsOf(training, shown).map(({id, content, ...line}) => (
        <Disclosure key={id} {...line} open={open.includes(id)} onToggle={() => onToggle(id)}>
          {content}
        </Disclosure>
      ))}
    </div>
  );
}

function sectionsOf(training: Training, shown: Finding | null): Section[] {
  return [
    shown && consequences(training, shown),
    shown && counterEvidence(shown),
    shown && loss(training, shown),
    weights(training, shown),
    previews(training),
    lacking(training),
    unrecorded(training),
    checks(training),
    notes(training),
  ].filter((section) => section !== null);
}

function consequences(training: Training, {explains}: Finding): Section | null {
  if (!explains.length) return null;
  return {
    id: "explains",
    title: explainsTitle(explains.length),
    aside: explains.map(({title}) => inSentence(title)).join(" · "),
    content: () => <Consequences training={training} items={explains} />,
  };
}

function counterEvidence({counter_evidence: rows}: Finding): Section | null {
  if (!rows.length) return null;
  return {
    id: "against",
    title: "What speaks against it",
    aside: rows.map(({text, value_text}) => `${text} ${value_text}`).join(" · "),
    content: () => <EvidenceTable rows={rows} title="Evidence" />,
  };
}

/** What rules name that are not yet shown to be right; it decides nothing. */
function previews(training: Training): Section | null {
  if (!training.previews.length) return null;
  return {
    id: "previews",
    title: "In preview: rules that are not yet shown to be right",
    aside: training.previews.map(({code}) => code).join(" · "),
    content: () =>
      training.previews.map((finding) => (
        <div key={finding.code}>
          <p>
            <InlineCode text={finding.summary} /> <RuleLink code={finding.code} />
          </p>
          <PreviewedFinding training={training} finding={finding} />
        </div>
      )),
  };
}

/** The loss and its baseline: a mere reference has no side that would stand before its number. */
function loss(training: Training, {evidence}: Finding): Section | null {
  const {curve} = training;
  if (!curve?.tag || tagsOf(evidence).includes(curve.tag)) return null;
  return {
    id: "loss",
    title: "The loss against its baseline",
    aside: [curve.value_text, curve.limit_text].filter(Boolean).join(" against "),
    content: () => <LossCard training={training} curve={curve} height={HEIGHT} />,
  };
}

/** How the weights spread over time, unless that is what shows the cause. */
function weights({run, histograms}: Training, shown: Finding | null): Section | null {
  if (!histograms || shown?.picture?.kind === "histograms") return null;
  const {title, names, left_out: more} = histograms;
  return {
    id: "weights",
    title,
    aside: [...names.slice(0, 4), names.length > 4 || more ? "…" : ""].filter(Boolean).join(" · "),
    content: () => (
      <PictureCard run={run} picture={histograms} height={0} file={`${run} histograms`} />
    ),
  };
}

function lacking(training: Training): Section | null {
  if (!training.lacking.length) return null;
  return {
    id: "lacking",
    title: "What could not be told, and the line that would tell it",
    aside: training.lacking.map(({what}) => what).join(" · "),
    content: () =>
      training.lacking.map((entry) => (
        <LackingEntry key={entry.how_to_log} training={training} entry={entry} />
      )),
  };
}

function unrecorded({unrecorded: parts}: Training): Section | null {
  if (!parts.length) return null;
  return {
    id: "unrecorded",
    title: "What is not on record, and why",
    aside: parts.map(({part}) => part.replaceAll("`", "")).join(" · "),
    content: () =>
      parts.map((entry) => <UnrecordedEntry key={entry.part + entry.why} {...entry} />),
  };
}

function checks({checks: all, checklist, tally, no_recording: lacking}: Training): Section {
  return {
    id: "checks",
    title: "All checks",
    aside: <ChecklistLine steps={checklist} />,
    content: () => (
      <>
        <Checklist steps={checklist} checks={all} />
        <ChecksTable checks={all} tally={tally} noRecording={lacking} />
      </>
    ),
  };
}

function notes({notes: written, sampled}: Training): Section | null {
  if (!written.length && !sampled) return null;
  return {
    id: "notes",
    title: "Notes on this log",
    aside: formatCount(written.length || 1, "note"),
    content: () => (
      <ul class="Notes">
        {sampled && <li>TensorBoard's data provider gave sampled points only.</li>}
        {written.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    ),
  };
}

const explainsTitle = (count: number): string =>
  `It explains ${formatCount(count, "more finding")}`;

/** A check in a sentence, with the way to its page. */
function Named({training, code}: {training: Training; code: string}) {
  const title = training.checks[code]?.title ?? code;
  if (title === code) return <RuleLink code={code} />;
  return (
    <>
      {inSentence(title)} (<RuleLink code={code} />)
    </>
  );
}

function PreviewedFinding({training, finding}: {training: Training; finding: Finding}) {
  const {context, counter_evidence, explains} = finding;
  return (
    <>
      {context && (
        <p class="soft">
          <InlineCode text={context} />
        </p>
      )}
      <FindingBody training={training} finding={finding} height={HEIGHT} />
      {counter_evidence.length > 0 && (
        <EvidenceTable rows={counter_evidence} title="What speaks against it" />
      )}
      {explains.length > 0 && (
        <>
          <p>{explainsTitle(explains.length)}:</p>
          <Consequences training={training} items={explains} />
        </>
      )}
    </>
  );
}

function UnrecordedEntry({part, why, remedy}: Unrecorded) {
  return (
    <p>
      <InlineCode text={part} />.{" "}
      <span class="soft">
        <InlineCode text={why} />
      </span>{" "}
      <InlineCode text={remedy} />
    </p>
  );
}

function LackingEntry({training, entry}: {training: Training; entry: Lacking}) {
  const {how_to_log, what, codes} = entry;
  return (
    <div class="Lacking">
      <p>
        {what}
        <span class="soft">
          , for{" "}
          {codes.map((code, n) => (
            <Fragment key={code}>
              {n > 0 && ", "}
              <Named training={training} code={code} />
            </Fragment>
          ))}
        </span>
      </p>
      <Code code={how_to_log} what="the line" />
    </div>
  );
}
