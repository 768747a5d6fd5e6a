import {formatNumber} from "../model/numbers";
import type {Moment, Timeline} from "../model/wire";
import "./TimelinePicture.css";

/** What happened at which step, one step beside the other: where it began is marked. */
export function TimelinePicture({picture: {moments}}: {picture: Timeline}) {
  return (
    <ol class="Timeline">
      {bySteps(moments).map(([step, at]) => (
        <li key={step} class="Timeline-step">
          <span class="Timeline-head">step {formatNumber(step)}</span>
          <ul>
            {at.map((moment) => (
              <li
                key={moment.place}
                class={`Timeline-moment ${moment.wrong ? "is-wrong" : ""}`}
                title={moment.name}
              >
                <span class="Timeline-place">
                  {moment.place} {moment.name && <code>{lastPart(moment.name)}</code>}
                  {moment.wrong && <span aria-hidden="true"> ✕</span>}
                  {moment.wrong && <span class="visually-hidden">, the origin</span>}
                </span>
                <span class="Timeline-text">{moment.text}</span>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function bySteps(moments: readonly Moment[]): [step: number, at: Moment[]][] {
  const steps = new Map<number, Moment[]>();
  for (const moment of moments) steps.set(moment.step, [...(steps.get(moment.step) ?? []), moment]);
  return [...steps];
}

/** `dense/kernel` of `sequential/encoder/dense/kernel`. */
const lastPart = (name: string): string => name.split("/").slice(-2).join("/");
