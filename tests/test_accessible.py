"""Figures and the report for all who read them: in any colour vision, by ear, with a keyboard, in any script."""

import importlib
import inspect
import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from closerlook.figures import colours, labels, similarity, style, told
from closerlook.figures.catalog import FIGURES
from closerlook.figures.layer_similarity import PALEST
from closerlook.report.bidi import isolates

# Of linear red, green and blue, for a full deficiency (Machado, Oliveira & Fernandes, 2009)
VISIONS = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
WHITE = np.array([0.95047, 1, 1.08883])


def linear(colour):
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(colour, vision):
    """A colour in CIELAB as it is seen."""
    light = np.clip(np.array(VISIONS[vision]) @ linear(colour), 0, 1)
    t = XYZ @ light / WHITE
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def ciede2000(one, other):
    """How different two colours in CIELAB look (Sharma, Wu & Dalal, 2005)."""
    (L1, a1, b1), (L2, a2, b2) = one, other
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    G = 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = (1 + G) * a1, (1 + G) * a2
    C1, C2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    turn = (h2 - h1 + 180) % 360 - 180 if C1 * C2 else 0
    dH = 2 * np.sqrt(C1 * C2) * np.sin(np.radians(turn) / 2)
    L, C, h = (L1 + L2) / 2, (C1 + C2) / 2, np.radians(h1 + turn / 2 if C1 * C2 else h1 + h2)
    T = 1 - 0.17 * np.cos(h - np.radians(30)) + 0.24 * np.cos(2 * h)
    T += 0.32 * np.cos(3 * h + np.radians(6)) - 0.2 * np.cos(4 * h - np.radians(63))
    SL = 1 + 0.015 * (L - 50) ** 2 / np.sqrt(20 + (L - 50) ** 2)
    bend = 60 * np.exp(-(((np.degrees(h) % 360 - 275) / 25) ** 2))
    RT = -2 * np.sqrt(C**7 / (C**7 + 25**7)) * np.sin(np.radians(bend))
    x, y, z = (L2 - L1) / SL, (C2 - C1) / (1 + 0.045 * C), dH / (1 + 0.015 * C * T)
    return np.sqrt(x**2 + y**2 + z**2 + RT * y * z)


@pytest.mark.parametrize(("one", "other", "expected"), [  # from the paper's table
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1, 2), (50, 0, 0), 2.3669),
    ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((90.8027, -2.0831, 1.4410), (91.1528, -1.6435, 0.0447), 1.4441),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
])  # fmt: skip
def test_colours_are_compared_as_they_are_in_print(one, other, expected):
    assert ciede2000(one, other) == pytest.approx(expected, abs=1e-4)


STATES = [style.BEFORE, style.AFTER, style.DARK, style.FAINT]
SIMILARITY = [colour for _, colour, _ in similarity.LINES.values()]


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("some", "least"), [
    ([style.BEFORE, style.AFTER], 45),
    (STATES, 20),
    ([*colours.LABELS, style.FAINT], 15),  # 2 to 3 are seen side by side, 10 at a glance
    ([*SIMILARITY, style.PALE], 15),
    (list(colours.VERDICTS.values()), 10),  # beside which their names stand
])  # fmt: skip
def test_what_a_colour_says_is_seen_in_any_vision(vision, some, least):
    pairs = {pair: ciede2000(*(lab(colour, vision) for colour in pair)) for pair in itertools.combinations(some, 2)}
    assert min(pairs.values()) >= least, min(pairs, key=pairs.get)


def test_what_is_drawn_stands_out_of_the_page():
    for colour in {*colours.LABELS, *STATES, style.PALE, *SIMILARITY}:
        assert contrast(colour) >= 3, colour
    for colour in {*colours.VERDICTS.values(), style.QUIET, style.DARK, *map(colours.legible, colours.LABELS)}:
        assert contrast(colour) >= 4.5, colour


def contrast(colour, ground="#FFFFFF"):
    """As WCAG defines it."""
    dark, bright = sorted(np.dot([0.2126, 0.7152, 0.0722], linear(of)) for of in (colour, ground))
    return (bright + 0.05) / (dark + 0.05)


def test_labels_differ_in_more_than_colour():
    looks = list(style.looks(map(str, range(49))).values())
    for channel in ("linestyle", "marker"):
        assert len({(look["color"], look[channel]) for look in looks}) == 49
        assert len({look[channel] for look in looks[:7]}) == len({look["color"] for look in looks[:7]}) == 7


@pytest.mark.parametrize("vision", VISIONS)
def test_more_is_darker_or_brighter_in_any_vision(vision):
    def lightness(name, start=0.0, end=1.0):
        return np.array([lab(to_hex(plt.get_cmap(name)(at)), vision)[0] for at in np.linspace(start, end, 25)])

    assert (np.diff(lightness("viridis")) > 0).all()
    assert (np.diff(lightness("plasma_r", PALEST)) < 0).all()
    assert (np.diff(lightness("PuOr", 0, 0.5)) > 0).all() and (np.diff(lightness("PuOr", 0.5, 1)) < 0).all()
    ends = [lab(to_hex(plt.get_cmap("PuOr")(end)), vision) for end in (0.0, 1.0)]
    assert ciede2000(*ends) > 20


