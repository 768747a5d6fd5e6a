// Written by `make wire` from tb_zeroacc/wire/ and plugin/responses.py: edit those.
// JSON knows no NaN and no infinity: they come as words.

export type Value = number | "NaN" | "Infinity" | "-Infinity";
export type Axis = "step" | "epoch" | "unknown";
export type Comparison = "above" | "below" | "equal";
export type Side = "<=" | "<" | ">=" | "!=";
export type LayerKind = "gradients" | "dead_units" | "saturation" | "updates" | "classes";
export type Picture = Bars | Ranges | Strip | Timeline | Layers | Curves | Histograms;
export type Outcome = "learning" | "not_learning" | "broken" | "finished_early" | "cannot_tell";
export type State = "live" | "ended" | "unknown";
export type Tier = "definite" | "strong" | "smell";
export type Status = "flagged" | "passed" | "not_applicable" | "cannot_tell";
export type Holds = "yes" | "no" | "cannot_tell";
export type Tone = "bad" | "warn" | "good" | "soft";

/** One fact with its number, and where it can be looked up. */
export interface Evidence {
  /** TensorBoard's run that holds the data; empty where it comes from no single one. */
  run: string;
  /** A scalar tag of that run which shows this very number. */
  tag: string | null;
  /** The layer, variable, feature or output that it is about. */
  layer: string | null;
  /** What `first_step` and `last_step` count. */
  axis: Axis;
  /** The flagged stretch begins here. */
  first_step: number | null;
  /** The flagged stretch ends here. */
  last_step: number | null;
  /** The number; null for a fact that is none. */
  value: Value | null;
  /** The value as it reads, with its unit: `66.1`, `94 %`; empty without one. */
  value_text: string;
  /** How the value stands to the threshold. */
  comparison: Comparison | null;
  /** What the value is held against, in the same unit. */
  threshold: Value | null;
  /** On which side of the threshold a healthy value lies; null where none is known. */
  healthy: Side | null;
  /**
   * The threshold as it reads: `at most 1`, `at least 0.159`; `finite` where just that is asked of
   * the value; empty without one.
   */
  limit_text: string;
  /** What a line at the threshold is: `guessing scores 2.3`, or the limit again. */
  line_text: string;
  /** Whether the value lies on the wrong side; null where no limit tells. */
  wrong: boolean | null;
  /**
   * First and last step of each stretch of the tag's curve that lies on the wrong side, within the
   * flagged one.
   */
  stretches: number[][];
  /** Whether the whole curve does. */
  throughout: boolean;
  /** The cause that a healthy value speaks against, in words; empty for none. */
  rules_out: string;
  /** Empty for pure numbers, `share` for 0 to 1, `nats`, `steps`, ... */
  unit: string;
  /** Whether the number comes from a sample. */
  estimated: boolean;
  /** What this is, without the number. */
  text: string;
}

/** A limit, drawn as a line. */
export interface Line {
  /** In the unit of what is drawn. */
  value: number;
  /** What it is: `at most 10`. */
  text: string;
}

/** The bars of one colour. */
export interface Group {
  /** What they are: `labels`, `predictions`; empty where there is but one group. */
  name: string;
  /** Aligned with the picture's `names`. */
  values: Value[];
}

/** Bars side by side: which one stands out. */
export interface Bars {
  /** Of the picture. */
  kind: "bars";
  /** What it shows. */
  title: string;
  /** What a bar stands for: `feature`, `class`, `epoch`. */
  what: string;
  /** As for `Evidence`. */
  unit: string;
  /** Whether heights are drawn by their logarithm. */
  log: boolean;
  /**
   * Where the axis ends, from 0 on, for numbers that go no higher: 1 for shares and correlations;
   * null for others, whose axis ends above the bars.
   */
  top: number | null;
  /** Of the bars, in the order to draw them. */
  names: string[];
  /** One, or two to compare. */
  groups: Group[];
  /** Which of `names` are flagged, by position. */
  wrong: number[];
  /** What the bars are held against; null for nothing. */
  limit: Line | null;
  /** Bars that are not listed. */
  left_out: number;
}

