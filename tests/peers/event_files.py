#!/usr/bin/env python3
"""TensorBoard reads the event files of levin: what it finds is what metrics.csv has, field for field.
Where torch is installed too, texts, histograms and hyper-parameters are the messages that its
SummaryWriter writes.

    LEVIN_WRITE_EVENTS=write_events tests/peers/event_files.py

Leaves with 77 where tensorboard is missing.
"""
import csv
import glob
import math
import os
import subprocess
import sys
import tempfile

import tally
from tally import check

try:
    import numpy as np
    from google.protobuf.unknown_fields import UnknownFieldSet
    from tensorboard.backend.event_processing import event_accumulator
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto import event_pb2
    from tensorboard.plugins.hparams import plugin_data_pb2
except ImportError as e:
    print("skipped: %s" % e)
    sys.exit(77)

NOTE = "# Zwölf\n\n*twelve* | 東"
HPARAMS = {"lr": 0.01, "name": "it's", "flag": True, "none": "None", "list": "[1, 2]",
           "word": "bért"}
NUMBERS = np.array([math.ldexp(i * i % 997 - 498, i % 23 - 17) for i in range(2000)])


def read_events(folder):
    files = glob.glob(os.path.join(folder, "events.out.tfevents.*"))
    check(len(files) == 1, "%s: %d event files" % (folder, len(files)))
    return [event_pb2.Event.FromString(raw) for raw in RawEventFileLoader(files[0]).Load()]


def fields_are_known(message, path="event"):
    """No field stands where TensorBoard's own definitions have none."""
    check(len(UnknownFieldSet(message)) == 0, path + ": fields that TensorBoard does not know")
    for field, value in message.ListFields():
        if field.type != field.TYPE_MESSAGE:
            continue
        parts = value.values() if field.message_type.GetOptions().map_entry else value
        for part in [parts] if hasattr(parts, "ListFields") else parts:
            fields_are_known(part, path + "." + field.name)


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def rows_of_csv(folder):
    """The values of each column with their steps, in the order of the file."""
    columns = {}
    with open(os.path.join(folder, "metrics.csv"), newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f):
            step = int(row.pop("step"))
            for name, text in row.items():
                if text:
                    columns.setdefault(name, []).append((step, float(np.float32(text))))
    return columns


def check_scalars(found, folder):
    expected = rows_of_csv(folder)
    expected["hp_metric"] = [(0, -1.0)]
    check(set(found.Tags()["scalars"]) == set(expected), "tags are %s, not %s"
          % (sorted(found.Tags()["scalars"]), sorted(expected)))
    for tag, rows in expected.items():
        scalars = [(s.step, s.value) for s in found.Scalars(tag)]
        check(len(scalars) == len(rows) and all(
            a[0] == b[0] and same(a[1], b[1]) for a, b in zip(scalars, rows)),
            "%s: %s, metrics.csv has %s" % (tag, scalars, rows))


def check_text(found):
    text = found.Tensors("note/text_summary")[0]
    check(text.step == 2 and text.tensor_proto.string_val[0].decode() == NOTE, "text: %s" % text)


def check_histogram(found):
    h = found.Histograms("numbers")[0].histogram_value
    ends = [0.0]
    end = 1e-12
    while end < 1e20:
        ends = [-end] + ends + [end]
        end *= 1.1
    counts, _ = np.histogram(NUMBERS, bins=ends)
    full = np.flatnonzero(counts)
    first, last = full[0], full[-1]
    check(h.bucket == [0.0] + counts[first:last + 1].tolist(), "counts of the histogram")
    check(h.bucket_limit == ends[first:last + 2], "ends of the histogram's buckets")
    check((h.min, h.max, h.num) == (NUMBERS.min(), NUMBERS.max(), len(NUMBERS)), "its range")
    check(math.isclose(h.sum, NUMBERS.sum(), rel_tol=1e-12)
          and math.isclose(h.sum_squares, NUMBERS.dot(NUMBERS), rel_tol=1e-12), "its sums")


def plugin_data(events, tag):
    for e in events:
        for v in e.summary.value:
            if v.tag == tag:
                return plugin_data_pb2.HParamsPluginData.FromString(
                    v.metadata.plugin_data.content)
    check(False, "no " + tag)
    return plugin_data_pb2.HParamsPluginData()


def check_hparams(events, metric):
    experiment = plugin_data(events, "_hparams_/experiment").experiment
    start = plugin_data(events, "_hparams_/session_start_info").session_start_info
    end = plugin_data(events, "_hparams_/session_end_info").session_end_info
    for message in experiment, start, end:
        fields_are_known(message, "hparams")
    values = {k: getattr(v, v.WhichOneof("kind")) for k, v in start.hparams.items()}
    check(values == HPARAMS, "hparams: %s" % values)
    types = {info.name: info.type for info in experiment.hparam_infos}
    check(types == {k: 1 if isinstance(v, str) else 3 for k, v in HPARAMS.items()},
          "types of hparams: %s" % types)
    check([m.name.tag for m in experiment.metric_infos] == [metric], "metrics of hparams")
    check(end.status == 1 and end.end_time_secs >= start.start_time_secs > 1.7e9, "%s" % end)


def check_against_torch(events):
    """Field for field what SummaryWriter makes of the same calls."""
    try:
        from torch.utils.tensorboard import summary
    except ImportError:
        return
    ours = {v.tag: v for e in events for v in e.summary.value}
    text = summary.text("note", NOTE)
    check(ours["note/text_summary"] == text.value[0], "the text is not torch's")
    writer_bins = summary.make_histogram(NUMBERS, torch_bins())
    check(ours["numbers"].histo.bucket == writer_bins.bucket
          and ours["numbers"].histo.bucket_limit == writer_bins.bucket_limit,
          "the histogram is not torch's")
    exp, start, _ = summary.hparams(dict(HPARAMS), {"hp_metric": -1})
    check(ours["_hparams_/experiment"] == exp.value[0], "the experiment is not torch's")
    theirs = plugin_data_pb2.HParamsPluginData.FromString(
        start.value[0].metadata.plugin_data.content).session_start_info.hparams
    found = plugin_data(events, "_hparams_/session_start_info").session_start_info.hparams
    check({k: str(v) for k, v in theirs.items()} == {k: str(v) for k, v in found.items()},
          "the session is not torch's")


def torch_bins():
    from torch.utils.tensorboard import SummaryWriter
    with tempfile.TemporaryDirectory() as folder:
        writer = SummaryWriter(folder)
        writer.close()
        return writer.default_bins


def main():
    with tempfile.TemporaryDirectory() as root:
        subprocess.run([os.environ["LEVIN_WRITE_EVENTS"], root], check=True)
        folder = os.path.join(root, "lightning_logs", "version_0")
        events = read_events(folder)
        for e in events:
            fields_are_known(e)
        times = [e.wall_time for e in events]
        check(times == sorted(times), "times go back")
        check(events[0].file_version == "brain.Event:2", "no version")
        found = event_accumulator.EventAccumulator(folder, {key: 0 for key in
                                                            event_accumulator.DEFAULT_SIZE_GUIDANCE})
        found.Reload()
        check_scalars(found, folder)
        check_text(found)
        check_histogram(found)
        check_hparams(events, "hp_metric")
        check_against_torch(events)
        other = read_events(os.path.join(root, "other", "version_0", "tb"))
        tags = {v.tag for e in other for v in e.summary.value}
        check({"run-train_loss", "run-epoch", "run-hp_metric"} <= tags, "tags of a prefix: %s" % tags)
        check_hparams(other, "run-hp_metric")
    sys.exit(tally.status())


main()
