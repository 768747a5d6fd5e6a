"""Pictures of the main pages, and how far another picture is from one.

    python -m tests.browser.pages

takes them anew, after the pages were changed on purpose: look at them before they are committed.

Machines draw letters and edges a little differently. So both pictures are reduced to cells of 4 x 4
pixels, and a cell differs only where no cell around it in the other picture comes near.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Page, sync_playwright

from tests.browser import staged
from tests.browser.conftest import FRAME, WINDOW, find_chromium

FOLDER = Path(__file__).parent / "pages"
CELL = 4  # pixels
TOLERANCE = 20  # of 255: by how much a cell may be lighter or darker than any around the other
MOST = 0.003  # of all cells: as much as a patch of 55 x 55 pixels
RATE = "&p.zero_accuracy.run=learning_rate_too_high"


class Shot(NamedTuple):
    """A page to take a picture of: its place in the tab, and the theme."""

    place: str
    dark: bool = False


PAGES = {
    "verdict": Shot(RATE),
    "verdict_dark": Shot(RATE, dark=True),
    "layers": Shot("&p.zero_accuracy.run=deep_sigmoid"),
    "healthy": Shot("&p.zero_accuracy.run=digits_mended&p.zero_accuracy.open=weights"),
    "cannot_tell": Shot("&p.zero_accuracy.run=old_logs%2F2023"),
    "compare": Shot(f"{RATE}&p.zero_accuracy.against=digits_mended"),
}


class Compared(NamedTuple):
    """How two pictures differ: the share of their cells, and both with what differs in between."""

    share: float
    picture: Image.Image


def show(page: Page, shot: Shot) -> None:
    """Opens a page as it is taken a picture of, and waits until it stands still."""
    runs = [{**one, "histograms": staged.WEIGHTS} for one in staged.runs()]
    page.set_viewport_size(WINDOW)
    staged.stage(
        page, staged.verdicts(runs=runs), place=shot.place, dark=shot.dark, typeface=True
    )
    tab = page.frame_locator(FRAME)
    tab.get_by_role("heading", level=1).wait_for()
    tab.locator(".Page[aria-busy=false]").wait_for()
    page.frames[1].evaluate("document.fonts.ready.then(() => undefined)")
    before, now = b"", page.screenshot()
    while before != now:
        page.wait_for_timeout(150)
        before, now = now, page.screenshot()


def compare(wanted: Image.Image, seen: Image.Image) -> Compared:
    """Compares two pictures; other sizes differ in every cell."""
    if wanted.size != seen.size:
        return Compared(1.0, seen)
    a, b = (each.convert("RGB").reduce(CELL) for each in (wanted, seen))
    differs = ImageChops.lighter(_beyond(a, b), _beyond(b, a)).convert("L")
    marked = differs.point(lambda value: 255 if value > TOLERANCE else 0)
    share = marked.histogram()[255] / (marked.width * marked.height)
    mask = marked.resize(wanted.size, Image.Resampling.NEAREST)
    between = Image.composite(Image.new("RGB", mask.size, "red"), seen.convert("RGB"), mask)
    picture = Image.new("RGB", (3 * mask.width, mask.height))
    for place, each in enumerate((wanted.convert("RGB"), between, seen.convert("RGB"))):
        picture.paste(each, (place * mask.width, 0))
    return Compared(share, picture)


def _beyond(a: Image.Image, b: Image.Image) -> Image.Image:
    """By how much each cell of `a` lies outside of what the cells around it in `b` hold."""
    lightest, darkest = b.filter(ImageFilter.MaxFilter(3)), b.filter(ImageFilter.MinFilter(3))
    over, under = ImageChops.subtract(a, lightest), ImageChops.subtract(darkest, a)
    bands = ImageChops.lighter(over, under).split()
    return ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])


def main() -> None:
    """Takes all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        for name, shot in PAGES.items():
            page = browser.new_page(viewport=WINDOW)
            show(page, shot)
            path = FOLDER / f"{name}.png"
            page.screenshot(path=path)
            # 256 colours are a third of the bytes.
            few = Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE)
            few.save(path, optimize=True)
            page.close()
            print(path)


if __name__ == "__main__":
    main()
