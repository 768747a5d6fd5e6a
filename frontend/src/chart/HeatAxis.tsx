import {formatNumber, formatValue} from "../model/numbers";
import type {ColourScale} from "./heatmap";
import "./LayerHeatmap.css";

interface HeatAxisProps {
  steps: readonly number[];
  unit: string;
  scale: ColourScale;
  /** Whether steps stand by their logarithm. */
  log: boolean;
  /** Which end is the worse one of what is flagged; null where nothing is. */
  worse: "high" | "low" | null;
  /** What the hatch stands for; empty where nothing is hatched. */
  hatched: string;
  left: number;
  top: number;
}

/** The first and the last step, and between them what the colours mean. */
export function HeatAxis({steps, unit, scale, log, worse, hatched, left, top}: HeatAxisProps) {
  return (
    <div class="Layers-axis" style={{left: `${left}px`, top: `${top}px`}}>
      <span>step {formatNumber(steps[0] ?? 0)}</span>
      <span class="Layers-scale">
        {scale.log && "log"} {formatValue(scale.low, unit)}
        <span>
          <i />
          {worse && <i class={`is-flagged is-${worse}`} />}
        </span>
        {formatValue(scale.high, unit)}
        {hatched && (
          <span class="Layers-hatched">
            <i /> {hatched}
          </span>
        )}
      </span>
      <span>
        step {formatNumber(steps[steps.length - 1] ?? 0)}
        {log && ", log scale"}
      </span>
    </div>
  );
}
