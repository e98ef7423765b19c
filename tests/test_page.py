"""The report in a real browser: it shows what it was given, and fetches nothing."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from page_fixtures import BROWSER, NASTY, UPDATES, opened, ready, run, settle, until
from PIL import Image, ImageDraw

from closerlook.report.data import SHOWN, data
from closerlook.report.page import page as write

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")]

LABELS = ["Agent", NASTY, 'A & "B"', "<b>bold</b>", "Goal", "Locus", "Theme", "Time", "Topic", "Cost"]
LAST = len(UPDATES) - 1


def picture(path):
    """A PNG of far more than 256 colours."""
    shade = np.linspace(0, 255, 600).astype(np.uint8)
    image = Image.fromarray(np.stack([np.broadcast_to(shade, (400, 600)), *np.indices((400, 600), np.uint8)], -1))
    ImageDraw.Draw(image).line((0, 0, 600, 400), fill="black", width=3)
    image.save(path)
    return str(path)


NUMBERS = pd.DataFrame({
    "label": ["b", NASTY, "C", "a10", None],
    "gain": [10.25, 9.5, np.nan, -3.0, 100.0],
    "gain ±": [0.5, np.nan, np.nan, 0.25, 2.0],
    "linear": [True, False, True, None, True],
})  # fmt: skip
CLAIM = {"unit": "points", "n": 4, "cells": 2, "runs": 4, "share": 0.75, "d": np.nan, "exceptions": None,
         "smallest": 0.1}  # fmt: skip
GRID = {"scope": "grid", "over": "seeds, test examples", "p": 0.01, "p_adjusted": 0.03, "verdict": "supported"}
BEYOND = {"scope": "beyond", "over": "", "verdict": "undecided", "decides": "at least 1 more task"}
CLAIMS = pd.DataFrame([CLAIM | claim | scope for claim, *scopes in (
    ({"claim": "accuracy", "statement": "Fine-tuning improves accuracy.", "definition": "Test accuracy.", "effect": 4.1,
      "exceptions": ["small / role; a (-0.4)", f"small / {NASTY} (-0.1)"], "undefined": ["small / b (met)"]},
     GRID | {"ci_low": 3.0, "ci_high": 5.2},
     BEYOND | {"over": "tasks", "ci_low": -1.0, "ci_high": 9.2, "d": 1.5, "decides": "about 4 more tasks"}),
    ({"claim": "clusters", "statement": "Fewer clusters.", "definition": "Their number.", "effect": -0.2},
     GRID | {"verdict": "contradicted", "ci_low": -0.3, "ci_high": -0.1}, BEYOND),
    ({"claim": "geometry", "statement": "Little changes.", "definition": "Their similarity.", "effect": 0.01},
     GRID | {"verdict": "no effect", "ci_low": -0.02, "ci_high": 0.04}, BEYOND),
    ({"claim": "layers", "statement": "Higher layers.", "definition": "Their rank.", "effect": 0.4},
     GRID | {"verdict": "undecided", "decides": "about 3 more seeds", "ci_low": -0.2, "ci_high": 1.0}, BEYOND),
    ({"claim": "transfer", "statement": "Related tasks help.", "definition": "Their difference.", "n": 0},
     {"scope": "grid", "verdict": "undecided", "over": ""}, {"scope": "beyond", "verdict": "undecided", "over": ""}),
) for scope in scopes])  # fmt: skip
ANSWERS = [
    {"model": "small", "task": "role", "sentences": ["Accuracy rose.", f"Label {NASTY} moved."], "warnings": []},
    {"model": "base", "task": "role", "sentences": ["It fell."], "warnings": ["The run of seed 0 changed nothing."]},
]
CASES = [{"split": "train", "label": NASTY, "count": 2, "where": "f:1"},
         {"split": "test", "label": "b", "count": 1, "where": "f:9"}]  # fmt: skip
SUMMARY = {
    "kind": "word", "n_labels": 40, "duplicates": {"train": 3, "test": 0}, "train_test_overlap": 60,
    "splits": {split: {"n_sentences": 10, "n_targets": 900, "labels": {NASTY: 500, **{f"l{i}": 10 for i in range(39)}},
                       "left_out": {"no label": 7}, "blank_tokens": 0} for split in ("train", "test")},
    "conflicts": {"train": 1, "test": 0, "across": 1, "total": 1,
                  "first": [{"text": f"so [{NASTY}] it", "words": "so it", "target": [1], "cases": CASES}]},
    "overlap_first": [{"text": f"one [{i}]", "words": "one", "target": [0], "cases": CASES} for i in range(20)],
    "warnings": [f"Beware of {NASTY}."],
    "dropped_conflicts": {"total": 1, "targets": {"train": 2, "test": 1}, "labels_gone": {"train": [], "test": []},
                          "first": [{"text": "gone", "words": "gone", "target": [0], "cases": CASES}]},
}  # fmt: skip
MISSING = pd.DataFrame([
    {"cell": "small / role.seed1 / role", "step": "classifier probe", "status": "failed", "reason": f"killed {NASTY}"},
    {"cell": "base / role.seed0", "step": "fine-tuning", "status": "not run", "reason": np.nan},
])  # fmt: skip
COSTS = pd.DataFrame({"rule": ["embed"], "jobs": [3], "seconds": [1.5], "longest": [1.0], "memory_mb": [90.0]})
MAKING = {"config": f"results: here  # {NASTY}", "versions": {"torch": "2.9"}, "seeds": [0, 1],
          "facts": [("jobs", "12")], "costs": COSTS}  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A page with everything on it, as a file."""
    folder = tmp_path_factory.mktemp("page")
    file = picture(folder / "figure.png")
    table = {"note": "In points.", "frame": NUMBERS, "model": None, "task": None, "main": False}
    figure = {"title": "Accuracy", "caption": f"Lines & bands {NASTY}", "file": file}
    tables = [table | {"id": "main", "title": "Before and after", "main": True}]
    tables += [table | {"id": f"wide{i}", "title": "Wide", "frame": pd.DataFrame([[0.5] * 60])} for i in range(2)]
    figures = [figure | {"id": "whole", "model": None, "task": None}]
    for model, task in (("small", "role"), ("base", "role"), ("small", "question")):
        tables.append(table | {"id": f"{model}-{task}", "title": f"{task}, {model}", "model": model, "task": task})
        figures.append(figure | {"id": f"figure-{model}-{task}", "model": model, "task": task})
    runs = [run("small", "role", 0, LABELS), run("small", "role", 1, LABELS), run("base", "role", 1, LABELS, False),
            run("small", "question", 0, ["what", "who"])]  # fmt: skip
    told = {"answers": ANSWERS, "notes": [f"Mind {NASTY}"]}
    told["data"] = data({"role": SUMMARY, "question": SUMMARY | {"kind": "sentence"}})
    html = write(title=f"Study {NASTY}", summary="2 models.", **told, claims=CLAIMS, tables=tables, figures=figures,
                 explorer=runs, missing=MISSING, making=MAKING)  # fmt: skip
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def page(browser, study):
    """One that all tests share; each says itself what it starts from."""
    page, said, asked = opened(browser, study)
    yield page
    assert said == []
    assert asked == [study.as_uri()]
    page.context.close()


