import {useState} from "preact/hooks";
import type {Consequence, Training} from "../model/wire";
import {ChartCard} from "./ChartCard";
import {EvidenceTable} from "./EvidenceTable";
import {tagsOf} from "./evidence";
import {InlineCode} from "./InlineCode";
import {PictureCard} from "./PictureCard";
import {RuleLink} from "./RuleLink";
import "./Consequences.css";

interface ConsequencesProps {
  training: Training;
  items: readonly Consequence[];
}

const HEIGHT = 160;

/** What follows from a cause, each with its own evidence; a row with a curve draws it. */
export function Consequences({training, items}: ConsequencesProps) {
  return (
    <>
      {items.map((item) => (
        <Item key={item.code} training={training} item={item} />
      ))}
    </>
  );
}

function Item({training, item}: {training: Training; item: Consequence}) {
  const {code, summary, evidence, picture} = item;
  const [drawn, setDrawn] = useState<number | null>(null);
  const [isOpen, setOpen] = useState(false);
  const shown = drawn === null ? undefined : evidence[drawn];
  return (
    <div class="Consequence">
      <p>
        <InlineCode text={summary} /> <RuleLink code={code} />{" "}
        {picture && (
          <button
            type="button"
            class="LinkButton"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? "Hide the picture" : "Show the picture"}
          </button>
        )}
      </p>
      {evidence.length > 0 && <EvidenceTable rows={evidence} drawn={drawn} onDraw={setDrawn} />}
      {picture && isOpen && (
        <PictureCard
          run={training.run}
          picture={picture}
          height={HEIGHT}
          file={`${training.run} ${code}`}
        />
      )}
      {shown && (
        <ChartCard
          run={training.run}
          members={training.members}
          evidence={shown}
          tags={tagsOf([shown, ...evidence])}
          height={HEIGHT}
        />
      )}
    </div>
  );
}
