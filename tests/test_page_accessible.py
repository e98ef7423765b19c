"""The report in a real browser, for those who do not see it, have no mouse, or write in another direction."""

import itertools

import numpy as np
import pandas as pd
import pytest
from page_fixtures import BROWSER, looked, marked, opened, ready, run, settle, single
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from test_accessible import contrast

from closerlook.figures.colours import LABELS as COLOURS
from closerlook.figures.colours import look
from closerlook.report.data import data
from closerlook.report.page import page as write

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")]

NUMBERED = "מטרה (2)"  # whose digit belongs to it
LABELS = ["名詞", "動詞", "اسم", "פועל", "ไทย", NUMBERED, "한국어", "Agent"]
TASK = "משימה"
N = 40
ALT = "Lines over the layers. Accuracy rises in 2 of 2."
SAID = "Those that gained most are פועל (+4.2), مفعول (+3.1) and מטרה (2) (+2.0)."
SCOPE = {"p": 0.01, "p_adjusted": 0.03, "ci_low": 3.0, "ci_high": 5.2}
CLAIM = {"claim": "accuracy", "statement": "Accuracy improves.", "definition": "It.", "effect": 4.1, "unit": "points",
         "n": 4, "cells": 2, "runs": 4, "share": 0.75, "d": 1.0, "smallest": 0.1,
         "exceptions": ["m / t; פועל (-0.4)"]}  # fmt: skip
TOLD = pd.DataFrame([
    CLAIM | SCOPE | {"claim": verdict, "scope": scope, "over": over, "verdict": verdict, "decides": "more seeds"}
    for verdict in ("supported", "contradicted", "no effect", "undecided")
    for scope, over in (("grid", "seeds"), ("beyond", "tasks"))
])  # fmt: skip
CASES = [{"split": "train", "label": "פועל", "count": 2, "where": "f:1"},
         {"split": "test", "label": "名詞", "count": 1, "where": "f:9"}]  # fmt: skip
SUMMARY = {
    "kind": "word", "n_labels": 8, "duplicates": {"train": 3, "test": 0}, "train_test_overlap": 0,
    "splits": {split: {"n_sentences": 10, "n_targets": 900, "labels": dict(zip(LABELS, range(90, 10, -10))),
                       "left_out": {}, "blank_tokens": 0} for split in ("train", "test")},
    "conflicts": {"train": 1, "test": 0, "across": 1, "total": 1,
                  "first": [{"text": "so [הבית] it", "words": "so it", "target": [1], "cases": CASES}]},
    "warnings": ["Few of פועל (2)."],
}  # fmt: skip
SPECIAL = {1: ["הבית ", ("על", 1), " הגבעה ", ("נמכר", 0), "."], 2: ["丘の", ("上", 0), "に", ("家", 1), "がある。"],
           3: ["ذهب ", ("الولد", 0), " إلى ", ("المدرسة", 1), " (2)."]}  # fmt: skip
