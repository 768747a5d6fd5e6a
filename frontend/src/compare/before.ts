/** Which training came before another one. Pure. */
import type {Summary} from "../model/wire";

/**
 * The one whose last record is the latest that is not later than this one's: of the same directory
 * where there is any, else of all. Null where none is.
 */
export function runBefore(rows: readonly Summary[], name: string): string | null {
  const own = rows.find((row) => row.name === name)?.last_time;
  if (own === null || own === undefined) return null;
  const earlier = rows.filter(
    (row) => row.name !== name && row.last_time !== null && row.last_time <= own,
  );
  const near = earlier.filter((row) => directory(row.name) === directory(name));
  const found = (near.length ? near : earlier).reduce<Summary | null>(
    (best, row) => (best && (best.last_time ?? 0) >= (row.last_time ?? 0) ? best : row),
    null,
  );
  return found?.name ?? null;
}

const directory = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf("/")));
