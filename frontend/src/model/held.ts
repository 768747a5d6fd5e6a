/** What stays in front of the reader while newer answers come. Pure. */
import type {List} from "./listing";
import type {Training} from "./wire";

/**
 * Name of the training to show: the one that the address names, else the one that is being read, else
 * the worst. While the first reading goes on the worst may still come.
 */
export function shownName(list: List | null, named: string, read: string): string {
  const rows = list?.rows ?? [];
  const has = (name: string): boolean => name !== "" && rows.some((row) => row.name === name);
  if (has(named)) return named;
  return has(read) ? read : (rows[0]?.name ?? "");
}

/** Code of the cause to show: the address's, else the one that is being read while it is still one. */
export function shownCode({findings}: Training, named: string, read: string): string {
  const has = (code: string): boolean => findings.some((finding) => finding.code === code);
  if (has(named)) return named;
  return has(read) ? read : "";
}
