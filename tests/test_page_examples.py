"""The report's single examples in a real browser: what is read, searched, selected and listed is what was given."""

import base64
import gzip
import io
import itertools
import json
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_fixtures import BROWSER, CLAIMS, NASTY, looked, marked, opened, ready, run, settle, single, until

from closerlook.report.packed import packed
from closerlook.report.page import page as write

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")]

LABELS = ["Locus", "Goal", NASTY, "two words", "מטרה"]
TRAIN, TEST = 120, 40
N = TRAIN + TEST
GOLD = np.arange(N) % len(LABELS)
WRONG = (GOLD + 1) % len(LABELS)
BEFORE = np.where(np.arange(N) % 3 == 0, WRONG, GOLD)  # what every example is taken for
AFTER = np.where(np.arange(N) % 8 == 1, WRONG, GOLD)
FIXED = [i for i in range(N) if i % 3 == 0 and i % 8 != 1]
BROKEN = [i for i in range(N) if i % 3 != 0 and i % 8 == 1]
SPECIAL = {
    4: ["👩‍🔬 is ", ("<b>at</b>", 0), " “home”, ", ("0", 1), "</script>\nand more"],
    5: ["הבית ", ("על", 1), " הגבעה ", ("נמכר", 0), "."],
    6: ["丘の", ("上", 0), "に", ("家", 1), "がある。"],
    7: [*["before "] * 60, ("needle", 0), " between" * 40, " ", ("thread", 1), *[" after"] * 60],
    125: ["the same ", ("zebra", 1), ", as ", ("ever", 0), ", in Łódź"],
}
PLAIN = [[f"Sentence {i} ", ("sits", 0), " on a ", (f"mat{i}" if i % 9 else "Zebra", 1)] for i in range(N)]
PARTS = [SPECIAL.get(i, plain) for i, plain in enumerate(PLAIN)]
SENTENCES = [marked(parts) for parts in PARTS]
SENTENCES[8] = ("Not the old house!", [4, 17, 8, 11])  # its head lies in its dependent
WHY = f"the same vector as an example of {NASTY}"
SUSPECTS = [{"item": i, "label": int(WRONG[i]), "score": score, "runs": 2, "of": 3, "why": WHY}
            for i, score in ((12, 0.9), (130, 0.7), (3, 0.5))]  # fmt: skip