MISSING = pd.DataFrame([["m / t", "probe", "failed", "killed"]], columns=["cell", "step", "status", "reason"])
COSTS = pd.DataFrame({"rule": ["embed"], "jobs": [3], "seconds": [1.5], "longest": [1.0], "memory_mb": [90.0]})


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """A report with everything on it."""
    folder = tmp_path_factory.mktemp("accessible")
    told = PngInfo()
    told.add_itxt("Description", ALT)
    Image.new("RGB", (600, 400), "white").save(folder / "told.png", pnginfo=told)
    Image.new("RGB", (600, 400), "white").save(folder / "silent.png")
    parts = [SPECIAL.get(i, ["The ", ("cat", 0), " sat on ", ("mats", 1), f" number {i}."]) for i in range(N)]
    gold = np.arange(N) % len(LABELS)
    ends = {"before": np.where(np.arange(N) % 3 == 0, (gold + 1) % 8, gold), "after": gold}
    suspects = [{"item": i, "label": 3, "score": 0.9, "runs": 2, "of": 3, "why": "as one of פועל"} for i in (1, 2)]
    task = single(TASK, "pair", LABELS, [marked(of) for of in parts], 30, 10, {"small": suspects})
    grid = np.stack([np.arange(N) % 8 - 3.5, np.arange(N) // 8 - 2], 1)
    runs = [run("small", TASK, seed, LABELS, seed == 0) for seed in (0, 1)]
    runs = [looked(made, task, np.stack([grid, -grid]), ends) for made in runs]
    runs = [made | {"looks": [list(look(i)) for i in range(len(LABELS))]} for made in runs]
    numbers = pd.DataFrame({"label": [*LABELS, None], "gain": [*range(8), np.nan], "gain ±": [0.5] * 9})
    table = {"note": "Of פועל (2).", "frame": numbers, "model": None, "task": None, "main": False}
    figure = {"title": "Accuracy", "caption": "Lines are means.", "model": None, "task": None}
    of = {"model": "small", "task": TASK}
    html = write(
        title="Study", summary="1 model.", answers=[of | {"sentences": [SAID], "warnings": ["Few of מטרה (2)."]}],
        notes=["Mind פועל."], data=data({TASK: SUMMARY}), claims=TOLD, explorer=runs, tasks=[task], missing=MISSING,
        tables=[table | {"id": "main", "title": "All", "main": True}, table | of | {"id": "one", "title": TASK}],
        figures=[figure | {"id": "told", "file": str(folder / "told.png")},
                 figure | {"id": "silent", "file": str(folder / "silent.png")} | of],
        making={"config": "a: b", "versions": {"torch": "2.9"}, "seeds": [0], "facts": [("jobs", "1")], "costs": COSTS},
    )  # fmt: skip
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shared(browser, file):
    page, said, asked = opened(browser, file)
    yield page
    assert said == [] and set(asked) == {file.as_uri()}
    page.context.close()


@pytest.fixture
def page(shared, file):
    """The page that all tests share, as it opens."""
    shared.goto("about:blank")
    shared.goto(file.as_uri())
    shared.locator("#explorer").scroll_into_view_if_needed()
    ready(shared)
    shared.evaluate("scrollTo(0, 0)")
    return shared


def unfold(page):
    """Open whatever can be opened at once."""
    page.evaluate("document.querySelectorAll('details').forEach((some) => (some.open = true))")
    page.get_by_label("View").select_option("two")
    page.locator("#e-rows tr").nth(1).click()
    settle(page)


@pytest.mark.parametrize("state", ["as it opens", "unfolded", "with a figure", "narrow"])
def test_axe_finds_nothing_serious(page, state):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed: `pip install -e .[dev]`"
    )
    if state == "unfolded":
        unfold(page)
    if state == "with a figure":
        page.locator(".enlarge").first.click()
    if state == "narrow":
        page.set_viewport_size({"width": 360, "height": 700})
    found = axe.Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    page.set_viewport_size({"width": 1280, "height": 800})
    assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == []


TEXTS = """() => {
  const code = (rgb) => "#" + rgb.slice(0, 3).map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
  const read = (text) => text.match(/[\\d.]+/g)?.map(Number) ?? [];
  const found = [];
  const walker = document.createTreeWalker(document.querySelector("body"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const element = node.parentElement;
    if (!node.textContent.trim() || element.closest("script, style, :disabled") || !element.checkVisibility()) continue;
    const [style, svg] = [getComputedStyle(element), element.closest("svg")];
    let ground = element;
    while (ground && (read(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement;
    const at = ground ? code(read(getComputedStyle(ground).backgroundColor)) : "#ffffff";
    found.push([node.textContent.trim(), code(read(svg ? style.fill : style.color)), svg ? "#ffffff" : at]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_the_contrast_that_reading_takes(page, scheme):
    page.emulate_media(color_scheme=scheme)
    unfold(page)
    found = page.evaluate(TEXTS)
    page.emulate_media(color_scheme="light")
    assert {"Agent", "All", "–", "number 6."} <= {text for text, *_ in found} | {"number 6."} and len(found) > 300
    assert {(text, *of) for text, *of in found if contrast(*of) < 4.5} == set()


def test_names_in_the_plot_are_as_dark_as_the_figures_have_them(page):
    for colour in COLOURS:
        assert contrast(page.evaluate(f"legible('{colour}')")) >= 4.5


def test_the_outline_of_the_page_is_said(page):
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.get_by_role("main").count() == 1 and page.get_by_role("navigation", name="Sections").count() == 1
    unfold(page)
    levels = page.locator("h1, h2, h3, h4").evaluate_all("(all) => all.map(({ tagName }) => Number(tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(deeper <= level + 1 for level, deeper in itertools.pairwise(levels))
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("table.bars tbody th[scope=row]").count() == len(LABELS)


def test_images_have_the_text_of_their_files(page):
    images = page.locator(".enlarge img")
    assert images.evaluate_all("(all) => all.map(({ alt }) => alt)") == [ALT, "Lines are means."]


ACTIVE = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  return [element.id || element.textContent.trim().slice(0, 40), element.tagName,
          parseFloat(style.outlineWidth) * (style.outlineStyle !== "none"), element.getBoundingClientRect().width > 0];
}"""


def test_tab_comes_to_every_control_and_one_sees_where_it_is(page):
    reached = []
    for _ in range(200):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(ACTIVE))
        if reached[-1][1] == "BODY":
            break
    names = [name for name, *_ in reached]
    assert names[0] == "Skip to the answer" and reached[-1][1] == "BODY"
    ids = ["x-task", "x-model", "x-run", "x-layer", "x-step", "x-play", "x-view", "x-split", "x-search", "x-plane",
           "x-find", "e-tab-fixed", "e-ring", "e-filter", "e-copy", "c-task", "c-model"]  # fmt: skip
    assert [name for name in names if name in ids] == ids
    assert sum(tag == "TR" for _, tag, *_ in reached) == 1  # arrow keys go on from there
    assert sum(tag == "SUMMARY" for _, tag, *_ in reached) == page.locator("summary").count()
    assert [name for name, _, outline, seen in reached[:-1] if not outline or not seen] == []
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.tagName") != "BODY"  # it is no trap


