import {useMemo} from "preact/hooks";
import {formatCount, formatNumber} from "../model/numbers";
import type {PlacedSection} from "./layout";
import {shortened} from "./shortened";
import type {TextWidth} from "./useTextWidth";
import "./DirectoryHead.css";

// Pixels of a head that neither its name nor its count has, and of a sign: as in the style sheet.
const BESIDE = 75;
const SIGN = 16;
const BOLD = 500;
const SMALL = 12 / 14; // the count's letters beside those of names

interface DirectoryHeadProps {
  section: PlacedSection;
  /** Whether the tab key stops at it. */
  isStop: boolean;
  /** Whether it hides the training that is shown. */
  hidesChosen: boolean;
  /** Of the list, in pixels. */
  width: number;
  measure: TextWidth;
  onToggle: (directory: string, close: boolean) => void;
}

/** The head of a directory: its name, and how many of its trainings need a look. */
export function DirectoryHead(props: DirectoryHeadProps) {
  const {section, isStop, hidesChosen, width, measure, onToggle} = props;
  const {directory, rows, needALook, mark, isOpen} = section;
  const all = formatNumber(rows.length);
  const count = needALook > 0 ? `${formatNumber(needALook)} of ${all}` : all;
  const shown = useMemo(() => {
    const draw = (text: string): number => measure(text, BOLD);
    const room = width - BESIDE - SMALL * draw(count) - (needALook > 0 ? SIGN : 0);
    return width > 0 ? shortened(directory, room, draw) : directory;
  }, [directory, count, width, measure]);
  const words = [
    formatCount(rows.length, "training"),
    needALook > 0 && `${formatNumber(needALook)} ${needALook === 1 ? "needs" : "need"} a look`,
    hidesChosen && "the one shown among them",
  ];
  const said = `${directory}: ${words.filter(Boolean).join(", ")}`;
  return (
    <button
      type="button"
      class={`DirectoryHead ${hidesChosen ? "DirectoryHead-hiding" : ""}`}
      data-row={section.first}
      tabIndex={isStop ? 0 : -1}
      aria-expanded={isOpen}
      title={said}
      onClick={() => onToggle(directory, isOpen)}
    >
      <span class="Disclosure-arrow" aria-hidden="true" />
      <span class="visually-hidden">{said}</span>
      <span class="DirectoryHead-name" aria-hidden="true">
        {shown}
      </span>
      <span class="DirectoryHead-count soft" aria-hidden="true">
        {needALook > 0 && <span class={`tone-${mark.tone}`}>{mark.sign} </span>}
        {count}
      </span>
    </button>
  );
}
