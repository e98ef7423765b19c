"""Text in scripts without spaces: one that is not cut into words is refused, and everything else is read."""

import json

import pytest
from corpora_fixtures import read, table, write
from small_study import ROOT

from closerlook.corpora.reading import read_examples
from closerlook.corpora.task import save_task
from closerlook.errors import InputError

UNCUT = {
    "Chinese": "今天天气很好，我们去公园散步。",
    "Chinese without a comma": "昨天下午他在学校图书馆里读完了一本关于中国古代历史的书",
    "Chinese after a word": "新闻 昨天下午他在学校图书馆里读完了一本关于中国古代历史的书",
    "one short sentence": "我喜欢你。",
    "Japanese": "吾輩は猫である。名前はまだ無い。",
    "Japanese that speaks": "「行こう。」と彼は言った。",
    "Thai": "วันนี้อากาศดีมากเราจึงออกไปเดินเล่นในสวนสาธารณะกัน",
    "Lao": "ມື້ນີ້ອາກາດດີຫຼາຍພວກເຮົາໄປຍ່າງຫຼິ້ນຢູ່ສວນສາທາລະນະ",
    "Khmer": "ថ្ងៃនេះអាកាសធាតុល្អណាស់យើងទៅដើរលេងនៅសួនច្បារ",
    "Burmese": "ဒီနေ့ရာသီဥတုကောင်းတယ်။ကျွန်တော်တို့ပန်းခြံသွားမယ်",
    "Tibetan": "དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག་ང་ཚོ་གླིང་ག་ལ་འགྲོ་རྒྱུ་ཡིན",
}
CUT = {
    "Chinese": "我 喜欢 你 ， 你 呢 ？",
    "Chinese with a stop at a word": "我 喜欢 你。",
    "Japanese": "吾輩 は 猫 で ある 。 名前 は まだ 無い 。",
    "a long name in Katakana": "ノーベル インターナショナルビジネスマシーンズ",
    "Thai": "วันนี้ อากาศ ดี มาก",
    "a word and no more": "图书馆",
    "German": "Die Donaudampfschifffahrtsgesellschaftskapitänswitwe schläft",
    "Korean": "오늘은 날씨가 아주좋아서공원에산책하러나가기로했습니다",
    "numbers": "约 10，000 人 3：2",
    "Turkish": "Çekoslovakyalılaştıramadıklarımızdanmışsınızcasına geldi",
}


@pytest.mark.parametrize("text", UNCUT.values(), ids=UNCUT)
@pytest.mark.parametrize("kind, target", [("word", "0"), ("span", "0 0"), ("pair", "0 0"), ("span_pair", "0 0 0 0")])
def test_a_text_that_is_not_cut_into_words_is_refused(tmp_path, text, kind, target):
    path = write(tmp_path, "a.tsv", f"text\tat\tlabel\n{text}\t{target}\tx\n")
    with pytest.raises(
        InputError, match=f"^{path}:2: column 'text' holds .* without spaces: cut .* give them as a list"
    ):
        table(path, kind, target="at")


@pytest.mark.parametrize("text", CUT.values(), ids=CUT)
def test_a_text_of_words_is_read(tmp_path, text):
    path = write(tmp_path, "a.tsv", f"text\tat\tlabel\n{text}\t0\tx\n")
    assert table(path, "word", target="at") == [(text.split(" "), [((0,), "x")])]
    edge = write(tmp_path, "a.jsonl", json.dumps({"text": text, "targets": [{"span1": [0, 1], "label": "x"}]}))
    assert read(edge, "edge_probing", "word", "label")[0].words == text.split(" ")


@pytest.mark.parametrize("text", UNCUT.values(), ids=UNCUT)
def test_sentences_and_lists_are_nobodys_to_cut(tmp_path, text):
    path = write(tmp_path, "a.tsv", f"text\tlabel\n{text}\tx\n")
    assert table(path) == [(text.split(" "), [((), "x")])]
    path = write(tmp_path, "a.jsonl", json.dumps({"text": [text], "at": 0, "label": "x"}))
    assert table(path, "word", target="at") == [([text], [((0,), "x")])]


OTHER = sorted((ROOT / "../shared/data/ud-other").glob("*.conllu"))


@pytest.mark.skipif(not OTHER, reason="the treebanks of other languages are not beside the project")
@pytest.mark.parametrize("file", OTHER, ids=lambda file: file.name[:2])
def test_treebanks_of_other_languages_are_read_in_their_own_words(file, tmp_path):
    """In their own text each word stands where it should, but for the words of a contraction."""
    own, joined = (list(read_examples("conllu", file, kind="word", label="upos", text=t)) for t in ("own", "joined"))
    places = [(e.text[a:b], word) for e in own for word, (a, b) in zip(e.words, e.places)]
    assert sum(seen != word for seen, word in places) <= 0.002 * len(places) and len(own) == 100
    summary = save_task("word", joined[:80], joined[80:], tmp_path / "joined")
    unspaced = file.name[:2] in ("ja", "th", "zh")
    assert any("written without spaces" in warning for warning in summary["warnings"]) == unspaced
    summary = save_task("word", own[:80], own[80:], tmp_path / "own")
    assert not any("written without spaces" in warning for warning in summary["warnings"])
