import type {ComponentChildren} from "preact";
import "./Picture.css";

/** The place of a picture: it has its height from the start, so nothing moves when it comes. */
export function Picture({height, children}: {height: number; children: ComponentChildren}) {
  return (
    <div class="Picture" style={{minHeight: `${height}px`}}>
      {children}
    </div>
  );
}

/** Stands in a picture's place while there is none, with the reason where one is known. */
export function Placeholder({text}: {text: string}) {
  return <p class="Placeholder soft">{text}</p>;
}
