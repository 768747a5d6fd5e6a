import type {Mark} from "../model/wire";
import "./Pill.css";

/** An outcome: sign, words and colour together. */
export function Pill({mark}: {mark: Mark}) {
  return (
    <span class={`Pill tone-${mark.tone}`}>
      <span aria-hidden="true">{mark.sign}</span> {mark.words}
    </span>
  );
}
