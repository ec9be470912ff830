/* SPDX-License-Identifier: MIT */
#include "frontend.h"

#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/clock.h"
#include "ui/ui.h"

#define FRAME_US 100000
#define LINE_US 1000000

struct frontend {
	const struct options *options;
	sd_event *event;
	struct relay *relay;
	struct ui *ui; /* NULL: lines */
	sd_event_source *timer, *input, *resize;
};

/* --- lines --------------------------------------------------------------------------------------- */

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
	char fill[16], left[16], right[16], drift[16];
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
	       source->name);
	if (*source->problem)
		printf("source problem=\"%s\"\n", source->problem);
}

static void speaker_print(const struct model_speaker *speaker)
{
	char total[16], fill[16], jitter[16], left[16], right[16];
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
	       speaker->stalls, speaker->reconnects, speaker->name);
	if (*speaker->problem)
		printf("speaker %s problem=\"%s\"\n", speaker->address, speaker->problem);
}

void frontend_print_status(const struct model *model)
{
	if (*model->problem)
		printf("relay problem=\"%s\"\n", model->problem);
	for (int i = 0; i < model->adapter_count; i++)
		printf("adapter %s hci=%s powered=%s name=\"%s\"\n", model->adapters[i].address,
		       model->adapters[i].hci, model->adapters[i].powered ? "yes" : "no",
		       model->adapters[i].name);
	source_print(&model->source);
	for (int i = 0; i < model->speaker_count; i++)
		speaker_print(&model->speakers[i]);
	if (!model->speaker_count)
		printf("no speaker is paired\n");
}

static void batch_print(const struct model *model)
{
	time_t seconds = (time_t)(model->time_us / 1000000);
	struct tm local;
	char stamp[16];
	localtime_r(&seconds, &local);
	strftime(stamp, sizeof(stamp), "%H:%M:%S", &local);
	if (*model->problem)
		printf("%s relay problem=\"%s\"\n", stamp, model->problem);
	printf("%s ", stamp);
	source_print(&model->source);
	for (int i = 0; i < model->speaker_count; i++) {
		printf("%s ", stamp);
		speaker_print(&model->speakers[i]);
	}
}

static void json_print(const struct model *model)
{
	json_t *json = model_to_json(model, MODEL_STATUS);
	char *text = json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	if (text)
		puts(text);
	free(text);
	json_decref(json);
}

/* --- the screen ---------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
	return clock_now(&clock_monotonic);
}

static void on_command(void *user, uint32_t request, const char *line)
{
	struct frontend *frontend = user;
	char reply[192];
	int result = relay_command(frontend->relay, line, reply, sizeof(reply));
	ui_show(frontend->ui, relay_model(frontend->relay), now_ns());
	ui_answer(frontend->ui, request, result, reply, now_ns());
}

static void on_quit(void *user)
{
	struct frontend *frontend = user;
	sd_event_exit(frontend->event, 0);
}

static void paint(struct frontend *frontend)
{
	ui_show(frontend->ui, relay_model(frontend->relay), now_ns());
	ui_paint(frontend->ui, now_ns());
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct frontend *frontend = user;
	(void)source, (void)fd, (void)events;
	if (ui_input(frontend->ui, now_ns()) < 0)
		return sd_event_exit(frontend->event, 0); /* the terminal is gone */
	paint(frontend);                                  /* a key is answered at once */
	return 0;
}

static int on_resize(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
	struct frontend *frontend = user;
	(void)source, (void)info;
	ui_resize(frontend->ui);
	paint(frontend);
	return 0;
}

static bool colour_wanted(void)
{
	const char *no_color = getenv("NO_COLOR");
	return !no_color || !*no_color;
}

static int screen_begin(struct frontend *frontend, const struct keymap *keymap)
{
	struct ui_config config = {
	    .keymap = keymap,
	    .in = stdin,
	    .out = stdout,
	    .ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0,
	    .colour = colour_wanted(),
	    .title = frontend->options->demo ? "echorelay demo" : "echorelay",
	};
	struct ui_port port = {on_command, on_quit, frontend};
	int error = ui_new(&frontend->ui, &config, &port);
	if (error == -ENOTTY) {
		const char *terminal = getenv("TERM");
		fprintf(stderr,
		        "echorelay: the terminal '%s' cannot show a screen; --batch prints lines\n",
		        terminal ? terminal : "");
	}
	if (error)
		return error;
	error = sd_event_add_io(frontend->event, &frontend->input, STDIN_FILENO, EPOLLIN, on_input,
	                        frontend);
	if (error >= 0)
		error = sd_event_add_signal(frontend->event, &frontend->resize, SIGWINCH, on_resize,
		                            frontend);
	return error < 0 ? error : 0;
}

/* --- both ---------------------------------------------------------------------------------------- */

static int lines_print(struct frontend *frontend)
{
	const struct model *model = relay_model(frontend->relay);
	if (frontend->options->mode == MODE_JSON)
		json_print(model);
	else if (frontend->options->mode == MODE_BATCH)
		batch_print(model);
	return fflush(stdout);
}

static int on_timer(sd_event_source *source, uint64_t us, void *user)
{
	struct frontend *frontend = user;
	uint64_t pause = frontend->ui ? FRAME_US : LINE_US;
	if (frontend->ui)
		paint(frontend);
	else if (lines_print(frontend))
		return sd_event_exit(frontend->event, 0); /* nobody reads any more */
	sd_event_source_set_time(source, us + pause);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int frontend_new(struct frontend **ret_frontend, const struct options *options, sd_event *event,
                 struct relay *relay, const struct keymap *keymap)
{
	struct frontend *frontend = calloc(1, sizeof(*frontend));
	uint64_t now;
	if (!frontend)
		return -ENOMEM;
	frontend->options = options;
	frontend->event = event;
	frontend->relay = relay;
	int error = options->mode == MODE_SCREEN ? screen_begin(frontend, keymap) : 0;
	if (!error)
		error = sd_event_now(event, CLOCK_MONOTONIC, &now);
	if (error >= 0)
		error = sd_event_add_time(event, &frontend->timer, CLOCK_MONOTONIC,
		                          now + (frontend->ui ? 0 : LINE_US), 1000, on_timer,
		                          frontend);
	if (error < 0) {
		frontend_free(frontend);
		return error;
	}
	*ret_frontend = frontend;
	return 0;
}

void frontend_free(struct frontend *frontend)
{
	if (!frontend)
		return;
	sd_event_source_unref(frontend->timer);
	sd_event_source_unref(frontend->input);
	sd_event_source_unref(frontend->resize);
	ui_free(frontend->ui);
	free(frontend);
}
