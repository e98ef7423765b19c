"""A small grammar that writes English together with its analysis: text, trees and labels for the demo.

Sentences grow as `trees`, phrase by phrase (`constituents`, `sentences`), from the words of `lexicon` and from what
goes with what in `frames`; the analysis is that of Universal Dependencies. The seed determines every choice.
"""

from tqdm import tqdm

from closerlook.corpora.grammar.sentences import Writer
from closerlook.corpora.grammar.trees import read_off
from closerlook.files import staged


def write_corpus(folder, *, n_train, n_test, n_text, seed):
    """Write `train.conllu`, `test.conllu`, and `text.txt` with raw sentences, one per line.

    Prepositions carry `Role` and `Fxn` in MISC; questions, a third of the sentences, a comment `question_type`.

    Parameters
    ----------
    folder : path
    n_train, n_test, n_text : int
        Sentences; no two are the same.
    seed : int
    """
    seen = set()
    with staged(folder) as part:
        part.mkdir()
        for split, n in (("test", n_test), ("train", n_train)):
            with open(part / f"{split}.conllu", "w", encoding="utf-8") as file:
                for i, (text, rows, question) in enumerate(_unseen(split, n, seed, seen), 1):
                    file.write(f"# sent_id = {split}-{i}\n# text = {text}\n# question_type = {question or '_'}\n")
                    file.writelines("\t".join(row) + "\n" for row in rows)
                    file.write("\n")
        with open(part / "text.txt", "w", encoding="utf-8") as file:
            file.writelines(text + "\n" for text, _, _ in _unseen("text", n_text, seed, seen))


def _unseen(split, n, seed, seen):
    """Yield n sentences that are not in `seen` yet: text, rows of CoNLL-U, type of question or None."""
    writer = Writer(f"{split} {seed}")
    for _ in tqdm(range(n), desc=split, unit=" sentences", delay=5):
        while True:
            tree, question = writer.sentence()
            text, rows = read_off(tree)
            if text not in seen:
                break
        seen.add(text)
        yield text, rows, question
