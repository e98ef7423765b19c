"""Labels in figures: text whatever their characters, told apart, and bounded, with the fonts that there are."""

import unicodedata
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import font_manager
from matplotlib.text import Text
from PIL import Image

from closerlook.figures import labels, style
from closerlook.figures.centroid_paths import centroid_paths
from closerlook.figures.clusters import clusters
from closerlook.figures.directions import directions
from closerlook.figures.label_distances import label_distances
from closerlook.figures.labels import columns, distinct, folded, seen, shown
from closerlook.figures.movement_lengths import movement_lengths

ANY = st.text(st.characters(), max_size=60)  # surrogates, controls and unassigned ones too
MATHEMATICS = ["$x$", "$$", "$_$", "US$-AU$", r"\$a$", "a_b^c", r"{\frac", "%#&~", "_hidden", "__", "<b>", "\\"]
SCRIPTS = {
    "zh": "\u60c5\u611f", "zh, another": "\u9752\u5e72", "ja": "\u30e9\u30d9\u30eb", "ko": "\ud55c\uad6d\uc5b4",
    "th": "\u0e44\u0e17\u0e22\u0e19\u0e49\u0e33", "hi": "\u0939\u093f\u0928\u094d\u0926\u0940",
    "ar": "\u0645\u0631\u062d\u0628\u0627", "he": "\u05e9\u05dc\u05d5\u05dd",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467", "accents": "e" + "\u0301" * 300,
}  # fmt: skip
INVISIBLE = ["", " ", "\u200b", "\u200f\u200e", "a\nb", "a\tb", "a\x00b", "\ufeffa", "a", "a ", "\u0301", "\ue000"]
LONG = ["x" * 1000, "x" * 999, "x" * 999 + "y", "a label that is a sentence " * 20, "\u60c5" * 500, "W" * 300]
ABSURD = [*MATHEMATICS, *SCRIPTS.values(), *INVISIBLE, *LONG]


@pytest.fixture(autouse=True)
def clean():
    style.use()
    yield
    plt.close("all")


@pytest.fixture
def installed(monkeypatch):
    """Let the fonts that matplotlib brings be the only ones, and some more."""

    def install(*files):
        bundled = [f for f in font_manager.fontManager.ttflist if style.matplotlib.get_data_path() in f.fname]
        monkeypatch.setattr(font_manager.fontManager, "ttflist", bundled)
        monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [])
        for file in files:
            font_manager.fontManager.addfont(file)
        font_manager.fontManager._findfont_cached.cache_clear()

    yield install
    monkeypatch.undo()
    font_manager.fontManager._findfont_cached.cache_clear()


def font(folder, name, characters, height=700):
    """A font in which all of some characters are the same box; without a height, nothing to see."""
    pen, blank = TTGlyphPen(None), TTGlyphPen(None)
    corners = [(50, 0), (50, height), (650, height), (650, 0)]
    if height:
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    glyphs = {".notdef": blank.glyph()} | dict.fromkeys((f"u{ord(c):04X}" for c in characters), pen.glyph())
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(c): f"u{ord(c):04X}" for c in characters})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (700, 50)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": name, "styleName": "Regular"})
    builder.setupOS2(usWeightClass=400)
    builder.setupPost()
    file = folder / f"{name.replace(' ', '')}.ttf"
    builder.save(file)
    return file


def frame(names, **more):
    """Movement, directions, distances and paths of labels in two layers: one table does for all figures."""
    rng = np.random.default_rng(0)
    rows = []
    for layer in (0, 1):
        for update in (0, 5):
            for i, name in enumerate(names):
                row = {"model": "m", "task": "t", "run": "seed0", "layer": layer, "update": update, "label": name}
                row |= {"points": 10 + i, "relative_length": 1 + i, "x": 1.0 + i, "y": rng.normal()}
                row |= {"explained_x": 0.5, "explained_y": 0.2, "min_distance": 1 + i * update}
                rows.append(row)
    return pd.DataFrame(rows).assign(**more)


def figures(names):
    """Every figure in which labels stand."""
    looks, table = {"t": style.looks(names)}, frame(names)
    spaces = pd.DataFrame({"model": "m", "task": "t", "split": "train", "layer": 1, "update": [0, 5], "overlapping": 1})
    closest = table[table.label.isin(names[:3])]
    some = names[:8]
    points = np.random.default_rng(0).normal(size=(4 * len(some), 2))
    return {
        "directions": directions(table, looks, "m", "t"),
        "movement_lengths": movement_lengths(table[table["update"] == 0], looks, "m", "t"),
        "label_distances": label_distances(table, spaces, [("m", "t")], looks),
        "centroid_paths": centroid_paths(closest, [("m", "t")], looks),
        "clusters": clusters(points, np.arange(len(points)) % len(some), some),
    }