GRID = np.stack([np.arange(N) % 16 - 7.5, np.arange(N) // 16 - 4.5], 1) * [0.45, 0.7]
PLACES = np.stack([GRID, GRID * [-1, 1]])  # fine-tuning mirrors them
VISITS = itertools.count()
ENDS = {"before": BEFORE, "after": AFTER}
PLANES = "x-first", "x-plane"


def target(i, number=None):
    """The words of a target, or of one part of it."""
    return [part[0] for part in PARTS[i] if isinstance(part, tuple) and number in (None, part[1])]


def text(i):
    return "".join(part if isinstance(part, str) else part[0] for part in PARTS[i])


def reference(i):
    return ("train", i) if i < TRAIN else ("test", i - TRAIN)


def study():
    """Two runs of a task of pairs; one each of a task whose texts are kept out, of long texts, and of labels only."""
    whole = {"train": 5000, "test": TEST}
    role = single("role", "pair", LABELS, SENTENCES, TRAIN, TEST, {"small": SUSPECTS}, whole=whole)
    question = single("question", "sentence", LABELS[:2], [], 30, 10, texts=False)
    runs = [looked(run("small", "role", seed, LABELS, False), role, PLACES, ENDS) for seed in (0, 1)]
    runs[0]["looked"][0]["after"]["neighbours"][20] = [21, 3, -1, 22]
    ends = {"before": np.zeros(40, int), "after": np.arange(40) % 2}
    runs.append(looked(run("small", "question", 0, LABELS[:2], False), question, GRID[None, :40].repeat(2, 0), ends))
    long = [(f"{'very ' * 60}needle{i}{' long' * 60}", []) for i in range(6)]
    review = single("review", "sentence", LABELS[:2], long, 4, 2)
    ends = {"before": np.zeros(6, int), "after": np.zeros(6, int)}
    runs.append(looked(run("small", "review", 0, LABELS[:2], False), review, GRID[None, :6].repeat(2, 0), ends))
    runs.append(run("small", "other", 0, ["a", "b"]))
    making = {"config": "", "versions": {}, "seeds": [], "facts": [], "costs": pd.DataFrame(columns=["rule"])}
    return {"title": "Study", "summary": "1 model.", "answers": [], "notes": [], "data": [], "claims": CLAIMS,
            "tables": [], "figures": [], "explorer": runs, "missing": None, "making": making,
            "tasks": [role, question, review]}  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("examples") / "report.html"
    path.write_text(write(**study()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def shared(browser, file):
    page, said, asked = opened(browser, file)
    yield page
    assert said == [] and asked == [file.as_uri()]
    page.context.close()


@pytest.fixture
def page(shared):
    """The page that all tests share, at its first run, with nothing looked for."""
    go(shared, "", task="other")  # a selection is of a task
    go(shared, "")
    return shared


def go(page, more, task="role"):
    """Go to an address of the first run."""
    page.evaluate("document.getElementById('x').setAttribute('aria-busy', 'true')")
    page.evaluate(f"location.hash = 'task={task}&model=small&run=seed+0{more}&visit={next(VISITS)}'")
    ready(page)
    page.locator("#explorer").evaluate("(section) => section.scrollIntoView()")
    page.mouse.move(5, 5)
    settle(page)


def spot(page, x, y, plane="x-plane"):
    """Where on the screen a place of a plane is."""
    box = page.locator(f"#{plane} .nsewdrag").first.bounding_box()
    ranges = page.evaluate(f"['x', 'y'].map((a) => document.getElementById('{plane}')._fullLayout[a + 'axis'].range)")
    (left, right), (low, high) = ranges
    return box["x"] + (x - left) / (right - left) * box["width"], box["y"] + (high - y) / (high - low) * box["height"]


def hover(page, i, end=1, plane="x-plane"):
    x, y = spot(page, *PLACES[end][i], plane)
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    playwright.expect(page.locator("#x-tip")).to_be_visible()
    return x, y


def click(page, i, end=1, plane="x-plane"):
    page.mouse.click(*hover(page, i, end, plane))
    playwright.expect(page.locator("#x-card")).to_be_visible()


def tab(page, name):
    page.get_by_role("tab", name=name).click()


def listed(page):
    """The examples of the open list, as far as they are shown."""
    names = heads(page)
    return [(row[names.index("split")], int(row[names.index("row")])) for row in cells(page, "#e-rows tr")]


def cells(page, rows):
    return page.locator(rows).evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def heads(page):
    return page.locator("#e-heads th").all_inner_texts()


def references(items):
    return [reference(i) for i in items]


@pytest.mark.parametrize("i", [4, 5, 6, 7, 125])
def test_what_is_clicked_shows_its_whole_sentence_with_its_words_marked(page, i):
    click(page, i)
    card = page.locator("#x-card")
    assert card.locator(".sentence").evaluate("(element) => element.textContent") == text(i)
    assert card.locator(".sentence mark.first").all_text_contents() == target(i, 0)
    assert card.locator(".sentence mark.second").all_text_contents() == target(i, 1)
    assert card.locator(".parts mark").all_text_contents() == ["dependent", "head"]
    assert card.locator("h3").inner_text() == " ".join(map(str, reference(i)))
    assert page.title() == "Study"


def test_parts_that_overlap_are_both_marked(page):
    go(page, "&example=train:8")
    marks = page.locator(".sentence mark")
    assert marks.all_text_contents() == ["the ", "old", " house"]
    assert marks.evaluate_all("(marks) => marks.map(({ title }) => title)") == [
        "dependent", "dependent and head", "dependent",
    ]  # fmt: skip


def test_the_pointer_says_what_an_example_is(page):
    hover(page, 7)
    tip = page.locator("#x-tip")
    assert tip.locator("mark").all_text_contents() == ["needle", "thread"]
    assert len(tip.locator("p").first.inner_text()) < 200 < len(text(7))
    hover(page, 129)  # wrong before and after
    playwright.expect(tip).to_contain_text(text(129))
    words = " ".join(tip.inner_text().split())
    assert f"{text(129)} {LABELS[GOLD[129]]} test taken for {LABELS[WRONG[129]]} → {LABELS[WRONG[129]]}" == words


def test_the_card_says_what_the_probes_say(page):
    click(page, 129)
    rows = {row[0]: row[1:] for row in cells(page, ".told tr")}
    found = study()["explorer"][0]["looked"][0]
    assert rows["probe"] == [f"{LABELS[WRONG[129]]} 80 % of repeats"] * 2
    assert rows["linear readout"] == [LABELS[(WRONG[129] + 1) % 5]] * 2
    assert rows["nearest hull"] == [LABELS[(WRONG[129] + 2) % 5]] * 2
    assert rows["to the hull of its label"] == [f"{found[end]['own'][129]:.3f}" for end in ENDS]
    assert rows["to the nearest other hull"] == [f"{found[end]['other'][129]:.3f} {LABELS[WRONG[129]]}" for end in ENDS]
    assert rows["size of its cluster"] == [str(found[end]["cluster"][129]) for end in ENDS]
    words = page.locator("#x-card dl").inner_text()
    assert f"{found['displacement'][129]:.3f}" in words and "first right" not in words  # the run was not followed
    go(page, "&example=train:0")
    assert page.locator(".told tr").nth(1).inner_text().split("\t") == ["probe", "trained on it", "trained on it"]
    assert page.locator(".told tr").nth(5).inner_text().split("\t")[1].startswith("–")  # there is no other hull


def test_neighbours_are_buttons_that_lead_to_them_and_back(page):
    go(page, "&example=train:20")
    before, after = page.locator("#x-card ol").all()
    step = [f"Sentence {20 + i}" for i in (1, 2, 3, 4)]
    assert all(words in got for words, got in zip(step, before.locator("li").all_text_contents(), strict=True))
    entries = after.locator("li").all_text_contents()
    assert "Sentence 21" in entries[0] and "Sentence 3 " in entries[1] and "Sentence 22" in entries[2]
    assert entries[3] == "and 1 that is not on this page"
    assert ["before and after" in entry for entry in entries] == [True, False, True, False]
    assert all(LABELS[GOLD[i]] in entry for i, entry in ((21, entries[0]), (3, entries[1])))
    after.locator("button").nth(1).click()
    assert page.locator("#x-card h3").inner_text() == "train 3"
    page.get_by_role("button", name="Back").click()
    assert page.locator("#x-card h3").inner_text() == "train 20"


@pytest.mark.parametrize(
    ("search", "holds"),
    [("zebra", lambda i: "zebra" in text(i).lower()),
     ("</SCRIPT>", lambda i: i == 4),
     ("Lo\u0301dz\u0301".replace("Lo", "ło"), lambda i: i == 125),  # composed in the text
     ("mat1", lambda i: f"mat{i}".startswith("mat1") and i not in SPECIAL and i % 9),
     ("גבעה", lambda i: i == 5),
     ("no such text", lambda i: False),
     ("label:goal", lambda i: GOLD[i] == 1),
     ("label:two words zebra", lambda i: GOLD[i] == 3 and "zebra" in text(i).lower()),
     (f"label:{NASTY}", lambda i: GOLD[i] == 2),
     ("label:two", lambda i: False)],
)  # fmt: skip
def test_a_search_finds_exactly_the_texts_that_contain_it(page, search, holds):
    page.get_by_label("Find examples").fill(search)
    expected = [i for i in range(N) if holds(i)]
    assert page.locator("#x-found").inner_text() == f"{len(expected)} found"
    assert page.get_by_role("tab", name="found").get_attribute("aria-selected") == "true"
    assert listed(page) == references(expected[:50])
    settle(page)
    rings = page.evaluate("document.getElementById('x-plane').data[2].x.length")
    assert rings == len(expected)


def test_a_label_that_does_not_exist_is_said_to(page):
    page.get_by_label("Find examples").fill("label:two")
    assert "There is no label of this name" in page.locator("#e-says").inner_text()


def drag(page, corners):
    page.mouse.move(*corners[0])
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    settle(page)


def test_a_region_selects_exactly_the_examples_in_it(page):
    chosen = page.get_by_role("tab", name="selected")
    page.locator("#x-plane [data-title='Box Select']").click()
    box = [(-2.5, 0.5), (1.1, 3.0)]
    drag(page, [spot(page, *box[0]), spot(page, *box[1])])
    inside = [i for i in range(N) if -2.5 < PLACES[1][i, 0] < 1.1 and 0.5 < PLACES[1][i, 1] < 3.0]
    playwright.expect(chosen).to_have_text(f"selected {len(inside)}")
    assert chosen.get_attribute("aria-selected") == "true"
    assert listed(page) == references(inside) and len(inside) > 10
    said, *_ = page.locator("#e-says").inner_text().partition(". A double click")
    counts = {name: int(n) for name, n in re.findall(r"(\S.*?) (\d+)(?:, |$)", said)}
    assert counts == {LABELS[label]: n for label, n in zip(*np.unique(GOLD[inside], return_counts=True))}
    page.locator("#x-plane [data-title='Lasso Select']").click()
    triangle = [(-3.5, -3.3), (3.0, -3.3), (-3.5, 2.1)]
    drag(page, [spot(page, *corner) for corner in [*triangle, triangle[0]]])
    (x0, y0), (x1, _), (_, y1) = triangle
    within = [i for i, (x, y) in enumerate(PLACES[1])
              if x > x0 and y > y0 and (x - x0) / (x1 - x0) + (y - y0) / (y1 - y0) < 1]  # fmt: skip
    playwright.expect(chosen).to_have_text(f"selected {len(within)}")
    assert listed(page) == references(within[:50])
    page.get_by_label("Split").select_option("test")
    assert listed(page) == references([i for i in within if i >= TRAIN])
    page.mouse.dblclick(*spot(page, 0, 3.9))
    playwright.expect(chosen).to_have_text("selected 0")


def test_another_task_begins_anew(page):
    page.locator("#x-plane [data-title='Box Select']").click()
    drag(page, [spot(page, -2, -2), spot(page, 2, 2)])
    playwright.expect(page.get_by_role("tab", name="selected")).not_to_have_text("selected 0")
    page.locator("#e-rows tr").first.click()
    playwright.expect(page.locator("#x-card")).to_be_visible()
    page.locator("#x").get_by_label("Task").select_option("question")
    ready(page)
    playwright.expect(page.locator("#x-card")).to_be_hidden()
    assert page.get_by_role("tab", name="selected").inner_text() == "selected 0"


def test_two_states_agree(page):
    page.get_by_label("View").select_option("two")
    settle(page)
    hover(page, 30, end=0, plane="x-first")
    for plane, place in zip(PLANES, PLACES[:, 30]):
        ring = page.evaluate(f"document.getElementById('{plane}').layout.shapes.at(-1)")
        np.testing.assert_allclose([ring["xanchor"], ring["yanchor"]], place, atol=0.001)
    page.locator("#x-labels input").first.uncheck()
    bright = "(id) => document.getElementById(id).data.find(({text, customdata}) => text && customdata).customdata"
    first, plane = (page.evaluate(bright, plane) for plane in PLANES)
    assert first == plane and len(plane) == 4
    page.locator("#x-first [data-title='Zoom']").click()
    drag(page, [spot(page, -2, -2, "x-first"), spot(page, 1, 1, "x-first")])
    ranges = [page.evaluate(f"document.getElementById('{plane}')._fullLayout.xaxis.range") for plane in PLANES]
    np.testing.assert_allclose(*ranges)
    assert ranges[0][1] - ranges[0][0] < 5
    click(page, 68, end=0, plane="x-first")
    assert page.locator("#x-card h3").inner_text() == "train 68"
    page.locator("#x-plane [data-title='Show all']").click()
    settle(page)
    assert page.evaluate("document.getElementById('x-first')._fullLayout.xaxis.range[1]") > 3.4


def test_what_is_drawn_is_said(page):
    assert page.locator("#x-drawn").inner_text() == (
        f"Drawn: a stratified sample of {TRAIN} of 5,000 training examples and {TEST} of {TEST} test examples."
    )
    page.get_by_label("Split").select_option("test")
    assert page.locator("#x-drawn").inner_text() == f"Drawn: all {TEST} test examples."
    page.get_by_label("Split").select_option("both")
    page.get_by_label("Layer", exact=True).fill("0")
    assert "15 of 5,000 training examples" in page.locator("#x-drawn").inner_text()
    assert "More are drawn in layer 6" in page.locator("#x-drawn").inner_text()
    tab(page, "broken")
    page.get_by_role("button", name="Go to layer 6").click()
    assert listed(page) == references(BROKEN)


def test_an_address_brings_everything_back(page, browser, file):
    go(page, "&layer=6&step=0")
    page.get_by_label("View").select_option("two")
    page.get_by_label("Split").select_option("train")
    page.get_by_label("Find examples").fill("Sentence")
    page.locator("#x-labels input").first.uncheck()
    tab(page, "broken")
    page.locator("#e-rows tr").nth(1).click()
    until(page, "location.hash.includes('example')")
    other, said, _ = opened(browser, file, page.evaluate("location.hash"))
    for name, value in {"View": "two", "Split": "train", "Find examples": "Sentence", "Step": "0"}.items():
        assert other.locator("#x").get_by_label(name, exact=True).input_value() == value
    assert other.get_by_role("tab", selected=True).inner_text() == page.get_by_role("tab", selected=True).inner_text()
    shown = [view.locator("#x-card h3").inner_text() for view in (other, page)]
    assert shown == [" ".join(map(str, reference(BROKEN[1])))] * 2
    assert other.locator("#x-count").inner_text() == "4 of 5 labels highlighted"
    assert listed(other) == listed(page) == references([i for i in BROKEN if i < TRAIN])
    other.context.close()
    assert said == []


def test_an_address_of_an_example_that_is_not_here_says_so(page):
    go(page, "&example=train:4999")
    assert "train:4999 is not among the examples of this page" in page.locator("#x-drawn").inner_text()
    playwright.expect(page.locator("#x-card")).to_be_hidden()


def test_tabs_count_and_list_what_happened(page):
    tabs = {"fixed": len(FIXED), "broken": len(BROKEN), "moved most": N, "changed company": 20, "look mislabelled": 3,
            "drawn": N, "found": 0, "selected": 0}  # fmt: skip
    assert page.get_by_role("tab").all_inner_texts() == [f"{name} {n}" for name, n in tabs.items()]
    assert listed(page) == references(FIXED[:50])
    row = page.locator("#e-rows tr").nth(2).inner_text().split("\t")  # of example 6
    assert [cell.strip() for cell in row[3:6]] == [LABELS[1], LABELS[2], LABELS[1]]
    tab(page, "moved most")
    assert len(listed(page)) == 50 and f"the first 70 of {N}" in page.locator("#e-count").inner_text()
    page.get_by_role("button", name="Show 20 more").click()
    assert len(listed(page)) == 70 and page.evaluate("document.activeElement.rowIndex") == 51
    tab(page, "look mislabelled")
    assert listed(page) == references([12, 130, 3])
    assert "not a verdict" in page.locator("#e-says").inner_text()
    cells = [cell.strip() for cell in page.locator("#e-rows tr").first.inner_text().split("\t")]
    assert cells[-4:] == [LABELS[WRONG[12]], "0.90", "2 of 3", WHY]


def test_a_long_text_keeps_its_target_in_view(page):
    page.get_by_label("Find examples").fill("needle")
    cell = page.locator("#e-rows .text")
    assert cell.locator("mark").all_text_contents() == ["needle", "thread"] and len(cell.inner_text()) < 250


def test_a_long_text_without_a_target_shows_what_was_found_in_it(page):
    go(page, "", task="review")
    page.get_by_label("Find examples").fill("Needle3")
    words = page.locator("#e-rows .text").all_inner_texts()
    assert len(words) == 1 and re.fullmatch("…(very )+needle3( long)+…", words[0]) and len(words[0]) < 180


def test_a_list_is_sorted_filtered_and_copied(page):
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    displacement = study()["explorer"][0]["looked"][0]["displacement"]
    header = page.get_by_role("columnheader", name="displacement")
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    assert listed(page) == references(sorted(FIXED, key=lambda i: displacement[i]))[:50]
    header.get_by_role("button").click()
    assert listed(page) == references(sorted(FIXED, key=lambda i: -displacement[i]))[:50]
    page.get_by_label("Filter this list").fill("zebra")
    kept = [i for i in sorted(FIXED, key=lambda i: -displacement[i]) if "zebra" in text(i).lower()]
    assert listed(page) == references(kept)
    page.get_by_label("Filter this list").fill("")
    page.locator("#e-copy").click()
    frame = pd.read_csv(io.StringIO(page.evaluate("window.copied")))
    order = sorted(FIXED, key=lambda i: -displacement[i])
    assert list(frame.columns) == ["text", "target", "split", "row", "gold", "before", "after", "displacement"]
    assert list(frame.text) == [text(i) for i in order] and list(frame.displacement) == [displacement[i] for i in order]
    assert list(frame.target) == [" … ".join(target(i)) for i in order]
    assert list(frame.before) == [LABELS[BEFORE[i]] for i in order] and list(frame.after) == list(frame.gold)


def test_everything_can_be_reached_with_the_keyboard(page):
    page.get_by_role("tab", name="fixed").focus()
    page.keyboard.press("ArrowLeft")  # around, to the last
    assert page.evaluate("document.activeElement.id") == "e-tab-selected"
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    assert page.get_by_role("tab", selected=True).inner_text() == f"drawn {N}"
    for _ in range(200):  # through what stands between
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TR":
            break
    page.keyboard.press("ArrowDown")
    rings = page.evaluate("document.getElementById('x-plane').layout.shapes")
    np.testing.assert_allclose([rings[0]["xanchor"], rings[0]["yanchor"]], PLACES[1][1], atol=0.001)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "x-card"
    assert page.locator("#x-card h3").inner_text() == "train 1"
    page.keyboard.press("ArrowRight")
    assert page.locator("#x-card h3").inner_text() == "train 2"
    page.get_by_role("button", name="Previous").press("Enter")
    assert page.locator("#x-card h3").inner_text() == "train 1"
    page.keyboard.press("Escape")
    playwright.expect(page.locator("#x-card")).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.item") == "1"


def test_texts_that_are_kept_out_are_nowhere(page):
    go(page, "", task="question")
    assert "text" not in heads(page) and len(listed(page)) == 20
    page.locator("#e-rows tr").first.click()
    assert "keeps texts out" in page.locator("#x-card").inner_text()
    assert page.locator("#single mark").count() == 0


def test_a_task_without_single_examples_says_so(page):
    go(page, "", task="other")
    assert "were not looked at one by one" in page.locator("#examples").inner_text()
    assert page.get_by_role("tab").count() == 0 or not page.get_by_role("tab").first.is_visible()
    playwright.expect(page.get_by_label("Find examples")).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 1920])
def test_no_list_scrolls_the_page_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    page.get_by_label("View").select_option("two")
    for name in ("fixed", "look mislabelled", "drawn"):
        tab(page, name)
        page.locator("#e-rows tr").first.click()
        assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
        assert page.locator("#e").evaluate("(panel) => panel.scrollWidth - panel.clientWidth") <= 0
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_browser_that_cannot_unpack_is_told(browser, file):
    context = browser.new_context()
    context.add_init_script("delete window.DecompressionStream")
    page = context.new_page()
    page.goto(file.as_uri())
    assert "needs a newer browser" in page.locator("#explorer").inner_text()
    assert "need a newer browser" in page.locator("#examples").inner_text()
    context.close()


def unpacked(html, kind):
    return [restored(found) for found in re.findall(rf'class="{kind}"[^>]*>([^<]*)<', html)]


def restored(text):
    """What was packed, read one number after the other as `packed` documents it."""
    data = gzip.decompress(base64.b64decode(text))
    start = 4 + int.from_bytes(data[:4], "big")

    def filled(about):
        if "digits" not in about:
            return about
        n, size = about["n"], about["bytes"]
        numbers, last = [], 0
        for i in range(n):
            code = sum(data[start + about["column"] + plane * n + i] << 8 * plane for plane in range(size))
            last = code = (last + code) % 256**size if about["steps"] else code
            numbers.append((code - 1 + about["low"]) / 10 ** about["digits"] if code else None)
        width = about.get("width")
        return [numbers[i : i + width] for i in range(0, n, width)] if width else numbers

    return json.loads(data[4:start], object_hook=filled)


def test_the_same_study_gives_the_same_bytes():
    assert write(**study()) == write(**study())


def test_what_is_packed_is_what_was_given(file):
    html, told = file.read_text(encoding="utf-8"), study()
    assert unpacked(html, "task") == told["tasks"]
    assert unpacked(html, "run") == told["explorer"]
    assert text(4) not in html  # packed only


NUMBERS = st.none() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False)
SOME = NUMBERS | st.integers(-300, 300) | st.decimals(-9, 9, places=3).map(float)


ROWS = st.lists(st.lists(SOME, min_size=3, max_size=3), max_size=20)


@given(st.lists(SOME, max_size=60) | ROWS | st.integers(0, 90).map(lambda n: [*range(n), None]))
def test_any_numbers_come_back_as_they_were(numbers):
    value = {"column": [numbers, "a", {"b": numbers}], "n": 1}
    assert restored(packed(value)) == value


def test_the_page_reads_numbers_as_they_were(page):
    rng = np.random.default_rng(0)
    value = {
        "bytes": rng.integers(0, 200, 50).tolist(), "pairs": rng.integers(-9000, 9000, (40, 2)).tolist(),
        "steps": [*range(-70_000, 70_000, 700), None], "wide": rng.integers(-(2**31) + 1, 2**31, 50).tolist(),
        "decimal": [*rng.random(60).round(4).tolist(), None, -0.5], "exact": rng.random(40).tolist(),
        "none": [None] * 40, "few": [1, None, 0.25], "words": ["é"] * 40, "ragged": [[1] * 33, [2]],
    }  # fmt: skip
    read = page.evaluate("(textContent) => unpack({ textContent }).then(valueOf)", packed(value))
    assert read == value


def test_infinity_is_refused():
    with pytest.raises(ValueError):
        packed([0.5] * 40 + [float("inf")])


def test_a_run_of_the_papers_size_fits_a_page_of_75():
    rng = np.random.default_rng(0)
    names = [f"label {i}" for i in range(46)]
    task = single("pos", "word", names, [("a", [0, 1])], 2000, 500)
    made = run("small", "pos", 0, names)
    places = rng.uniform(-1, 1, (2, 2500, 2))
    ends = {end: rng.integers(0, 46, 2500) for end in ENDS}
    made = looked(made, task, places, ends)
    for end in ENDS:  # of 16,854 training examples 2,000 are on the page
        neighbours = rng.integers(0, 16854, (2500, 10))
        made["looked"][0][end]["neighbours"] = np.where(neighbours < 2000, neighbours, -1).tolist()
    plotly, figures = 2e6, 2e6
    assert 75 * len(packed(made)) < 15e6 - plotly - figures
