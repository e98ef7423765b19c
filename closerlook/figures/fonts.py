"""Fonts for labels in any script: letters that the base font lacks are looked for in those that are installed."""

import functools
import re
import warnings
from pathlib import Path

import matplotlib
from matplotlib import font_manager

# Sans-serif fonts that are made for reading, the first to be taken; then any other, and these last
GOOD = (
    "DejaVu Sans", "Noto Sans", "Source Han Sans", "PingFang", "Hiragino Sans", "Hiragino Kaku Gothic", "Yu Gothic",
    "Microsoft YaHei", "Microsoft JhengHei", "Meiryo", "Malgun Gothic", "Apple SD Gothic Neo", "Nirmala UI",
    "Leelawadee", "Segoe UI", "Arial Unicode MS", "Lohit", "WenQuanYi", "Droid Sans", "Noto Emoji",
)  # fmt: skip
POOR = re.compile("mono|serif|ming|mincho|song|batang|kai|display|condensed|unifont", re.I)
USELESS = re.compile("last ?resort|fallback sil|notdef|adobe blank", re.I)  # all characters, and none of them readable
REGIONS = ("JP", "ぁ", "ヿ"), ("KR", "가", "힣")  # letters that tell where a text is from
REGULAR = range(300, 501)  # weights
EM = 12  # points


def families(texts):
    """Find fonts that together have the letters of some texts.

    Parameters
    ----------
    texts : list of str

    Returns
    -------
    list of str
        Families, by preference: the style's own, and after it those that have what it lacks, as far as any has. With
        equally good fonts, the region is that of the letters: Japanese with kana, Korean with hangul, else Chinese.
    """
    found = list(matplotlib.rcParams["font.family"])
    letters = {c for c in set().union(*texts) if c.isprintable()}
    missing = {c for c in letters if not has(c, found)}
    region = next((region for region, first, last in REGIONS if any(first <= c <= last for c in letters)), "SC")
    if missing:
        _look_again()
    for kind in _installed() if missing else ():
        covered = {name: {c for c in missing if _has(file, c)} for name, file in kind.items()}
        while gains := {name: len(some & missing) for name, some in covered.items() if some & missing}:
            best = max(sorted(gains), key=lambda name: (gains[name], name.endswith(region)))
            found.append(best)
            missing -= covered[best]
    return found


def _look_again():
    """Add the fonts that were installed after matplotlib wrote its list of them."""
    known = {font.fname for font in font_manager.fontManager.ttflist}
    for file in sorted(set(font_manager.findSystemFonts()) - known):
        try:
            font_manager.fontManager.addfont(file)
        except Exception:  # what matplotlib cannot read, it leaves out of its list, too
            continue


def _installed():
    """The files of regular fonts by their family, in the three kinds that are tried one after the other."""
    own = Path(matplotlib.get_data_path())
    good, other, poor = {}, {}, {}
    for font in font_manager.fontManager.ttflist:
        regular = font.style == "normal" and font_manager.weight_dict.get(font.weight, font.weight) in REGULAR
        mathematics = font.name != "DejaVu Sans" and own in Path(font.fname).parents
        if regular and not mathematics and not USELESS.search(font.name):
            kind = poor if POOR.search(font.name) else good if font.name.startswith(GOOD) else other
            kind[font.name] = font.fname
    return good, other, poor


def draws(text, families):
    """Whether fonts have all that a text needs: each character, and what becomes of them side by side."""
    if text.isascii():
        return True
    if not all(has(c, families) for c in text if c.isprintable()):
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            font_manager.get_font([_file(name) for name in families]).set_text(text)
        except UserWarning:
            return False
    return True


def has(character, families):
    """Whether any of some fonts has a character, and something to draw for it that is not as long as a sentence."""
    return character.isascii() or any(_has(_file(name), character) for name in families)


def _file(family):
    return font_manager.findfont(font_manager.FontProperties(family=[family]))


@functools.lru_cache(100_000)
def _has(file, character):
    font = font_manager.get_font(file)
    if not font.get_char_index(ord(character)):
        return False
    font.set_size(EM, 72)
    try:
        return character.isspace() or 0 < font.load_char(ord(character)).width < 2.5 * EM * 64
    except RuntimeError:  # pictures in place of outlines
        return False
