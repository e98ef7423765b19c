"""What the tests of corpora share: small files, and the readers."""

import json

from closerlook.corpora.example import Example
from closerlook.corpora.reading import read_examples

TREE = """\
# sent_id = first
# genre = news
1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_
1\tde\tde\tADP\t_\t_\t3\tcase\t_\t_
2\tle\tle\tDET\t_\tGender=Masc|Number=Sing\t3\tdet\t_\t_
2.1\tghost\tghost\tNOUN\t_\tGender=Fem\t_\t_\t0:root\t_
3\tpain\tpain\tNOUN\t_\tGender=Masc\t0\troot\t_\tGloss=a=b|SpaceAfter=No

# genre = review
1\t20 000\t_\tNUM\tCD\t_\t0\troot\t_\t_
2\t_\t_\tSYM\t_\t_\t1\tdep\t_\t_
"""


def write(folder, name, text):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(path, format="conllu", kind="word", label="upos", **others):
    return list(read_examples(format, path, kind=kind, label=label, **others))


def table(path, kind="sentence", label="label", words="text", target=None, **others):
    """Read a table; what it says, without names and places."""
    examples = read(path, "table", kind, label, columns={"words": words, "target": target}, **others)
    return [(e.words, list(zip(e.targets, e.labels))) for e in examples]


def write_rows(path, rows):
    """Write rows, dicts of texts, numbers, lists and None, as the suffix says and as pandas and `json` do."""
    import pandas as pd

    frame = pd.DataFrame(rows)
    if path.suffix in (".csv", ".tsv"):
        frame.to_csv(path, index=False, sep="," if path.suffix == ".csv" else "\t")
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        clean = [{k: None if v is None or v != v else v for k, v in row.items()} for row in frame.to_dict("records")]
        path.write_text("\n".join(map(json.dumps, clean)), encoding="utf-8")
    return path


def example(words, *targets, where="corpus.tsv:1"):
    """An example of "words" with (target, label) pairs."""
    return Example("id", words.split(), [t for t, _ in targets], [label for _, label in targets], where)
