import {useMemo, useRef, useState} from "preact/hooks";
import type {List} from "../model/fetching";
import {formatCount, formatNumber} from "../model/numbers";
import type {Summaries, Summary} from "../model/wire";
import {Sparkline} from "./Sparkline";
import "./TrainingList.css";

interface TrainingListProps {
  list: List;
  chosen: string;
  onChoose: (run: string) => void;
}

/** All trainings, worst first. Arrow keys go up and down, typing in the box narrows. */
export function TrainingList({list, chosen, onChoose}: TrainingListProps) {
  const [sought, setSought] = useState("");
  const box = useRef<HTMLUListElement>(null);
  const shown = useMemo(() => list.rows.filter((row) => matches(row, sought)), [list, sought]);
  const move = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!by) return;
    const rows = Array.from(box.current?.querySelectorAll("button") ?? []);
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
        {countWords(list.head, shown.length, sought)}
      </p>
      <ul ref={box}>
        {shown.map((row) => (
          <Row key={row.name} row={row} chosen={row.name === chosen} onChoose={onChoose} />
        ))}
      </ul>
    </nav>
  );
}

interface RowProps {
  row: Summary;
  chosen: boolean;
  onChoose: (run: string) => void;
}

function Row({row: {name, mark, cause, sparkline, baseline}, chosen, onChoose}: RowProps) {
  return (
    <li>
      <button
        type="button"
        class="Row"
        aria-current={chosen ? "true" : undefined}
        title={name}
        onClick={() => onChoose(name)}
      >
        <span class={`Row-sign tone-${mark.tone}`} aria-hidden="true">
          {mark.sign}
        </span>
        <span class="Row-name">{name}</span>
        <Sparkline values={sparkline} baseline={baseline} tone={mark.tone} />
        <span class="Row-cause soft">
          <span class="visually-hidden">{mark.words}: </span>
          {cause}
        </span>
      </button>
    </li>
  );
}

function matches({name, cause, code}: Summary, sought: string): boolean {
  const text = `${name} ${cause} ${code ?? ""}`.toLowerCase();
  return sought
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function countWords(
  {total, need_a_look, complete}: Summaries,
  shown: number,
  sought: string,
): string {
  const all = formatCount(total, "training");
  if (sought.trim()) return `${formatNumber(shown)} of ${all}`;
  if (!complete) return `${all} so far, reading on`;
  if (need_a_look === 0) return all;
  return `${all} · ${formatNumber(need_a_look)} need${need_a_look === 1 ? "s" : ""} a look`;
}
