import {formatCount, formatWhen} from "../model/numbers";
import {useNow} from "../model/useNow";
import type {Finding, Training} from "../model/wire";
import {Ahead} from "./Ahead";
import {CauseTabs} from "./CauseTabs";
import {causesOf, shownCause} from "./causes";
import {FindingBody} from "./FindingBody";
import {InlineCode} from "./InlineCode";
import {OverviewBody} from "./OverviewBody";
import {Pill} from "./Pill";
import {RivalCauses} from "./RivalCauses";
import {RuleLink} from "./RuleLink";
import {Sections} from "./Sections";
import {WorkersTable} from "./WorkersTable";
import "./TrainingPage.css";

interface TrainingPageProps {
  training: Training;
  /** Code of the cause that is shown; empty for the main one. */
  cause: string;
  /** Name of the training before it; null where there is none. */
  before: string | null;
  onCompare: () => void;
  open: readonly string[];
  onTurn: (code: string) => void;
  onToggle: (line: string) => void;
}

const HEIGHT = 240;

/** One training: one sentence, one picture, one fix for each cause; all else in lines that unfold. */
export function TrainingPage(props: TrainingPageProps) {
  const {training, cause, before, onCompare, open, onTurn, onToggle} = props;
  const causes = causesOf(training);
  const shown = shownCause(causes, cause);
  const {finding, headline, context} = shown;
  return (
    <>
      <Facts {...{training, before, onCompare}} shown={finding} />
      {training.progress && <Ahead progress={training.progress} />}
      <CauseTabs causes={causes} shown={shown} onTurn={onTurn} />
      <div id="cause" role={causes.length > 1 ? "tabpanel" : undefined}>
        <h1>
          <InlineCode text={headline} />
        </h1>
        {context && (
          <p class="Context soft">
            <InlineCode text={context} links />
          </p>
        )}
        {finding ? (
          <FindingBody key={training.run + finding.code} {...{training, finding}} height={HEIGHT} />
        ) : (
          <OverviewBody training={training} height={HEIGHT} />
        )}
        {finding && <RivalCauses training={training} finding={finding} />}
      </div>
      {training.workers.length > 0 && <WorkersTable workers={training.workers} shown={finding} />}
      <Sections {...{training, shown: finding, open, onToggle}} />
    </>
  );
}

interface FactsProps {
  training: Training;
  shown: Finding | null;
  before: string | null;
  onCompare: () => void;
}

/** Which training this is and what became of it. */
function Facts({training, shown, before, onCompare}: FactsProps) {
  const now = useNow();
  return (
    <div class="Facts">
      <Pill mark={training.mark} />
      <span class="Facts-name" title={training.run}>
        {training.run}
      </span>
      {[lengthOf(training), whenOf(training, now), partsOf(training)]
        .filter(Boolean)
        .map((fact) => (
          <span class="soft" key={fact}>
            {fact}
          </span>
        ))}
      <span class="Facts-end">
        <button
          type="button"
          class="LinkButton"
          title={before === null ? "with other trainings" : before}
          onClick={onCompare}
        >
          {before === null ? "Compare" : "Compare with the run before"}
        </button>
        {shown && (
          <span class="soft" title={`${shown.title}. ${shown.promise}`}>
            <RuleLink code={shown.code} /> · {shown.tier}
          </span>
        )}
      </span>
    </div>
  );
}

function lengthOf({epochs, steps}: Training): string {
  const parts = [];
  if (epochs !== null) parts.push(formatCount(epochs, "epoch"));
  if (steps !== null) parts.push(formatCount(steps, "step"));
  return parts.join(", ");
}

function whenOf({state, last_time, progress}: Training, now: number): string {
  const ago = last_time === null ? "" : formatWhen(last_time, now);
  if (state === "live") return ["still running", progress?.text].filter(Boolean).join(", ");
  if (!ago) return "";
  return state === "ended" ? `ended ${ago}` : `last record ${ago}`;
}

/** Its parts as TensorBoard's runs, without the name that all share. */
function partsOf({members, run, workers}: Training): string {
  if (workers.length) return formatCount(workers.length, "worker");
  return members
    .map((member) => (member.startsWith(`${run}/`) ? member.slice(run.length + 1) : member))
    .filter((part) => part !== run && part !== ".")
    .join(" · ");
}
