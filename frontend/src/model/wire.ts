/** What the plugin answers: the twin of docs/http_api.md. Fields may be added there, never removed. */

/** JSON knows no NaN and no infinity: they come as words. */
export type Value = number | "NaN" | "Infinity" | "-Infinity";
export type Axis = "step" | "epoch" | "unknown";
export type Comparison = "above" | "below" | "equal";
export type Outcome = "learning" | "not_learning" | "broken" | "finished_early" | "cannot_tell";
export type Tier = "definite" | "strong" | "smell";
export type Status = "flagged" | "passed" | "not_applicable" | "cannot_tell";

export interface Evidence {
  /** TensorBoard's run that holds the data; empty where it comes from no single one. */
  run: string;
  /** A scalar tag of that run which shows this very statistic. */
  tag: string | null;
  layer: string | null;
  axis: Axis;
  first_step: number | null;
  last_step: number | null;
  value: Value | null;
  comparison: Comparison | null;
  threshold: Value | null;
  unit: string;
  estimated: boolean;
  text: string;
}

export interface Consequence {
  code: string;
  name?: string;
  summary: string;
  evidence: Evidence[];
}

export interface Mend {
  text: string;
  code: string;
}

export interface Finding {
  rank: number;
  code: string;
  name: string;
  tier: Tier;
  summary: string;
  context: string;
  layers: string[];
  evidence: Evidence[];
  counter_evidence: Evidence[];
  explains: Consequence[];
  fix: Mend;
}

export interface Rivals {
  codes: string[];
  would_separate: string;
}

export interface Need {
  what: string;
  how_to_log: string;
}

export interface Check {
  name?: string;
  status: Status;
  reason: string;
  needs: Need[];
}

export interface Unrecorded {
  /** As the begin of a sentence. */
  part: string;
  why: string;
  remedy: string;
}

export interface Training {
  path: string;
  run: string;
  members: string[];
  sessions: number;
  state: "live" | "ended" | "unknown";
  sampled: boolean;
  notes: string[];
  /** What should be on record and is not. */
  unrecorded: Unrecorded[];
  outcome: Outcome;
  headline: string;
  context: string;
  steps: number | null;
  epochs: number | null;
  first_time: number | null;
  last_time: number | null;
  findings: Finding[];
  rivals: Rivals[];
  checks: Record<string, Check>;
  curve: Evidence | null;
  glance: Evidence[];
}

export interface Verdicts {
  version: number;
  tb_zeroacc: string;
  /** False while the first reading is under way. */
  complete: boolean;
  /** True while a newer reading is on its way: ask again soon. */
  refreshing: boolean;
  /** Which reading this is; curves of another number may differ. */
  reading: number;
  /** Sentences on paths that could not be read. */
  errors: string[];
  runs: Training[];
}

export interface CurveData {
  member: string;
  tag: string;
  axis: Axis;
  steps: number[];
  values: Value[];
  count: number;
  thinned: boolean;
}

export type LayerKind = "gradients" | "dead_units" | "saturation" | "updates";

export interface LayerData {
  kind: LayerKind;
  unit: string;
  rows: string[];
  /** The layer of each row; null where it is not known. */
  layers: (string | null)[];
  steps: number[];
  /** A list of values for each step, aligned with `rows`. */
  values: Value[][];
  thinned: boolean;
}

export type Sparklines = Record<string, Value[]>;
