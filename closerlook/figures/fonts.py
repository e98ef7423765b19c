"""Fonts for labels in any script: letters that the base font lacks are looked for in the installed fonts."""

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
REGIONS = ("JP", "ぁ", "ヿ"), ("KR", "가", "힣")  # letters that show where a text is from
REGULAR = range(300, 501)  # weights
EM = 12  # points
MOST = 12  # fonts beside the base font: a text takes time with each of them


def families(texts):
    """Find fonts that together have the letters of some texts.

    Parameters
    ----------
    texts : list of str

    Returns
    -------
    found : list of str
        Families, by preference: the style's own, and after it those that have what it lacks, as far as any has. Of
        equally good ones, that of the letters' region: Japanese with kana, Korean with hangul, else Chinese.
    missing : set of str
        The letters that none of them has.
    """
    found = list(matplotlib.rcParams["font.family"])
    letters = {c for c in set().union(*texts) if c.isprintable() and not c.isascii()}
    missing = letters.difference(*(_drawn(_file(name), letters) for name in found))
    region = next((region for region, first, last in REGIONS if any(first <= c <= last for c in letters)), "SC")
    if missing:
        _look_again()
    for kind in _installed() if missing else ():
        covered = {name: _listed(file, missing) for name, file in kind.items()}
        while len(found) < MOST and (
            gains := {name: len(some & missing) for name, some in covered.items() if some & missing}
        ):
            best = max(sorted(gains), key=lambda name: (gains[name], name.endswith(region)))
            if drawn := _drawn(_file(best), covered.pop(best) & missing):
                found.append(best)
                missing -= drawn
    return found, missing


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
        regular = font.style == "normal" and font_manager.weight_dict.get(str(font.weight), font.weight) in REGULAR
        mathematics = font.name != "DejaVu Sans" and own in Path(font.fname).parents
        if regular and not mathematics and not USELESS.search(font.name):
            kind = poor if POOR.search(font.name) else good if font.name.startswith(GOOD) else other
            kind[font.name] = font.fname
    return good, other, poor


def draws(text, families):
    """Whether fonts have what becomes of a text's letters side by side, which may be more than the letters alone."""
    if text.isascii():
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            font_manager.get_font([_file(name) for name in families]).set_text(text)
        except UserWarning:
            return False
    return True


def _file(family):
    return font_manager.findfont(font_manager.FontProperties(family=[family]))


def _listed(file, letters):
    """The letters that a font has by its own account."""
    font = font_manager.get_font(file)
    return {c for c in letters if font.get_char_index(ord(c))}


def _drawn(file, letters):
    """The letters for which a font has a picture, and none that is as long as a sentence."""
    font = font_manager.get_font(file)
    font.set_size(EM, 72)
    return {c for c in _listed(file, letters) if c.isspace() or 0 < _width(font, c) < 2.5 * EM * 64}


def _width(font, character):
    try:
        return font.load_char(ord(character)).width
    except RuntimeError:  # pictures in place of outlines
        return 0
