import {useState} from "preact/hooks";
import {formatCount, formatNumber, formatWhen, toNumber} from "../model/numbers";
import {useNow} from "../model/useNow";
import type {Finding, Worker} from "../model/wire";
import {RuleLink} from "./RuleLink";
import "./Table.css";
import "./WorkersTable.css";

interface WorkersTableProps {
  workers: readonly Worker[];
  /** The finding that is shown; null for the verdict as a whole. */
  shown: Finding | null;
}

/** Of a job with more than these, the first one and those that findings are about are listed. */
const MOST = 16;

/** The workers of a job, a lane each. */
export function WorkersTable({workers, shown}: WorkersTableProps) {
  const [all, setAll] = useState(false);
  const now = useNow();
  const listed = all ? workers : someOf(workers);
  return (
    <section class="Workers">
      <h2>{formatCount(workers.length, "worker")}</h2>
      <table class="Table">
        <thead>
          <tr>
            <th scope="col">worker</th>
            <th scope="col">state</th>
            <th scope="col" class="is-number">
              steps
            </th>
            <th scope="col" class="is-number">
              loss
            </th>
            <th scope="col">last record</th>
            <th scope="col">what was found</th>
          </tr>
        </thead>
        <tbody>
          {listed.map((worker) => (
            <Lane
              key={worker.name}
              worker={worker}
              now={now}
              meant={shown?.workers.includes(worker.name) ?? false}
            />
          ))}
        </tbody>
      </table>
      {listed.length < workers.length && (
        <button type="button" class="LinkButton" onClick={() => setAll(true)}>
          Show all {formatNumber(workers.length)}
        </button>
      )}
    </section>
  );
}

/** The first worker and the ones that something sets apart. */
export function someOf(workers: readonly Worker[]): readonly Worker[] {
  if (workers.length <= MOST) return workers;
  const state = workers[0]?.state;
  const apart = workers.filter((worker) => worker.codes.length || worker.state !== state);
  const others = apart.filter((worker) => worker !== workers[0]);
  return [...workers.slice(0, 1), ...others].slice(0, MOST);
}

interface LaneProps {
  worker: Worker;
  now: number;
  /** Whether the finding that is shown is about it. */
  meant: boolean;
}

function Lane({worker, now, meant}: LaneProps) {
  const {name, mark, state, state_text, sessions, steps, loss, last_time, cause, code} = worker;
  return (
    <tr class={meant ? "is-meant" : undefined}>
      <th scope="row">
        <span class={mark ? `tone-${mark.tone}` : "soft"} aria-hidden="true">
          {mark?.sign ?? "·"}
        </span>{" "}
        {mark && <span class="visually-hidden">{mark.words}: </span>}
        {name}
      </th>
      <td>
        {state === "live" && <span class="LiveMark" aria-hidden="true" />} {state_text}
        {sessions > 1 && <span class="soft">, started {sessions} times</span>}
      </td>
      <td class="is-number">{steps !== null && formatNumber(steps)}</td>
      <td class="is-number">{loss !== null && formatNumber(toNumber(loss))}</td>
      <td class="soft">{last_time !== null && formatWhen(last_time, now)}</td>
      <td>
        {cause} {code !== null && <RuleLink code={code} />}
      </td>
    </tr>
  );
}