def view(page, *, task="role", model="small", run="seed 0", layer=1, step=LAST):
    """Go to a run, a layer and a step by the controls, without any label chosen."""
    for key, value in {"Task": task, "Model": model, "Run": run}.items():
        page.locator("#x").get_by_label(key, exact=True).select_option(value)
    ready(page)
    for key, value in {"Layer": layer, "Step": step}.items():
        page.get_by_label(key, exact=True).fill(str(value))
    if page.get_by_role("button", name="Default").is_enabled():
        page.get_by_role("button", name="Default").click()
    page.locator("#explorer").evaluate("(section) => section.scrollIntoView()")
    page.mouse.move(5, 5)
    settle(page)


def plot(page, name, what="data"):
    """What Plotly shows, as it keeps it."""
    return page.evaluate(f"JSON.parse(JSON.stringify(document.getElementById('x-{name}').{what}))")


def places(page):
    """Label: place in the plane."""
    found = {}
    for trace in plot(page, "plane"):
        for label, x, y in zip(trace.get("customdata", []), trace["x"], trace["y"]):
            found[label] = (x, y)
    return found


def named(trace):
    """Names beside the dots of a trace."""
    return [text.strip() for text in trace.get("text", [])]


def names(page):
    """Name beside a dot: its colour."""
    bright = next(t for t in plot(page, "plane") if "customdata" in t and "text" in t)
    return dict(zip(named(bright), bright["marker"]["color"]))


