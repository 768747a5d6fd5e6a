import {useState} from "preact/hooks";
import {CurveChart} from "../chart/CurveChart";
import {LayerHeatmap} from "../chart/LayerHeatmap";
import {getCurve, getLayers} from "../model/fetching";
import {LAYER_TITLES, titleOf} from "../model/titles";
import {useFetched} from "../model/useFetched";
import type {Evidence, LayerKind} from "../model/wire";
import {Card} from "./Card";
import {useTab} from "./context";
import {Picture, Placeholder} from "./Picture";
import {TimeSeriesLink} from "./TimeSeriesLink";

interface ChartCardProps {
  run: string;
  members: readonly string[];
  /** Evidence with a tag. */
  evidence: Evidence;
  /** Further tags that the link pins. */
  tags: readonly string[];
  /** Draw the layers instead of the one curve. */
  layers: LayerKind | null;
  flagged: readonly string[];
  title?: string;
  height: number;
}

/** The picture that argues, with its title, where it comes from, and the way to TensorBoard's own. */
export function ChartCard(props: ChartCardProps) {
  const {run, members, evidence, tags, layers, flagged, height} = props;
  const {runs} = useTab();
  const [hovered, setHovered] = useState("");
  const [single, setSingle] = useState(false);
  const tag = evidence.tag ?? "";
  const kind = single ? null : layers;
  const title = kind ? LAYER_TITLES[kind] : (props.title ?? titleOf(tag));
  const picture = {run, onHover: setHovered};
  const actions = (
    <>
      {layers && (
        <button
          type="button"
          class="LinkButton"
          aria-pressed={single}
          onClick={() => setSingle(!single)}
        >
          {single ? "All layers" : "One layer"}
        </button>
      )}
      <TimeSeriesLink members={members} tags={tags} runs={runs} />
    </>
  );
  return (
    <Card title={title} actions={actions}>
      <Picture height={height}>
        {kind ? (
          <Layers {...picture} kind={kind} flagged={flagged} />
        ) : (
          <Curve {...picture} evidence={evidence} tag={tag} />
        )}
      </Picture>
      <footer class="Card-foot soft">{hovered || `${evidence.run} · ${tag}`}</footer>
    </Card>
  );
}

interface PictureProps {
  run: string;
  onHover: (words: string) => void;
}

function Curve(props: PictureProps & {evidence: Evidence; tag: string}) {
  const {run, evidence, tag, onHover} = props;
  const {dark, version} = useTab();
  const {data, failed} = useFetched(`${run}\n${evidence.run}\n${tag}`, version, () =>
    getCurve(run, evidence.run, tag),
  );
  if (!data) return <Placeholder text={failed} />;
  return <CurveChart {...{curve: data, evidence, dark, onHover}} />;
}

function Layers(props: PictureProps & {kind: LayerKind; flagged: readonly string[]}) {
  const {run, kind, flagged, onHover} = props;
  const {dark, version} = useTab();
  const {data, failed} = useFetched(`${run}\n${kind}`, version, () => getLayers(run, kind));
  if (!data) return <Placeholder text={failed} />;
  return <LayerHeatmap {...{data, flagged, dark, onHover}} />;
}
