import {useLayoutEffect, useRef} from "preact/hooks";
import {getTraining} from "../model/fetching";
import {useFetched} from "../model/useFetched";
import type {Status, Tally, Training} from "../model/wire";
import {useTab} from "../page/context";
import {Pill} from "../page/Pill";
import {RuleLink} from "../page/RuleLink";
import {AddTraining} from "./AddTraining";
import {
  type Change,
  changeWords,
  findingRows,
  numberRows,
  settingRows,
  type TextRow,
} from "./differences";
import {OverlayCard} from "./OverlayCard";
import {Swatch} from "./Swatch";
import "../page/Table.css";
import "./ComparePage.css";

interface ComparePageProps {
  /** The training that is looked at. */
  run: string;
  /** What it is compared with; the first is what changes are told against. */
  others: readonly string[];
  /** All trainings that there are. */
  names: readonly string[];
  onChange: (others: readonly string[]) => void;
  onChoose: (run: string) => void;
}

/** Trainings side by side: which cause is gone, which is new, what was set otherwise. */
export function ComparePage({run, others, names, onChange, onChoose}: ComparePageProps) {
  const {version} = useTab();
  const wanted = [...others, run];
  const {data: trainings, failed} = useFetched(wanted.join("\n"), version, () =>
    Promise.all(wanted.map(getTraining)),
  );
  const back = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => back.current?.focus(), []);
  const without = (name: string) => onChange(others.filter((other) => other !== name));
  return (
    <article class="Compare" aria-label="Comparison">
      <div class="Compare-head">
        <button type="button" class="LinkButton" ref={back} onClick={() => onChoose(run)}>
          <span aria-hidden="true">←</span> Back to the verdict
        </button>
        <AddTraining
          names={names.filter((name) => !wanted.includes(name))}
          onAdd={(name) => onChange([...others, name])}
        />
      </div>
      {failed && <p class="Warning">{failed}</p>}
      {trainings && trainings.length < 2 && (
        <h1>
          Choose a training to compare <span class="Compare-name">{run}</span> with.
        </h1>
      )}
      {trainings && trainings.length > 1 && (
        <Comparison trainings={trainings} onRemove={without} onChoose={onChoose} />
      )}
    </article>
  );
}

interface ComparisonProps {
  trainings: readonly Training[];
  onRemove: (name: string) => void;
  onChoose: (run: string) => void;
}

function Comparison({trainings, onRemove, onChoose}: ComparisonProps) {
  const findings = findingRows(trainings);
  const numbers = numberRows(trainings);
  const settings = settingRows(trainings);
  const silent = trainings.filter((one) => !one.settings.length).map((one) => one.run);
  const [first, last] = [trainings[0], trainings[trainings.length - 1]];
  if (!first || !last) return null;
  return (
    <>
      <p class="soft">
        {last.run} against {first.run}
      </p>
      <h1>{changeWords(first, last)}</h1>
      <div class="Compare-scroll">
        <table class="Table Compare-table">
          <thead>
            <tr>
              <td />
              {trainings.map(({run}, n) => (
                <th key={run} scope="col">
                  <Swatch place={trainings.length - 1 - n} />{" "}
                  <button type="button" class="LinkButton" onClick={() => onChoose(run)}>
                    {run}
                  </button>
                  {n < trainings.length - 1 && trainings.length > 2 && (
                    <button
                      type="button"
                      class="Compare-remove"
                      aria-label={`Leave out ${run}`}
                      onClick={() => onRemove(run)}
                    >
                      <span aria-hidden="true">×</span>
                    </button>
                  )}
                </th>
              ))}
              <td />
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">Outcome</th>
              {trainings.map(({run, mark}) => (
                <td key={run}>
                  <Pill mark={mark} />
                </td>
              ))}
              <td />
            </tr>
          </tbody>
          <Group title="Causes, and what follows from them" columns={trainings.length}>
            {findings.map(({code, title, isCause, statuses, change}) => (
              <tr key={code}>
                <th scope="row" class={isCause ? "" : "soft"}>
                  {title}{" "}
                  <small>
                    <RuleLink code={code} />
                  </small>
                </th>
                {statuses.map((status, n) => (
                  <td key={trainings[n]?.run}>
                    <Answer status={status} tallies={trainings.map(({tally}) => tally)} />
                  </td>
                ))}
                <td class={`Compare-change is-${change}`}>{CHANGES[change]}</td>
              </tr>
            ))}
          </Group>
          <Group title="What was set otherwise" columns={trainings.length}>
            {settings.map((row) => (
              <Texts key={row.name} {...row} lacking="not on record" />
            ))}
          </Group>
          <Group title="Numbers" columns={trainings.length}>
            {numbers.map((row) => (
              <Texts key={row.name} {...row} lacking="no number" />
            ))}
          </Group>
        </table>
      </div>
      {!settings.length && <p class="soft">What is on record of their settings is the same.</p>}
      {silent.length > 0 && <p class="soft">No settings are on record of {silent.join(", ")}.</p>}
      <OverlayCard trainings={trainings} />
    </>
  );
}

const CHANGES: Record<Change, string> = {
  gone: "gone",
  new: "new",
  stays: "",
  untold: "cannot be told any more",
  "untold before": "could not be told before",
};

interface GroupProps {
  title: string;
  columns: number;
  children: preact.ComponentChild[];
}

/** Rows below a heading; nothing where there are none. */
function Group({title, columns, children}: GroupProps) {
  if (!children.length) return null;
  return (
    <tbody>
      <tr>
        <td colSpan={columns + 2} class="Compare-group">
          <h2>{title}</h2>
        </td>
      </tr>
      {children}
    </tbody>
  );
}

interface TextsProps extends TextRow {
  /** Stands where a training has none: its checks do not ask for it, or nothing tells it. */
  lacking: string;
}

function Texts({name, texts, lacking}: TextsProps) {
  return (
    <tr>
      <th scope="row">{name}</th>
      {texts.map((text, n) => (
        <td key={n}>{text || <span class="soft">{lacking}</span>}</td>
      ))}
      <td />
    </tr>
  );
}

/** What a check answered, in the sign and words that all pages have for it. */
function Answer({status, tallies}: {status: Status | null; tallies: readonly Tally[][]}) {
  const mark = tallies.flat().find((entry) => entry.status === status)?.mark;
  if (!mark) return <span class="soft">not asked</span>;
  return (
    <span class={`tone-${mark.tone}`}>
      <span aria-hidden="true">{mark.sign}</span> {mark.words}
    </span>
  );
}
