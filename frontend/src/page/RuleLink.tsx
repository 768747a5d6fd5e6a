import {useTab} from "./context";

/** A rule's code, which leads to its page. */
export function RuleLink({code}: {code: string}) {
  const {explain} = useTab();
  return (
    <button
      type="button"
      class="LinkButton"
      title={`What ${code} looks for`}
      onClick={() => explain(code)}
    >
      {code}
    </button>
  );
}
