/** Which picture a finding gets: a curve, the layers, or none. Pure. */
import type {Evidence, Finding, LayerKind} from "../model/wire";

const PER_LAYER: [prefix: string, kind: LayerKind][] = [
  ["zeroacc/gradients/", "gradients"],
  ["zeroacc/dead_units/", "dead_units"],
  ["zeroacc/saturation/", "saturation"],
];

/** The kind of layer picture that a piece of evidence belongs to; null for an ordinary curve. */
export function layerKindOf({tag}: Evidence): LayerKind | null {
  return PER_LAYER.find(([prefix]) => tag?.startsWith(prefix))?.[1] ?? null;
}

/** Index of the evidence whose picture is drawn first: the most telling one that has any. */
export function firstDrawable(evidence: readonly Evidence[]): number | null {
  const found = evidence.findIndex(({tag}) => tag !== null);
  return found < 0 ? null : found;
}

/** Layers or rows that the finding is about: not those that others are merely compared with. */
export function flaggedLayers({layers, evidence}: Finding): string[] {
  const named = evidence.flatMap(({layer, wrong}) => (layer && wrong ? [layer] : []));
  return [...new Set([...layers, ...named])];
}

/** Tags of a finding's curves, most telling first. */
export function tagsOf(evidence: readonly Evidence[]): string[] {
  return [...new Set(evidence.flatMap(({tag}) => (tag === null ? [] : [tag])))];
}
