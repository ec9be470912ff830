/* SPDX-License-Identifier: MIT */
/* The relay's state and the engine's snapshot, as the model that a screen draws. */
#include "relay/private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "a2dp/airtime.h"
#include "a2dp/sbc_config.h"
#include "base/text.h"

#define US_PER_SECOND 1000000ll

static int32_t us_of_frames(int64_t frames, uint32_t rate)
{
	return (int32_t)(frames * US_PER_SECOND / rate);
}

static int32_t ms_since(const struct relay *relay, int64_t ns)
{
	int64_t ms = (relay_now(relay) - ns) / 1000000;
	return ms > INT32_MAX ? INT32_MAX : (int32_t)ms;
}

static int32_t centibels(float db)
{
	return (int32_t)lroundf(db * 100);
}

static struct model_meter meter_of(const struct meter_reading *reading)
{
	struct model_meter meter = {.over = reading->over};
	for (int i = 0; i < 2; i++) {
		meter.peak_cdb[i] = centibels(reading->peak_db[i]);
		meter.rms_cdb[i] = centibels(reading->rms_db[i]);
		meter.hold_cdb[i] = centibels(reading->hold_db[i]);
	}
	return meter;
}

static struct model_meter meter_unknown(void)
{
	return (struct model_meter){
	    .peak_cdb = {MODEL_UNKNOWN, MODEL_UNKNOWN},
	    .rms_cdb = {MODEL_UNKNOWN, MODEL_UNKNOWN},
	    .hold_cdb = {MODEL_UNKNOWN, MODEL_UNKNOWN},
	};
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

/* --- source -------------------------------------------------------------------------------------- */

static void present_source_codec(struct model_source *shown, const struct relay *relay)
{
	struct sbc_config config;
	if (!air_sbc(&config, echo_transport(relay)))
		return;
	copy(shown->codec, sizeof(shown->codec), "sbc");
	shown->bitpool = config.bitpool_max;
	shown->rate = (int32_t)config.rate;
	shown->channels = (int32_t)sbc_config_channels(&config);
}

static void present_source(struct relay *relay, const struct snapshot *snapshot)
{
	const struct source_info *info = &relay->source_info;
	const struct source_snapshot *source = &snapshot->source;
	struct model_source *shown = &relay->model.source;
	uint32_t rate = relay->settings->config.rate;
	bool streams = info->state == SOURCE_STREAMING;
	int32_t volume = echo_volume(relay);
	*shown = (struct model_source){
	    .state = (int32_t)info->state,
	    .state_ms = ms_since(relay, relay->source_since),
	    .bitpool = MODEL_UNKNOWN,
	    .rate = info->rate ? (int32_t)info->rate : MODEL_UNKNOWN,
	    .channels = info->channels ? (int32_t)info->channels : MODEL_UNKNOWN,
	    .latency_us = info->latency_ns >= 0 ? (int32_t)(info->latency_ns / 1000)
	                                        : MODEL_UNKNOWN,
	    .fill_us = streams ? us_of_frames(source->lead, rate) : MODEL_UNKNOWN,
	    .xruns = (int32_t)source->xruns,
	    .gaps = (int32_t)source->gaps,
	    .volume = volume >= 0 ? volume : MODEL_UNKNOWN,
	    .drift_ppb = streams && source->paced ? (int32_t)lround(source->ppm * 1000)
	                                          : MODEL_UNKNOWN,
	    .meter = streams ? meter_of(&source->meter) : meter_unknown(),
	};
	copy(shown->node, sizeof(shown->node), info->node);
	copy(shown->address, sizeof(shown->address), info->address);
	copy(shown->name, sizeof(shown->name), info->name);
	text_clean(shown->server, sizeof(shown->server), info->server);
	copy(shown->problem, sizeof(shown->problem), info->problem);
	present_source_codec(shown, relay);
}

/* --- speakers ------------------------------------------------------------------------------------ */

static int compare_ints(const void *a, const void *b)
{
	int32_t left = *(const int32_t *)a, right = *(const int32_t *)b;
	return (left > right) - (left < right);
}

/* p95 of |sent − due| over the last packets. */
static int32_t jitter_of(const struct output_snapshot *output)
{
	int32_t sorted[SNAPSHOT_LATENESS];
	int count = 0;
	for (int i = 0; i < SNAPSHOT_LATENESS; i++)
		if (output->lateness_us[i] != INT32_MIN)
			sorted[count++] = abs(output->lateness_us[i]);
	if (!count)
		return MODEL_UNKNOWN;
	qsort(sorted, (size_t)count, sizeof(sorted[0]), compare_ints);
	return sorted[(count * 95 - 1) / 100];
}

static void present_spacing(struct model_speaker *shown, const struct output_snapshot *output)
{
	for (int i = 0; i < SNAPSHOT_LATENESS; i++) {
		int class = 0;
		if (output->lateness_us[i] == INT32_MIN)
			continue;
		while (class < MODEL_SPACING - 1 &&
		       output->lateness_us[i] >= model_spacing_us[class])
			class ++;
		shown->spacing[class]++;
	}
}

/*
 * A packet that is just passing through is no delay, however often one is met; one that always finds
 * others there is.
 */
static uint32_t standing_queue(struct standing_queue *queue, uint32_t packets, int64_t now)
{
	uint32_t queued = packets > 0 ? packets - 1 : 0;
	if (now - queue->since >= SECOND_NS) {
		queue->least_before = queue->least;
		queue->least = queued;
		queue->since = now;
	}
	if (queued < queue->least)
		queue->least = queued;
	return queue->least < queue->least_before ? queue->least : queue->least_before;
}

/*
 * Echo → ear, in its parts.  A packet is there whole when it is due: what the lead does not hold of it is
 * taken from the wait for the slowest speaker, and is no time of its own.
 */
static void present_latency(struct model_speaker *shown, const struct output_snapshot *output,
                            uint32_t standing, const struct relay *relay)
{
	uint32_t rate = relay->settings->config.rate;
	int32_t packet = us_of_frames(output->packet_samples, (uint32_t)shown->rate);
	int32_t lead = (int32_t)(relay->settings->config.lead_ns / 1000);
	int32_t told = relay->model.source.latency_us;
	int32_t assumed = (int32_t)(relay->source_info.latency_assumed_ns / 1000);
	int32_t source = told > 0 ? told : assumed;
	int32_t in_lead = packet < lead ? packet : lead;
	shown->delay_us = us_of_frames(output->delay, rate);
	shown->packet = (struct model_term){packet, ORIGIN_SET};
	shown->input =
	    (struct model_term){lead - in_lead + source, assumed ? ORIGIN_ASSUMED : ORIGIN_SET};
	shown->align =
	    (struct model_term){shown->delay_us - shown->trim.us - (packet - in_lead), ORIGIN_SET};
	shown->queue = (struct model_term){(int32_t)standing * packet, ORIGIN_MEASURED};
	shown->total_us = shown->input.us + shown->packet.us + shown->align.us + shown->trim.us +
	                  shown->queue.us + shown->speaker.us;
}

static void present_stream(struct model_speaker *shown, const struct speaker *speaker,
                           const struct output_snapshot *output)
{
	const struct bus_bytes *bytes = &speaker->transport->configuration;
	struct sbc_config config;
	if (sbc_config_parse(&config, bytes->bytes, bytes->size))
		return;
	for (size_t i = 0; i < bytes->size && 2 * i + 2 < sizeof(shown->configuration); i++)
		sprintf(shown->configuration + 2 * i, "%02x", bytes->bytes[i]);
	copy(shown->codec, sizeof(shown->codec), "sbc");
	copy(shown->mode, sizeof(shown->mode), sbc_config_mode_name(config.mode));
	shown->rate = (int32_t)config.rate;
	shown->bitpool = output ? output->bitpool : config.bitpool_max;
	shown->kbps = (int32_t)sbc_config_kbps(&config, (unsigned)shown->bitpool);
	shown->mtu = speaker->mtu ? speaker->mtu : MODEL_UNKNOWN;
}

static void present_output(struct model_speaker *shown, struct speaker *speaker,
                           const struct output_snapshot *output, const struct relay *relay)
{
	int64_t interval = (int64_t)output->packet_samples * SECOND_NS / shown->rate;
	double airtime = airtime_percent(speaker->mtu, output->packet_bytes, interval);
	shown->fill_us = us_of_frames(output->stock, relay->settings->config.rate);
	shown->queue_packets = (int32_t)output->queued;
	shown->jitter_us = jitter_of(output);
	present_spacing(shown, output);
	shown->sent += (int64_t)output->sent;
	shown->dropped += (int64_t)output->dropped;
	shown->late += (int64_t)output->late;
	shown->meter = meter_of(&output->meter);
	shown->airtime_permille = (int32_t)lround(airtime * 10);
	present_latency(shown, output,
	                standing_queue(&speaker->queue, output->queued, relay_now(relay)), relay);
}

static int32_t retry_of(const struct speaker *speaker, int64_t now)
{
	bool waits = speaker->state == SPEAKER_LOST || speaker->state == SPEAKER_FAILED ||
	             speaker->state == SPEAKER_STALLED;
	if (!waits || speaker->not_before <= now)
		return MODEL_UNKNOWN;
	return (int32_t)((speaker->not_before - now) / 1000000);
}

static struct model_speaker speaker_unknown(const struct speaker *speaker)
{
	const struct model_term nothing = {MODEL_UNKNOWN, ORIGIN_UNKNOWN};
	return (struct model_speaker){
	    .state = speaker->state,
	    .bitpool = MODEL_UNKNOWN,
	    .rate = MODEL_UNKNOWN,
	    .kbps = MODEL_UNKNOWN,
	    .mtu = MODEL_UNKNOWN,
	    .input = nothing,
	    .align = nothing,
	    .packet = nothing,
	    .queue = nothing,
	    .total_us = MODEL_UNKNOWN,
	    .delay_us = MODEL_UNKNOWN,
	    .fill_us = MODEL_UNKNOWN,
	    .queue_packets = MODEL_UNKNOWN,
	    .jitter_us = MODEL_UNKNOWN,
	    .meter = meter_unknown(),
	    .airtime_permille = MODEL_UNKNOWN,
	};
}

static void present_speaker(struct model_speaker *shown, struct speaker *speaker,
                            const struct snapshot *snapshot)
{
	const struct relay *relay = speaker->relay;
	const struct settings_speaker *kept = speaker->kept;
	const struct bluez_adapter *adapter = speaker_adapter(speaker);
	const struct output_snapshot *output =
	    speaker->output ? snapshot_output(snapshot, speaker->output) : NULL;
	*shown = speaker_unknown(speaker);
	copy(shown->address, sizeof(shown->address), kept->address);
	copy(shown->name, sizeof(shown->name), kept->name);
	copy(shown->adapter, sizeof(shown->adapter), adapter ? adapter->address : "");
	copy(shown->problem, sizeof(shown->problem), speaker->problem);
	shown->state_ms = ms_since(relay, speaker->state_since);
	shown->retry_ms = retry_of(speaker, relay_now(relay));
	shown->attempt = speaker->attempt;
	shown->trim = (struct model_term){(int32_t)(kept->trim_ns / 1000), ORIGIN_SET};
	shown->speaker = speaker_latency(speaker);
	shown->sent = (int64_t)speaker->totals.sent;
	shown->dropped = (int64_t)speaker->totals.dropped;
	shown->late = (int64_t)speaker->totals.late;
	shown->stalls = (int32_t)speaker->totals.stalls;
	shown->reconnects = (int32_t)speaker->totals.reconnects;
	shown->volume = speaker_volume(speaker);
	shown->muted = kept->muted;
	shown->solo = speaker->solo;
	if (speaker->test != SIGNAL_NONE)
		copy(shown->test, sizeof(shown->test), signal_name(speaker->test));
	shown->autoconnect = kept->autoconnect;
	shown->keepawake = kept->keepawake;
	shown->absolute_volume = speaker->volume_settled;
	shown->channel = (int32_t)kept->channel;
	if (speaker->transport)
		present_stream(shown, speaker, output);
	if (output && shown->rate != MODEL_UNKNOWN)
		present_output(shown, speaker, output, relay);
}

/* --- adapters, events, the whole ------------------------------------------------------------------ */

static void present_adapter(struct model_adapter *shown, struct relay *relay,
                            const struct bluez_adapter *adapter)
{
	const struct model *model = &relay->model;
	double inbound = air_inbound(relay, adapter, true);
	*shown = (struct model_adapter){.powered = adapter->powered,
	                                .endpoints = adapter->endpoints,
	                                .airtime_permille = (int32_t)lround(inbound * 10)};
	copy(shown->address, sizeof(shown->address), adapter->address);
	copy(shown->hci, sizeof(shown->hci), relay_hci(adapter));
	copy(shown->problem, sizeof(shown->problem), air_problem(relay, adapter));
	text_clean(shown->name, sizeof(shown->name), adapter->alias);
	for (int i = 0; i < model->speaker_count; i++)
		if (!strcmp(model->speakers[i].adapter, adapter->address) &&
		    model->speakers[i].airtime_permille != MODEL_UNKNOWN)
			shown->airtime_permille += model->speakers[i].airtime_permille;
}

/* bluetoothd lists them in any order; who reads expects hci0 first. */
static int by_hci(const void *a, const void *b)
{
	const struct model_adapter *left = a, *right = b;
	return strverscmp(left->hci, right->hci);
}

static void present_adapters(struct relay *relay)
{
	struct model *model = &relay->model;
	struct bluez_adapter *adapter;
	model->adapter_count = 0;
	if (!relay->bluez)
		return;
	spa_list_for_each (adapter, bluez_adapters(relay->bluez), link)
		if (model->adapter_count < MODEL_ADAPTERS && relay_uses_adapter(relay, adapter))
			present_adapter(&model->adapters[model->adapter_count++], relay, adapter);
	qsort(model->adapters, (size_t)model->adapter_count, sizeof(model->adapters[0]), by_hci);
}

static void present_event(struct model_event *shown, const struct journal_event *event)
{
	*shown = (struct model_event){.number = (int64_t)event->number,
	                              .time_us = event->time_us,
	                              .level = (int32_t)event->level};
	copy(shown->subject, sizeof(shown->subject), event->subject);
	copy(shown->text, sizeof(shown->text), event->text);
}

/* The last that are worth a line on the screen, the oldest first. */
static void present_events(struct relay *relay)
{
	const struct journal_event *worth[MODEL_EVENTS], *event;
	struct model *model = &relay->model;
	int count = 0;
	for (uint64_t number = relay->journal->count;
	     count < MODEL_EVENTS && (event = journal_event(relay->journal, number)); number--)
		if (event->level > JOURNAL_DEBUG)
			worth[count++] = event;
	model->event_count = count;
	for (int i = 0; i < count; i++)
		present_event(&model->events[i], worth[count - 1 - i]);
}

/* What the process itself costs, over a second at least. */
static void present_process(struct relay *relay)
{
	int64_t now = relay_now(relay), passed = now - relay->usage_seen_at;
	struct rusage usage;
	if (passed < SECOND_NS || getrusage(RUSAGE_SELF, &usage))
		return;
	int64_t us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * US_PER_SECOND +
	             usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	if (relay->usage_seen_at)
		relay->model.cpu_permille =
		    (int32_t)((us - relay->usage_seen_us) * 1000000 / passed);
	relay->usage_seen_us = us;
	relay->usage_seen_at = now;
	relay->model.memory_kb = (int32_t)usage.ru_maxrss;
	relay->model.pid = (int32_t)getpid();
}

/* Wake-ups a second, over a second at least. */
static void present_engine(struct relay *relay, const struct snapshot *snapshot)
{
	int64_t now = relay_now(relay), passed = now - relay->steps_seen_at;
	if (passed >= SECOND_NS) {
		uint64_t steps = snapshot->steps - relay->steps_seen;
		relay->wakes = (int32_t)(steps * (uint64_t)SECOND_NS / (uint64_t)passed);
		relay->steps_seen = snapshot->steps;
		relay->steps_seen_at = now;
	}
	relay->model.engine_wakes = relay->wakes;
	relay->model.engine_wake_worst_us = (int32_t)(snapshot->wake_worst_ns / 1000);
}

static const char *problem_of(const struct relay *relay)
{
	if (!relay->service)
		return *relay->service_problem ? relay->service_problem : "looking for bluetoothd";
	if (!relay->model.adapter_count)
		return "no Bluetooth adapter - plug one in, or: sudo rfkill unblock bluetooth";
	if (priority_problem(relay))
		return priority_problem(relay);
	return "";
}

void relay_present(struct relay *relay)
{
	const struct snapshot *snapshot = engine_snapshot(relay->engine);
	struct model *model = &relay->model;
	struct timespec wall;
	clock_gettime(CLOCK_REALTIME, &wall);
	model->time_us = (int64_t)wall.tv_sec * US_PER_SECOND + wall.tv_nsec / 1000;
	model->uptime_ms = (relay_now(relay) - relay->started) / 1000000;
	copy(model->version, sizeof(model->version), VERSION);
	present_process(relay);
	present_engine(relay, snapshot);
	present_source(relay, snapshot);
	model->speaker_count = relay->speaker_count;
	for (int i = 0; i < relay->speaker_count; i++)
		present_speaker(&model->speakers[i], relay->speakers[i], snapshot);
	present_adapters(relay);
	present_events(relay);
	aligning_present(relay, &model->align);
	scan_present(relay);
	pairing_present(relay);
	door_present(relay);
	model->idle = relay->idle;
	copy(model->problem, sizeof(model->problem), problem_of(relay));
}
