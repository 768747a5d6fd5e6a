/** The little Markdown that rules' pages are written in. Pure. */

export interface Block {
  kind: "heading" | "code" | "paragraph";
  text: string;
}

/** Headings, blocks of code, and paragraphs, whose lines are joined. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let words: string[] = [];
  let code: string[] | null = null;
  const endParagraph = (): void => {
    if (words.length) blocks.push({kind: "paragraph", text: words.join(" ")});
    words = [];
  };
  for (const line of page.split("\n")) {
    if (line.startsWith("```")) {
      endParagraph();
      if (code) blocks.push({kind: "code", text: code.join("\n")});
      code = code ? null : [];
    } else if (code) {
      code.push(line);
    } else if (line.startsWith("## ")) {
      endParagraph();
      blocks.push({kind: "heading", text: line.slice(3)});
    } else if (line.trim() === "") {
      endParagraph();
    } else {
      words.push(line.trim());
    }
  }
  endParagraph();
  return blocks;
}
