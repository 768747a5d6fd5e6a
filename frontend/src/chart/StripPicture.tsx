import {Fragment} from "preact";
import type {Strip} from "../model/wire";
import "./StripPicture.css";

/** Places in the order in which the data pass them, an arrow from each to the next. */
export function StripPicture({picture: {boxes}}: {picture: Strip}) {
  return (
    <ol class="Strip">
      {boxes.map(({name, text, note, wrong}, n) => (
        <Fragment key={n}>
          {n > 0 && (
            <li class="Strip-arrow" aria-hidden="true">
              →
            </li>
          )}
          <li class={`Strip-box ${wrong ? "is-wrong" : ""}`}>
            <span class="Strip-name" title={name}>
              {name}
            </span>
            <span class="Strip-text">
              {breakable(text || "–")}
              {wrong && (
                <>
                  <span aria-hidden="true">{"\u00a0"}✕</span>
                  <span class="visually-hidden"> wrong</span>
                </>
              )}
            </span>
            {note && <span class="Strip-note">{note}</span>}
          </li>
        </Fragment>
      ))}
    </ol>
  );
}

/** A text that may break behind an underscore, as code does not by itself. */
function breakable(text: string) {
  return text.split("_").map((part, n) => (
    <Fragment key={n}>
      {n > 0 && (
        <>
          _<wbr />
        </>
      )}
      {part}
    </Fragment>
  ));
}
