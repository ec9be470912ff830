/* SPDX-License-Identifier: MIT */
/* Lines between relay and screen: requests, replies, and models, which stay what they are. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/wire.h"

static struct model model, again;

/* Counted down to whole units on the wire: what was read once is written and read as it is. */
static void model_holds(const json_t *json)
{
	if (model_from_json(&model, json))
		return;
	json_t *written = model_to_json(&model, MODEL_WIRE);
	fuzz_require(!model_from_json(&again, written), "what was written can be read");
	json_t *rewritten = model_to_json(&again, MODEL_WIRE);
	fuzz_require(json_equal(written, rewritten), "nothing changes on the way");
	json_decref(written);
	json_decref(rewritten);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_request request;
	struct wire_reply reply;
	char problem[WIRE_TEXT];
	if (!wire_request_read(&request, (const char *)data, size, problem, sizeof(problem)))
		fuzz_require(memchr(request.command, 0, sizeof(request.command)) != NULL,
		             "a command ends");
	if (wire_reply_read(&reply, (const char *)data, size))
		return 0;
	if (reply.kind == WIRE_MODEL) {
		model_holds(json_object_get(reply.json, "model"));
		json_decref(reply.json);
	}
	return 0;
}
