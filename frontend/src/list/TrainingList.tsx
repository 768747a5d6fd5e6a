import {useMemo, useRef} from "preact/hooks";
import {countWords} from "../model/counts";
import type {List} from "../model/listing";
import {formatCount, formatNumber} from "../model/numbers";
import type {Summaries} from "../model/wire";
import {allCollapsed, withCollapsed} from "./collapsed";
import {type Directories, sectionsOf} from "./directories";
import {Filters} from "./Filters";
import {moveInto, moveOf} from "./keys";
import {layoutOf} from "./layout";
import {isNarrow, type Narrowing, narrowed} from "./narrowing";
import {Rows} from "./Rows";
import {useCollapsed} from "./useCollapsed";
import {useHeld} from "./useHeld";
import "./TrainingList.css";

export interface TrainingListProps {
  list: List;
  /** The directory under whose head each training stands. */
  directories: Directories;
  chosen: string;
  narrowing: Narrowing;
  onNarrow: (next: Narrowing) => void;
  onChoose: (run: string) => void;
}

/**
 * All trainings, narrowed by what is typed and picked, under the heads of their directories. One stop
 * of the tab key: arrow keys go up and down in it, collapse and open.
 */
export function TrainingList(props: TrainingListProps) {
  const {list, directories, chosen, narrowing, onNarrow, onChoose} = props;
  const {find, state, why, sort} = narrowing;
  const box = useRef<HTMLUListElement>(null);
  const chosenIn = directories.get(chosen) ?? "";
  const [collapsed, setCollapsed] = useCollapsed(narrowing, onNarrow, chosen, chosenIn);
  const shown = useMemo(() => narrowed(list.rows, narrowing), [list, find, state, why, sort]);
  const sections = useMemo(() => sectionsOf(shown, directories), [shown, directories]);
  const layout = useMemo(() => layoutOf(sections, collapsed), [sections, collapsed]);
  const {stops} = layout;
  const {held, at, hold} = useHeld(stops, chosen, narrowing);
  const toggle = (directory: string, close: boolean): void => {
    setCollapsed(withCollapsed(collapsed, directory, close));
    hold(directory, true);
  };
  const move = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return; // Alt and an arrow lead back
    const focus = document.activeElement;
    const isInside = focus instanceof HTMLElement && box.current?.contains(focus);
    const from = isInside ? Number(focus.dataset.row ?? at) : at; // a click may have led elsewhere
    const next = isInside ? moveOf(event.key, stops, from) : moveInto(event.key);
    if (next === null) return;
    event.preventDefault();
    if (next.kind !== "go") toggle(next.directory, next.kind === "collapse");
    const stop = next.kind === "go" && stops[next.to];
    if (stop) hold(stop.row?.name ?? stop.section.directory, stop.row === null);
  };
  const heads = layout.sections.filter(({directory}) => directory !== "");
  const someOpen = heads.some(({isOpen}) => isOpen);
  return (
    <nav class="List" aria-label="Trainings">
      <input
        type="search"
        placeholder="Search trainings"
        aria-label="Search trainings"
        value={find}
        onInput={({currentTarget}) => onNarrow({...narrowing, find: currentTarget.value})}
        onKeyDown={move}
      />
      <Filters rows={list.rows} narrowing={narrowing} onNarrow={onNarrow} />
      <div class="List-count soft">
        {/* Of what counts on with each answer nobody wants to hear. */}
        <p role={list.head.complete ? "status" : undefined}>
          {shownWords(list.head, shown.length, narrowing)}
        </p>
        {heads.length > 0 && (
          <button
            type="button"
            class="LinkButton"
            onClick={() => setCollapsed(allCollapsed(someOpen))}
          >
            {someOpen ? "Collapse all" : "Expand all"}
          </button>
        )}
      </div>
      <Rows
        {...{box, layout, at, held, chosen, chosenIn, onChoose}}
        onToggle={toggle}
        onKeyDown={move}
      />
    </nav>
  );
}

/** How many are shown of how many. */
function shownWords(head: Summaries, shown: number, narrowing: Narrowing): string {
  const all = formatCount(head.total, "training");
  if (!isNarrow(narrowing)) return countWords(head);
  return `${formatNumber(shown)} of ${all}${head.complete ? "" : ` so far`}`;
}
