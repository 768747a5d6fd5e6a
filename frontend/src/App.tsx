import {useMemo, useRef} from "preact/hooks";
import {runBefore} from "./compare/before";
import {ComparePage} from "./compare/ComparePage";
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
  const {find, state, why, sort} = place;
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
  const before = useMemo(() => runBefore(list?.rows ?? [], name), [list, name]);
  const show = (run: string, code: string): void => {
    read.current = {name: run, code};
    turn(run, code);
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
            chosen={name}
            narrowing={{find, state, why, sort}}
            onNarrow={narrow}
            onChoose={choose}
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
                    names={(list?.rows ?? []).map((other) => other.name)}
                    onChange={(against) => compare(name, against)}
                    onChoose={choose}
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
