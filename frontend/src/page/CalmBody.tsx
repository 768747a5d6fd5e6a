import type {Training} from "../model/wire";
import {Code, CopyButton} from "./Code";
import {LossCard} from "./LossCard";
import {OverviewTable} from "./OverviewTable";

/** A page without a cause to show: the loss against its baseline, and a few numbers or what lacks. */
export function CalmBody({training, height}: {training: Training; height: number}) {
  const {curve, glance, outcome, lacking} = training;
  const needsData = outcome === "cannot_tell" || glance.length === 0;
  return (
    <div class="Body">
      {curve?.tag ? (
        <LossCard training={training} curve={curve} height={height} />
      ) : (
        <section class="Card">
          <div class="Picture" style={{minHeight: `${height}px`}}>
            <p class="Still soft">The log holds no loss curve.</p>
          </div>
        </section>
      )}
      <section class="Card">
        {needsData && lacking[0] ? (
          <>
            <header class="Card-head">
              <h3>What would tell more</h3>
              <CopyButton code={lacking[0].how_to_log} what="the line" />
            </header>
            <Code code={lacking[0].how_to_log} />
            <p class="soft">
              It logs {lacking[0].what}, which {lacking[0].codes.length}{" "}
              {lacking[0].codes.length === 1 ? "check needs" : "checks need"}.
            </p>
          </>
        ) : (
          <>
            <header class="Card-head">
              <h3>Overview</h3>
            </header>
            <OverviewTable rows={glance} />
          </>
        )}
      </section>
    </div>
  );
}
