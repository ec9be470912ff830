/* SPDX-License-Identifier: MIT */
#include "daemon/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PERIOD_LEAST_MS 50
#define PERIOD_MOST_MS 3600000

/* What a command may come to; what is not here is "EIO". */
static const struct code {
	int error;
	const char *name;
} codes[] = {
    {EINVAL, "EINVAL"},
    {ENOENT, "ENOENT"},
    {ERANGE, "ERANGE"},
    {ENODEV, "ENODEV"},
    {EBUSY, "EBUSY"},
    {EALREADY, "EALREADY"},
    {ETIMEDOUT, "ETIMEDOUT"},
    {EACCES, "EACCES"},
    {EPERM, "EPERM"},
    {ENOMEM, "ENOMEM"},
    {ENOSPC, "ENOSPC"},
    {EOPNOTSUPP, "EOPNOTSUPP"},
    {EEXIST, "EEXIST"},
    {EAGAIN, "EAGAIN"},
    {ENOTCONN, "ENOTCONN"},
    {EIO, "EIO"},
    {0, NULL},
};

static const char *code_name(int result)
{
	for (const struct code *code = codes; code->name; code++)
		if (code->error == -result)
			return code->name;
	return "EIO";
}

static int code_read(const json_t *json)
{
	const char *name = json_string_value(json);
	if (json_is_null(json))
		return 0;
	for (const struct code *code = codes; name && code->name; code++)
		if (!strcmp(code->name, name))
			return -code->error;
	return -EIO;
}

/* One line of an object, which is used up. */
static char *line_of(json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(json);
	size_t length = text ? strlen(text) : 0;
	char *line = text ? malloc(length + 2) : NULL;
	if (line) {
		memcpy(line, text, length);
		memcpy(line + length, "\n", 2);
	}
	free(text);
	return line;
}

/* --- a guest's lines ----------------------------------------------------------------------------- */

char *wire_greet_write(const char *version)
{
	return line_of(json_pack("{s:i, s:s}", "protocol", WIRE_PROTOCOL, "version", version));
}

char *wire_watch_write(int32_t every_ms)
{
	if (every_ms == WIRE_NOT_WATCHING)
		return line_of(json_pack("{s:n}", "watch"));
	return line_of(json_pack("{s:i}", "watch", (int)every_ms));
}

char *wire_run_write(uint32_t id, const char *command)
{
	return line_of(json_pack("{s:I, s:s}", "request", (json_int_t)id, "command", command));
}

char *wire_stop_write(uint32_t id)
{
	return line_of(json_pack("{s:I, s:b}", "request", (json_int_t)id, "stop", 1));
}

static int greet_read(const json_t *protocol, const json_t *version, char *problem, size_t size)
{
	char clean[32];
	if (json_is_integer(protocol) && json_integer_value(protocol) == WIRE_PROTOCOL)
		return 0;
	text_clean(clean, sizeof(clean),
	           json_is_string(version) ? json_string_value(version) : "another version");
	snprintf(problem, size,
	         "this relay is echorelay " VERSION " and speaks protocol %d, not that of %s",
	         WIRE_PROTOCOL, clean);
	return -EPROTO;
}

static int watch_read(struct wire_request *request, const json_t *watch)
{
	json_int_t every = json_integer_value(watch);
	request->kind = WIRE_WATCH;
	request->every_ms = WIRE_NOT_WATCHING;
	if (json_is_null(watch))
		return 0;
	if (!json_is_integer(watch) || every < 0 || every > PERIOD_MOST_MS)
		return -EINVAL;
	request->every_ms = (int32_t)(every && every < PERIOD_LEAST_MS ? PERIOD_LEAST_MS : every);
	return 0;
}

static int run_read(struct wire_request *request, const json_t *command)
{
	const char *text = json_string_value(command);
	request->kind = WIRE_RUN;
	if (!text || strlen(text) >= sizeof(request->command))
		return -EINVAL;
	text_clean(request->command, sizeof(request->command), text);
	return 0;
}

static int kind_read(struct wire_request *request, const json_t *json, char *problem, size_t size)
{
	const json_t *part = json_object_get(json, "protocol");
	if (part) {
		int error = greet_read(part, json_object_get(json, "version"), problem, size);
		if (error)
			return error;
	}
	const json_t *watch = json_object_get(json, "watch");
	const json_t *command = json_object_get(json, "command");
	if (watch)
		return watch_read(request, watch);
	if (command)
		return run_read(request, command);
	if (json_is_true(json_object_get(json, "stop"))) {
		request->kind = WIRE_STOP;
		return 0;
	}
	request->kind = WIRE_GREET;
	return part ? 0 : -EINVAL;
}