def dot(page, name):
    """Where on the screen the dot of a highlighted label is."""
    trace = page.locator("#x-plane .scatterlayer .trace").filter(has_text=name).first
    at = [text.strip() for text in trace.locator(".textpoint").all_text_contents()].index(name)
    box = trace.locator("path.point").nth(at).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def hover(page, x, y):
    page.mouse.move(x - 4, y)
    page.mouse.move(x, y)


def column(page, number, table="main"):
    return page.locator(f"#t-{table}").locator("xpath=../..").locator(f"tbody td:nth-child({number})").all_inner_texts()


def header(page, name, table="main"):
    return page.locator(f"#t-{table}").locator("xpath=../..").get_by_role("columnheader", name=name)


def test_it_opens_from_a_disk_without_a_request_or_a_complaint(page):
    # What `page` itself asserts holds for all that the other tests do
    assert page.locator("#x-plane .point").count() == 4 * len(LABELS)
    assert page.title() == f"Study {NASTY}"


def test_the_step_moves_the_points(page):
    view(page)
    page.get_by_label("Step", exact=True).press("Home")
    settle(page)
    before, sample = places(page), plot(page, "plane")[0]["x"]
    page.get_by_label("Step", exact=True).press("ArrowRight")
    settle(page)
    after = places(page)
    assert all(np.hypot(*after[i]) == pytest.approx(np.hypot(*before[i]) + 2, abs=0.01) for i in range(len(LABELS)))
    assert plot(page, "plane")[0]["x"] != sample
    assert "update 2 of 14" in page.locator("#x").inner_text()
    assert plot(page, "distances", "layout.shapes[0]")["x0"] == 2
    until(page, "location.hash.includes('step=2') && location.hash.includes('layer=6')")


def test_a_layer_has_its_plane_and_its_title(page):
    view(page, layer=1, step=2)
    high, title = places(page), plot(page, "plane", "layout.xaxis.title.text")
    page.get_by_label("Layer", exact=True).press("ArrowLeft")
    settle(page)
    low = places(page)
    assert (
        title == "PC 1 (51 % of variance)"
        and plot(page, "plane", "layout.xaxis.title.text") == "PC 1 (34 % of variance)"
    )
    assert np.hypot(*high[0]) == pytest.approx(6, abs=0.01) and np.hypot(*low[0]) == pytest.approx(4, abs=0.01)
    page.get_by_label("Layer", exact=True).press("ArrowRight")
    settle(page)
    assert plot(page, "plane", "layout.yaxis.title.text") == "PC 2"  # whose share is not known


def test_a_plane_stays_the_same_over_the_steps(page):
    view(page, step=0)
    shown = [plot(page, "plane", f"layout.{axis}axis.range") for axis in "xy"]
    page.get_by_label("Step", exact=True).press("End")
    settle(page)
    assert [plot(page, "plane", f"layout.{axis}axis.range") for axis in "xy"] == shown
    assert all(low < v < high for at in places(page).values() for v, (low, high) in zip(at, shown))


def test_a_dot_says_which_label_is_nearest_and_how_far(page):
    view(page, step=1)
    text = page.locator("#x-plane .hoverlayer .hovertext")
    hover(page, *dot(page, "Cost"))
    playwright.expect(text).to_contain_text("nearest: Agent")
    playwright.expect(text).to_contain_text("distance: 4.000")
    view(page, layer=0, step=1)
    page.locator("#x-labels").get_by_label("Cost").check()
    hover(page, *dot(page, "Cost"))
    playwright.expect(text).to_contain_text("no distance")


def test_the_distances_take_one_to_an_update(page):
    view(page)
    box = page.locator("#x-distances .nsewdrag").bounding_box()
    room = 0.025 * 14
    x = box["x"] + box["width"] * (5.4 + room) / (14 + 2 * room)
    page.mouse.click(x, box["y"] + 8)
    playwright.expect(page.get_by_label("Step", exact=True)).to_have_value("2")
    settle(page)
    assert plot(page, "distances", "layout.shapes[0]")["x0"] == 5
    assert np.hypot(*places(page)[0]) == pytest.approx(6, abs=0.01)


