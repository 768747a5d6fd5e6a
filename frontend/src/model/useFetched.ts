import {useEffect, useState} from "preact/hooks";
import {NetworkError, RequestError} from "./asking";

export interface Fetched<T> {
  /** What was fetched last for this or the previous key of the same subject. */
  data: T | null;
  failed: string;
}

const RETRY_DELAY = 5000; // milliseconds after a question that got no answer

/**
 * Fetches once a subject and version; an empty subject is none. While a newer version of the same
 * subject is fetched, the old one stands; with `keep` that of the subject before does, too.
 */
export function useFetched<T>(
  subject: string,
  version: number,
  load: () => Promise<T>,
  keep = false,
): Fetched<T> {
  const [tries, setTries] = useState(0);
  const [held, setHeld] = useState<{subject: string} & Fetched<T>>({
    subject,
    data: null,
    failed: "",
  });
  useEffect(() => {
    if (!subject) return undefined;
    let gone = false;
    let timer = 0;
    load().then(
      (data) => gone || setHeld({subject, data, failed: ""}),
      (error: unknown) => {
        if (gone) return;
        const failed = error instanceof RequestError ? error.message : String(error);
        setHeld((old) => ({subject, data: old.subject === subject ? old.data : null, failed}));
        if (error instanceof NetworkError)
          timer = window.setTimeout(() => setTries(tries + 1), RETRY_DELAY);
      },
    );
    return () => {
      gone = true;
      window.clearTimeout(timer);
    };
  }, [subject, version, tries]);
  return held.subject === subject || keep ? held : {data: null, failed: ""};
}
