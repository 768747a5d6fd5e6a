import {useState} from "preact/hooks";
import type {Finding, Training} from "../model/wire";
import {ChartCard} from "./ChartCard";
import {Code, CopyButton} from "./Code";
import {EvidenceTable} from "./EvidenceTable";
import {firstDrawable, flaggedLayers, layerKindOf, tagsOf} from "./picture";
import {Words} from "./Words";

interface FindingBodyProps {
  training: Training;
  finding: Finding;
  height: number;
}

/** One cause: the picture that proves it beside the fix and the numbers. */
export function FindingBody({training, finding, height}: FindingBodyProps) {
  const {code, name, evidence} = finding;
  const [chosen, setChosen] = useState<number | null>(null);
  const drawn = chosen ?? firstDrawable(evidence);
  const shown = drawn === null ? undefined : evidence[drawn];
  const seen = (
    <EvidenceTable rows={evidence} title="What was seen" drawn={drawn} onDraw={setChosen} />
  );
  return (
    <article class="Body" aria-label={`${code} ${name}`}>
      {shown ? (
        <ChartCard
          run={training.run}
          members={training.members}
          evidence={shown}
          tags={tagsOf([shown, ...evidence])}
          layers={layerKindOf(shown)}
          flagged={flaggedLayers(finding)}
          height={height}
        />
      ) : (
        <section class="Card">{seen}</section>
      )}
      <section class="Card FixCard" aria-label="How to fix it">
        <header class="Card-head">
          <h3>How to fix it</h3>
          {finding.fix.code && <CopyButton code={finding.fix.code} what="the fix" />}
        </header>
        {finding.fix.code && <Code code={finding.fix.code} />}
        <p class="soft">
          <Words text={finding.fix.text} />
        </p>
        {shown && seen}
      </section>
    </article>
  );
}
