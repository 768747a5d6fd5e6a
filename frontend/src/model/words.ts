import type {LayerKind, Outcome, Status, Tier, Training} from "./wire";

/** A colour never stands alone: each comes with a sign and words. */
export interface Mark {
  sign: string;
  words: string;
  tone: "bad" | "warn" | "good" | "soft";
}

const OUTCOMES: Record<Outcome, Mark> = {
  broken: {sign: "✕", words: "Broken", tone: "bad"},
  not_learning: {sign: "✕", words: "Not learning", tone: "bad"},
  finished_early: {sign: "◔", words: "Stopped too early", tone: "warn"},
  cannot_tell: {sign: "?", words: "Could not be told", tone: "soft"},
  learning: {sign: "✓", words: "Learning", tone: "good"},
};
const FLAWED: Mark = {sign: "▲", words: "Learning, with a fault", tone: "warn"};

/** A training that learns although something definite or strong was found. */
export function isFlawed(training: Training): boolean {
  const first = training.findings[0];
  return training.outcome === "learning" && first !== undefined && first.tier !== "smell";
}

export function markOf(training: Training): Mark {
  return isFlawed(training) ? FLAWED : OUTCOMES[training.outcome];
}

export const STATUSES: Record<Status, Mark> = {
  flagged: {sign: "✕", words: "flagged", tone: "bad"},
  cannot_tell: {sign: "?", words: "could not be told", tone: "soft"},
  passed: {sign: "✓", words: "passed", tone: "good"},
  not_applicable: {sign: "–", words: "not applicable", tone: "soft"},
};

export const TIERS: Record<Tier, {words: string; meaning: string}> = {
  definite: {words: "definite", meaning: "A contract is violated, or the fact itself is on record."},
  strong: {words: "strong", meaning: "The run shows it; right in nine cases of ten or more."},
  smell: {words: "smell", meaning: "Often harmless."},
};

/** `learning-rate-too-high` as a reader would say it. */
export function readable(name: string): string {
  const words = name.replaceAll("-", " ").replace(/\bnan\b/g, "NaN");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The short cause below a training's name in the list. */
export function shortCause(training: Training): string {
  const first = training.findings[0];
  if (first && (first.tier !== "smell" || training.outcome !== "learning")) {
    return readable(first.name);
  }
  if (training.outcome === "learning") return first ? "No fault, one remark" : "No fault found";
  if (training.outcome === "not_learning") return "No cause could be shown";
  return "The log does not say enough";
}

const TITLES: [pattern: RegExp, title: string][] = [
  [/^zeroacc\/loss$/, "Loss of each sampled batch"],
  [/^zeroacc\/learning_rate$/, "Learning rate applied"],
  [/^zeroacc\/gradient_norm$/, "Size of the whole gradient"],
  [/^zeroacc\/update_ratio$/, "Update ÷ weights, largest over kernels"],
  [/^zeroacc\/dead_unit_share$/, "Units that no example activates, worst layer"],
  [/^zeroacc\/saturated_share$/, "Saturated units, worst layer"],
  [/^zeroacc\/input_rms$/, "Size of the inputs, median feature"],
  [/^zeroacc\/input_mean$/, "Mean of the inputs"],
  [/^zeroacc\/input_std$/, "Spread of the inputs"],
  [/^zeroacc\/input_abs_max$/, "Largest input"],
  [/^zeroacc\/input_zero_share$/, "Share of inputs that are zero"],
  [/^zeroacc\/label_majority_share$/, "Share of the largest class in the labels"],
  [/^zeroacc\/prediction_majority_share$/, "Share of the most predicted class"],
  [/^zeroacc\/seconds_per_step$/, "Seconds a step"],
  [/^zeroacc\/gradients\/(.+)$/, "Gradient in $1"],
  [/^zeroacc\/dead_units\/(.+)$/, "Dead units in $1"],
  [/^zeroacc\/saturation\/(.+)$/, "Saturated units in $1"],
  [/^(?:zeroacc\/epoch\/|epoch_)val_(.+)$/, "Validation $1, each epoch"],
  [/^(?:zeroacc\/epoch\/|epoch_)(.+)$/, "$1, each epoch"],
  [/^batch_(.+)$/, "$1, running mean of its epoch"],
];

/** What a tag shows, in words; the tag itself where it is none that we know. */
export function titleOf(tag: string): string {
  const known = TITLES.find(([pattern]) => pattern.test(tag));
  if (!known) return tag;
  const words = tag.replace(...known);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const LAYER_TITLES: Record<LayerKind, string> = {
  gradients: "Gradient by layer",
  dead_units: "Units that no example activates, by layer",
  saturation: "Saturated units by layer",
  updates: "Update ÷ weights by layer",
};
