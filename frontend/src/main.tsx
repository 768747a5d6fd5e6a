import "./style.css";
import {render as draw} from "preact";
import {App} from "./App";
import {fontFaceRules} from "./host/host";
import {ErrorBoundary} from "./page/ErrorBoundary";

/** TensorBoard's frame calls this once, with an empty body. */
export function render(): void {
  const style = document.createElement("style");
  style.textContent = fontFaceRules();
  document.head.append(style);
  document.documentElement.lang = "en";
  document.title = "Zero Accuracy";
  draw(
    <ErrorBoundary subject="">
      <App />
    </ErrorBoundary>,
    document.body,
  );
}
