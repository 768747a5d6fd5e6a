import {useState} from "preact/hooks";
import {getCurve} from "../model/fetching";
import {useFetched} from "../model/useFetched";
import type {Training} from "../model/wire";
import {Card} from "../page/Card";
import {useTab} from "../page/context";
import {Picture, Placeholder} from "../page/Picture";
import {OverlayChart} from "./OverlayChart";
import {Swatch} from "./Swatch";

const HEIGHT = 220;

/** The main curves of all trainings that have one, over each other. */
export function OverlayCard({trainings}: {trainings: readonly Training[]}) {
  const {dark, version} = useTab();
  const [hovered, setHovered] = useState("");
  const asked = trainings.flatMap(({run, curve}, n) => {
    const place = trainings.length - 1 - n;
    return curve?.tag ? [{run, member: curve.run, tag: curve.tag, place}] : [];
  });
  const subject = asked.map(({run, member, tag}) => `${run}\n${member}\n${tag}`).join("\n");
  const {data, failed} = useFetched(subject, version, () =>
    Promise.all(asked.map(({run, member, tag}) => getCurve(run, member, tag))),
  );
  if (!asked.length) return null;
  const names = asked.map(({run}) => run);
  const tags = [...new Set(asked.map(({tag}) => tag))];
  return (
    <Card title="The loss of each" class="Overlay">
      <p class="Overlay-legend">
        {asked.map(({run, place}) => (
          <span key={run}>
            <Swatch place={place} /> {run}
          </span>
        ))}
      </p>
      <Picture height={HEIGHT}>
        {data ? (
          <OverlayChart
            curves={data}
            names={names}
            places={asked.map(({place}) => place)}
            dark={dark}
            onHover={setHovered}
          />
        ) : (
          <Placeholder text={failed} />
        )}
      </Picture>
      <footer class="Card-foot soft">{hovered || tags.join(" · ")}</footer>
    </Card>
  );
}
