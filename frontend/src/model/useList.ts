import {useEffect, useRef, useState} from "preact/hooks";
import {onReload} from "../host/host";
import {getList, type List, RequestError} from "./fetching";

export interface Listed {
  /** The last whole answer; null before the first one. */
  list: List | null;
  /** Counts the lists that differed: what belongs to an earlier one is asked for again. */
  version: number;
  /** Why the last question got no answer. */
  failed: string;
}

const POLL_DELAY = 700; // milliseconds between questions while a reading is under way
const RETRY_DELAY = 5000; // after a question that got no answer

/** Asks at the start and after each of TensorBoard's reloads, and on while a reading is under way. */
export function useList(): Listed {
  const [listed, setListed] = useState<Listed>({list: null, version: 0, failed: ""});
  const asking = useRef(0);

  useEffect(() => {
    let timer = 0;
    let gone = false;
    const ask = async (): Promise<void> => {
      window.clearTimeout(timer);
      const mine = ++asking.current;
      try {
        const {data, pending} = await getList();
        if (gone || mine !== asking.current) return;
        setListed((old) => {
          if (old.list === data) return old.failed ? {...old, failed: ""} : old;
          return {list: data, version: old.version + 1, failed: ""};
        });
        if (!data.head.complete || pending) timer = window.setTimeout(ask, POLL_DELAY);
      } catch (error) {
        if (gone || mine !== asking.current) return;
        const failed = error instanceof RequestError ? error.message : String(error);
        setListed((old) => ({...old, failed}));
        timer = window.setTimeout(ask, RETRY_DELAY);
      }
    };
    onReload(() => void ask());
    void ask();
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, []);
  return listed;
}
