import {useMemo} from "preact/hooks";
import {toNumber} from "../model/numbers";
import type {Value} from "../model/wire";
import {sparkline} from "./sparkline";
import "./Sparkline.css";

const WIDTH = 54;
const HEIGHT = 18;

interface SparklineProps {
  values: readonly Value[];
  baseline: Value | null;
  tone: string;
}

/** The loss in the width of a word. It repeats what the sign says, so it is hidden from readers. */
export function Sparkline({values, baseline, tone}: SparklineProps) {
  const {path, level} = useMemo(() => {
    const reference = baseline === null ? null : toNumber(baseline);
    return sparkline(values.map(toNumber), reference, WIDTH, HEIGHT);
  }, [values, baseline]);
  return (
    <svg class={`Sparkline tone-${tone}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      {path && level !== null && <path class="Sparkline-level" d={`M0 ${level}h${WIDTH}`} />}
      {path && <path d={path} />}
    </svg>
  );
}
