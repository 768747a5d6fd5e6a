import type {ComponentChildren} from "preact";
import {RuleLink} from "./RuleLink";

interface InlineCodeProps {
  text: string;
  /** Codes of rules lead to their pages; not within a button or a link of its own. */
  links?: boolean;
}

const CODE = /(ZA\d{3})/;

/**
 * A sentence from the verdict: what stands between backticks is in code type, a rule's code is a link
 * to its page. Text, never markup.
 */
export function InlineCode({text, links = false}: InlineCodeProps) {
  const parts = text.split("`");
  if (parts.length % 2 === 0) return <>{links ? linked(text) : text}</>;
  return (
    <>
      {parts.map((part, n) => (n % 2 ? <code key={n}>{part}</code> : links ? linked(part) : part))}
    </>
  );
}

function linked(text: string): ComponentChildren {
  return text.split(CODE).map((part, n) => (n % 2 ? <RuleLink key={n} code={part} /> : part));
}