/** From where to where something lies. */
export interface Range {
  /** What does. */
  name: string;
  /** Smallest value. */
  low: number;
  /** Largest value. */
  high: number;
  /** Median or mean; null where not known. */
  middle: number | null;
  /** The range as it reads: `0 .. 255`. */
  text: string;
  /** Whether it is flagged. */
  wrong: boolean;
}

/** Ranges below one another on one axis: which one does not fit. */
export interface Ranges {
  /** Of the picture. */
  kind: "ranges";
  /** What it shows. */
  title: string;
  /** As for `Evidence`. */
  unit: string;
  /** Whether they are drawn by their logarithm. */
  log: boolean;
  /** In the order to draw them. */
  rows: Range[];
  /** Healthy values begin here; null where nothing bounds them. */
  low: number | null;
  /** And end here. */
  high: number | null;
  /** Both in words; empty where none is known. */
  healthy: string;
  /** Rows that are not listed. */
  left_out: number;
}

/** One place that the data pass. */
export interface Box {
  /** Of the place. */
  name: string;
  /** What comes out there: `0 .. 255`, `10 units, softmax`. */
  text: string;
  /** What is remarkable about it; may be empty. */
  note: string;
  /** Whether it is flagged. */
  wrong: boolean;
}

/** Places in the order in which the data pass them: at which one they are lost. */
export interface Strip {
  /** Of the picture. */
  kind: "strip";
  /** What it shows. */
  title: string;
  /** The places. */
  boxes: Box[];
}

/** When something happened. */
export interface Moment {
  /** At which training step. */
  step: number;
  /** Of the model: `inputs`, `loss`, ... */
  place: string;
  /** Of what: a feature, a layer, a variable; may be empty. */
  name: string;
  /** What happened: `4 values`. */
  text: string;
  /** Whether it is the origin. */
  wrong: boolean;
}

/** What happened one after the other. */
export interface Timeline {
  /** Of the picture. */
  kind: "timeline";
  /** What it shows. */
  title: string;
  /** Ascending. */
  moments: Moment[];
}

/** Layers in order against steps; `GET layers` has the values. */
export interface Layers {
  /** Of the picture. */
  kind: "layers";
  /** What it shows. */
  title: string;
  /** Which statistic. */
  layers: LayerKind;
  /** Rows or layers that the finding is about. */
  flagged: string[];
  /** The flagged stretch begins here; null for the first one. */
  first_step: number | null;
  /** And ends here; null for the last one. */
  last_step: number | null;
  /** On which side of their scale flagged values lie. */
  worse: "high" | "low";
}

/** Curves on one scale. */
export interface Panel {
  /** What they show. */
  title: string;
  /** What each curve is: `training`, `validation`. */
  names: string[];
  /** Each has a tag; a threshold is drawn. */
  curves: Evidence[];
}

/** Curves to be seen together; `GET curves` has their points. */
export interface Curves {
  /** Of the picture. */
  kind: "curves";
  /** What it shows. */
  title: string;
  /** One, or two below one another. */
  panels: Panel[];
}

/** How the values of tensors spread over time; `GET histograms` has the bins. */
export interface Histograms {
  /** Of the picture. */
  kind: "histograms";
  /** What it shows. */
  title: string;
  /** Of the tensors, in order: at most 16. */
  names: string[];
  /** Those of `names` that the finding is about. */
  flagged: string[];
  /** Tensors that are not listed. */
  left_out: number;
}

/** What became of something, for the eye: no colour without a sign and words. */
export interface Mark {
  /** One character. */
  sign: string;
  /** `Not learning`, `could not be told`, ... */
  words: string;
  /** Which colour it has. */
  tone: Tone;
}

/** A flagged fault that follows from another one. */
export interface Consequence {
  /** `ZA704`. */
  code: string;
  /** `stuck-at-chance`. */
  name: string;
  /** Its name as a reader would say it: `Stuck at chance`. */
  title: string;
  /** One sentence. */
  summary: string;
  /** The most telling first. */
  evidence: Evidence[];
  /** As for `Finding`. */
  picture: Picture | null;
}

