import {useMemo, useState} from "preact/hooks";
import {formatCount, formatNumber} from "../model/numbers";
import {useDark} from "../model/useDark";
import type {Fleet, FleetCause} from "../model/wire";
import {Code} from "../page/Code";
import {type Tab, TabProvider} from "../page/context";
import {Disclosure} from "../page/Disclosure";
import {InlineCode} from "../page/InlineCode";
import {Pill} from "../page/Pill";
import {RuleLink} from "../page/RuleLink";
import {RulePage} from "../page/RulePage";
import "../page/Table.css";
import "./FleetPage.css";

/** What a scan found in all trainings: the causes whose fix would pay most come first. */
export function FleetPage({fleet}: {fleet: Fleet}) {
  const dark = useDark();
  const [rule, explain] = useState("");
  const tab = useMemo<Tab>(() => ({dark, version: 0, runs: 0, explain}), [dark]);
  return (
    <TabProvider value={tab}>
      <main class="Page FleetPage">
        {rule ? <RulePage code={rule} onClose={() => explain("")} /> : <Overview fleet={fleet} />}
      </main>
    </TabProvider>
  );
}

function Overview({fleet}: {fleet: Fleet}) {
  const {trainings, need_a_look, hours, unread, causes} = fleet;
  return (
    <article>
      <h1>
        {need_a_look} of {formatCount(trainings, "training")} need a look
      </h1>
      <p class="soft">
        They took {formatNumber(hours)} hours in all
        {unread > 0 && `; ${formatCount(unread, "place")} could not be read`}.
      </p>
      <ul class="FleetPage-outcomes">
        {fleet.outcomes.map(({mark, runs}) => (
          <li key={mark.words}>
            <Pill mark={mark} /> {runs}
          </li>
        ))}
      </ul>
      {causes.length > 0 && <Causes causes={causes} />}
      {fleet.errors.length > 0 && <Errors fleet={fleet} />}
    </article>
  );
}

function Causes({causes}: {causes: readonly FleetCause[]}) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(causes.slice(0, 1).map(codeOf)));
  const toggle = (code: string): void => {
    const next = new Set(open);
    if (!next.delete(code)) next.add(code);
    setOpen(next);
  };
  return (
    <>
      <h2>Which fix pays most</h2>
      <table class="Table">
        <thead>
          <tr>
            <th scope="col">cause</th>
            <th scope="col" class="is-number">
              main cause of
            </th>
            <th scope="col" class="is-number">
              found in
            </th>
            <th scope="col" class="is-number">
              hours spent
            </th>
            <th scope="col" class="is-number">
              since
            </th>
          </tr>
        </thead>
        <tbody>
          {causes.map((cause) => (
            <tr key={cause.code}>
              <th scope="row">
                {cause.title} <RuleLink code={cause.code} />
              </th>
              <td class="is-number">{cause.main}</td>
              <td class="is-number">{cause.runs}</td>
              <td class="is-number">{formatNumber(cause.hours)}</td>
              <td class="is-number">{dayOf(cause.first_time)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {causes.map((cause) => (
        <Disclosure
          key={cause.code}
          title={cause.title}
          aside={formatCount(cause.runs, "training")}
          open={open.has(cause.code)}
          onToggle={() => toggle(cause.code)}
        >
          {() => <CauseBody cause={cause} />}
        </Disclosure>
      ))}
    </>
  );
}

function CauseBody({cause}: {cause: FleetCause}) {
  const {fix, folders, other_folders, examples} = cause;
  return (
    <>
      <p>
        <InlineCode text={fix.text} links />
      </p>
      {fix.code && <Code code={fix.code} what="the fix" />}
      <p class="soft">
        From {dayOf(cause.first_time)} to {dayOf(cause.last_time)}; as one of these trainings has
        it.
      </p>
      <h3>Where</h3>
      <ul>
        {folders.map(({folder, runs}) => (
          <li key={folder}>
            <code>{folder}</code>: {runs}
          </li>
        ))}
        {other_folders > 0 && <li>and {other_folders} more</li>}
      </ul>
      <h3>For example</h3>
      <ul>
        {examples.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

function Errors({fleet}: {fleet: Fleet}) {
  const more = fleet.unread - fleet.errors.length;
  return (
    <>
      <h2>What could not be read</h2>
      <ul>
        {fleet.errors.map(({where, error}, n) => (
          <li key={n}>
            <code>{where}</code>: <InlineCode text={error} />
          </li>
        ))}
        {more > 0 && <li>{more} more, in the table of trainings</li>}
      </ul>
    </>
  );
}

const codeOf = ({code}: FleetCause): string => code;

/** The day in UTC, so that a page reads the same everywhere. */
export const dayOf = (time: number | null): string =>
  time === null ? "unknown" : new Date(time * 1000).toISOString().slice(0, 10);
