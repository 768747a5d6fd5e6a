/** A picture as a file: the browser's own drawing of it, and its numbers. */

const SCALE = 2; // pixels of the file for one of the page

export function saveText(text: string, name: string): void {
  save(new Blob([text], {type: "text/csv;charset=utf-8"}), name);
}

/** Draws an element, with all styles of the page, as it stands; a canvas within it as its image. */
export async function savePng(element: HTMLElement, name: string): Promise<void> {
  const {width, height} = element.getBoundingClientRect();
  const copy = element.cloneNode(true) as HTMLElement;
  const drawn = element.querySelectorAll("canvas");
  copy.querySelectorAll("canvas").forEach((canvas, n) => {
    const image = document.createElement("img");
    const original = drawn[n] as HTMLCanvasElement;
    image.src = original.toDataURL();
    image.style.cssText = `${canvas.style.cssText};position:absolute`;
    image.width = original.clientWidth;
    image.height = original.clientHeight;
    canvas.replaceWith(image);
  });
  for (const button of copy.querySelectorAll("button, a")) button.remove();
  const page = new XMLSerializer().serializeToString(pageAround(copy));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width * SCALE}" height="${height * SCALE}" viewBox="0 0 ${width} ${height}"><foreignObject width="${width}" height="${height}">${page}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * SCALE, height * SCALE];
  canvas.getContext("2d")?.drawImage(image, 0, 0);
  canvas.toBlob((blob) => blob && save(blob, name));
}

/** The element within a body with the page's style sheets, colours and typeface. */
function pageAround(element: HTMLElement): Element {
  const body = document.createElement("div");
  body.setAttribute("xmlns", "http://www.w3.org/1999/xhtml");
  const style = document.createElement("style");
  const sheets = [...document.querySelectorAll("style")].map(({textContent}) => textContent ?? "");
  // `:root` is the drawing here: the colours are handed to the body instead.
  style.textContent = sheets.join("\n").replaceAll(/:root(\[data-theme="\w+"\])?/g, ".Saved$1");
  body.append(style, element);
  body.className = "Saved";
  body.dataset.theme = document.documentElement.dataset.theme ?? "light";
  const {font, color, backgroundColor} = getComputedStyle(document.body);
  body.style.cssText = `height:100%;font:${font};color:${color};background:${backgroundColor}`;
  element.style.cssText = "height:100%;margin:0";
  return body;
}

function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name.replaceAll(/[^\w.-]+/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
