import type {Evidence, Training} from "../model/wire";
import {ChartCard} from "./ChartCard";

interface LossCardProps {
  training: Training;
  /** The loss, with its baseline as threshold where that is known. */
  curve: Evidence;
  height: number;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The loss against what always saying the same would score. Nothing is flagged in it. */
export function LossCard({training, curve, height}: LossCardProps) {
  return (
    <ChartCard
      run={training.run}
      members={training.members}
      evidence={curve}
      tags={curve.tag === null ? [] : [curve.tag]}
      title={curve.threshold === null ? capitalised(curve.text) : "Loss against its baseline"}
      height={height}
    />
  );
}
