/** A sentence from the verdict: what stands between backticks is in code type. Text, never markup. */
export function InlineCode({text}: {text: string}) {
  const parts = text.split("`");
  if (parts.length % 2 === 0) return <>{text}</>;
  return <>{parts.map((part, n) => (n % 2 ? <code key={n}>{part}</code> : part))}</>;
}
