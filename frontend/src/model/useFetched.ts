import {useEffect, useState} from "preact/hooks";
import {Refused} from "./fetching";

export interface Fetched<T> {
  /** What was fetched last for this or the previous key of the same subject. */
  data: T | null;
  failed: string;
}

/** Fetches once a key; while a newer reading of the same subject is fetched, the old one stands. */
export function useFetched<T>(subject: string, reading: number, load: () => Promise<T>): Fetched<T> {
  const [held, setHeld] = useState<{subject: string} & Fetched<T>>({
    subject,
    data: null,
    failed: "",
  });
  useEffect(() => {
    let gone = false;
    load().then(
      (data) => gone || setHeld({subject, data, failed: ""}),
      (error: unknown) => {
        const failed = error instanceof Refused ? error.message : String(error);
        if (!gone) setHeld({subject, data: null, failed});
      },
    );
    return () => {
      gone = true;
    };
  }, [subject, reading]);
  return held.subject === subject ? held : {data: null, failed: ""};
}
