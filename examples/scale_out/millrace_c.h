/* A small C interface to millrace's batch summaries: what a part of the data says, as a state that can be sent and
 * merged. For engines that spread work over processes (Spark, Dask, Flink) and languages that call C.
 *
 *     millrace_state* state = NULL;
 *     if (millrace_init(plan, strlen(plan), &state) != MILLRACE_OK) fail(millrace_last_error());
 *     millrace_update(state, &schema, &array);            // a batch of rows as Arrow's C data
 *     millrace_serialize(state, &bytes, &size);           // send them; elsewhere millrace_load and millrace_merge
 *     millrace_query(state, &json, &size);
 *     millrace_free(json);
 *     millrace_release(state);
 *
 * Results: MILLRACE_OK, or the number of an error, whose text millrace_last_error returns. After an error a state is as
 * it was; only after MILLRACE_NO_MEMORY and MILLRACE_UNEXPECTED it has to be released. No exception leaves a function.
 * Threads: a state is used by one thread at a time, const pointers by any number at once. Different states are
 * independent. The text of an error belongs to the thread whose call failed.
 * Memory: what functions return in `bytes` and `json` is freed by millrace_free, and by nothing else. `json` ends with
 * a zero that `size` does not count. Compatibility: functions are only added; millrace_abi_version counts what breaks.
 */
#ifndef MILLRACE_C_H
#define MILLRACE_C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Arrow's C data interface, a stable ABI, with the guard that its page asks for:
 * https://arrow.apache.org/docs/format/CDataInterface.html */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};
#endif

/* The other numbers are those of millrace's error codes: 100 to 199 the caller's request, 200 to 299 the data. */
enum { MILLRACE_OK = 0, MILLRACE_NO_MEMORY = 1, MILLRACE_UNEXPECTED = 2 };

/* A batch has at most so many rows. */
#define MILLRACE_MOST_ROWS INT64_C(2147483647)

#if defined(__GNUC__)
#define MILLRACE_C_API __attribute__((visibility("default")))
#else
#define MILLRACE_C_API
#endif

typedef struct millrace_state millrace_state;

/* 1 */
MILLRACE_C_API int32_t millrace_abi_version(void);

/* What went wrong in this thread's last call that failed; never null, valid until its next call that fails. */
MILLRACE_C_API const char* millrace_last_error(void);

/* Makes an empty state from a plan:
 *
 *     {"values": {"value": ["statistics", "quantiles"], "user": ["distinct", "frequent"]},
 *      "by": ["service"], "time": "timestamp", "window_minutes": 60, "most_groups": 10000}
 *
 * All but `values` may be left out. Figures: count, statistics, quantiles, distinct, frequent. */
MILLRACE_C_API int32_t millrace_init(const char* plan, size_t size, millrace_state** state);

/* Adds the rows of a batch: a struct array of Arrow, whose children are the columns (a record batch as it is exported).
 * Columns that the plan does not name are not looked at, whatever they are. Types that are read:
 *   numbers: integers of 8 to 64 bits (beyond 2^53 the nearest double), float and double, booleans as 0 and 1;
 *   texts: utf8 and large utf8, and dictionaries of them with integer indices;
 *   times: timestamps of any unit and time zone, dates; without a unit, a column of numbers is seconds since 1970;
 *   null: all are missing.
 * Offsets, sliced arrays and missing validity buffers are read as the interface says. A double column without nulls is
 * read in place, all else is copied while the call lasts. The interface does not say how long buffers are: that they
 * are as long as the length says is for the producer to keep.
 * The function consumes both structures: it releases them, also when it fails, except for one that is released already
 * (an error), and never keeps a pointer into them. */
MILLRACE_C_API int32_t millrace_update(millrace_state* state, struct ArrowSchema* schema, struct ArrowArray* array);

/* The state as bytes, and a state from bytes. Bytes from anywhere may be loaded: what is no state is an error. */
MILLRACE_C_API int32_t millrace_serialize(const millrace_state* state, uint8_t** bytes, size_t* size);
MILLRACE_C_API int32_t millrace_load(const uint8_t* bytes, size_t size, millrace_state** state);

/* Adds what another state of the same plan has seen. Sums, deviations, extremes, quantiles and numbers of different
 * values do not depend on how rows were divided or in which order states were merged, to the last bit and byte. The
 * most frequent values do, within the bounds that the query returns, once a group has more than 768 different ones. */
MILLRACE_C_API int32_t millrace_merge(millrace_state* into, const millrace_state* other);

/* What was found, as a JSON array with an object for each window, group and value. */
MILLRACE_C_API int32_t millrace_query(const millrace_state* state, char** json, size_t* size);

/* Runs a batch operation in this process over events that come as JSON: see run_batch_request of
 * millrace/feature/batch/batch_request.hpp. */
MILLRACE_C_API int32_t millrace_run(const char* request, size_t size, char** json, size_t* json_size);

/* Both accept null. */
MILLRACE_C_API void millrace_release(millrace_state* state);
MILLRACE_C_API void millrace_free(void* memory);

#ifdef __cplusplus
}
#endif

#endif /* MILLRACE_C_H */
