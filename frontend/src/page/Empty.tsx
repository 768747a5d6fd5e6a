import type {ComponentChildren} from "preact";
import type {Verdicts} from "../model/wire";
import {Code, CopyButton} from "./Code";

const LINES = `import tb_zeroacc

model.fit(
    x, y,
    callbacks=[tb_zeroacc.ZeroAccuracyCallback("logs/my_training")],
)`;

/** No training to show: what is the matter, in a sentence, and what to do. */
export function Empty({verdicts, failed}: {verdicts: Verdicts | null; failed: string}) {
  if (failed && !verdicts) return <Message title="No answer" words={[failed]} />;
  if (!verdicts || !verdicts.complete) {
    return <Message title="Reading the logs" words={["The first verdicts stand here in a moment."]} />;
  }
  if (verdicts.errors.length) return <Message title="Nothing to judge" words={verdicts.errors} />;
  return (
    <Message
      title="No training in this log directory yet"
      words={["This page fills as soon as one is logged. Three lines are enough:"]}
    >
      <div class="Card Empty-code">
        <CopyButton code={LINES} what="the lines" />
        <Code code={LINES} />
      </div>
    </Message>
  );
}

interface MessageProps {
  title: string;
  words: readonly string[];
  children?: ComponentChildren;
}

function Message({title, words, children}: MessageProps) {
  return (
    <div class="Empty" role="status">
      <h1>{title}</h1>
      {words.map((sentence) => (
        <p key={sentence} class="soft">
          {sentence}
        </p>
      ))}
      {children}
    </div>
  );
}
