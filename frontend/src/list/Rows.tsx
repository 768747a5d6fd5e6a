import type {RefObject} from "preact";
import {useEffect, useLayoutEffect} from "preact/hooks";
import {isWatched} from "../host/host";
import {AT_ONCE, fetchAhead} from "../model/ahead";
import {useNow} from "../model/useNow";
import {DirectoryHead} from "./DirectoryHead";
import {bySection, type Layout, scrolledTo, visibleStops} from "./layout";
import {Row} from "./Row";
import {useScrolled} from "./useScrolled";
import {useTextWidth} from "./useTextWidth";

const STANDS = 100; // milliseconds after which a list is taken to be looked at, not scrolled

interface RowsProps {
  box: RefObject<HTMLUListElement | null>;
  layout: Layout;
  /** The stop of the tab key, among the stops. */
  at: number;
  /** The same object for as long as nothing leads there anew. */
  held: {focused: number};
  chosen: string;
  /** The directory under whose head that one stands; empty for none. */
  chosenIn: string;
  onChoose: (run: string) => void;
  onToggle: (directory: string, close: boolean) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** Of heads and rows those that can be seen, and the one that the tab key stops at. */
export function Rows(props: RowsProps) {
  const {box, layout, at, held, chosen, chosenIn, onChoose, onToggle, onKeyDown} = props;
  const {sections, stops} = layout;
  const now = useNow();
  const measure = useTextWidth();
  const {top, height, width} = useScrolled(box);
  const [first, end] = visibleStops(stops, top, height);
  useEffect(() => {
    const names = stops.slice(first, first + AT_ONCE).flatMap(({row}) => row?.name ?? []);
    const timer = window.setTimeout(() => isWatched() && fetchAhead(names), STANDS);
    return () => window.clearTimeout(timer);
  }, [stops, first]);
  useLayoutEffect(() => {
    const list = box.current;
    const stop = stops[at];
    if (!list || !stop) return;
    list.scrollTop = scrolledTo(stop, list.scrollTop, list.clientHeight);
    if (held.focused > 0)
      list.querySelector<HTMLElement>(`[data-row="${at}"]`)?.focus({preventScroll: true});
  }, [held]);
  const seen = stops.slice(first, end);
  const stop = stops[at];
  if (stop && at < first) seen.unshift(stop); // in its order: a row that is moved loses the focus
  if (stop && at >= end) seen.push(stop);
  return (
    <ul class="List-rows" ref={box} onKeyDown={onKeyDown}>
      <li style={{height: `${layout.height}px`}} aria-hidden="true" />
      {bySection(seen).flatMap(([section, shown]) => {
        const {directory, isOpen} = section;
        const isAlone = directory === "";
        const rows = shown.map(
          (one) =>
            one.row && (
              <Row
                key={one.row.name}
                row={one.row}
                stop={one}
                top={one.top - (isAlone ? 0 : section.top)}
                place={isAlone ? section.place : one.place}
                count={isAlone ? sections.length : section.rows.length}
                isStop={one.index === at}
                isChosen={one.row.name === chosen}
                {...{now, width, measure, onChoose}}
              />
            ),
        );
        if (isAlone) return rows;
        return (
          <li
            key={`head of ${directory}`}
            class="Directory"
            style={{top: `${section.top}px`, height: `${section.height}px`}}
            aria-posinset={section.place + 1}
            aria-setsize={sections.length}
          >
            <DirectoryHead
              section={section}
              isStop={section.first === at}
              hidesChosen={!isOpen && directory === chosenIn}
              {...{width, measure, onToggle}}
            />
            {isOpen && <ul>{rows}</ul>}
          </li>
        );
      })}
    </ul>
  );
}
