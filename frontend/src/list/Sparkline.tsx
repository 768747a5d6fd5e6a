import {useMemo} from "preact/hooks";
import {toNumber} from "../model/numbers";
import type {Value} from "../model/wire";
import {sparklinePath} from "./sparklinePath";
import "./Sparkline.css";

const WIDTH = 54;
const HEIGHT = 18;

/** The loss in the width of a word. It repeats what the sign says, so it is hidden from readers. */
export function Sparkline({values, tone}: {values: readonly Value[]; tone: string}) {
  const path = useMemo(() => sparklinePath(values.map(toNumber), WIDTH, HEIGHT), [values]);
  return (
    <svg class={`Sparkline tone-${tone}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      {path && <path d={path} />}
    </svg>
  );
}
