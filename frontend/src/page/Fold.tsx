import type {ComponentChildren} from "preact";
import "./Fold.css";

interface FoldProps {
  title: string;
  /** Already says what is inside. */
  aside: string;
  open: boolean;
  onToggle: () => void;
  children: () => ComponentChildren;
}

/** A line that unfolds. What is inside is made only when it is open. */
export function Fold({title, aside, open, onToggle, children}: FoldProps) {
  return (
    <section class="Fold">
      <h2>
        <button type="button" class="Fold-line" aria-expanded={open} onClick={onToggle}>
          <span class="Fold-arrow" aria-hidden="true" />
          <span class="Fold-title">{title}</span>
          <span class="Fold-aside">{aside}</span>
        </button>
      </h2>
      {open && <div class="Fold-inside">{children()}</div>}
    </section>
  );
}
