"""The colours of figures and of the page, and what can be read on them. (Without matplotlib.)"""

# Found by a search: each has a contrast of 3 on white, and any two, or one and a grey line, are told apart with each of
# the common colour blindnesses (tests/test_accessible.py). The first are furthest apart.
LABELS = ("#5986F8", "#EE5C20", "#000000", "#771983", "#92030D", "#047156", "#916195")
SHAPES = 7  # dashes and markers
VERDICTS = {"supported": "#00735A", "contradicted": "#B84A00", "no effect": "#34414D", "undecided": "#66707A"}

TEXT = 4.5  # contrast that WCAG 2.2 asks for in text; 3 in what else has to be seen


def look(place):
    """The colour of a label, and the number of its dashes and marker: no two of 49 are alike."""
    return LABELS[place % len(LABELS)], (place + place // len(LABELS)) % SHAPES


def _light(colour):
    """The linear red, green and blue of a colour like `#1C2126`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour):
    """The relative luminance of a colour."""
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), _light(colour)))


def contrast(colour, ground="#FFFFFF"):
    """The contrast of two colours, from 1 to 21, as WCAG defines it."""
    low, high = sorted(map(luminance, (colour, ground)))
    return (high + 0.05) / (low + 0.05)


def legible(colour):
    """A colour, as dark as a text in it has to be on white."""
    share = min(1, (1.05 / TEXT - 0.051) / max(luminance(colour), 1e-9))
    parts = [share * part for part in _light(colour)]
    parts = [12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in parts]
    return "#" + "".join(f"{int(255 * part):02X}" for part in parts)


def ink(ground):
    """Black or white, whichever is read on a colour."""
    return max(("#FFFFFF", "#000000"), key=lambda colour: contrast(colour, ground))
