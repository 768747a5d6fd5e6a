import {useEffect, useRef, useState} from "preact/hooks";
import {isWatched, onReload, onWatchedChange, readPlace} from "../host/host";
import {RequestError} from "./asking";
import {isReport} from "./embedded";
import {getList, type List} from "./listing";
import {pauseAfter} from "./polling";

export interface Listed {
  /** The last whole answer; null before the first one. */
  list: List | null;
  /** Counts the lists that differed: what belongs to an earlier one is asked for again. */
  version: number;
  /** Why the last question got no answer. */
  failed: string;
  /** When the last answer came, in seconds since 1970. */
  answered: number;
}

const NOTHING: Listed = {list: null, version: 0, failed: "", answered: 0};

/** Asks at the start, after each of TensorBoard's reloads, and on for as long as the tab is there. */
export function useList(): Listed {
  const [listed, setListed] = useState<Listed>(NOTHING);
  const asking = useRef(0);

  useEffect(() => {
    let timer = 0;
    let gone = false;
    let failures = 0;
    let unseen = 0;
    let empty = 0;
    const again = (pending: boolean): void => {
      if (isReport()) return;
      const watched = isWatched();
      timer = window.setTimeout(ask, pauseAfter({pending, empty, watched, failures, unseen}));
      unseen = watched ? 0 : unseen + 1;
    };
    const ask = async (): Promise<void> => {
      window.clearTimeout(timer);
      const mine = ++asking.current;
      try {
        const {data, pending} = await getList(readPlace().run === "");
        if (gone || mine !== asking.current) return;
        failures = 0;
        setListed((old) => {
          const answered = Date.now() / 1000;
          if (old.list === data) return old.failed ? {...old, failed: "", answered} : old;
          return {list: data, version: old.version + 1, failed: "", answered};
        });
        empty = data.head.total === 0 ? empty + 1 : 0;
        again(!data.head.complete || pending);
      } catch (error) {
        if (gone || mine !== asking.current) return;
        failures++;
        const failed = error instanceof RequestError ? error.message : String(error);
        setListed((old) => ({...old, failed}));
        again(false);
      }
    };
    onReload(() => void ask());
    const stop = onWatchedChange(() => {
      if (isWatched() && unseen > 0) void ask();
    });
    void ask();
    return () => {
      gone = true;
      stop();
      window.clearTimeout(timer);
    };
  }, []);
  return listed;
}
