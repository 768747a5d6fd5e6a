/** A title in the middle of a sentence: `NaN in inputs` keeps its capitals. */
export const inSentence = (title: string): string =>
  /^[A-Z][a-z]*[A-Z]/.test(title) ? title : title.charAt(0).toLowerCase() + title.slice(1);
