/* SPDX-License-Identifier: MIT */
/* The peer: an lttng-ust tracepoint with the 24 bytes of an event that are not its time; lttng-ust adds the time itself. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER wsitrace_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/bench/lttng_tp.h"

#if !defined(WSITRACE_BENCH_LTTNG_TP_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define WSITRACE_BENCH_LTTNG_TP_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(wsitrace_bench, event,
  LTTNG_UST_TP_ARGS(uint64_t, wsi, uint16_t, kind, uint16_t, vhost, uint16_t, protocol, uint16_t, text, int32_t, value,
                    uint32_t, rest),
  LTTNG_UST_TP_FIELDS(
    lttng_ust_field_integer_hex(uint64_t, wsi, wsi)
    lttng_ust_field_integer(uint16_t, kind, kind)
    lttng_ust_field_integer(uint16_t, vhost, vhost)
    lttng_ust_field_integer(uint16_t, protocol, protocol)
    lttng_ust_field_integer(uint16_t, text, text)
    lttng_ust_field_integer(int32_t, value, value)
    lttng_ust_field_integer(uint32_t, rest, rest)))
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
