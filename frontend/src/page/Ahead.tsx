import {formatRange} from "../model/numbers";
import {useNow} from "../model/useNow";
import type {Estimate, Progress} from "../model/wire";
import {InlineCode} from "./InlineCode";

/** What is ahead of a training that runs: when it ends, and when its loss levels off. */
export function Ahead({progress}: {progress: Progress}) {
  const now = useNow();
  const {share, end, convergence} = progress;
  return (
    <div class="Ahead soft">
      {share !== null && <progress value={share} aria-label="Share of the training that is done" />}
      <p>
        <InlineCode text={`${endWords(end, now)} ${convergenceWords(convergence, now)}`} />
      </p>
    </div>
  );
}

function endWords(end: Estimate, now: number): string {
  if (end.at === null) return `When it ends cannot be told: ${end.note}.`;
  if (end.at <= now) return "It is about to end.";
  const also = end.note ? `; ${end.note}` : "";
  return `About ${left(end, now)} left${also}.`;
}

function convergenceWords(told: Estimate, now: number): string {
  if (told.at === null) return `When the loss levels off cannot be told: ${told.note}.`;
  if (told.at <= now) return `By now the loss has levelled off, ${told.note}.`;
  return `The loss levels off in about ${left(told, now)}, ${told.note}.`;
}

function left({at, earliest, latest}: Estimate, now: number): string {
  const from = (time: number | null): number => Math.max(0, (time ?? now) - now);
  return formatRange(from(earliest), from(at), from(latest));
}
