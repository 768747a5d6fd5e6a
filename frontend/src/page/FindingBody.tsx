import {useState} from "preact/hooks";
import type {Finding, Training} from "../model/wire";
import {Card} from "./Card";
import {ChartCard} from "./ChartCard";
import {Code, CopyWhole} from "./Code";
import {useTab} from "./context";
import {EvidenceTable} from "./EvidenceTable";
import {firstDrawable, tagsOf} from "./evidence";
import {InlineCode} from "./InlineCode";
import {PictureCard} from "./PictureCard";
import {TimeSeriesLink} from "./TimeSeriesLink";
import "./Body.css";
import "./FindingBody.css";

interface FindingBodyProps {
  training: Training;
  finding: Finding;
  height: number;
}

/** One cause: the picture that proves it beside the fix and the numbers. */
export function FindingBody({training, finding, height}: FindingBodyProps) {
  const {code, name, rules_out: ruledOut, fix, picture} = finding;
  const evidence = [...finding.evidence, ...ruledOut];
  const [chosen, setChosen] = useState<number | null>(null);
  const drawn = chosen ?? (picture ? null : firstDrawable(finding.evidence));
  const shown = drawn === null ? undefined : evidence[drawn];
  const {runs} = useTab();
  const tags = tagsOf(evidence);
  const seen = (
    <EvidenceTable
      rows={finding.evidence}
      ruledOut={ruledOut}
      title="Evidence"
      drawn={drawn}
      onDraw={setChosen}
    />
  );
  return (
    <article class="Body" aria-label={`${code} ${name}`}>
      {shown ? (
        <ChartCard
          run={training.run}
          members={training.members}
          evidence={shown}
          tags={tagsOf([shown, ...evidence])}
          actions={
            picture && (
              <button type="button" class="LinkButton" onClick={() => setChosen(null)}>
                Back to the picture
              </button>
            )
          }
          height={height}
        />
      ) : picture ? (
        <PictureCard
          run={training.run}
          picture={picture}
          actions={
            tags.length > 0 && <TimeSeriesLink members={training.members} tags={tags} runs={runs} />
          }
          height={height}
          file={`${training.run} ${code}`}
        />
      ) : (
        <Card>{seen}</Card>
      )}
      <Card
        class="FixCard"
        title="How to fix it"
        actions={fix.code && <CopyWhole code={fix.code} what="the fix" />}
      >
        {fix.code && <Code code={fix.code} what="the fix" headed />}
        <p class="soft">
          <InlineCode text={fix.text} />
        </p>
        {(shown || picture) && seen}
      </Card>
    </article>
  );
}
