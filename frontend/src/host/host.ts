/**
 * TensorBoard's page around the frame: its address, theme, typeface and reload signal.
 *
 * All that leans on TensorBoard's own page is in here. Each part does without it where it is not
 * as expected (another version, or no parent at all): then the tab is light, keeps no address and
 * reloads on its own button only.
 */
import {hashWith, isInFront, type Place, placeOf} from "./place";

/** A page of another origin around the frame (an editor's, say) is as good as none. */
const parent = attempt(readableParent) ?? window;
function readableParent(): Window | null {
  return window.parent.location.href ? window.parent : null;
}

/** Whether the tab is a page of its own: a report, or served without TensorBoard. */
export const isAlone = parent === window;
/** Whether the page's address is ours to read and write. */
const isOurs = (address: string): boolean => isAlone || isInFront(address);

/** Runs what may fail on a foreign page; undefined then. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

const hash = (): string => attempt(() => parent.location.hash) ?? "";

export const readPlace = (): Place => placeOf(hash());

/** The place that was written last, and the one that TensorBoard read last: it keeps a copy. */
let written: Place | null = null;
let copied = hashWith("", readPlace());

/**
 * Another training is a new entry in the browser's history, an unfolded line is none.
 *
 * TensorBoard hears of neither: at each change of the hash all its views look what is new, which
 * takes seconds once Time Series lists many runs.
 */
export function writePlace(place: Place, how: "push" | "replace"): void {
  const now = hash();
  written = place;
  if (!isOurs(now)) return;
  const next = hashWith(now, place);
  if (next !== now) attempt(() => writeHash(next, how));
}

function writeHash(next: string, how: "push" | "replace"): void {
  // A bare hash would be taken from this frame's base, which lies elsewhere.
  const address = parent.location.href.replace(/#.*|$/, next);
  // No state: with one of its own TensorBoard would not read its filters from the address again.
  if (how === "push") parent.history.pushState(null, "", address);
  else parent.history.replaceState(parent.history.state, "", address);
}

/** Calls back when the address changes while our tab is in front. */
export function onPlaceChange(listen: (place: Place) => void): () => void {
  let isAway = false;
  return onFrontChange(() => {
    const cameBack = isAway;
    isAway = !isOurs(hash());
    if (isAway) return;
    const place = readPlace();
    const found = hashWith("", place);
    // A click on our tab brings back the copy: what stands here is newer.
    if (cameBack && written && found === copied) writePlace(written, "replace");
    else listen(place);
    copied = found;
  });
}

/** Calls back when the address changes, whosever tab is in front. */
function onFrontChange(listen: () => void): () => void {
  const events = ["hashchange", "popstate"];
  attempt(() => events.map((event) => parent.addEventListener(event, listen)));
  return () => {
    attempt(() => events.map((event) => parent.removeEventListener(event, listen)));
  };
}

/** Whether somebody can see the tab: the window is, and no other tab of TensorBoard is in front. */
export const isWatched = (): boolean => !document.hidden && isOurs(hash());

/** Calls back when that may have changed. */
export function onWatchedChange(listen: () => void): () => void {
  document.addEventListener("visibilitychange", listen);
  const stop = onFrontChange(listen);
  return () => {
    document.removeEventListener("visibilitychange", listen);
    stop();
  };
}

/** TensorBoard only sets a class on its own body. */
export function isDark(): boolean {
  const system = window.matchMedia("(prefers-color-scheme: dark)").matches;
  return (isAlone ? undefined : attempt(hostIsDark)) ?? system;
}

function hostIsDark(): boolean {
  return parent.document.body.classList.contains("dark-mode");
}

export function onThemeChange(listen: () => void): void {
  attempt(() => {
    const watcher = new MutationObserver(listen);
    watcher.observe(parent.document.body, {attributeFilter: ["class"]});
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listen);
}

/** TensorBoard's Roboto, for this frame too: its rules with addresses that hold from here. */
export function fontFaceRules(): string {
  const rules: string[] = [];
  attempt(() => {
    for (const sheet of Array.from(parent.document.styleSheets)) {
      for (const rule of Array.from(attempt(() => sheet.cssRules) ?? [])) {
        const text = rule.cssText;
        if (/^@font-face/.test(text) && /font-family:\s*"?Roboto"?;/.test(text)) rules.push(text);
      }
    }
  });
  const root = new URL("../../../", document.baseURI);
  return rules.join("\n").replace(/url\("?\/?([^":)]+)"?\)/g, (_, path: string) => {
    return `url("${new URL(path, root).href}")`;
  });
}

/** Follows a link of ours without loading TensorBoard anew; false: let the browser follow it. */
export function followInPage(href: string): boolean {
  return (
    attempt(() => {
      if (isAlone || !("tensorboard" in parent)) return false;
      parent.history.pushState(null, "", href);
      parent.dispatchEvent(new PopStateEvent("popstate", {state: null}));
      return true;
    }) ?? false
  );
}

/** Says hello to TensorBoard and calls back after each of its reloads, button or automatic. */
export function onReload(listen: () => void): void {
  if (isAlone) return;
  attempt(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as {type?: string; isReply?: boolean};
      if (message.type === "experimental.DataReloaded" && !message.isReply) listen();
    };
    parent.postMessage("experimental.bootstrap", "*", [channel.port2]);
  });
}