/** What to do. */
export interface Fix {
  /** One or two sentences. */
  text: string;
  /** To copy; in a diff, lines begin with `- `, `+ ` or two blanks. */
  code: string;
}

/** One cause, with all that follows from it. */
export interface Finding {
  /** From 1. */
  rank: number;
  /** `ZA701`. */
  code: string;
  /** `learning-rate-too-high`. */
  name: string;
  /** Its name as a reader would say it: `Learning rate too high`. */
  title: string;
  /** How much it promises. */
  tier: Tier;
  /** The same in a sentence. */
  promise: string;
  /** One sentence with its number. */
  summary: string;
  /** One more sentence; may be empty. */
  context: string;
  /** Layers that it is about. */
  layers: string[];
  /** The most telling first; no value in it is healthy. */
  evidence: Evidence[];
  /** Healthy values that speak against other causes. */
  rules_out: Evidence[];
  /**
   * What shows the cause by its shape alone; null where that is the curve of the first evidence
   * that has one, or nothing.
   */
  picture: Picture | null;
  /** What speaks against it. */
  counter_evidence: Evidence[];
  /** What follows from it. */
  explains: Consequence[];
  /** What to do. */
  fix: Fix;
  /** Names of the workers of a job that it is about; empty where it is about all. */
  workers: string[];
}

/** Causes that this log cannot tell apart, and what would. */
export interface Rivals {
  /** Of the causes. */
  codes: string[];
  /** One sentence. */
  would_separate: string;
}

/** Data that a check lacks. */
export interface Need {
  /** In a few words. */
  what: string;
  /** The line of code that would log it. */
  how_to_log: string;
}

/** What one rule answered. */
export interface Check {
  /** `nan-in-inputs`; absent where the code is not known. */
  name?: string;
  /** Its name as a reader would say it, or else its code. */
  title: string;
  /** What its line says: what holds where it passed, `Inputs vary`, else its title. */
  statement: string;
  /** What it looks at, `Inputs`; empty where the code is not known. */
  family: string;
  /** The answer; `Training.tally` holds its sign and words. */
  status: Status;
  /** What was seen. */
  reason: string;
  /** Only for `cannot_tell`. */
  needs: Need[];
}

/** One of the six steps in which a training is looked through, as its checks answer it. */
export interface StepAnswer {
  /** `Data`. */
  title: string;
  /** The question of the step; `yes` is the healthy answer. */
  question: string;
  /**
   * `no` where a check found a cause or what follows from one, `cannot_tell` where most of its
   * checks could not be made.
   */
  answer: Holds;
  /** The answer, for the eye. */
  mark: Mark;
  /** How many of its checks could be made: `14 of 16 checks made`. */
  summary: string;
  /** Codes of the checks that are flagged in it, remarks included. */
  flagged: string[];
}

/** How many checks gave one of the four answers. */
export interface Tally {
  /** The answer. */
  status: Status;
  /** Its sign and words. */
  mark: Mark;
  /** At least 1. */
  count: number;
}

/** What was not logged, by the line of code that would log it. */
export interface Lacking {
  /** The line. */
  how_to_log: string;
  /** All that it would log, in words. */
  what: string;
  /** Of the checks that it would let answer. */
  codes: string[];
}

/** The checks of a log written without us that only a recording would let answer. */
export interface NoRecording {
  /** Of these checks. */
  codes: string[];
  /** One sentence on all of them. */
  sentence: string;
}

/** What should be on record and is not. */
export interface Unrecorded {
  /** What, as the begin of a sentence. */
  part: string;
  /** Full sentences. */
  why: string;
  /** Full sentences on what would help; may be empty. */
  remedy: string;
}

/** Something that a training was set to, as far as it is on record. */
export interface Setting {
  /** `learning rate`, `layer Dense 2`: the same in every training. */
  name: string;
  /** How it reads: `0.001`, `64 units, relu`. */
  text: string;
}

