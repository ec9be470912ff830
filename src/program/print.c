/* SPDX-License-Identifier: MIT */
#include "program/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Between quotes: a name may have some of its own, and would say more of the line than that. */
static const char *quoted(char *text, size_t size, const char *name)
{
	size_t used = 0;
	for (; *name && used + 2 < size; name++) {
		if (*name == '"' || *name == '\\')
			text[used++] = '\\';
		text[used++] = *name;
	}
	text[used] = 0;
	return text;
}

static const char *number(char *text, size_t size, int32_t thousandths, const char *format_unknown)
{
	if (thousandths == MODEL_UNKNOWN)
		snprintf(text, size, "%s", format_unknown);
	else
		snprintf(text, size, "%.1f", thousandths / 1000.0);
	return text;
}

static const char *level(char *text, size_t size, int32_t centibels)
{
	if (centibels == MODEL_UNKNOWN)
		snprintf(text, size, "--");
	else
		snprintf(text, size, "%.1f", centibels / 100.0);
	return text;
}

static void source_print(const struct model_source *source)
{
	char fill[16], left[16], right[16], drift[16], name[2 * MODEL_TEXT];
	printf("source %s state=%s fill_ms=%s peak_db=%s,%s drift_ppm=%s xruns=%d gaps=%d "
	       "name=\"%s\"\n",
	       *source->address ? source->address
	       : *source->node  ? source->node
	                        : "-",
	       model_source_state_name(source->state),
	       number(fill, sizeof(fill), source->fill_us, "--"),
	       level(left, sizeof(left), source->meter.peak_cdb[0]),
	       level(right, sizeof(right), source->meter.peak_cdb[1]),
	       number(drift, sizeof(drift), source->drift_ppb, "--"), source->xruns, source->gaps,
	       quoted(name, sizeof(name), source->name));
	if (*source->problem)
		printf("source problem=\"%s\"\n", quoted(name, sizeof(name), source->problem));
}

static void speaker_print(const struct model_speaker *speaker)
{
	char total[16], fill[16], jitter[16], left[16], right[16], name[2 * MODEL_TEXT];
	printf("speaker %s state=%s latency_ms=%s%s trim_ms=%+.0f fill_ms=%s jitter_ms=%s "
	       "peak_db=%s,%s volume=%d%s channel=%s sent=%lld late=%lld dropped=%lld stalls=%d "
	       "reconnects=%d name=\"%s\"\n",
	       speaker->address, model_speaker_state_name(speaker->state),
	       speaker->speaker.origin == ORIGIN_ASSUMED && speaker->total_us != MODEL_UNKNOWN ? "~"
	                                                                                       : "",
	       number(total, sizeof(total), speaker->total_us, "--"), speaker->trim.us / 1e3,
	       number(fill, sizeof(fill), speaker->fill_us, "--"),
	       number(jitter, sizeof(jitter), speaker->jitter_us, "--"),
	       level(left, sizeof(left), speaker->meter.peak_cdb[0]),
	       level(right, sizeof(right), speaker->meter.peak_cdb[1]), speaker->volume,
	       speaker->muted ? " muted" : "", model_channel_name(speaker->channel),
	       (long long)speaker->sent, (long long)speaker->late, (long long)speaker->dropped,
	       speaker->stalls, speaker->reconnects, quoted(name, sizeof(name), speaker->name));
	if (*speaker->problem)
		printf("speaker %s problem=\"%s\"\n", speaker->address,
		       quoted(name, sizeof(name), speaker->problem));
}

void print_status(const struct model *model)
{
	char text[2 * MODEL_TEXT];
	if (*model->problem)
		printf("relay problem=\"%s\"\n", quoted(text, sizeof(text), model->problem));
	for (int i = 0; i < model->adapter_count; i++)
		printf("adapter %s hci=%s powered=%s name=\"%s\"\n", model->adapters[i].address,
		       model->adapters[i].hci, model->adapters[i].powered ? "yes" : "no",
		       quoted(text, sizeof(text), model->adapters[i].name));
	source_print(&model->source);
	for (int i = 0; i < model->speaker_count; i++)
		speaker_print(&model->speakers[i]);
	if (!model->speaker_count)
		printf("no speaker is paired\n");
}

void print_batch(const struct model *model)
{
	time_t seconds = (time_t)(model->time_us / 1000000);
	struct tm local;
	char stamp[16], text[2 * MODEL_TEXT];
	localtime_r(&seconds, &local);
	strftime(stamp, sizeof(stamp), "%H:%M:%S", &local);
	if (*model->problem)
		printf("%s relay problem=\"%s\"\n", stamp,
		       quoted(text, sizeof(text), model->problem));
	printf("%s ", stamp);
	source_print(&model->source);
	for (int i = 0; i < model->speaker_count; i++) {
		printf("%s ", stamp);
		speaker_print(&model->speakers[i]);
	}
}

void print_json(const struct model *model)
{
	json_t *json = model_to_json(model, MODEL_STATUS);
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	if (text)
		puts(text);
	free(text);
	json_decref(json);
}

void print_event(const struct model_event *event)
{
	time_t seconds = (time_t)(event->time_us / 1000000);
	struct tm local;
	char stamp[32];
	localtime_r(&seconds, &local);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &local);
	printf("%s.%03d %-5s %s: %s\n", stamp, (int)(event->time_us / 1000 % 1000),
	       model_level_name(event->level), event->subject, event->text);
}

void print_event_json(const struct model *model, const struct model_event *event)
{
	json_t *events = model_events_to_json(model, event->number - 1);
	char *text = json_dumps(json_array_get(events, 0), JSON_COMPACT);
	if (text)
		puts(text);
	free(text);
	json_decref(events);
}
