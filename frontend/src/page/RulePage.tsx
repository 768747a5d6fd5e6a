import {useLayoutEffect, useRef} from "preact/hooks";
import {getRule} from "../model/fetching";
import {useFetched} from "../model/useFetched";
import {Code} from "./Code";
import {InlineCode} from "./InlineCode";
import {type Block, blocksOf} from "./markdown";
import "./RulePage.css";

interface RulePageProps {
  code: string;
  onClose: () => void;
}

/** What a check looks for, why it matters, what to do. */
export function RulePage({code, onClose}: RulePageProps) {
  const {data, failed} = useFetched(code, 0, () => getRule(code));
  const back = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => back.current?.focus(), [code]);
  return (
    <article class="RulePage">
      <button type="button" class="LinkButton" ref={back} onClick={onClose}>
        <span aria-hidden="true">←</span> Back to the verdict
      </button>
      {failed && <p class="Warning">{failed}</p>}
      {data && (
        <>
          <h1>{data.title}</h1>
          <p class="soft">
            {data.code} · at most {data.strongest}: {data.promise}
          </p>
          {blocksOf(data.page).map((block, n) => (
            <Part key={n} {...block} />
          ))}
        </>
      )}
    </article>
  );
}

function Part({kind, text}: Block) {
  if (kind === "heading") return <h2>{text}</h2>;
  if (kind === "paragraph")
    return (
      <p>
        <InlineCode text={text} links />
      </p>
    );
  return <Code code={text} what="the code" />;
}