int wire_request_read(struct wire_request *request, const char *line, size_t length, char *problem,
                      size_t size)
{
	json_error_t error;
	json_t *json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	*request = (struct wire_request){.every_ms = WIRE_NOT_WATCHING};
	snprintf(problem, size, "%s", json ? "no request" : "no JSON object on one line");
	json_int_t id = json_integer_value(json_object_get(json, "request"));
	int result = id < 0 || id > UINT32_MAX ? -EINVAL : kind_read(request, json, problem, size);
	request->id = (uint32_t)id;
	json_decref(json);
	return result;
}

/* --- a relay's lines ----------------------------------------------------------------------------- */

char *wire_hello_write(const char *version, const char *world, int pid)
{
	return line_of(json_pack("{s:s, s:s, s:i, s:s?, s:i}", "hello", "echorelay", "version",
	                         version, "protocol", WIRE_PROTOCOL, "world", world, "pid", pid));
}

char *wire_answer_write(uint32_t id, int result, const char *text)
{
	char clean[WIRE_TEXT];
	return line_of(json_pack("{s:I, s:s?, s:s}", "answer", (json_int_t)id, "code",
	                         result ? code_name(result) : NULL, "text",
	                         text_clean(clean, sizeof(clean), text)));
}

char *wire_error_write(const char *text)
{
	return line_of(json_pack("{s:s}", "error", text));
}

char *wire_bye_write(const char *text)
{
	return line_of(json_pack("{s:s}", "bye", text));
}

char *wire_model_write(const struct model *model)
{
	json_t *json = model_to_json(model, MODEL_LIVE);
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(json);
	char *half = NULL;
	if (text && asprintf(&half, "{\"model\":%s,\"events\":", text) < 0)
		half = NULL;
	free(text);
	return half;
}

char *wire_events_write(const struct model *model, int64_t after)
{
	json_t *list = model_events_to_json(model, after);
	char *text = list ? json_dumps(list, JSON_COMPACT) : NULL;
	json_decref(list);
	char *half = NULL;
	if (text && asprintf(&half, "%s}\n", text) < 0)
		half = NULL;
	free(text);
	return half;
}

static void text_read(const json_t *json, char *text, size_t size)
{
	text_clean(text, size, json_is_string(json) ? json_string_value(json) : "");
}

static void hello_read(struct wire_reply *reply, const json_t *json)
{
	reply->kind = WIRE_HELLO;
	reply->protocol = (int)json_integer_value(json_object_get(json, "protocol"));
	reply->pid = (int)json_integer_value(json_object_get(json, "pid"));
	text_read(json_object_get(json, "version"), reply->version, sizeof(reply->version));
	text_read(json_object_get(json, "world"), reply->world, sizeof(reply->world));
}

static void answer_read(struct wire_reply *reply, const json_t *json)
{
	reply->kind = WIRE_ANSWER;
	reply->id = (uint32_t)json_integer_value(json_object_get(json, "answer"));
	reply->result = code_read(json_object_get(json, "code"));
	text_read(json_object_get(json, "text"), reply->text, sizeof(reply->text));
}

/* The line says what it is by its first key; what a later version may add is passed over. */
static void reply_take(struct wire_reply *reply, const json_t *json)
{
	const json_t *error = json_object_get(json, "error"), *bye = json_object_get(json, "bye");
	if (json_object_get(json, "hello"))
		hello_read(reply, json);
	else if (json_object_get(json, "answer"))
		answer_read(reply, json);
	else if (json_object_get(json, "model"))
		reply->kind = WIRE_MODEL;
	else if (error || bye)
		reply->kind = error ? WIRE_ERROR : WIRE_BYE;
	if (error || bye)
		text_read(error ? error : bye, reply->text, sizeof(reply->text));
}

int wire_reply_read(struct wire_reply *reply, const char *line, size_t length)
{
	json_error_t error;
	json_t *json = json_loadb(line, length, 0, &error);
	*reply = (struct wire_reply){.kind = WIRE_UNKNOWN};
	if (!json_is_object(json)) {
		json_decref(json);
		return -EINVAL;
	}
	reply_take(reply, json);
	if (reply->kind == WIRE_MODEL)
		reply->json = json;
	else
		json_decref(json);
	return 0;
}
