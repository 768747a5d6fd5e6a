import type {ComponentChildren} from "preact";
import "./Card.css";

interface CardProps {
  title?: string;
  /** Beside the title: what can be done with it. */
  actions?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

/** A framed part of the page; its title names it for screen readers, too. */
export function Card({title, actions, class: name = "", children}: CardProps) {
  return (
    <section class={`Card ${name}`} aria-label={title}>
      {title && (
        <header class="Card-head">
          <h2>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}
