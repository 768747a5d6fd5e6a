import {createContext} from "preact";
import {useContext} from "preact/hooks";

/** What every part of the page may know. */
export interface Tab {
  dark: boolean;
  /** Number of the list that is shown: newer curves are fetched when it changes. */
  version: number;
  /** How many runs TensorBoard lists. */
  runs: number;
  /** Shows the page of a rule. */
  explain: (code: string) => void;
}

const TabContext = createContext<Tab | null>(null);
export const TabProvider = TabContext.Provider;

export function useTab(): Tab {
  const tab = useContext(TabContext);
  if (!tab) throw new Error("useTab needs a TabProvider above it");
  return tab;
}
