/* anomaly.h: looking for the operator that first makes what is not finite (torch's anomaly mode).
 * Off at first; each result and each gradient is read once more while it is on. */
#ifndef LEVIN_AUTOGRAD_ANOMALY_H
#define LEVIN_AUTOGRAD_ANOMALY_H

#include "autograd/autograd.h"

/** Turns it on or off for this thread; gives what it was. */
bool levin__detect_anomaly(bool on);
bool levin__detects_anomaly(void);

/** Whether one was found since it was turned on; *parameter is then the first input of its operator
 * that is a parameter, or NULL. */
bool levin__anomaly_found(const levin_tensor **parameter);

/** Whether the result of a call is finite; records LEVIN_ENUMERIC and names the operator if not. */
bool levin__check_result(const levin_call *c);
/** The same for the gradients that a call has just given to its inputs. */
bool levin__check_gradients(const levin_call *c);

#endif
