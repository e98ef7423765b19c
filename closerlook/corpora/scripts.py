"""Scripts that are written without spaces between words, where a text says nothing of where its words end."""

import re

from closerlook.corpora.cells import shortened
from closerlook.errors import InputError

UNSPACED = (
    "\u0e00-\u0e7f\u0e80-\u0eff\u0f00-\u0fff"  # Thai, Lao, Tibetan
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17ff"  # Myanmar, Khmer
    "\u1950-\u19df\u1a20-\u1aaf\ua980-\ua9df\u1b00-\u1b7f"  # Tai Le, New Tai Lue, Tai Tham, Javanese, Balinese
    "\u3005-\u3007\u3041-\u30ff\u3100-\u312f\u31f0-\u31ff\uff66-\uff9f"  # Hiragana, Katakana, Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
STOPS = "。、！？，；：．｡､\u0e5a\u0e5b\u0f0d\u0f0e\u104a\u104b\u17d4\u17d5"  # ends of sentences and clauses
LETTER = re.compile(f"[{UNSPACED}]")
QUOTES = "\"'“”‘’「」『』（）()《》"
INSIDE = re.compile(f"(?![{STOPS}])[{UNSPACED}][{STOPS}][{STOPS}{QUOTES}]*(?![{STOPS}])[{UNSPACED}]")
MANY = 20  # letters; a word rarely has more


def check_segmented(words, place):
    """An error if one of the words of a text looks like a whole sentence in a script without spaces.

    That is, it has more than 20 letters of such scripts, or a full stop or comma of theirs between two of them; or it
    is the whole text, and ends in one.
    """
    for word in words:
        letters = sum(map(str.isalpha, LETTER.findall(word)))
        if letters > MANY or INSIDE.search(word) or len(words) == 1 and letters > 1 and word[-1] in STOPS:
            raise InputError(
                f"{place} holds {shortened(word)} as one word, in a script that is written without spaces: cut the "
                "text into words first, and give them as a list."
            )
