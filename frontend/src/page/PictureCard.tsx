import type {ComponentChildren} from "preact";
import {useRef, useState} from "preact/hooks";
import {BarsPicture} from "../chart/BarsPicture";
import {CurveChart} from "../chart/CurveChart";
import {csvOf, csvOfHistograms, csvOfLayers, csvOfLines} from "../chart/csv";
import {HistogramsPicture, heightOfHistograms} from "../chart/HistogramsPicture";
import {LayerHeatmap} from "../chart/LayerHeatmap";
import type {Line} from "../chart/lines";
import {RangesPicture} from "../chart/RangesPicture";
import {StripPicture} from "../chart/StripPicture";
import {savePng, saveText} from "../chart/saving";
import {TimelinePicture} from "../chart/TimelinePicture";
import {getCurve, getHistograms, getLayers} from "../model/fetching";
import {formatCount} from "../model/numbers";
import {useFetched} from "../model/useFetched";
import type {Evidence, Histograms, Layers, Panel, Picture as PictureData} from "../model/wire";
import {Card} from "./Card";
import {useTab} from "./context";
import {Picture, Placeholder} from "./Picture";

interface FramedProps {
  title: string;
  /** Beside the title, before the files. */
  actions?: ComponentChildren;
  /** Stands below while nothing is pointed at. */
  caption: string;
  height: number;
  /** Name of the files, without their endings. */
  file: string;
  children: (shown: Shown) => ComponentChildren;
}

/** What a picture tells its frame. */
export interface Shown {
  onHover: (words: string) => void;
  /** How to write what is drawn; called once it is there. */
  onData: (csv: () => string) => void;
}

/** A picture in its card: title, files to keep, and what the pointer reads. */
export function FramedPicture({title, actions, caption, height, file, children}: FramedProps) {
  const [hovered, setHovered] = useState("");
  const csv = useRef<(() => string) | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const shown = useRef<Shown>({
    onHover: setHovered,
    onData: (write) => {
      csv.current = write;
    },
  });
  const card = () => box.current?.closest<HTMLElement>(".Card");
  return (
    <Card title={title} actions={actions}>
      <div ref={box} class="Picture-frame">
        <Picture height={height}>{children(shown.current)}</Picture>
      </div>
      <footer class="Card-foot soft">
        <span class="Card-read">{hovered || caption}</span>
        <button
          type="button"
          class="LinkButton"
          title="Save the picture"
          onClick={() => {
            const element = card();
            if (element) void savePng(element, `${file}.png`);
          }}
        >
          PNG
        </button>
        <button
          type="button"
          class="LinkButton"
          title="Save its numbers"
          onClick={() => csv.current && saveText(csv.current(), `${file}.csv`)}
        >
          CSV
        </button>
      </footer>
    </Card>
  );
}

interface PictureCardProps {
  run: string;
  /** What the server drew up. */
  picture: PictureData;
  actions?: ComponentChildren;
  height: number;
  file: string;
}

/** The picture that shows a cause by its shape. */
export function PictureCard({run, picture, actions, height, file}: PictureCardProps) {
  return (
    <FramedPicture
      title={picture.title}
      actions={actions}
      caption={captionOf(picture)}
      height={heightOf(picture, height)}
      file={file}
    >
      {(shown) => <Drawn run={run} picture={picture} shown={shown} />}
    </FramedPicture>
  );
}

function Drawn({run, picture, shown}: {run: string; picture: PictureData; shown: Shown}) {
  switch (picture.kind) {
    case "layers":
      return <LayersPicture run={run} picture={picture} shown={shown} />;
    case "histograms":
      return <SpreadsPicture run={run} picture={picture} shown={shown} />;
    case "curves":
      return <Panels run={run} panels={picture.panels} shown={shown} />;
    case "bars":
      shown.onData(() => csvOf(picture));
      return <BarsPicture picture={picture} onHover={shown.onHover} />;
    case "ranges":
      shown.onData(() => csvOf(picture));
      return <RangesPicture picture={picture} onHover={shown.onHover} />;
    case "strip":
      shown.onData(() => csvOf(picture));
      return <StripPicture picture={picture} />;
    case "timeline":
      shown.onData(() => csvOf(picture));
      return <TimelinePicture picture={picture} />;
  }
}

