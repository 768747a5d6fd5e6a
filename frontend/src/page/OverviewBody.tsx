import type {Lacking, Training} from "../model/wire";
import {Card} from "./Card";
import {Code, CopyWhole} from "./Code";
import {LossCard} from "./LossCard";
import {OverviewTable} from "./OverviewTable";
import {Picture, Placeholder} from "./Picture";
import "./Body.css";

/** A page without a cause to show: the loss against its baseline, and a few numbers or what lacks. */
export function OverviewBody({training, height}: {training: Training; height: number}) {
  const {curve, glance, mark, lacking} = training;
  const needsData = mark.tone === "soft" || glance.length === 0;
  return (
    <div class="Body">
      {curve?.tag ? (
        <LossCard training={training} curve={curve} height={height} />
      ) : (
        <Card>
          <Picture height={height}>
            <Placeholder text="The log holds no loss curve." />
          </Picture>
        </Card>
      )}
      {needsData && lacking[0] ? (
        <LackingCard {...lacking[0]} />
      ) : (
        <Card title="Overview">
          <OverviewTable rows={glance} />
        </Card>
      )}
    </div>
  );
}

const NAMED = 3;

/** The first of a list of many, and how many more there are. */
function shortened(list: string): string {
  const parts = list.split(", ");
  if (parts.length <= NAMED + 1) return list;
  return `${parts.slice(0, NAMED).join(", ")} and ${parts.length - NAMED} more`;
}

function LackingCard({what, how_to_log, codes}: Lacking) {
  return (
    <Card title="What would tell more" actions={<CopyWhole code={how_to_log} what="the lines" />}>
      <Code code={how_to_log} what="the lines" headed />
      <p class="soft">
        It logs {shortened(what)}, which {codes.length}{" "}
        {codes.length === 1 ? "check needs" : "checks need"}.
      </p>
    </Card>
  );
}
