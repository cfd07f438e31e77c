/* levin.h: all of levin's public interface. One header a noun; this one includes them all. */
#ifndef LEVIN_LEVIN_H
#define LEVIN_LEVIN_H

#include <levin/base.h>
#include <levin/bert.h>
#include <levin/callbacks.h>
#include <levin/data.h>
#include <levin/datamodule.h>
#include <levin/embed.h>
#include <levin/loggers.h>
#include <levin/metrics.h>
#include <levin/module.h>
#include <levin/ops.h>
#include <levin/optim.h>
#include <levin/profilers.h>
#include <levin/safetensors.h>
#include <levin/tasks.h>
#include <levin/tensor.h>
#include <levin/tokenizer.h>
#include <levin/trainer.h>
#include <levin/tuner.h>

#endif