/** A moment that is estimated, in seconds since 1970. */
export interface Estimate {
  /** The likeliest one; null where none can be told. */
  at: number | null;
  /** Of the likely ones; null without `at`. */
  earliest: number | null;
  /** Of the likely ones; null without `at`. */
  latest: number | null;
  /** What more there is to say, or why there is none, without a full stop; may be empty. */
  note: string;
}

/** How far a training is that still runs. */
export interface Progress {
  /** `step 20 of 780`; empty where nothing is counted. */
  text: string;
  /** Of the whole way, 0 to 1; null where the end is not known. */
  share: number | null;
  /** When it ends at its recent pace. */
  end: Estimate;
  /** When its loss levels off. */
  convergence: Estimate;
}

/** One process of a job. */
export interface Worker {
  /** `worker 3`, `rank 1`, `chief`. */
  name: string;
  /** What it is to the others: `worker`, `rank`, `host`, `chief`, `master`, `evaluator`, `ps`. */
  task: string;
  /** Its number among those of its task; null for the only one. */
  number: number | null;
  /** TensorBoard's runs that it wrote. */
  members: string[];
  /** Whether it still runs. */
  state: State;
  /** The same in a word or two, with how it ended: `running`, `silent`, `finished`. */
  state_text: string;
  /** How often it was started in this directory. */
  sessions: number;
  /** Training steps that it took; null where that is not known. */
  steps: number | null;
  /** The last one on record; null where there is none. */
  loss: Value | null;
  /** Of its last record, in seconds since 1970 by its own clock. */
  last_time: number | null;
  /** What its own record shows; null of one that does not train. */
  mark: Mark | null;
  /** What is wrong with it in a few words, or else how it stands; may be empty. */
  cause: string;
  /** Of that finding; null where there is none. */
  code: string | null;
  /** Of the job's findings that are about some workers, this one among them. */
  codes: string[];
}

/** One training with its verdict. */
export interface Training {
  /** The log directory, as given. */
  path: string;
  /** Its name: its directory relative to the log directory. */
  run: string;
  /** TensorBoard's runs that belong to it. */
  members: string[];
  /** How often the directory was trained into; the latest is judged. */
  sessions: number;
  /** Whether it still runs. */
  state: State;
  /** How far it is; null of one that is not known to go on. */
  progress: Progress | null;
  /** Whether points came through a sampling data provider. */
  sampled: boolean;
  /** Sentences on the log itself. */
  notes: string[];
  /** What should be on record and is not. */
  unrecorded: Unrecorded[];
  /** What became of it. */
  outcome: Outcome;
  /** The outcome, and whether something is wrong beside it, for the eye. */
  mark: Mark;
  /** From 0, nothing found, to 6, broken; from 3 on it needs a look. */
  severity: number;
  /** The main finding in a few words, or else how it stands. */
  cause: string;
  /** Code of the finding that the headline speaks of; null where there is none. */
  main: string | null;
  /** One sentence. */
  headline: string;
  /** One more line; may be empty. */
  context: string;
  /** Training steps taken. */
  steps: number | null;
  /** Epochs ended. */
  epochs: number | null;
  /** Of the first record, in seconds since 1970. */
  first_time: number | null;
  /** Of the last record. */
  last_time: number | null;
  /** Causes, the likeliest first. */
  findings: Finding[];
  /** What rules in preview name; it decides nothing. */
  previews: Finding[];
  /** Causes that cannot be told apart. */
  rivals: Rivals[];
  /** Every check by its code. */
  checks: Record<string, Check>;
  /** How many checks gave which answer, in the order to show them. */
  tally: Tally[];
  /** The six steps of a first look, in their order. */
  checklist: StepAnswer[];
  /** What was not logged, the line that tells most first. */
  lacking: Lacking[];
  /** What only a recording would tell; null where there is one. */
  no_recording: NoRecording | null;
  /** What is on record of model, loss, optimizer, data and program. */
  settings: Setting[];
  /** The loss; its baseline is the threshold. */
  curve: Evidence | null;
  /** A few numbers; `comparison` says on which side of its limit each lies now. */
  glance: Evidence[];
  /** How its weights spread over time; null where the log holds no histograms. */
  histograms: Histograms | null;
  /** The processes of a job, the first one first; empty of a training by one process. */
  workers: Worker[];
}

