import {useEffect, useRef, useState} from "preact/hooks";
import {onReload} from "../host/host";
import {getSparklines, getVerdicts, Refused} from "./fetching";
import type {Sparklines, Verdicts} from "./wire";

export interface Shown {
  /** The last whole answer; null before the first one. */
  verdicts: Verdicts | null;
  sparklines: Sparklines;
  /** Why the last question got no answer. */
  failed: string;
}

const SOON = 700; // milliseconds between questions while a reading is under way
const LATER = 5000; // after a question that got no answer

/** Asks at the start and after each of TensorBoard's reloads, and on while a reading is under way. */
export function useVerdicts(): Shown {
  const [shown, setShown] = useState<Shown>({verdicts: null, sparklines: {}, failed: ""});
  const asking = useRef(0);

  useEffect(() => {
    let timer = 0;
    let gone = false;
    const ask = async (): Promise<void> => {
      window.clearTimeout(timer);
      const mine = ++asking.current;
      try {
        const verdicts = await getVerdicts();
        if (gone || mine !== asking.current) return;
        setShown((old) => ({...old, verdicts: same(old.verdicts, verdicts), failed: ""}));
        if (!verdicts.complete || verdicts.refreshing) timer = window.setTimeout(ask, SOON);
      } catch (error) {
        if (gone || mine !== asking.current) return;
        const failed = error instanceof Refused ? error.message : String(error);
        setShown((old) => ({...old, failed}));
        timer = window.setTimeout(ask, LATER);
      }
    };
    onReload(() => void ask());
    void ask();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, []);

  const reading = shown.verdicts?.reading ?? 0;
  useEffect(() => {
    if (!reading) return;
    getSparklines().then(
      (sparklines) => setShown((old) => ({...old, sparklines})),
      () => undefined, // the list does without
    );
  }, [reading]);
  return shown;
}

/** The old object where nothing was read anew, so that nothing is drawn anew. */
function same(old: Verdicts | null, fresh: Verdicts): Verdicts {
  const equal =
    old && old.reading === fresh.reading && old.complete === fresh.complete && fresh.reading > 0;
  return equal ? old : fresh;
}
