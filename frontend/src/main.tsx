import "./style.css";
import {render as draw} from "preact";
import {App} from "./App";
import {FleetPage} from "./fleet/FleetPage";
import {fontFaceRules} from "./host/host";
import {embeddedFleet} from "./model/embedded";
import {ErrorBoundary} from "./page/ErrorBoundary";

/** TensorBoard's frame calls this once, with an empty body. */
export function render(): void {
  const style = document.createElement("style");
  style.textContent = fontFaceRules();
  document.head.append(style);
  document.documentElement.lang = "en";
  document.title = "Zero Accuracy";
  const fleet = embeddedFleet();
  draw(
    <ErrorBoundary subject="">{fleet ? <FleetPage fleet={fleet} /> : <App />}</ErrorBoundary>,
    document.body,
  );
}