/** What is left out, where something is; else which curves these are. */
function captionOf(picture: PictureData): string {
  switch (picture.kind) {
    case "bars":
      return picture.left_out
        ? `${formatCount(picture.left_out, `more ${picture.what}`)} not drawn`
        : "";
    case "ranges":
      return picture.left_out ? `${formatCount(picture.left_out, "more layer")} not drawn` : "";
    case "curves": {
      const curves = picture.panels.flatMap((panel) => panel.curves);
      const tags = new Set(curves.map(({tag}) => tag));
      const source = (fact: Evidence) =>
        tags.size < curves.length ? `${fact.run} · ${fact.tag}` : fact.tag;
      return curves.map(source).join(", ");
    }
    case "histograms": {
      const more = picture.left_out ? `; ${formatCount(picture.left_out, "more tensor")}` : "";
      return `the stronger, the more of the values (by the root)${more && `${more} not drawn`}`;
    }
    default:
      return "";
  }
}

/** Tensors below one another need their height each. */
const heightOf = (picture: PictureData, least: number): number =>
  picture.kind === "histograms" ? Math.max(least, heightOfHistograms(picture.names.length)) : least;

function LayersPicture({run, picture, shown}: {run: string; picture: Layers; shown: Shown}) {
  const {dark, version} = useTab();
  const kind = picture.layers;
  const {data, failed} = useFetched(`${run}\n${kind}`, version, () => getLayers(run, kind));
  if (!data) return <Placeholder text={failed} />;
  shown.onData(() => csvOfLayers(data));
  return <LayerHeatmap {...{data, picture, dark, onHover: shown.onHover}} />;
}

function SpreadsPicture({run, picture, shown}: {run: string; picture: Histograms; shown: Shown}) {
  const {dark, version} = useTab();
  const {data, failed} = useFetched(`${run}\nhistograms`, version, () => getHistograms(run));
  if (!data) return <Placeholder text={failed} />;
  shown.onData(() => csvOfHistograms(data));
  return <HistogramsPicture {...{data, picture, dark, onHover: shown.onHover}} />;
}

/** Charts below one another; what the pointer is on in one of them is shown in all. */
function Panels({run, panels, shown}: {run: string; panels: readonly Panel[]; shown: Shown}) {
  const written = useRef<Record<number, readonly Line[]>>({});
  const keep = (n: number, lines: readonly Line[]): void => {
    written.current[n] = lines;
    shown.onData(() => csvOfLines(Object.values(written.current).flat()));
  };
  const [only, ...others] = panels;
  if (only && !others.length)
    return <Lines run={run} {...only} shown={shown} onLines={(lines) => keep(0, lines)} />;
  return (
    <div class="Panels">
      {panels.map(({title, names, curves}, n) => (
        <div key={title} class="Panel">
          <h4 class="soft">{title}</h4>
          <Picture height={90}>
            <Lines
              run={run}
              names={names}
              curves={curves}
              shown={shown}
              onLines={(lines) => keep(n, lines)}
            />
          </Picture>
        </div>
      ))}
    </div>
  );
}

interface LinesProps {
  run: string;
  /** What each curve is beside the others. */
  names: readonly string[];
  /** With a tag each. */
  curves: readonly Evidence[];
  shown: Shown;
  onLines: (lines: readonly Line[]) => void;
}

/** The curves of these facts on one scale. */
export function Lines({run, names, curves, shown, onLines}: LinesProps) {
  const {dark, version} = useTab();
  const key = curves.map((fact) => `${fact.run}\n${fact.tag}`).join("\n");
  const {data, failed} = useFetched(`${run}\n${key}`, version, () =>
    Promise.all(curves.map((fact) => getCurve(run, fact.run, fact.tag ?? ""))),
  );
  const made = useRef<readonly Line[]>([]);
  if (!data) return <Placeholder text={failed} />;
  const lines = data.flatMap((curve, n): Line[] => {
    const evidence = curves[n];
    return evidence ? [{name: names[n] ?? "", curve, evidence}] : [];
  });
  // What is the same as before is not drawn anew.
  if (!areSame(made.current, lines)) made.current = lines;
  onLines(made.current);
  return <CurveChart lines={made.current} dark={dark} onHover={shown.onHover} />;
}

function areSame(before: readonly Line[], now: readonly Line[]): boolean {
  return (
    before.length === now.length &&
    before.every(({curve, evidence}, n) => curve === now[n]?.curve && evidence === now[n]?.evidence)
  );
}
