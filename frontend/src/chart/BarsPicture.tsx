import {useMemo, useRef} from "preact/hooks";
import {formatCount, formatValue} from "../model/numbers";
import type {Bars} from "../model/wire";
import {
  type Area,
  barInWords,
  barScale,
  heightOn,
  layOutBars,
  namesBelow,
  wordsAbove,
} from "./barLayout";
import type {Scale} from "./scale";
import {useSize} from "./useSize";
import "./Plot.css";

interface BarsPictureProps {
  picture: Bars;
  /** What the pointer is on, in words; empty when it leaves. */
  onHover: (words: string) => void;
}

const LEFT = 52;
const ABOVE = 20;
const BELOW = 22;

/** Bars side by side on one scale; what is flagged stands out and is named. */
export function BarsPicture({picture, onHover}: BarsPictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const {width, height} = useSize(box);
  const scale = useMemo(() => barScale(picture), [picture]);
  const grouped = picture.groups.length > 1;
  const top = ABOVE + (grouped ? 16 : 0);
  const area: Area = {
    left: LEFT,
    top,
    width: Math.max(0, width - LEFT - 8),
    height: Math.max(0, height - top - BELOW),
  };
  const bars = layOutBars(picture, scale, area);
  const flagged = picture.wrong.map((at) => barInWords(picture, at)).slice(0, 3);
  const slot = area.width / Math.max(1, picture.names.length);
  const read = ({offsetX}: PointerEvent): void => {
    const at = Math.floor((offsetX - LEFT) / slot);
    onHover(picture.names[at] === undefined ? "" : barInWords(picture, at));
  };
  return (
    <div
      ref={box}
      class="Plot"
      role="img"
      aria-label={`${formatCount(picture.names.length, "bar")}. Flagged: ${flagged.join("; ") || "none"}.`}
    >
      {width > 0 && (
        <svg
          aria-hidden="true"
          width={width}
          height={height}
          onPointerMove={read}
          onPointerLeave={() => onHover("")}
        >
          <Grid scale={scale} area={area} unit={picture.unit} />
          {bars.map((bar) => (
            <rect
              key={`${bar.at} ${bar.group}`}
              class={`Plot-bar ${bar.wrong ? "is-wrong" : ""} ${bar.group ? "is-second" : ""}`}
              x={bar.x}
              y={bar.y}
              width={bar.width}
              height={bar.height}
            />
          ))}
          <Limit picture={picture} scale={scale} area={area} />
          {wordsAbove(picture, bars, area).map(({text, x, y, at}) => (
            <text key={at} class="is-wrong Plot-haloed" x={x} y={y} text-anchor="middle">
              {text}
            </text>
          ))}
          {namesBelow(picture, area).map(({text, x, at}) => (
            <text
              key={at}
              class={picture.wrong.includes(at) ? "is-wrong" : ""}
              x={x}
              y={height - 6}
              text-anchor="middle"
            >
              {text}
            </text>
          ))}
        </svg>
      )}
      {grouped && (
        <p class="Plot-legend">
          {picture.groups.map(({name}, n) => (
            <span key={name}>
              <i class={n ? "is-second" : ""} /> {name}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}

function Grid({scale, area, unit}: {scale: Scale; area: Area; unit: string}) {
  return scale.ticks.map((tick) => {
    const y = area.top + (1 - heightOn(scale, tick)) * area.height;
    const text = scale.zeroAtFloor && tick === scale.low ? "0" : formatValue(tick, tickUnit(unit));
    return (
      <g key={tick}>
        <line class="Plot-grid" x1={area.left} x2={area.left + area.width} y1={y} y2={y} />
        <text x={area.left - 8} y={y + 4} text-anchor="end">
          {text}
        </text>
      </g>
    );
  });
}

const tickUnit = (unit: string): string => (unit === "share" ? "share" : "");

function Limit({picture, scale, area}: {picture: Bars; scale: Scale; area: Area}) {
  if (!picture.limit) return null;
  const {value, text} = picture.limit;
  if (value < scale.low || value > scale.high) return null;
  const y = area.top + (1 - heightOn(scale, value)) * area.height;
  const right = area.left + area.width;
  const tone = picture.wrong.length ? "is-wrong" : "";
  return (
    <g>
      <line class={`Plot-limit ${tone}`} x1={area.left} x2={right} y1={y} y2={y} />
      <text class={`Plot-haloed ${tone}`} x={right} y={y - 5} text-anchor="end">
        {text}
      </text>
    </g>
  );
}
