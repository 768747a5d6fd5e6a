import type {ComponentChildren} from "preact";
import {readWords} from "../model/counts";
import type {Summaries} from "../model/wire";
import {Card} from "./Card";
import {Code} from "./Code";
import "./EmptyState.css";

/** No training to show: what is the matter, in a sentence, and what to do. */
export function EmptyState({head, failed}: {head: Summaries | null; failed: string}) {
  if (failed && !head) return <Message title="No answer" words={[failed]} />;
  if (!head?.complete) {
    const soon = "The first verdicts stand here in a moment.";
    const words = head ? [readWords(head), soon].filter(Boolean) : [soon];
    return <Message title="Reading the logs" words={words} />;
  }
  const {errors, first_lines: lines} = head;
  return (
    <Message
      title={errors.length ? "Nothing to judge yet" : "No training in this log directory yet"}
      words={[
        ...errors,
        "This page fills as soon as a training is logged there. These lines are enough:",
      ]}
    >
      <Card class="EmptyState-code">
        <Code code={lines} what="the lines" />
      </Card>
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
    <div class="EmptyState" role="status">
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
