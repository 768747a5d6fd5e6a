import type {Evidence} from "../model/wire";
import "./Table.css";

/** A few numbers of a training with their healthy limits. */
export function OverviewTable({rows}: {rows: readonly Evidence[]}) {
  return (
    <table class="Table">
      <thead>
        <tr>
          <td />
          <th scope="col" class="is-number">
            now
          </th>
          <th scope="col" class="is-number">
            healthy
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, n) => (
          <tr key={n}>
            <th scope="row">{row.text}</th>
            <td class="is-number">{row.value_text}</td>
            <td class="is-number soft">{row.limit_text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
