"""The page by itself, on made-up verdicts: what a reader sees and can do."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser import staged
from tests.browser.conftest import FRAME

pytestmark = pytest.mark.browser

RATE = "&p.zero_accuracy.run=learning_rate_too_high"


@pytest.fixture
def tab(page: Page) -> FrameLocator:
    staged.stage(page, place=RATE)
    return page.frame_locator(FRAME)


def test_what_matters_is_there_without_scrolling(page: Page, tab: FrameLocator) -> None:
    expect(tab.get_by_role("heading", level=1)).to_have_text(
        "The learning rate is too high: the first update was 72 times the weights."
    )
    body = tab.get_by_role("article", name=re.compile("ZA701"))
    for seen in [
        tab.locator(".Facts-name"),
        tab.locator(".Pill"),
        body.locator(".Chart canvas"),
        body.locator(".Code"),
        body.get_by_role("row", name=re.compile("update ÷ weights")),
        body.get_by_role("link", name="Open in Time Series"),
        body.get_by_role("button", name="Copy"),
        tab.get_by_role("button", name=re.compile("It explains 3 more findings")),
    ]:
        expect(seen).to_be_visible()
        box = seen.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
    assert tab.locator("body").evaluate("() => document.documentElement.scrollWidth") == 1280


def test_what_is_in_preview_stands_apart(page: Page) -> None:
    staged.stage(page, place="&p.zero_accuracy.run=diabetes")
    tab = page.frame_locator(FRAME)
    expect(tab.get_by_role("heading", level=1)).to_contain_text("No fault found")
    line = tab.get_by_role("button", name=re.compile("In preview: rules that are not yet shown"))
    line.click()
    expect(tab.get_by_text("ZA705", exact=True).first).to_be_visible()


def test_the_worst_trainings_stand_first_and_search_narrows(tab: FrameLocator) -> None:
    rows = tab.locator(".Row-name")
    expect(rows).to_have_text(
        [
            "nan_input", "softmax_on_one_unit", "deep_sigmoid", "learning_rate_too_high",
            "imbalance", "regression", "old_logs/2023", "breast_cancer", "diabetes",
            "digits_mended",
        ]
    )  # fmt: skip
    expect(tab.get_by_role("status").first).to_have_text("10 trainings · 6 need a look")
    tab.get_by_role("searchbox").fill("gradients")
    expect(rows).to_have_text(["deep_sigmoid"])
    expect(tab.get_by_role("status").first).to_have_text("1 of 10 trainings")
    tab.get_by_role("searchbox").fill("ZA103")
    expect(rows).to_have_text(["learning_rate_too_high"])
    expect(tab.locator(".Row-cause")).to_contain_text("Learning rate too high +1")


def test_chips_and_choices_narrow_the_list_and_stand_in_the_address(
    page: Page, tab: FrameLocator
) -> None:
    rows = tab.locator(".Row-name")
    tab.get_by_role("button", name="Broken: 2").click()
    expect(rows).to_have_text(["nan_input", "softmax_on_one_unit"])
    expect(tab.get_by_role("status").first).to_have_text("2 of 10 trainings")
    tab.get_by_role("combobox", name="Cause").select_option("NaN in inputs")
    expect(rows).to_have_text(["nan_input"])
    expect(tab.locator(".Facts-name")).to_have_text("learning_rate_too_high")
    page.reload()
    expect(rows).to_have_text(["nan_input"])
    tab.get_by_role("button", name="Broken: 2").click()
    tab.get_by_role("combobox", name="Cause").select_option("all causes")
    expect(rows).to_have_count(10)
    tab.get_by_role("combobox", name="Cause").select_option("Unscaled inputs")
    expect(rows).to_have_text(["learning_rate_too_high"])
    tab.get_by_role("combobox", name="Cause").select_option("all causes")
    tab.get_by_role("button", name="Still running: 1").click()
    expect(rows).to_have_text(["breast_cancer"])


def test_the_newest_come_first_where_that_is_chosen(tab: FrameLocator) -> None:
    tab.get_by_role("combobox", name="Order").select_option("newest first")
    expect(tab.locator(".Row-name").last).to_have_text("old_logs/2023")


def test_the_list_is_one_stop_of_the_tab_key(page: Page, tab: FrameLocator) -> None:
    rows = tab.locator(".Row")
    expect(rows).to_have_count(10)
    assert tab.locator('.Row[tabindex="0"]').count() == 1
    tab.locator(".Row[aria-current]").focus()
    page.keyboard.press("Home")
    expect(rows.first).to_be_focused()
    page.keyboard.press("Tab")
    assert tab.locator(".Row:focus").count() == 0


def test_the_choice_stands_in_the_address_and_back_leads_back(
    page: Page, tab: FrameLocator
) -> None:
    tab.get_by_role("button", name="old_logs/2023").click()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("does not say enough")
    expect(page).to_have_url(re.compile(r"p\.zero_accuracy\.run=old_logs%2F2023"))
    page.go_back()
    expect(tab.get_by_role("heading", level=1)).to_contain_text("learning rate")


def test_lines_unfold_and_the_address_keeps_them(page: Page, tab: FrameLocator) -> None:
    line = tab.get_by_role("button", name=re.compile("All checks"))
    expect(line).to_have_attribute("aria-expanded", "false")
    line.click()
    expect(line).to_have_attribute("aria-expanded", "true")
    expect(
        tab.get_by_role("row", name=re.compile("flagged Learning rate too high"))
    ).to_be_visible()
    expect(page).to_have_url(re.compile(r"p\.zero_accuracy\.open=checks"))
    page.reload()
    expect(line).to_have_attribute("aria-expanded", "true")
    tab.get_by_role("button", name="3 could not be told", exact=True).click()
    expect(tab.locator(".Checks-status")).to_have_count(3)


def test_the_six_steps_answer_in_their_order_and_what_holds_is_a_sentence(
    tab: FrameLocator,
) -> None:
    line = tab.get_by_role("button", name=re.compile("All checks.*Gradients.*no;"))
    line.click()
    steps = tab.get_by_role("table", name="The six steps of a first look").get_by_role("row")
    expect(steps).to_have_text([
        re.compile("cannot tell.*Loss"), re.compile("yes.*Data"),
        re.compile("no.*Gradients.*Learning rate too high"), re.compile("Architecture"),
        re.compile("Sanity"), re.compile("Simplicity"),
    ])  # fmt: skip
    expect(tab.get_by_role("rowheader", name="Inputs are finite ZA101")).to_be_visible()
    families = tab.locator(".Checks-family")
    expect(families.first).to_have_text("Inputs")


def test_further_causes_have_their_own_picture_link_and_fix(tab: FrameLocator) -> None:
    expect(tab.locator(".Causes")).to_contain_text("2 causes")
    tab.get_by_role("tab", name=re.compile("2 Unscaled inputs")).click()
    headline = tab.get_by_role("heading", level=1)
    expect(headline).to_have_text("Inputs reach 998: they are not scaled.")
    second = tab.get_by_role("article", name=re.compile("ZA103"))
    expect(second.locator(".Chart canvas")).to_be_visible()
    expect(second.locator(".Code")).to_contain_text("x.mean(0)")
    expect(second.get_by_role("link", name="Open in Time Series")).to_have_attribute(
        "href", re.compile("input_abs_max")
    )


def test_the_arrow_keys_turn_to_the_next_cause_and_the_address_keeps_it(
    page: Page, tab: FrameLocator
) -> None:
    tab.get_by_role("tab", name=re.compile("1 Learning rate")).focus()
    page.keyboard.press("ArrowRight")
    second = tab.get_by_role("tab", name=re.compile("2 Unscaled"))
    expect(second).to_be_focused()
    expect(second).to_have_attribute("aria-selected", "true")
    expect(page).to_have_url(re.compile(r"p\.zero_accuracy\.cause=ZA103"))
    page.reload()
    expect(second).to_have_attribute("aria-selected", "true")


def test_what_else_it_could_be_is_a_sentence_that_needs_no_unfolding(tab: FrameLocator) -> None:
    rival = tab.locator(".Rival")
    expect(rival).to_be_visible()
    expect(rival).to_contain_text("It could also be")
    expect(rival).to_contain_text("What would settle it:")


def test_a_code_leads_to_its_page_and_back(page: Page, tab: FrameLocator) -> None:
    headline = tab.get_by_role("heading", level=1)
    tab.locator(".Facts").get_by_role("button", name="ZA701").click()
    expect(headline).to_have_text("Learning rate too high")
    expect(tab.get_by_role("heading", name="How to fix it")).to_be_visible()
    expect(page).to_have_url(re.compile(r"p\.zero_accuracy\.rule=ZA701"))
    tab.get_by_role("button", name="Back to the verdict").click()
    expect(headline).to_contain_text("the first update was 72 times")


def test_two_trainings_are_compared_and_the_address_keeps_it(
    page: Page, tab: FrameLocator
) -> None:
    tab.get_by_role("button", name="Compare with the run before").click()
    others = tab.get_by_role("combobox", name="Add a training to the comparison")
    others.fill("digits_mended")
    page.reload()
    table = tab.get_by_role("article", name="Comparison").get_by_role("table")
    names = table.locator("thead th")
    expect(names).to_have_count(3)
    tab.get_by_role("button", name=re.compile("Leave out (?!digits_mended)")).click()
    expect(names).to_have_text(["digits_mended", "learning_rate_too_high"])
    expect(tab.get_by_role("heading", level=1)).to_have_text("2 causes are new.")
    expect(table.get_by_role("row", name="Learning rate too high ZA701")).to_contain_text("new")
    expect(table.get_by_role("row", name="learning rate 0.001 10")).to_be_visible()
    expect(table.get_by_role("row", name="optimizer")).to_have_count(0)
    expect(tab.locator(".Overlay canvas")).to_be_visible()
    tab.get_by_role("button", name="Back to the verdict").click()
    expect(tab.locator(".Facts-name")).to_have_text("learning_rate_too_high")


def test_the_run_before_is_offered_where_one_is_of_the_same_program(
    page: Page, tab: FrameLocator
) -> None:
    before = tab.get_by_role("button", name="Compare with the run before")
    expect(before).to_have_attribute("title", "nan_input")
    staged.stage(page, place="&p.zero_accuracy.run=deep_sigmoid")
    expect(tab.locator(".Facts-name")).to_have_text("deep_sigmoid")
    expect(tab.get_by_role("button", name="Compare", exact=True)).to_be_visible()
    expect(before).to_have_count(0)


def test_what_comes_new_is_announced_without_moving_what_is_read(page: Page) -> None:
    runs = staged.runs()
    live = next(one for one in runs if one["run"] == "breast_cancer")
    live["progress"] = staged.progress()
    answer = staged.verdicts(runs=runs)
    staged.stage(page, answer, place="&p.zero_accuracy.run=breast_cancer")
    tab = page.frame_locator(FRAME)
    facts = tab.locator(".Facts")
    expect(facts).to_contain_text("still running, step 20 of 780")
    ahead = tab.locator(".Ahead")
    expect(ahead).to_contain_text(re.compile(r"About 20 minutes \(15 to 30\) left"))
    expect(ahead).to_contain_text("When the loss levels off cannot be told: it does not bend.")
    headline = tab.get_by_role("heading", level=1)
    place = headline.bounding_box()
    worse = next(one for one in staged.runs() if one["run"] == "deep_sigmoid")
    answer["runs"] = [*runs, {**worse, "run": "new"}]
    news = tab.locator(".NewsBar")
    expect(news).to_contain_text("New cause: Gradients vanish, in new")
    assert headline.bounding_box() == place
    answer["runs"] = runs
    body = tab.locator("body")
    body.evaluate("() => { asks = fetch; fetch = () => Promise.reject(new TypeError()); }")
    expect(news).to_contain_text("does not answer. Is it still running? What is shown is of")
    assert headline.bounding_box() == place
    body.evaluate("() => { fetch = asks; }")
    expect(news).not_to_contain_text("does not answer")
    news.get_by_role("button", name="Dismiss").click()
    expect(news.get_by_role("button")).to_have_count(0)


def test_each_number_stands_beside_what_is_healthy_and_a_verdict(tab: FrameLocator) -> None:
    rows = tab.get_by_role("article", name=re.compile("ZA701")).locator(".Evidence tbody tr")
    expect(rows.first).to_contain_text("72.3")
    expect(rows.first.locator(".Evidence-mark")).to_have_text(re.compile("✕.*wrong", re.DOTALL))


def test_checks_that_only_a_recording_would_answer_are_one_line(page: Page) -> None:
    lacking = {"codes": ["ZA108", "ZA605"], "sentence": "No recording: 2 checks of x need one."}
    run = staged.training("foreign", "learning", "It learns.", no_recording=lacking)
    staged.stage(page, staged.verdicts(runs=[run]))
    tab = page.frame_locator(FRAME)
    tab.get_by_role("button", name=re.compile("All checks")).click()
    joined = tab.get_by_role("row", name=re.compile("2 checks No recording: 2 checks of x"))
    expect(joined).to_be_visible()
    expect(tab.get_by_role("rowheader", name="ZA605")).to_have_count(0)
    joined.get_by_role("button", name="Show them").click()
    expect(joined).to_have_count(0)
    expect(tab.get_by_role("rowheader", name="ZA605")).to_be_visible()


def test_another_row_of_the_evidence_draws_its_own_curve(tab: FrameLocator) -> None:
    expect(tab.get_by_role("heading", name=re.compile("Update ÷ weights"))).to_be_visible()
    tab.get_by_role("button", name="loss, epoch 1 ÷ first batch").click()
    expect(tab.get_by_role("heading", name="Loss, each epoch")).to_be_visible()


def test_the_new_code_of_a_diff_is_copied(page: Page, tab: FrameLocator) -> None:
    copy = tab.get_by_role("button", name="Copy the fix")
    expect(copy).to_have_attribute("title", "optimizer=keras.optimizers.Adam(1e-3)")
    copy.click()
    expect(copy).to_have_text(re.compile("Copied|by hand"))


def test_a_cause_about_layers_shows_the_layers(page: Page) -> None:
    staged.stage(page, place="&p.zero_accuracy.run=deep_sigmoid", dark=True)
    tab = page.frame_locator(FRAME)
    picture = tab.get_by_role("img", name=re.compile("12 layers in order"))
    expect(picture).to_have_attribute("aria-label", re.compile("Flagged: dense_0 to dense_6"))
    expect(tab.locator(".Layers-name")).to_have_text([f"dense_{n}" for n in range(12)])
    tab.get_by_role("button", name="gradient, first ÷ last layer").click()
    expect(tab.get_by_role("img", name="Curve of zeroacc/gradients")).to_be_visible()
    tab.get_by_role("button", name="Back to the picture").click()
    expect(picture).to_be_visible()


def test_the_weights_over_time_unfold_and_the_pointer_reads_a_bin(page: Page) -> None:
    runs = [{**one, "histograms": staged.WEIGHTS} for one in staged.runs()]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    staged.stage(page, staged.verdicts(runs=runs), place=RATE)
    tab = page.frame_locator(FRAME)
    line = tab.get_by_role("button", name=re.compile("Weights over time"))
    expect(line).to_contain_text("dense · dense_1")
    assert not any(route.startswith("histograms") for route in asked), "it is still folded"
    line.click()
    picture = tab.get_by_role("img", name="Histograms of 2 tensors over 40 steps")
    expect(picture).to_have_attribute("aria-label", re.compile("Flagged: dense_1"))
    box = picture.bounding_box()
    assert box is not None
    picture.hover(position={"x": box["width"] - 4, "y": 60})
    card = tab.locator(".Card", has=picture)
    expect(card.locator(".Card-read")).to_have_text(
        re.compile(r"^dense_1, step 39: \d+ of [\d\u2009]+ values from −?0\.\d+ to −?0(\.\d+)?$")
    )


def test_a_cause_without_a_curve_has_neither_chart_nor_link(page: Page) -> None:
    staged.stage(page, place="&p.zero_accuracy.run=softmax_on_one_unit")
    tab = page.frame_locator(FRAME)
    expect(tab.get_by_role("heading", level=1)).to_contain_text("dense_1")
    expect(tab.locator(".Chart")).to_have_count(0)
    expect(tab.get_by_role("link")).to_have_count(0)


def test_a_healthy_page_has_no_accent(page: Page) -> None:
    staged.stage(page, place="&p.zero_accuracy.run=digits_mended")
    tab = page.frame_locator(FRAME)
    expect(tab.get_by_role("heading", level=1)).to_have_text(
        "No fault found: 28 checks passed, 3 could not be told."
    )
    expect(tab.locator(".Pill")).to_have_text("✓ Learning")
    expect(tab.get_by_role("row", name="dead units, worst layer 12 % at most 90 %")).to_be_visible()
    chart = tab.locator(".Chart canvas")
    expect(chart).to_be_visible()
    reds = chart.evaluate(
        """(canvas) => {
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let found = 0;
          for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] > 128 && data[i] > 150 && data[i + 1] < 90) found++;
          }
          return found;
        }"""
    )
    assert reds == 0


@pytest.mark.parametrize("dark", [False, True])
def test_the_theme_is_tensorboards(page: Page, dark: bool) -> None:
    staged.stage(page, dark=dark)
    body = page.frame_locator(FRAME).locator("body")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    page.frame_locator(FRAME).get_by_role("heading", level=1).wait_for()
    both = ["rgb(48, 48, 48)", "rgb(255, 255, 255)"]
    assert body.evaluate(ground) == both[0 if dark else 1]
    page.evaluate("document.body.classList.toggle('dark-mode')")
    page.wait_for_timeout(100)
    assert body.evaluate(ground) == both[1 if dark else 0]


def test_names_from_a_log_are_text_and_never_markup(page: Page) -> None:
    bad = '<img src=x onerror="parent.hacked=1"><b>&amp;'
    answer = staged.verdicts(runs=[staged.training(bad, "learning", f"{bad} learns", notes=[bad])])
    staged.stage(page, answer)
    tab = page.frame_locator(FRAME)
    expect(tab.get_by_role("heading", level=1)).to_have_text(f"{bad} learns")
    expect(tab.locator(".Row > .visually-hidden").first).to_have_text(bad)
    expect(tab.locator(".Row-name")).to_have_text(re.compile("^<img.*….*&amp;$"))
    assert page.evaluate("window.hacked") is None
    assert tab.locator("img:not([role])").count() == 0


def test_while_the_first_reading_goes_on_the_page_says_so_and_fills_by_itself(page: Page) -> None:
    answer = staged.verdicts(complete=False, refreshing=True, reading=0, runs=[])
    staged.stage(page, answer)
    tab = page.frame_locator(FRAME)
    expect(tab.get_by_role("heading", level=1)).to_have_text("Reading the logs")
    answer.update(expected=2000, reading=1, runs=staged.runs()[:3])
    expect(tab.locator(".List-count")).to_have_text("3 of 2000 trainings read")
    answer.update(staged.verdicts(), expected=None)
    expect(tab.locator(".Row-name")).to_have_count(10)


def test_a_refresh_asks_with_the_tag_and_draws_only_what_is_new(page: Page) -> None:
    answer = staged.verdicts(refreshing=True)
    asked: list[tuple[str, int]] = []
    page.on("response", lambda told: asked.append((told.url.rsplit("/", 1)[-1], told.status)))
    with page.expect_response(lambda told: "/curves?" in told.url):  # it is drawn to its end then
        staged.stage(page, answer, place=RATE)
    tab = page.frame_locator(FRAME)
    chart = tab.locator(".Chart canvas")
    expect(chart).to_be_visible()
    page.wait_for_timeout(500)
    chart.evaluate("(canvas) => { canvas.drawnOnce = true; }")
    with page.expect_response(lambda told: told.status == 304):
        pass
    more = staged.training("another", "learning", "No fault found.")
    answer.update(refreshing=False, runs=[*answer["runs"], more])
    expect(tab.locator(".Row-name")).to_have_count(11)
    page.wait_for_timeout(300)
    assert [status for route, status in asked if route.startswith("run?")] == [200]
    assert chart.evaluate("(canvas) => canvas.drawnOnce"), "nothing new is known of this one"


@pytest.mark.parametrize("name", ["a b/c&d=é?#%+", "日本語/запуск", "\U0001f600", "\u202egnp.exe",
                                  "constructor", "__proto__", "a" * 300])  # fmt: skip
def test_a_name_may_hold_anything(page: Page, name: str) -> None:
    runs = [*staged.runs(), staged.training(name, "learning", "No fault found.")]
    staged.stage(page, staged.verdicts(runs=runs))
    tab = page.frame_locator(FRAME)
    tab.locator(".Row").filter(has=page.get_by_text(name, exact=True)).click()
    expect(tab.locator(".Facts-name")).to_have_text(name)
    page.reload()
    expect(tab.locator(".Facts-name")).to_have_text(name)


def test_a_training_that_is_not_there_any_more_is_said(page: Page) -> None:
    staged.stage(page, place="&p.zero_accuracy.run=gone")
    tab = page.frame_locator(FRAME)
    expect(tab.locator(".Warning")).to_contain_text("no training named gone any more")
    expect(tab.locator(".Facts-name")).to_have_text("nan_input")


def test_a_list_of_several_pages_is_shown_whole(page: Page) -> None:
    many = [staged.training(f"run{n}", "learning", "No fault found.") for n in range(1001)]
    staged.stage(page, staged.verdicts(runs=many))
    tab = page.frame_locator(FRAME)
    expect(tab.get_by_role("status").first).to_have_text("1001 trainings")
    assert tab.locator(".Row").count() < 100, "only what can be seen is drawn"
    tab.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    last = tab.get_by_role("button", name="run999")
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport()


def test_an_empty_log_directory_says_how_to_fill_it(page: Page) -> None:
    staged.stage(page, staged.verdicts(runs=[]))
    tab = page.frame_locator(FRAME)
    expect(tab.get_by_role("heading", level=1)).to_have_text(
        "No training in this log directory yet"
    )
    expect(tab.locator(".Code")).to_contain_text('ZeroAccuracyCallback("logs/my_training")')


def test_a_log_directory_that_cannot_be_read_is_a_sentence(page: Page) -> None:
    sentence = "There is no directory nowhere: check --logdir."
    staged.stage(page, staged.verdicts(runs=[], errors=[sentence]))
    expect(page.frame_locator(FRAME).get_by_text(sentence)).to_be_visible()


@pytest.mark.parametrize("width", [640, 1280])
def test_many_runs_bring_a_word_of_warning_that_lies_over_nothing(page: Page, width: int) -> None:
    many = [staged.training(f"run{n}", "learning", "No fault found.") for n in range(300)]
    page.set_viewport_size({"width": width, "height": 800})
    staged.stage(page, staged.verdicts(runs=many))
    tab = page.frame_locator(FRAME)
    warning = tab.get_by_text("Above 500 runs TensorBoard draws none")
    expect(warning).to_be_visible()
    head = tab.locator(".Card-head", has=warning)
    title, beside = (part.bounding_box() for part in (head.locator("h2"), warning))
    assert title is not None
    assert beside is not None
    lines = title["height"] / 20
    assert lines < 1.5, "the title is squeezed"
    is_below = beside["y"] >= title["y"] + title["height"]
    assert is_below or beside["x"] >= title["x"] + title["width"], "the warning lies over the title"


def test_the_list_goes_by_arrow_keys(page: Page, tab: FrameLocator) -> None:
    tab.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(tab.locator(".Facts-name")).to_have_text("softmax_on_one_unit")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(tab.locator(".Facts-name")).to_have_text("nan_input")


@pytest.mark.parametrize("width", [360, 700, 1000, 1920])
def test_nothing_runs_out_of_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    staged.stage(page, place=RATE)
    tab = page.frame_locator(FRAME)
    expect(tab.locator(".Chart canvas")).to_be_visible()
    page_box = tab.locator(".Page").bounding_box()
    assert page_box is not None
    assert page_box["height"] > 300, "the list leaves the page its room"
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert tab.locator("body").evaluate(wide) == 0
    assert tab.locator(".Page").evaluate("(page) => page.scrollWidth - page.clientWidth") == 0
