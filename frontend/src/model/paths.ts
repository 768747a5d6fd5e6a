/** Names of trainings as paths. Pure. */

/** The directory that a path lies in; empty for none. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

/** What stands behind the last slash. */
export const lastPartOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
