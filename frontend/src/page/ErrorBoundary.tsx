import {Component, type ComponentChildren} from "preact";
import {Code, CopyWhole} from "./Code";

interface ErrorBoundaryProps {
  /** What is drawn; when it changes, drawing is tried again. */
  subject: string;
  children: ComponentChildren;
}

interface Failure {
  fault: Error | null;
  subject: string;
}

/** Where drawing fails there is a sentence instead of an empty page, and what to report. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, Failure> {
  override state: Failure = {fault: null, subject: ""};

  static getDerivedStateFromError(fault: Error): Partial<Failure> {
    return {fault};
  }

  static getDerivedStateFromProps({subject}: ErrorBoundaryProps, state: Failure) {
    return subject === state.subject ? null : {fault: null, subject};
  }

  override render() {
    const {fault} = this.state;
    return fault ? (
      <Failed fault={fault} again={() => this.setState({fault: null})} />
    ) : (
      this.props.children
    );
  }
}

/** Names of trainings, layers and files stay out of the report: only the fault itself is in it. */
function Failed({fault, again}: {fault: Error; again: () => void}) {
  const report = [
    `${fault.name}: ${fault.message}`,
    ...(fault.stack ?? "").split("\n").slice(1, 9),
    navigator.userAgent,
  ].join("\n");
  return (
    <div class="EmptyState" role="alert">
      <h1>This page could not be drawn</h1>
      <p class="soft">
        That is a fault of Zero Accuracy's own; your training and its log are untouched. The other
        trainings can still be chosen, and <code>zeroacc diagnose</code> tells the same verdict as
        text. Please report it with these lines and what <code>zeroacc version</code> prints:
      </p>
      <CopyWhole code={report} what="the report" />
      <Code code={report} what="the report" headed />
      <button type="button" class="LinkButton" onClick={again}>
        Try again
      </button>
    </div>
  );
}
