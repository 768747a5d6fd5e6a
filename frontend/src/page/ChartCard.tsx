import type {ComponentChildren} from "preact";
import {csvOfLines} from "../chart/csv";
import {titleOf} from "../model/titles";
import type {Evidence} from "../model/wire";
import {useTab} from "./context";
import {FramedPicture, Lines} from "./PictureCard";
import {TimeSeriesLink} from "./TimeSeriesLink";

interface ChartCardProps {
  run: string;
  members: readonly string[];
  /** Evidence with a tag. */
  evidence: Evidence;
  /** Further tags that the link pins. */
  tags: readonly string[];
  title?: string;
  /** Before the link. */
  actions?: ComponentChildren;
  height: number;
}

/** The curve of one number, with its title, where it comes from, and the way to TensorBoard's own. */
export function ChartCard({run, members, evidence, tags, height, ...given}: ChartCardProps) {
  const {runs} = useTab();
  const tag = evidence.tag ?? "";
  return (
    <FramedPicture
      title={given.title ?? titleOf(tag)}
      actions={
        <>
          {given.actions}
          <TimeSeriesLink members={members} tags={tags} runs={runs} />
        </>
      }
      caption={`${evidence.run} · ${tag}`}
      height={height}
      file={`${run} ${tag}`}
    >
      {(shown) => (
        <Lines
          run={run}
          names={[evidence.text]}
          curves={[evidence]}
          shown={shown}
          onLines={(lines) => shown.onData(() => csvOfLines(lines))}
        />
      )}
    </FramedPicture>
  );
}
