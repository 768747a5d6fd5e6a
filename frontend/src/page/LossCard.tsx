import type {Evidence, Training} from "../model/wire";
import {ChartCard} from "./ChartCard";

interface LossCardProps {
  training: Training;
  /** The loss, with its baseline as threshold where that is known. */
  curve: Evidence;
  height: number;
}

/** The loss against what always saying the same would score. Nothing is flagged in it. */
export function LossCard({training, curve, height}: LossCardProps) {
  return (
    <ChartCard
      run={training.run}
      members={training.members}
      evidence={curve}
      tags={curve.tag === null ? [] : [curve.tag]}
      layers={null}
      flagged={[]}
      title={curve.threshold === null ? "The loss" : "Loss against its baseline"}
      neutral
      height={height}
    />
  );
}
