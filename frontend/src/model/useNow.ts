import {useEffect, useState} from "preact/hooks";

const TICK = 5000; // milliseconds

/** The time in seconds since 1970, as far as words like `2 minutes ago` need it. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = window.setInterval(() => setNow(Date.now() / 1000), TICK);
    return () => window.clearInterval(timer);
  }, []);
  return now;
}
