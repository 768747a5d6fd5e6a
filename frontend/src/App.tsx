import {useMemo, useRef} from "preact/hooks";
import {runBefore} from "./compare/before";
import {ComparePage} from "./compare/ComparePage";
import {opened} from "./list/collapsed";
import {directoriesOf} from "./list/directories";
import {Navigation} from "./list/Navigation";
import {getTraining} from "./model/fetching";
import {shownCode, shownName} from "./model/held";
import {useDark} from "./model/useDark";
import {useFetched} from "./model/useFetched";
import {useList} from "./model/useList";
import {usePlace} from "./model/usePlace";
import {NewsBar} from "./news/NewsBar";
import {useNews} from "./news/useNews";
import {type Tab, TabProvider} from "./page/context";
import {EmptyState} from "./page/EmptyState";
import {ErrorBoundary} from "./page/ErrorBoundary";
import {RulePage} from "./page/RulePage";
import {TrainingPage} from "./page/TrainingPage";
import "./App.css";

/** The tab: trainings on the left, the verdict on one of them on the right. */
export function App() {
  const dark = useDark();
  const {list, version, failed, answered} = useList();
  const {place, choose, compare, narrow, turn, explain, toggle} = usePlace();
  const {find, state, why, sort, collapsed} = place;
  const page = useRef<HTMLElement>(null);
  const head = list?.head ?? null;
  const read = useRef({name: "", code: ""});
  const unnamed = useRef(""); // what stands at the address that names no training
  const name = shownName(list, place.run, unnamed.current);
  if (head?.complete && !place.run) unnamed.current = name;
  if (name !== read.current.name) read.current = {name, code: ""};
  const {data: training, failed: refused} = useFetched(
    name,
    version,
    () => getTraining(name),
    true,
  );
  const [news, forget] = useNews(list, training);
  const cause = training?.run === name ? shownCode(training, place.cause, read.current.code) : "";
  if (training?.run === name) read.current.code = cause || (training.main ?? "");
  const members = head?.members ?? 0;
  const latest = useRef(explain);
  latest.current = explain;
  const tab = useMemo<Tab>(
    () => ({dark, version, runs: members, explain: (code) => latest.current(code)}),
    [dark, version, members],
  );
  const before = useMemo(
    () => (head?.complete ? runBefore(list?.rows ?? [], name) : null),
    [list, name],
  );
  const names = useMemo(() => (list?.rows ?? []).map((row) => row.name), [list]);
  const directories = useMemo(() => directoriesOf(names), [names]);
  const seeing = (run: string): string =>
    run === name ? collapsed : opened(collapsed, directories.get(run) ?? "");
  const chooseSeen = (run: string): void => choose(run, seeing(run));
  const show = (run: string, code: string): void => {
    read.current = {name: run, code};
    turn(run, code, seeing(run));
  };
  const missing = head?.complete && place.run !== "" && name !== place.run;
  const replaced = `There is no training named ${place.run} any more; this is the worst one.`;
  const errors = head?.errors ?? [];
  const warnings = [refused, ...errors, missing ? replaced : ""].filter(Boolean);
  return (
    <TabProvider value={tab}>
      <div class="Tab">
        <button type="button" class="SkipLink" onClick={() => page.current?.focus()}>
          Skip to the verdict
        </button>
        {list && name && (
          <Navigation
            list={list}
            directories={directories}
            chosen={name}
            narrowing={{find, state, why, sort, collapsed}}
            onNarrow={narrow}
            onChoose={chooseSeen}
          />
        )}
        <main
          class="Page"
          ref={page}
          tabIndex={-1}
          aria-busy={name !== "" && training?.run !== name}
        >
          {name ? (
            <>
              {warnings.map((sentence) => (
                <p key={sentence} class="Warning" role="status">
                  {sentence}
                </p>
              ))}
              <ErrorBoundary subject={[training?.run, place.rule, place.against, version].join()}>
                {place.rule ? (
                  <RulePage code={place.rule} onClose={() => explain("")} />
                ) : place.against ? (
                  <ComparePage
                    run={name}
                    others={place.against}
                    names={names}
                    onChange={(against) => compare(name, against)}
                    onChoose={chooseSeen}
                  />
                ) : (
                  training && (
                    <TrainingPage
                      training={training}
                      cause={cause}
                      before={before}
                      onCompare={() => compare(training.run, before === null ? [] : [before])}
                      open={place.open}
                      onTurn={(code) => show(training.run, code)}
                      onToggle={(line) => toggle(training.run, line)}
                    />
                  )
                )}
              </ErrorBoundary>
            </>
          ) : (
            <EmptyState head={head} failed={failed} />
          )}
        </main>
        <NewsBar
          {...{failed, answered}}
          news={news.filter((one) => one.name !== name || one.code !== read.current.code)}
          shown={name}
          onShow={(one) => {
            forget();
            show(one.name, one.code);
          }}
          onDismiss={forget}
        />
      </div>
    </TabProvider>
  );
}