def test_labels_look_the_same_in_both_plots(page):
    view(page)
    looks = names(page)
    assert len(looks) == len(set(looks.values())) == 6
    lines = [t["line"]["color"] for t in plot(page, "distances") if t["mode"] == "lines"]
    assert set(looks.values()) <= set(lines)
    assert "6 of 10 labels" in page.locator("#x").inner_text()
    view(page, layer=0)
    assert all(names(page)[name] == colour for name, colour in looks.items() if name in names(page))


def test_labels_are_found_and_picked(page):
    view(page)
    assert "Agent" not in names(page)
    page.get_by_label("Find a label").fill("aGE")
    assert page.locator("#x-labels label:visible").all_inner_texts() == ["Agent\n+4.00"]
    page.get_by_label("Agent").check()
    assert len(names(page)) == 7 and "Agent" in names(page)
    page.get_by_label("Find a label").fill("")
    hover(page, *dot(page, "Agent"))
    playwright.expect(page.locator("#x-plane .hovertext")).to_contain_text("Agent")
    page.mouse.click(*dot(page, "Agent"))
    assert "Agent" not in names(page)
    page.get_by_role("button", name="Default").click()
    assert len(names(page)) == 6


def test_a_label_under_the_pointer_stands_out_in_the_other_plot(page):
    view(page)
    assert named(plot(page, "distances")[-1]) == []
    hover(page, *dot(page, "Time"))
    until(page, "document.getElementById('x-distances').data.at(-1).text?.join('') === '<b>Time</b>'")
    page.mouse.move(5, 5)
    until(page, "!document.getElementById('x-distances').data.at(-1).x?.length")
    page.get_by_text("Topic", exact=True).and_(page.locator("#x-labels span")).hover()
    (ring,) = plot(page, "plane", "layout.shapes")
    assert (ring["xanchor"], ring["yanchor"]) == places(page)[LABELS.index("Topic")]


def test_only_runs_that_exist_can_be_chosen(page):
    view(page, model="base", run="seed 1", step=1)
    assert page.locator("#x").get_by_label("Run", exact=True).locator("option").all_inner_texts() == ["seed 1"]
    assert "after fine-tuning" in page.locator("#x").inner_text()
    assert plot(page, "distances", "layout.xaxis.ticktext") == ["before", "after"]
    page.locator("#x").get_by_label("Task", exact=True).select_option("question")
    ready(page)
    assert page.locator("#x").get_by_label("Model").locator("option").all_inner_texts() == ["small"]
    assert "2 of 2 labels" in page.locator("#x").inner_text()


def test_play_runs_to_the_last_step(page):
    view(page, step=LAST - 1)
    page.get_by_role("button", name="Play").click()
    assert page.get_by_role("button", name="Pause").is_visible()
    playwright.expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert page.get_by_label("Step", exact=True).input_value() == str(LAST)


def test_an_address_is_a_view(browser, study):
    page, said, _ = opened(browser, study, "#task=role&model=small&run=seed+1&layer=3&step=9")
    assert "3 of 6" in page.locator("#x").inner_text() and "update 9 of 14" in page.locator("#x").inner_text()
    assert page.locator("#x").get_by_label("Run", exact=True).input_value() == "seed 1"
    assert np.hypot(*places(page)[0]) == pytest.approx(6, abs=0.01)
    page.context.close()
    assert said == []


def test_a_column_is_sorted_both_ways_with_what_is_missing_last(page):
    gain = header(page, "gain").get_by_role("button")
    gain.click()
    assert column(page, 2) == ["−3.0± 0.2", "9.5", "10.2± 0.5", "100.0± 2.0", "–"]
    assert header(page, "gain").get_attribute("aria-sort") == "ascending"
    gain.press("Enter")
    assert [text.partition("±")[0].strip() for text in column(page, 2)] == ["100.0", "10.2", "9.5", "−3.0", "–"]
    assert header(page, "gain").get_attribute("aria-sort") == "descending"
    header(page, "label").get_by_role("button").click()
    assert column(page, 1) == [NASTY, "a10", "b", "C", "–"]
    assert header(page, "gain").get_attribute("aria-sort") == "none"
    assert column(page, 3) == ["no", "–", "yes", "yes", "yes"]


