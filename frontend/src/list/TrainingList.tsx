import {useMemo, useRef, useState} from "preact/hooks";
import {formatCount, formatNumber} from "../model/numbers";
import {needsALook, worstFirst} from "../model/ranking";
import type {Sparklines, Training} from "../model/wire";
import {markOf, shortCause} from "../model/words";
import {Sparkline} from "./Sparkline";

interface TrainingListProps {
  trainings: readonly Training[];
  sparklines: Sparklines;
  chosen: string;
  complete: boolean;
  onChoose: (run: string) => void;
}

/** All trainings, worst first. Arrow keys go up and down, typing in the box narrows. */
export function TrainingList(props: TrainingListProps) {
  const {trainings, sparklines, chosen, complete, onChoose} = props;
  const [sought, setSought] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const ordered = useMemo(() => worstFirst(trainings), [trainings]);
  const shown = ordered.filter((training) => matches(training, sought));
  const move = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!by) return;
    const rows = Array.from(list.current?.querySelectorAll("button") ?? []);
    const at = rows.indexOf(document.activeElement as HTMLButtonElement);
    rows[Math.min(rows.length - 1, Math.max(0, at + by))]?.focus();
    event.preventDefault();
  };
  return (
    <nav class="List" aria-label="Trainings" onKeyDown={move}>
      <input
        type="search"
        placeholder="Search trainings"
        aria-label="Search trainings"
        value={sought}
        onInput={(event) => setSought(event.currentTarget.value)}
      />
      <p class="List-count soft" role="status">
        {countWords(trainings, shown.length, sought, complete)}
      </p>
      <ul ref={list}>
        {shown.map((training) => (
          <Row
            key={training.run}
            training={training}
            spark={sparklines[training.run] ?? []}
            chosen={training.run === chosen}
            onChoose={onChoose}
          />
        ))}
      </ul>
    </nav>
  );
}

interface RowProps {
  training: Training;
  spark: Sparklines[string];
  chosen: boolean;
  onChoose: (run: string) => void;
}

function Row({training, spark, chosen, onChoose}: RowProps) {
  const mark = markOf(training);
  return (
    <li>
      <button
        type="button"
        class="Row"
        aria-current={chosen ? "true" : undefined}
        title={training.run}
        onClick={() => onChoose(training.run)}
      >
        <span class={`Row-sign tone-${mark.tone}`} aria-hidden="true">
          {mark.sign}
        </span>
        <span class="Row-name">{training.run}</span>
        <Sparkline values={spark} tone={mark.tone} />
        <span class="Row-cause soft">
          <span class="unseen">{mark.words}: </span>
          {shortCause(training)}
        </span>
      </button>
    </li>
  );
}

function matches(training: Training, sought: string): boolean {
  const text = `${training.run} ${shortCause(training)} ${training.findings[0]?.code ?? ""}`;
  return sought
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.toLowerCase().includes(word));
}

function countWords(
  trainings: readonly Training[],
  shown: number,
  sought: string,
  complete: boolean,
): string {
  if (sought.trim()) return `${formatNumber(shown)} of ${formatCount(trainings.length, "training")}`;
  const worse = trainings.filter(needsALook).length;
  const all = formatCount(trainings.length, "training");
  if (!complete) return `${all} so far, reading on`;
  return worse ? `${all} · ${formatNumber(worse)} need${worse === 1 ? "s" : ""} a look` : all;
}
