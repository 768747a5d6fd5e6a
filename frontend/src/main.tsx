import {render as draw} from "preact";
import plotStyle from "uplot/dist/uPlot.min.css?inline";
import {App} from "./App";
import {borrowedTypeface} from "./host/host";
import pageStyle from "./style.css?inline";

/** TensorBoard's frame calls this once, with an empty body. */
export function render(): void {
  const style = document.createElement("style");
  style.textContent = [borrowedTypeface(), plotStyle, pageStyle].join("\n");
  document.head.append(style);
  document.documentElement.lang = "en";
  document.title = "Zero Accuracy";
  draw(<App />, document.body);
}
