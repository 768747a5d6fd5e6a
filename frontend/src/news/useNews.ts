import {useEffect, useRef, useState} from "preact/hooks";
import type {List} from "../model/listing";
import type {Training} from "../model/wire";
import {furtherCauses, joined, type News, newCauses} from "./news";

/** What is new and was not looked at yet, and how to be done with it. */
export function useNews(list: List | null, training: Training | null): [News[], () => void] {
  const [news, setNews] = useState<News[]>([]);
  const before = useRef<{list: List | null; training: Training | null}>({
    list: null,
    training: null,
  });
  useEffect(() => {
    const last = before.current;
    const fresh = list && list !== last.list ? newCauses(last.list, list) : [];
    const further =
      training && training !== last.training ? furtherCauses(last.training, training) : [];
    before.current = {list, training};
    if (fresh.length || further.length) setNews((old) => joined([...fresh, ...old], further));
  }, [list, training]);
  return [news, () => setNews([])];
}
