import {useMemo} from "preact/hooks";
import {TrainingList} from "./list/TrainingList";
import {worstFirst} from "./model/ranking";
import {useDark} from "./model/useDark";
import {usePlace} from "./model/usePlace";
import {useVerdicts} from "./model/useVerdicts";
import type {Training} from "./model/wire";
import {TabProvider, type Tab} from "./page/context";
import {Empty} from "./page/Empty";
import {TrainingPage} from "./page/TrainingPage";

/** The tab: trainings on the left, the verdict on one of them on the right. */
export function App() {
  const dark = useDark();
  const {verdicts, sparklines, failed} = useVerdicts();
  const {place, choose, toggle} = usePlace();
  const trainings = verdicts?.runs ?? NONE;
  const chosen = useMemo(
    () => trainings.find(({run}) => run === place.run) ?? worstFirst(trainings)[0],
    [trainings, place.run],
  );
  const tab = useMemo<Tab>(() => {
    const runs = trainings.reduce((sum, {members}) => sum + members.length, 0);
    return {dark, runs, reading: verdicts?.reading ?? 0};
  }, [dark, trainings, verdicts]);
  const gone = place.run !== "" && chosen !== undefined && chosen.run !== place.run;
  return (
    <TabProvider value={tab}>
      <div class="Tab">
        {trainings.length > 0 && (
          <TrainingList
            {...{trainings, sparklines}}
            chosen={chosen?.run ?? ""}
            complete={verdicts?.complete ?? false}
            onChoose={choose}
          />
        )}
        <main class="Page" tabIndex={-1}>
          {chosen ? (
            <>
              {[...(failed ? [failed] : []), ...(verdicts?.errors ?? [])].map((sentence) => (
                <p key={sentence} class="Warning" role="status">
                  {sentence}
                </p>
              ))}
              {gone && verdicts?.complete && (
                <p class="Warning" role="status">
                  There is no training named {place.run} any more; this is the worst one.
                </p>
              )}
              <TrainingPage
                training={chosen}
                open={place.open}
                onToggle={(line) => toggle(chosen.run, line)}
              />
            </>
          ) : (
            <Empty verdicts={verdicts} failed={failed} />
          )}
        </main>
      </div>
    </TabProvider>
  );
}

const NONE: readonly Training[] = [];
