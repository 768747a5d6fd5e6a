import type {Lacking, Training} from "../model/wire";
import {Card} from "./Card";
import {Code, CopyButton} from "./Code";
import {LossCard} from "./LossCard";
import {OverviewTable} from "./OverviewTable";
import {Picture, Placeholder} from "./Picture";
import "./Body.css";

/** A page without a cause to show: the loss against its baseline, and a few numbers or what lacks. */
export function OverviewBody({training, height}: {training: Training; height: number}) {
  const {curve, glance, outcome, lacking} = training;
  const needsData = outcome === "cannot_tell" || glance.length === 0;
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

function LackingCard({what, how_to_log, codes}: Lacking) {
  return (
    <Card title="What would tell more" actions={<CopyButton code={how_to_log} what="the line" />}>
      <Code code={how_to_log} />
      <p class="soft">
        It logs {what}, which {codes.length} {codes.length === 1 ? "check needs" : "checks need"}.
      </p>
    </Card>
  );
}