def test_a_table_is_copied_as_csv(page):
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    header(page, "label").locator("xpath=ancestor::div[contains(@class, 'block')]").get_by_role(
        "button", name="CSV"
    ).click()
    frame = pd.read_csv(io.StringIO(page.evaluate("window.copied"))).sort_values("gain")
    assert list(frame.columns) == list(NUMBERS.columns)
    known = NUMBERS.sort_values("gain")
    np.testing.assert_array_equal(frame[["gain", "gain ±"]], known[["gain", "gain ±"]])
    assert list(frame.label.dropna()) == list(known.label.dropna())


def test_the_first_screen_is_the_answer_and_what_to_mind(page):
    answer = page.locator("#answer")
    articles = answer.locator("article")
    assert [text.split("\n")[0] for text in articles.all_inner_texts()] == ["role small", "role base"]
    assert NASTY in articles.first.inner_text() and "Accuracy rose." in articles.first.inner_text()
    warnings = answer.locator(".warning").all_inner_texts()
    assert warnings == [f"Mind {NASTY}", "The run of seed 0 changed nothing."]
    assert answer.bounding_box()["y"] < page.locator("#data").bounding_box()["y"]
    assert page.locator("#data").bounding_box()["y"] < page.locator("#claims").bounding_box()["y"]


def test_the_answer_says_where_the_data_have_warnings(page):
    assert page.locator("#answer").get_by_text("1 warning about its data").count() == 2  # of both models


def test_the_data_are_told_before_any_result(page):
    words, sentences = page.locator("#data article").all()
    text = words.inner_text()
    for part in ("train 900 in 10 sentences; test 900 in 10 sentences; 40 labels", f"Beware of {NASTY}.",
                 "left out of train: no label", "duplicates in train", "26 rarer"):  # fmt: skip
        assert part in text
    assert "train 900; test 900" in sentences.inner_text()
    shown = words.locator("table").first.locator("tbody tr")
    assert shown.count() == SHOWN and shown.first.inner_text().split("\t")[0] == NASTY
    widths = [row.locator("i").evaluate("(i) => i.getBoundingClientRect().width") for row in shown.all()[:2]]
    assert widths[1] == pytest.approx(widths[0] * 10 / 500, abs=1)
    conflict = words.get_by_text("1 example with more than one label")
    conflict.click()
    cases = words.locator("details[open] li").inner_text()
    assert f"so [{NASTY}] it" in cases and f"{NASTY} ×2 (train f:1); b (test f:9)" in cases
    conflict.click()
    assert "60 examples of the test split that are in train too, of which 20 are here" in text
    left = words.get_by_text("1 example left out, with more than one label")
    left.click()
    assert f"gone {NASTY} ×2 (train f:1); b (test f:9)" in words.locator("details[open] li").inner_text()
    left.click()


def test_claims_without_anything_to_compare_are_named_only(page):
    assert page.locator("details.card").count() == 4
    assert "Nothing to compare here: Related tasks help." in page.locator("#claims").inner_text()


def test_claims_say_their_verdicts_and_unfold(page):
    note = page.locator("#claims > .note").first.inner_text().replace("\n", " ")
    assert "In this grid: would other seeds and test examples say" in note and "Beyond it: would other tasks?" in note
    cards = page.locator("details.card")
    for card, words in zip(
        cards.all(),
        (["In this grid supported", "Beyond it undecided", "+4.10 points", "+3.00 to +5.20"],
         ["In this grid contradicted", "Beyond it undecided"], ["In this grid no effect", "+0.01"],
         ["In this grid undecided", "+0.4"]), strict=True,
    ):  # fmt: skip
        text = " ".join(card.inner_text().split())
        assert all(word in text for word in words), text
    playwright.expect(cards.first.get_by_text("Test accuracy.")).not_to_be_visible()
    cards.first.locator("summary").click()
    text = " ".join(cards.first.inner_text().split())
    assert all(part in text for part in ("Test accuracy.", "0.03", "75 % of 4", "+1.50", f"small / {NASTY} (-0.1)"))
    assert "What was varied: tasks. What would decide it: about 4 more tasks." in text and "−1.00 to +9.20" in text
    cards.nth(3).locator("summary").click()
    text = " ".join(cards.nth(3).inner_text().split())
    assert "What would decide it: about 3 more seeds" in text and "0.1 points" in text
    assert "Nothing here varies that could tell. What would decide it: at least 1 more task." in text
    cards.first.locator("summary").click()
    page.keyboard.press("Escape")
    playwright.expect(cards.first.get_by_text("Test accuracy.")).not_to_be_visible()
    page.keyboard.press("Tab")  # comes to the next card, which unfolds at once
    playwright.expect(cards.nth(1).get_by_text("Their number.")).to_be_visible()