def test_the_first_link_leads_past_the_others(page):
    page.keyboard.press("Tab")
    link = page.get_by_role("link", name="Skip to the answer")
    assert link.bounding_box()["width"] > 50
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null && scrollY < 600")


def ranges(page):
    return np.array(
        page.evaluate("['x', 'y'].map((a) => document.getElementById('x-plane')._fullLayout[a + 'axis'].range)")
    )


def press(page, key):
    page.keyboard.press(key)
    settle(page)
    return ranges(page)


def test_the_plane_is_moved_zoomed_and_selected_with_the_keyboard(page):
    whole = ranges(page)
    page.locator("#x-plane").focus()
    size = np.diff(whole)
    moved = press(page, "ArrowRight")
    np.testing.assert_allclose(moved, whole + [[0.1], [0]] * size)
    np.testing.assert_allclose(press(page, "ArrowUp"), whole + [[0.1], [0.1]] * size)
    press(page, "ArrowLeft"), press(page, "ArrowDown")
    for _ in range(3):
        near = press(page, "+")
    np.testing.assert_allclose(np.diff(near), size / 1.5**3)
    np.testing.assert_allclose(near.mean(1), whole.mean(1), atol=1e-6)
    page.keyboard.press("Enter")
    grid = -np.stack([np.arange(N) % 8 - 3.5, np.arange(N) // 8 - 2], 1)
    n = int(((near[:, 0] <= grid) & (grid <= near[:, 1])).all(1).sum())
    assert 0 < n < N and page.get_by_role("tab", name="selected").inner_text() == f"selected {n}"
    playwright.expect(page.locator("#x-said")).to_have_text(f"{n} examples selected.")
    np.testing.assert_allclose(np.diff(press(page, "-")), size / 1.5**2)
    np.testing.assert_allclose(press(page, "0"), whole)


def test_a_label_under_the_focus_says_what_the_plot_says_of_it(page):
    boxes = page.locator("#x-labels input")
    page.get_by_label("Find a label").focus()
    while not page.evaluate("document.activeElement.matches('#x-labels input')"):
        page.keyboard.press("Tab")
    name = page.evaluate("document.activeElement.parentElement.title")
    tip = page.locator("#x-tip")
    playwright.expect(tip).to_be_visible()
    place = LABELS.index(name)
    words = tip.inner_text().replace("\u2068", "").replace("\u2069", "")
    assert words.startswith(f"{name}: ") and words.endswith(f"to {LABELS[(place + 1) % 8]}")
    assert boxes.first.get_attribute("aria-description") == tip.inner_text()
    page.keyboard.press("Escape")
    playwright.expect(tip).to_be_hidden()
    page.keyboard.press("Space")
    assert page.locator("#x-count").inner_text() == "5 of 8 labels highlighted"


def test_what_changes_is_said_once_the_hand_rests(page):
    page.get_by_label("Layer", exact=True).fill("0")
    page.locator("#x-step").focus()
    page.keyboard.press("Home")
    playwright.expect(page.locator("#x-said")).to_have_text("update 0: 9 overlapping pairs.")
    assert page.locator("#x-step").get_attribute("aria-valuetext") == "update 0"
    assert page.locator("#x-near").text_content().startswith("update 0. ")
    live = page.locator("[role=status], output:not([aria-live=off])").evaluate_all("(all) => all.map(({ id }) => id)")
    assert set(live) == {"x-wait", "x-said", "x-drawn", "x-found", "e-count"}


def test_a_figure_is_opened_and_closed_with_the_keyboard(page):
    button = page.locator(".enlarge").first
    button.focus()
    page.keyboard.press("Enter")
    playwright.expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.keyboard.press("Enter")
    playwright.expect(page.get_by_role("dialog")).to_be_hidden()
    assert button.evaluate("(button) => button === document.activeElement")


PLACES = """(element, parts) => {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const letters = [];
  for (let node; (node = walker.nextNode()); )
    [...node.textContent].forEach((letter, at) => letters.push([letter, node, at]));
  const text = letters.map(([letter]) => letter).join("");
  return parts.map((part) => {
    const [, node, at] = letters[text.indexOf(part)];
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect().x;
  });
}"""


def places(locator, *parts):
    """Where the first letter of some parts of a text stands, from the left."""
    return locator.evaluate(PLACES, list(parts))


def test_labels_from_right_to_left_turn_nothing_beside_them(page):
    said = page.get_by_text("Those that gained most")
    order = places(said, "(+4.2", ", م", "(+3.1", " and ", "(2)", "(+2.0")
    assert said.bounding_box()["height"] < 30 and order == sorted(order)
    (first, last, digit) = places(said, "פ", "ל", "(2)")
    assert (
        last < first and digit < places(said, "מטרה")[0]
    )  # its own letters run the other way, and the digit with them
    cell = page.locator("#t-main").locator("xpath=../..").locator("tbody tr").nth(5).locator("td").first
    entry = page.locator("#x-labels .name", has_text=NUMBERED)
    chip = page.locator("#e-rows bdi", has_text=NUMBERED).first
    bar = page.locator("table.bars th", has_text=NUMBERED)
    for where in (cell, entry, chip, bar):
        number, letter = places(where, "(", "מ")
        assert number < letter, where
    conflict = page.locator("#data details").last
    conflict.locator("summary").click()
    order = places(conflict.locator(".soft"), " ×2", "(train", "名", "(test")
    assert order == sorted(order)


def test_labels_from_right_to_left_are_right_in_the_plots(page):
    while page.locator("#x-labels input:not(:checked)").count():
        page.locator("#x-labels input:not(:checked)").first.click()
    settle(page)
    names = page.locator("#x-plane .textpoint text")
    drawn = {text.strip("\u00a0\u2068\u2069"): names.nth(i) for i, text in enumerate(names.all_text_contents())}
    assert set(drawn) == set(LABELS)
    at = """(text, letter) => text.getStartPositionOfChar(text.textContent.indexOf(letter)).x"""
    assert drawn[NUMBERED].evaluate(at, "2") < drawn[NUMBERED].evaluate(at, "ה")
    assert drawn["פועל"].evaluate(at, "ל") < drawn["פועל"].evaluate(at, "פ")
    told = page.evaluate("LABEL => describe(run.labels.indexOf(LABEL))", LABELS[4])
    assert f"nearest: \u2068{NUMBERED}\u2069<br>distance" in told


def test_a_long_name_is_cut_to_its_room_in_the_plot(page):
    shown = page.evaluate("(names) => names.map(short)", ["名" * 30, "名" * 13, "a" * 30, "e\u0301" * 26, "😀" * 14])
    assert shown == ["名" * 12 + "…", "名" * 13, "a" * 25 + "…", "e\u0301" * 26, "😀" * 12 + "…"]


def test_texts_run_as_their_language_does(page):
    page.get_by_role("tab", name="drawn").click()
    rows = page.locator("#e-rows .text")
    assert [rows.nth(i).evaluate("(text) => getComputedStyle(text).direction") for i in range(4)] == [
        "ltr", "rtl", "ltr", "rtl",
    ]  # fmt: skip
    assert rows.nth(2).inner_text() == "丘の上に家がある。"
    assert page.locator("#x-task option").get_attribute("dir") == "auto"
    page.get_by_label("Find examples").fill("label:פועל")
    says = page.locator("#e-says")
    assert says.evaluate("(text) => getComputedStyle(text).direction") == "ltr"
    order = places(says, "Of the", "label", "” finds")
    assert order == sorted(order)


@pytest.mark.parametrize("width", [320, 390])
def test_a_narrow_screen_scrolls_one_way(page, width):
    page.set_viewport_size({"width": width, "height": 700})
    unfold(page)
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    assert page.locator("#x-card h3").bounding_box()["height"] < 40
    page.set_viewport_size({"width": 1280, "height": 800})


def test_nothing_moves_by_itself_where_that_is_not_wanted(page):
    page.emulate_media(reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll("*")].filter((element) => {
      const { transitionDuration, transitionProperty, animationName } = getComputedStyle(element);
      return animationName !== "none" || (transitionProperty !== "none" && parseFloat(transitionDuration) > 0);
    }).length"""
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