/** What `zeroacc diagnose --format json` prints and `GET runs` answers. */
export interface Verdicts {
  /** Of this format: 1. */
  version: 1;
  /** Version of the package. */
  tb_zeroacc: string;
  /** False while the first reading is under way. */
  complete: boolean;
  /** Of the tab alone: whether a newer reading is under way. */
  refreshing?: boolean;
  /** Of the tab alone: counts, from 1, the readings that found something new. */
  reading?: number;
  /** Of the tab alone: sentences on what could not be read. */
  errors?: string[];
  /** In the order of the log directories, then by name. */
  runs: Training[];
}

/** A cause by its name alone. */
export interface NamedCause {
  /** `ZA603`. */
  code: string;
  /** Its name as a reader would say it: `No nonlinearity`. */
  title: string;
}

/** One training in a line. */
export interface Summary {
  /** The training's name, its `run` in `GET runs`. */
  name: string;
  /** What became of it. */
  outcome: Outcome;
  /** The outcome, and whether something is wrong beside it, for the eye. */
  mark: Mark;
  /** From 0, nothing found, to 6, broken; from 3 on it needs a look. */
  severity: number;
  /** The main finding in a few words, or else how it stands. */
  cause: string;
  /** Of the main finding; null where there is none. */
  code: string | null;
  /** The findings beside the main one, the likeliest first, at most 16. */
  further: NamedCause[];
  /** One sentence. */
  headline: string;
  /** Of the last record, in seconds since 1970. */
  last_time: number | null;
  /** Whether it still runs. */
  live: boolean;
  /** How many processes of a job are on record; 0 of a training by one process. */
  workers: number;
  /**
   * The same for trainings of the same model, its outputs and its loss aside; empty where none is
   * on record.
   */
  model: string;
  /**
   * The loss (else a reward, or an accuracy) in at most 32 values of three digits; empty where
   * there is none.
   */
  sparkline: Value[];
  /** What always guessing scores, in the unit of `sparkline`; null where not known. */
  baseline: Value | null;
  /**
   * The `reading` that brought it. While it stays the same, so does all that is told of this
   * training elsewhere, once the first reading is over.
   */
  since: number;
}

/** What `GET summaries` answers: trainings, the worst first. */
export interface Summaries {
  /** Of this format: 1. */
  version: 1;
  /** Version of the package. */
  tb_zeroacc: string;
  /** False while the first reading is under way. */
  complete: boolean;
  /** Tells one process that reads from the next: each counts its readings anew. */
  reader: string;
  /** Counts, from 1, the readings that found something new; curves may change then. */
  reading: number;
  /** Sentences on log directories that could not be read. */
  errors: string[];
  /**
   * How many trainings there are in all; while the first reading is under way, how many are read.
   */
  total: number;
  /**
   * While the first reading is under way, how many trainings there will be, as the names of
   * directories tell; null where that is not known, and after it.
   */
  expected: number | null;
  /** How many of them somebody should look at. */
  need_a_look: number;
  /** How many of TensorBoard's runs belong to all of them. */
  members: number;
  /** How many trainings come before the first of `summaries`. */
  offset: number;
  /** How many `summaries` holds at most. */
  limit: number;
  /** Code that fills the log directory, to paste. */
  first_lines: string;
  /** Where `summaries` has only what changed: the place of each among all; else null. */
  places: number[] | null;
  /** The worst first, the surest cause first among equals, then by name. */
  summaries: Summary[];
}

/** One of several trainings that were asked for at once. */
export interface TaggedTraining {
  /** The `ETag` of the same by `GET run`. */
  tag: string;
  /** What that answers. */
  training: Training;
}

/** What `GET trainings` answers. */
export interface Trainings {
  /** Those that there are, in the order asked. */
  trainings: TaggedTraining[];
}

