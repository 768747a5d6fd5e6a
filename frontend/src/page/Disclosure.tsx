import type {ComponentChildren} from "preact";
import "./Disclosure.css";

interface DisclosureProps {
  title: string;
  /** Already says what is inside. */
  aside: ComponentChildren;
  open: boolean;
  onToggle: () => void;
  children: () => ComponentChildren;
}

/** A line that unfolds. What is inside is made only when it is open. */
export function Disclosure({title, aside, open, onToggle, children}: DisclosureProps) {
  return (
    <section class="Disclosure">
      <h2>
        <button type="button" class="Disclosure-line" aria-expanded={open} onClick={onToggle}>
          <span class="Disclosure-arrow" aria-hidden="true" />
          <span class="Disclosure-title">{title}</span>
          <span class="Disclosure-aside">{aside}</span>
        </button>
      </h2>
      {open && <div class="Disclosure-inside">{children()}</div>}
    </section>
  );
}
