/* The library's whole interface; docs/native-contract.md says what a request does. */
#ifndef FAULTLINE_H
#define FAULTLINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The only symbols that the library shows. */
#pragma GCC visibility push(default)

/* All state lives here. A context belongs to the thread that opened it: its vCPUs run there. */
struct faultline;

/* Version of the wire format that this library speaks (FTL_VERSION). */
uint32_t faultline_abi(void);

/* NULL on failure, with one sentence in `error`. A machine without KVM is no failure: see faultline_facts. */
struct faultline *faultline_open(char *error, uint32_t error_size);
void faultline_close(struct faultline *context);

/* Maps `path` as the black box that names the request in flight; 0 or -errno. */
int faultline_blackbox(struct faultline *context, const char *path);

/* Writes a struct ftl_facts; its size, or -ENOSPC. */
int64_t faultline_facts(struct faultline *context, uint8_t *out, uint32_t size);

/* Executes one request; size of the response in bytes, or -ENOSPC when not even a response header fits. */
int64_t faultline_execute(struct faultline *context, const uint8_t *request, uint32_t request_size,
                          uint8_t *response, uint32_t response_size);

/*
 * Executes requests that stand one behind the other and answers each with one response, in their order, one
 * behind the other as well; size of all responses in bytes, or -ENOSPC. Ends early, after at least one
 * request, rather than begin one whose response might not fit (FTL_MAX_RESPONSE): the caller hands in the
 * rest again.
 */
int64_t faultline_execute_batch(struct faultline *context, const uint8_t *requests, uint32_t requests_size,
                                uint8_t *responses, uint32_t responses_size);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
