"""A browser's page as the tab's benchmark sees it: milliseconds between a click and what it shows.

All times are taken in the page itself, up to the frame after the one that shows what was waited
for, so that what the test's own connection to the browser takes is in none.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from playwright.sync_api import Browser, Page

from tests.browser.conftest import WINDOW

TAB, TIME_SERIES, ELSEWHERE = "zero_accuracy", "timeseries", "graphs"
NAMES = {TAB: "Zero Accuracy", TIME_SERIES: "Time Series"}
# What stands first where it is: the sentence on a training, and a card of TensorBoard's.
FIRST = {TAB: ".Facts ~ #cause h1", TIME_SERIES: "scalar-card"}
LOADED = "header [role=tab], mat-toolbar"
WAITS = 120_000  # milliseconds at most

# The browser's own timers: after each of those that TensorBoard's framework puts in their place it
# looks through its whole page, which would be most of what is measured.
PRELUDE = f"""
window.plain = {{
  setTimeout: setTimeout.bind(window),
  nextFrame: requestAnimationFrame.bind(window),
  Promise,
}};
window.tabDocument = () => {{
  // Sought once: TensorBoard's own page may be large.
  window.tabFrame ??= document.getElementsByTagName('iframe')[0];
  return window.tabFrame?.contentDocument;
}};
window.until = (isThere) => new plain.Promise((done, fail) => {{
  const ends = performance.now() + {WAITS};
  const look = () => {{
    if (isThere()) plain.nextFrame(() => plain.setTimeout(done));
    else if (performance.now() > ends) fail('it never came');
    else plain.setTimeout(look, 10);
  }};
  look();
}});
"""

# A tab that TensorBoard does not offer yet, for it knows of no data, is opened by its address.
OPEN = """async ([plugin, name, first]) => {
  const inFrame = plugin === 'zero_accuracy';
  const tab = [...document.querySelectorAll('[role=tab] .plugin-name')]
    .find((one) => one.textContent.trim() === name && one.offsetWidth > 0);
  const began = performance.now();
  if (tab) tab.click(); else location.hash = '#' + plugin;
  await until(() => {
    const shown = (inFrame ? tabDocument() : document)?.querySelector(first);
    return shown && shown.getBoundingClientRect().height > 0;
  });
  return performance.now() - began;
}"""

CHOOSE = """async (place) => {
  const tab = tabDocument();
  const rows = [...tab.querySelectorAll('.List .Row')];
  const row = rows.find((one) => one.dataset.row === `${place}`);
  const name = row.title;
  const began = performance.now();
  row.click();
  await until(() => tab.querySelector('.Facts-name')?.textContent === name
    && tab.querySelector('.Page[aria-busy=false]'));
  const said = performance.now() - began;
  await until(() => !tab.querySelector('#cause .Placeholder'));
  return [said, performance.now() - began];
}"""

# The first row of a training behind a stop of the list, which may be the head of a directory.
NEXT = """async (after) => {
  tabDocument().querySelector('.List-rows').scrollTo(0, 60 * after - 60);
  await new plain.Promise((done) => plain.setTimeout(done, 60));
  const rows = [...tabDocument().querySelectorAll('.List .Row')];
  return Math.min(...rows.map((row) => Number(row.dataset.row)).filter((place) => place > after));
}"""

# Frames of a list that is scrolled from top to bottom and half way back, and of one that stands.
SCROLL = """async ([frames, isMoving]) => {
  const list = tabDocument().querySelector('.List-rows');
  const longest = list.scrollHeight - list.clientHeight;
  const taken = [];
  let last = performance.now();
  for (let n = 0; n < frames; n++) {
    await new plain.Promise((done) => plain.nextFrame(done));
    const now = performance.now();
    taken.push(now - last);
    last = now;
    const way = 1.5 * n / frames;
    if (isMoving) list.scrollTop = longest * (way > 1 ? 2 - way : way);
  }
  return taken.slice(1);
}"""


class Chosen(NamedTuple):
    """Milliseconds from the click on a row to what is said of it, and to its picture."""

    said: float
    drawn: float


class Watched:
    """A page of its own, with nothing kept from another one, before one TensorBoard.

    Args:
        browser: Opens it.
        address: TensorBoard's.
        view: The plugin whose tab is in front at first.
    """

    def __init__(self, browser: Browser, address: str, view: str = ELSEWHERE) -> None:
        self._context = browser.new_context(viewport=WINDOW)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(WAITS)
        self.page.add_init_script(PRELUDE)
        self.page.goto(f"{address}/#{view}")
        self.page.wait_for_selector(LOADED)
        self.page.wait_for_load_state("networkidle")

    def __enter__(self) -> Watched:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def open(self, plugin: str) -> float:
        """From the click on a tab to the first thing in it, milliseconds."""
        return float(self.page.evaluate(OPEN, [plugin, NAMES[plugin], FIRST[plugin]]))

    def choose(self, place: int) -> Chosen:
        """From the click on a row that can be seen to its page."""
        return Chosen(*self.page.evaluate(CHOOSE, place))

    def choose_down(self, count: int, first: int = 1) -> list[Chosen]:
        """The same for one row after the other; the list is scrolled along."""
        taken = []
        place = first - 1
        for _ in range(count):
            place = self.page.evaluate(NEXT, place)
            taken.append(self.choose(place))
        return taken

    def frames(self, count: int, *, scrolling: bool) -> list[float]:
        """Milliseconds between frames, of the list while it is scrolled or stands."""
        found: list[float] = self.page.evaluate(SCROLL, [count, scrolling])
        return found

    def cpu_of_frames(self, count: int) -> list[float]:
        """CPU milliseconds of each task of the page's thread while the list is scrolled.

        However busy the machine is, these are what the page itself takes.
        """
        browser = self._context.browser
        assert browser is not None  # this one has opened it
        browser.start_tracing(page=self.page, categories=["disabled-by-default-devtools.timeline"])
        self.frames(count, scrolling=True)
        told = json.loads(browser.stop_tracing())["traceEvents"]
        threads = {(one["pid"], one["tid"]): one["args"]["name"] for one in told
                   if one["name"] == "thread_name"}  # fmt: skip
        return [
            one.get("tdur", 0.0) / 1e3
            for one in told
            if one["name"] == "RunTask"
            and threads.get((one["pid"], one["tid"])) == "CrRendererMain"
        ]

    def heap(self) -> float:
        """MB of JavaScript's heap in use, TensorBoard's own page included; after a collection."""
        session: Any = self._context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        session.send("Performance.enable")
        metrics = session.send("Performance.getMetrics")["metrics"]
        session.detach()
        (used,) = [one["value"] for one in metrics if one["name"] == "JSHeapUsedSize"]
        return float(used) / 1e6
