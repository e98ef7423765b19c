"""Trees of words, as the built-in grammar grows them, and how they are written down as CoNLL-U."""

from closerlook.corpora.grammar.lexicon import article

CLOSE = {",", ".", "?", "'s"}  # written without a space before them


class Node:
    """A word with what depends on it: (relation, node) pairs to its left and to its right, in order.

    Parameters
    ----------
    form, upos, lemma, misc : str
        Columns of CoNLL-U; the lemma is the form unless given.
    number : {"sg", "pl", "I"}
        What a verb has to agree with.
    """

    def __init__(self, form, upos, lemma=None, misc=None, number="sg"):
        self.form, self.upos, self.lemma, self.misc, self.number = form, upos, lemma or form, misc, number
        self.left, self.right, self.governor = [], [], None

    def first(self, *pairs):
        """Attach (relation, node) pairs as the leftmost ones; returns the node itself."""
        self.left[:0] = pairs
        return self

    def before(self, *pairs):
        """Attach (relation, node) pairs on the left, the last one next to the word; returns the node itself."""
        self.left += pairs
        return self

    def after(self, *pairs):
        """Attach (relation, node) pairs on the right, in order; returns the node itself."""
        self.right += pairs
        return self

    def walk(self, relation="root", head=None):
        """Yield (node, relation, head) in the order of the sentence.

        A node's `governor` is its head instead of the node that it hangs on: `What city did she travel to?`
        """
        for r, node in self.left:
            yield from node.walk(r, self)
        yield self, relation, self.governor or head
        for r, node in self.right:
            yield from node.walk(r, self)


def read_off(tree):
    """Turn a tree into its text, and its rows of CoNLL-U: tuples of ten strings."""
    walk = list(tree.walk())
    place = {node: str(i) for i, (node, _, _) in enumerate(walk, 1)}
    forms = [node.form for node, _, _ in walk]
    forms = [article(after) if form == "a" else form for form, after in zip(forms, [*forms[1:], ""])]
    forms[0] = forms[0][0].upper() + forms[0][1:]
    close = [form in CLOSE for form in forms[1:]] + [True]
    rows = []
    for (node, relation, head), form, glued in zip(walk, forms, close):
        misc = "|".join([node.misc] * bool(node.misc) + ["SpaceAfter=No"] * glued)
        head = place[head] if head else "0"
        rows.append((place[node], form, node.lemma, node.upos, "_", "_", head, relation, "_", misc or "_"))
    return "".join(form + " " * (not glued) for form, glued in zip(forms, close)), rows