/** What `GET rule` answers: what a check looks for, and what to do. */
export interface RulePage {
  /** `ZA704`. */
  code: string;
  /** Its name as a reader would say it: `Stuck at chance`. */
  title: string;
  /** The most that it promises. */
  strongest: Tier;
  /** The same in a sentence. */
  promise: string;
  /** Markdown: paragraphs, headings of the second level, blocks and spans of code. */
  page: string;
}

/** What `GET curves` answers: one curve. */
export interface CurveData {
  /** TensorBoard's run that holds it. */
  member: string;
  /** Its tag there. */
  tag: string;
  /** What `steps` count. */
  axis: Axis;
  /** Ascending. */
  steps: number[];
  /** Aligned with `steps`. */
  values: Value[];
  /** Steps in the log. */
  count: number;
  /** Whether that is more than are listed. */
  thinned: boolean;
}

/** What `GET layers` answers: one statistic of all layers over time. */
export interface LayerData {
  /** Which statistic. */
  kind: LayerKind;
  /** As for `Evidence`. */
  unit: string;
  /** Layers in order, or variables where layers do not tell them apart. */
  rows: string[];
  /** The layer of each row; null where it is not known. */
  layers: (string | null)[];
  /** At most 161 samples. */
  steps: number[];
  /** A list of values for each step, aligned with `rows`. */
  values: Value[][];
  /** Whether there are more samples or rows than are listed. */
  thinned: boolean;
}

/** One histogram. */
export interface Column {
  /** Its smallest value; `NaN` where values are not finite. */
  low: Value;
  /** Its largest value. */
  high: Value;
  /** How many values there are. */
  total: number;
  /**
   * Of the values in bins of one width from `low` to `high`, rounded to three digits; of a single
   * value one bin, of values that are not finite none.
   */
  counts: number[];
}

/** The histograms of one tensor. */
export interface Spread {
  /** TensorBoard's run that holds them. */
  member: string;
  /** Their tag there. */
  tag: string;
  /** The tensor's, as the picture names it. */
  name: string;
  /** Aligned with `steps`; null where none is kept. */
  columns: (Column | null)[];
}

/** What `GET histograms` answers: how the weights spread over time. */
export interface HistogramData {
  /** Ascending. */
  steps: number[];
  /** One for each of the picture's `names`. */
  spreads: Spread[];
  /** Whether the log holds more histograms than are listed. */
  thinned: boolean;
}

/** How many trainings came to what. */
export interface FleetOutcome {
  /** What became of them, for the eye. */
  mark: Mark;
  /** How many. */
  runs: number;
}

/** Where a cause was found. */
export interface FleetFolder {
  /** A directory or URL; `…` for all that are not counted one by one. */
  folder: string;
  /** Trainings right below it. */
  runs: number;
}

/** One cause over all trainings. */
export interface FleetCause {
  /** `ZA701`. */
  code: string;
  /** `Learning rate too high`. */
  title: string;
  /** How much it promises. */
  tier: Tier;
  /** As for one of these trainings. */
  fix: Fix;
  /** Trainings in which it was found. */
  runs: number;
  /** Those of which it is the main cause. */
  main: number;
  /** What these took, first record to last. */
  hours: number;
  /** When the first of all of them began, seconds since 1970. */
  first_time: number | null;
  /** When the last one was written to. */
  last_time: number | null;
  /** Those with most of them. */
  folders: FleetFolder[];
  /** How many more there are. */
  other_folders: number;
  /** URLs of some trainings. */
  examples: string[];
}

/** Something that could not be read. */
export interface FleetError {
  /** The directory or URL. */
  where: string;
  /** One sentence. */
  error: string;
}

/** All trainings of a scan. */
export interface Fleet {
  /** Of this format. */
  version: number;
  /** Of the package. */
  tb_zeroacc: string;
  /** How many were judged. */
  trainings: number;
  /** Of these, somebody should look at so many. */
  need_a_look: number;
  /** What all took, first record to last. */
  hours: number;
  /** How many could not be read. */
  unread: number;
  /** The first sentences on these. */
  errors: FleetError[];
  /** The most frequent first. */
  outcomes: FleetOutcome[];
  /** Those whose fix would pay most first. */
  causes: FleetCause[];
}
