import {useEffect, useState} from "preact/hooks";
import {isDark, onThemeChange} from "../host/host";

/** Whether TensorBoard is dark now; the page's own colours follow. */
export function useDark(): boolean {
  const [dark, setDark] = useState(isDark);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  useEffect(() => onThemeChange(() => setDark(isDark())), []);
  return dark;
}
