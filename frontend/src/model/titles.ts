/** What a picture shows, in words. */

const TITLES: [pattern: RegExp, title: string][] = [
  [/^zeroacc\/loss$/, "Loss of each sampled batch"],
  [/^zeroacc\/learning_rate$/, "Learning rate applied"],
  [/^zeroacc\/gradient_norm$/, "Size of the whole gradient"],
  [/^zeroacc\/update_ratio$/, "Update ÷ weights, largest over kernels"],
  [/^zeroacc\/dead_unit_share$/, "Units that no example activates, worst layer"],
  [/^zeroacc\/saturated_share$/, "Saturated activations, worst layer"],
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
  [/^zeroacc\/saturation\/(.+)$/, "Saturated activations in $1"],
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