def test_markup_is_shown_as_text(page):
    view(page)
    assert NASTY in page.locator("h1").inner_text()
    assert NASTY in page.locator("#x-labels").inner_text()
    assert NASTY in page.locator("#making").inner_html().replace("&lt;", "<").replace("&gt;", ">")
    assert page.get_by_role("img", name=f"Lines & bands {NASTY}").count()
    page.get_by_label("<b>bold</b>").check()
    settle(page)
    assert "<b>bold</b>" in [t.strip() for t in page.locator("#x-plane .textpoint").all_text_contents()]
    hover(page, *dot(page, "<b>bold</b>"))
    playwright.expect(page.locator("#x-plane .hoverlayer .hovertext")).to_contain_text("<b>bold</b>")
    assert page.title() == f"Study {NASTY}"


@pytest.mark.parametrize("width", [1280, 1920])
def test_the_page_does_not_scroll_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    settle(page)
    assert page.evaluate("document.scrollingElement.scrollWidth - innerWidth") <= 0
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_figure_opens_at_full_size(page):
    page.get_by_role("button", name="Lines & bands").first.click()
    dialog = page.get_by_role("dialog")
    playwright.expect(dialog).to_be_visible()
    assert dialog.locator("img").evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [600, 400]
    page.keyboard.press("Escape")
    playwright.expect(dialog).not_to_be_visible()


def test_what_is_missing_is_listed(page):
    page.get_by_role("link", name="What is missing").click()
    assert "1 failed, 1 not run" in page.locator("header").inner_text()
    text = page.locator("#missing").inner_text()
    assert all(part in text for part in ("small / role.seed1 / role", "classifier probe", "not run", f"killed {NASTY}"))


def test_one_task_and_model_at_a_time(page):
    cells = page.locator("#cells")
    shown = cells.get_by_role("heading", level=3)
    assert shown.all_inner_texts() == ["role, small", "Accuracy"]
    cells.get_by_label("Model").select_option("base")
    assert shown.all_inner_texts() == ["role, base", "Accuracy"]
    cells.get_by_label("Task").select_option("question")
    assert shown.all_inner_texts() == [] and "Nothing was made" in cells.inner_text()


def test_without_scripts_everything_is_listed(browser, study):
    page, said, asked = opened(browser, study, java_script_enabled=False)
    titles = page.locator("#cells h3:visible").all_inner_texts()
    assert [t for t in titles if t != "Accuracy"] == ["role, small", "role, base", "question, small"]
    assert "needs JavaScript" in page.locator("#explorer").inner_text()
    page.context.close()
    assert said == [] and asked == [study.as_uri()]


def test_a_study_without_anything_is_a_page_too(browser, tmp_path):
    nothing = pd.DataFrame(columns=["cell", "step", "status", "reason"])
    making = {"config": "", "versions": {}, "seeds": [], "facts": [], "costs": pd.DataFrame(columns=["rule", "jobs"])}
    html = write(title="Nothing", summary="0 models.", answers=[], notes=[], data=[], claims=CLAIMS[:0], tables=[],
                 figures=[], explorer=[], missing=nothing, making=making)  # fmt: skip
    (tmp_path / "report.html").write_text(html, encoding="utf-8")
    page, said, _ = opened(browser, tmp_path / "report.html")
    assert "Nothing is missing" in page.locator("#missing").inner_text()
    assert "No fine-tuned run" in page.locator("#explorer").inner_text()
    assert len(html) < 100_000  # plotly.js stays out
    page.context.close()
    assert said == []


def test_figures_have_256_colours_and_their_size(study, tmp_path):
    html = study.read_text(encoding="utf-8")
    data = base64.b64decode(re.search(r'<img src="data:image/png;base64,([^"]+)"', html)[1])
    image = Image.open(io.BytesIO(data))
    assert image.mode == "P" and image.size == (600, 400)
    assert len(data) < Path(picture(tmp_path / "whole.png")).stat().st_size