def save(figure, folder):
    """Save a figure in both formats without any warning, and return the picture's size."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        style.save(figure, [folder / "f.pdf", folder / "f.png"])
    with Image.open(folder / "f.png") as image:
        return image.size


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text)]


def test_mathematics_is_text(tmp_path):
    drawn = figures(MATHEMATICS)
    for name, figure in drawn.items():
        save(figure, tmp_path)
        assert not any(text.get_parse_math() for text in figure.findobj(Text)), name
        assert not any("mathdefault" in text for text in texts(figure)), name
    titles = [axis.get_title() for axis in drawn["movement_lengths"].axes]
    assert titles[: len(MATHEMATICS)] == [f"{label} ({10 + i})" for i, label in enumerate(MATHEMATICS)]
    legend = [text.get_text() for text in drawn["clusters"].legends[0].get_texts()]
    assert legend == MATHEMATICS[:8]
    legend = [text.get_text() for text in drawn["centroid_paths"].axes[1].get_legend().get_texts()]
    assert legend == MATHEMATICS[:3]
    assert set(texts(drawn["directions"])) >= {"\\", "<b>", "__"}
    assert any(text.startswith("\\ +") for text in texts(drawn["label_distances"]))


def test_a_label_with_an_underscore_has_a_place_in_the_legend():
    figure = figures(["_a", "__b", "_"])["directions"]
    assert {text.get_text() for text in figure.legends[0].get_texts()} == {"_a", "__b", "_"}


def test_absurd_labels_have_figures_of_bounded_size_and_no_warning(installed, tmp_path):
    installed()
    for name, figure in figures(ABSURD).items():
        width, height = save(figure, tmp_path)
        assert width <= 2500 and height <= 2500, name
        assert max(columns(line) for text in texts(figure) for line in text.split("\n")) < 120, name


def test_a_picture_that_is_too_large_has_fewer_dots(tmp_path):
    figure = plt.figure(figsize=(45, 3))
    figure.text(0, 0, "left"), figure.text(1, 1, "right")
    width, height = save(figure, tmp_path)
    assert 3900 < width <= 4000 and height < 400


def test_without_a_font_labels_are_transliterated_and_the_figure_says_so(installed):
    installed()
    names = list(SCRIPTS.values())
    found = shown([*names, "plain", "Gr\u00fc\u00dfe"], 24)
    assert found.text[SCRIPTS["zh"]] == "QingGan (1)" and found.text[SCRIPTS["zh, another"]] == "QingGan (2)"
    assert found.text[SCRIPTS["ja"]] == "raberu" and found.text[SCRIPTS["ko"]] == "HanGugEo"
    assert SCRIPTS["he"] in found.text[SCRIPTS["he"]]  # DejaVu Sans has these letters
    assert found.family is None and all(found.text[name] == name for name in ("plain", "Gr\u00fc\u00dfe"))
    assert found.note([SCRIPTS["th"], "plain"]) and not found.note(["plain", SCRIPTS["ar"]])
    for names, said in (([SCRIPTS["zh"], "b"], True), (["a", "b"], False)):
        for name, figure in figures(names).items():
            assert any("no installed font" in text for text in texts(figure)) == said, name


def test_an_installed_font_draws_what_the_base_font_lacks(installed, tmp_path):
    letters = SCRIPTS["zh"] + SCRIPTS["zh, another"]
    installed(font(tmp_path, "Probe Sans", letters))
    names = [SCRIPTS["zh"], SCRIPTS["zh, another"], "plain"]
    found = shown(names, 24)
    assert found.text == dict(zip(names, names)) and found.family[1:] == ["Probe Sans"] and not found.note(names)
    for name, figure in figures(names).items():
        save(figure, tmp_path)
        assert any(SCRIPTS["zh"] in text for text in texts(figure)), name
    assert shown(["plain", "Gr\u00fc\u00dfe"], 24).family is None  # where nothing is lacking, nothing else is used


def test_a_font_that_was_installed_since_is_found(installed, monkeypatch, tmp_path):
    installed()
    zh = SCRIPTS["zh"]
    assert shown([zh], 24).note([zh])
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    files = [str(tmp_path / "broken.ttf"), str(font(tmp_path, "New Sans", zh))]
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: files)
    assert shown([zh], 24).family[1:] == ["New Sans"]
    assert shown([zh], 24).text[zh] == zh


def test_a_font_is_chosen_by_what_it_can_draw(installed, tmp_path):
    zh, ko = SCRIPTS["zh"], SCRIPTS["ko"]
    installed(
        font(tmp_path, "Blank", zh + ko, height=0),
        font(tmp_path, "LastResort", zh + ko),
        font(tmp_path, "Some Serif", zh + ko),
        font(tmp_path, "Noto Sans Half", zh[:1]),
        font(tmp_path, "Noto Sans Whole", zh),
        font(tmp_path, "Another", ko),
    )
    assert shown([zh], 24).family[1:] == ["Noto Sans Whole"]
    assert shown([ko], 24).family[1:] == ["Another"]
    assert shown([zh + ko], 24).family[1:] == ["Noto Sans Whole", "Another"]
    installed(font(tmp_path, "Noto Sans Half", zh[:1]))
    assert shown([zh], 24).text[zh] == zh[0] + "Gan"  # what it has is kept, and the rest transliterated


def test_the_region_of_a_font_is_that_of_the_letters(installed, tmp_path):
    han, kana, hangul = SCRIPTS["zh"], SCRIPTS["ja"], SCRIPTS["ko"]
    installed(*(font(tmp_path, f"Noto Sans CJK {region}", han + kana + hangul) for region in ("HK", "JP", "KR", "SC")))
    for names, region in (([han], "SC"), ([han, kana], "JP"), ([han, hangul], "KR")):
        assert shown(names, 24).family[1:] == [f"Noto Sans CJK {region}"]


def test_right_to_left_labels_do_not_turn_what_stands_beside_them():
    name = SCRIPTS["he"]
    title = f"{shown([name], 24).text[name]} (12)"
    directions = [unicodedata.bidirectional(c) for c in title]
    assert directions[0] == "L" and set(directions[directions.index("R") + 1 :]) & {"L"}
    assert seen(title) == f"{name} (12)"


def test_nothing_to_see_is_said_in_quotes():
    found = shown(INVISIBLE, 24).text
    assert found[""] == '""' and found[" "] == '" "' and found["\u200b"] == r'"\u200b"'
    assert found["a\nb"] == r"a\nb" and found["a\tb"] == r"a\tb" and found["\ue000"] == r"\ue000"
    assert {found["a"], found["\ufeffa"], found["a "]} == {"a (1)", "a (2)", "a  (3)"}
    assert found["\u0301"] == "\u25cc\u0301"
    for blank in "\u2800\u3164\u17b4":  # letters that are drawn as nothing
        assert shown([blank], 24).text[blank] == f'"\\u{ord(blank):04x}"'


@given(st.lists(ANY, unique=True, max_size=12), st.integers(12, 40))
def test_no_two_labels_are_shown_alike_and_none_is_too_long(names, width):
    found = shown(names, width).text
    assert list(found) == names and len({seen(text) for text in found.values()}) == len(names)
    for text in found.values():
        assert seen(text) and columns(text) <= width and not any(c in text for c in "\n\r\t\x00")


@given(st.lists(st.text("ab", min_size=20, max_size=60), unique=True, max_size=40), st.integers(12, 30))
def test_long_texts_of_two_letters_stay_distinct(texts, width):
    found = distinct(texts, width)
    assert len(set(found)) == len(texts) and max(map(len, found), default=0) <= width
    for text, short in zip(texts, found):
        if len(text) <= width and found.count(short) == 1 and "(" not in short:
            assert short == text
        head, _, tail = short.partition(" (")[0].partition("…")
        assert text.startswith(head) and text.endswith(tail)


@settings(max_examples=25)
@given(st.lists(ANY, unique=True, min_size=1, max_size=6))
def test_any_label_can_be_drawn(tmp_path_factory, names):
    style.use()
    found = shown(names, 30)
    figure = plt.figure(figsize=(3, 3), layout="constrained")
    handles = [plt.Line2D([], [])] * len(names)
    style.legend(figure, handles, found.text.values(), found.family, loc="outside lower center")
    save(figure, tmp_path_factory.mktemp("drawn"))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(found.text.values())
    plt.close(figure)


def test_what_is_cut_is_the_middle_and_never_an_accent():
    assert distinct(["short", "0123456789abcdef"], 12) == ["short", "012345…bcdef"]
    assert distinct(["aaaaaa1zzzzzzzzz", "aaaaaa2zzzzzzzzz"], 12) == ["aaaaaa1z…zzz", "aaaaaa2z…zzz"]
    assert distinct(["aaaaaaaa1zzzzzz", "aaaaaaaa2zzzzzz"], 12) == ["aaa…a1zzzzzz", "aaa…a2zzzzzz"]
    assert distinct(["a" * 20 + "1" + "z" * 20, "a" * 20 + "2" + "z" * 20], 12) == ["aaaa…zzz (1)", "aaaa…zzz (2)"]
    text = "e\u0301" * 30
    (short,) = distinct([text], 12)
    assert columns(short) == 12 and all(unicodedata.combining(c) for c in short.replace("…", "")[1::2])
    assert columns("\u60c5\u611f") == 4 and columns("e\u0301") == 1
    (wide,) = distinct(["\u60c5" * 30], 13)
    assert wide == "\u60c5" * 3 + "…" + "\u60c5" * 3


@given(st.lists(st.text("abc-_", min_size=1, max_size=100), unique=True, max_size=12), st.integers(14, 30))
def test_names_of_tasks_take_two_lines_at_most(names, width):
    found = folded(names, width)
    assert len(set(found.values())) == len(names)
    for name, text in found.items():
        lines = text.split("\n")
        assert len(lines) <= 2 and max(map(len, lines)) <= width
        assert text == name if len(name) <= width else True


def test_names_are_folded_where_they_have_a_hyphen():
    name = "bert-base-multilingual-cased"
    assert folded([name], 19)[name] == "bert-base-\nmultilingual-cased"


def test_a_label_is_called_the_same_wherever_there_is_as_much_room():
    found = shown(LONG, 20)
    assert shown(LONG, 20) == found and found.text["x" * 1000] != found.text["x" * 999]
    assert labels.TRANSLITERATED.endswith("docs/analyses.md.")