def test_the_palest_layer_is_seen_and_numbers_are_read_on_their_cells():
    assert contrast(to_hex(plt.get_cmap("plasma_r")(PALEST))) >= 3
    for name, at in itertools.product(("viridis", "PuOr"), np.linspace(0, 1, 101)):
        cell = to_hex(plt.get_cmap(name)(at))
        assert contrast(colours.ink(cell), cell) >= 4.5


def test_every_figure_says_what_it_shows():
    for name in FIGURES:
        module = importlib.import_module(f"closerlook.figures.{name}")
        assert "told.describe(" in inspect.getsource(getattr(module, name)), name


def test_a_figure_takes_what_it_says_into_its_files(tmp_path):
    style.use()
    figure = plt.figure(figsize=(1, 1))
    told.describe(figure, "Lines of “ไทย”.", told.changes("It", {"m": (1.0, 2.5)}), None, "More.")
    expected = "Lines of “ไทย”. It: from 1.0 to 2.5 (m). More."
    style.save(figure, [tmp_path / "f.png", tmp_path / "f.pdf"])
    with Image.open(tmp_path / "f.png") as image:
        assert image.text["Description"] == expected and image.text["Title"] == "Lines of “ไทย”"
    assert expected.encode("utf-16-be") in unescaped((tmp_path / "f.pdf").read_bytes())
    plt.close("all")


def unescaped(pdf):
    """Strings of a PDF without the backslashes before brackets and backslashes."""
    for character in (b"(", b")", b"\\"):
        pdf = pdf.replace(b"\\" + character, character)
    return pdf


def test_what_is_said_of_values_is_what_they_are():
    pairs = {"a": (50, 60), "b": (70, 69), "c": (1, 1)}
    assert told.changes("Accuracy", pairs) == "Accuracy rises in 1 of 3, falls in 1; most in a: from 50.0 to 60.0."
    assert told.changes("Accuracy", {"a": (1, 1), "b": (2, 2)}) == "Accuracy is the same before and after in all 2."
    assert told.changes("Accuracy", {}) == "Accuracy: not measured before and after."
    assert told.extremes("CKA", {"a": 0.5, "b": np.nan, "c": -0.25}) == "CKA: from −0.25 (c) to 0.50 (a)."
    assert told.extremes("CKA", {"a": 0.5}) == "CKA: 0.50 (a)." and told.extremes("CKA", {}) == "CKA: not measured."
    assert told.extremes("CKA", {"a": 0.5, "b": 0.5}) == "CKA: 0.50 (all 2)."
    assert told.some("abcde") == "a, b, c and 2 more" and told.some("ab") == "a, b"
    rows = [("m", "t", 1, "original", 5), ("m", "t", 2, "original", 1), ("m", "t", 2, "fine-tuned", 2),
            ("m", "t", 2, "fine-tuned", 4), ("m", "u", 2, "original", 9), ("n", "t", 2, "original", None)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["model", "task", "layer", "when", "x"])
    assert told.ends(frame, "x") == {"m, t": (1, 3)}


def test_letters_from_right_to_left_are_drawn_so():
    """Alef and beth, which the base font has, stand with the first to the right."""

    def drawn(text):
        figure = plt.figure(figsize=(3, 1.5), dpi=100)
        figure.text(0.2, 0.3, text, fontsize=60)
        figure.canvas.draw()
        dark = np.asarray(figure.canvas.buffer_rgba())[..., 0] < 128
        plt.close(figure)
        return dark[:, dark.any(0).argmax() : dark.shape[1] - dark.any(0)[::-1].argmax()]

    style.use()
    alef, beth, both = drawn("א"), drawn("ב"), drawn(labels.left_to_right("אב"))
    right, left = both[:, -alef.shape[1] :], both[:, : beth.shape[1]]
    assert (right == alef).mean() > 0.97 and (left == beth).mean() > 0.97


def test_a_label_that_is_transliterated_is_logged(monkeypatch, caplog):
    monkeypatch.setattr(labels.fonts, "families", lambda texts: (["DejaVu Sans"], set("名詞")))
    labels.shown(["名詞", "b"], 20)
    assert caplog.messages == [labels.TRANSLITERATED]


def test_names_from_right_to_left_are_isolated_as_they_are():
    isolated = isolates(["מטרה (2)", "מטרה", "Agent", "a<b"])
    assert isolated("Of מטרה (2) (+4.2), מטרה and Agent.") == (
        "Of <bdi>מטרה (2)</bdi> (+4.2), <bdi>מטרה</bdi> and Agent."
    )
    assert isolated("other: שלום עולם (3) <b>") == "other: <bdi>שלום עולם</bdi> (3) &lt;b&gt;"
    assert isolated("a<b") == "a&lt;b" and isolated(3.5) == "3.5"
    assert isolates([])("名詞 & ไทย") == "名詞 &amp; ไทย"
