interface HeatPointerProps {
  /** Where the pointer is, on this picture or a linked one, in pixels from the columns' left edge. */
  pointed: number | null;
  /** The two ends of what is dragged over, likewise. */
  drag: readonly [from: number, to: number] | null;
  left: number;
  height: number;
}

/** The line below the pointer, and what a drag is going to look at closer. */
export function HeatPointer({pointed, drag, left, height}: HeatPointerProps) {
  return (
    <>
      {pointed !== null && (
        <i class="Layers-cursor" style={{left: `${left + pointed}px`, height: `${height}px`}} />
      )}
      {drag && (
        <i
          class="Layers-drag"
          style={{
            left: `${left + drag[0]}px`,
            width: `${drag[1] - drag[0]}px`,
            height: `${height}px`,
          }}
        />
      )}
    </>
  );
}
