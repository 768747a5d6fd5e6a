import type {CurveData, LayerData, LayerKind, Sparklines, Verdicts} from "./wire";

/** The plugin said no, in a sentence for people. */
export class Refused extends Error {}

/** Addresses are relative: the page's base is the plugin's own path, behind any proxy. */
async function get<T>(route: string, query: Record<string, string> = {}): Promise<T> {
  const search = new URLSearchParams(query).toString();
  let response: Response;
  try {
    response = await fetch(search ? `./${route}?${search}` : `./${route}`);
  } catch {
    throw new Refused("TensorBoard does not answer. Is it still running?");
  }
  if (!response.ok) {
    const said = response.headers.get("Content-Type")?.startsWith("text/plain");
    throw new Refused(said ? await response.text() : `TensorBoard answered ${response.status}.`);
  }
  return (await response.json()) as T;
}

export const getVerdicts = (): Promise<Verdicts> => get("runs");

export const getSparklines = (): Promise<Sparklines> => get("sparklines");

export const getCurve = (run: string, member: string, tag: string): Promise<CurveData> =>
  get("curves", {run, member, tag});

export const getLayers = (run: string, kind: LayerKind): Promise<LayerData> =>
  get("layers", {run, kind});
