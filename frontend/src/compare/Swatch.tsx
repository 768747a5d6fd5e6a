import {colourName, dashOf} from "./strokes";

/** A piece of the line that a training has in the picture. */
export function Swatch({place}: {place: number}) {
  return (
    <svg class="Swatch" width="22" height="8" aria-hidden="true">
      <path
        d="M0 4h22"
        stroke={`var(${colourName(place)})`}
        stroke-width="2"
        stroke-dasharray={dashOf(place).join(" ")}
      />
    </svg>
  );
}
