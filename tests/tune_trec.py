"""What people do before they compare: fine-tune an encoder with a plain Trainer, with checkpoints and a saved end.

python tune_trec.py MODEL DATA.csv OUT
"""

import sys

import pandas as pd
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, Trainer, TrainingArguments, set_seed

model, data, out = sys.argv[1:]
set_seed(0)
frame = pd.read_csv(data)
names = sorted(set(frame.label))
tokenizer = AutoTokenizer.from_pretrained(model)
examples = [
    tokenizer(text, truncation=True, max_length=64) | {"labels": names.index(label)}
    for text, label in zip(frame.text, frame.label)
]
classifier = AutoModelForSequenceClassification.from_pretrained(
    model, num_labels=len(names), id2label=dict(enumerate(names)), dtype=torch.float32
)
arguments = TrainingArguments(
    out, max_steps=60, save_steps=20, per_device_train_batch_size=16, learning_rate=2e-4, warmup_steps=6, seed=0,
    report_to="none", disable_tqdm=True,
)  # fmt: skip
trainer = Trainer(classifier, arguments, train_dataset=examples, processing_class=tokenizer)
trainer.train()
trainer.save_model(out)
