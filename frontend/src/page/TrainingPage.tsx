import {formatCount, formatWhen} from "../model/numbers";
import type {Finding, Training} from "../model/wire";
import {FindingBody} from "./FindingBody";
import {InlineCode} from "./InlineCode";
import {OverviewBody} from "./OverviewBody";
import {Pill} from "./Pill";
import {Sections} from "./Sections";
import "./TrainingPage.css";

interface TrainingPageProps {
  training: Training;
  open: readonly string[];
  onToggle: (line: string) => void;
}

const HEIGHT = 240;

/** One training: one sentence, one picture, one fix; all else in lines that unfold. */
export function TrainingPage({training, open, onToggle}: TrainingPageProps) {
  const main = training.findings.find(({code}) => code === training.main) ?? null;
  return (
    <>
      <Facts training={training} main={main} />
      <h1>
        <InlineCode text={training.headline} />
      </h1>
      {training.context && (
        <p class="Context soft">
          <InlineCode text={training.context} />
        </p>
      )}
      {main ? (
        <FindingBody key={training.run} {...{training, height: HEIGHT}} finding={main} />
      ) : (
        <OverviewBody training={training} height={HEIGHT} />
      )}
      <Sections {...{training, main, open, onToggle}} />
    </>
  );
}

/** Which training this is and what became of it. */
function Facts({training, main}: {training: Training; main: Finding | null}) {
  return (
    <div class="Facts">
      <Pill mark={training.mark} />
      <span class="Facts-name">{training.run}</span>
      {[lengthOf(training), whenOf(training), partsOf(training)].filter(Boolean).map((fact) => (
        <span class="soft" key={fact}>
          {fact}
        </span>
      ))}
      {main && (
        <span class="Facts-code soft" title={`${main.title}. ${main.promise}`}>
          {main.code} · {main.tier}
        </span>
      )}
    </div>
  );
}

function lengthOf({epochs, steps}: Training): string {
  const parts = [];
  if (epochs !== null) parts.push(formatCount(epochs, "epoch"));
  if (steps !== null) parts.push(formatCount(steps, "step"));
  return parts.join(", ");
}

function whenOf({state, last_time}: Training): string {
  const ago = last_time === null ? "" : formatWhen(last_time, Date.now() / 1000);
  if (state === "live") return "still running";
  if (!ago) return "";
  return state === "ended" ? `ended ${ago}` : `last record ${ago}`;
}

/** Its parts as TensorBoard's runs, without the name that all share. */
function partsOf({members, run}: Training): string {
  return members
    .map((member) => (member.startsWith(`${run}/`) ? member.slice(run.length + 1) : member))
    .filter((part) => part !== run && part !== ".")
    .join(" · ");
}
