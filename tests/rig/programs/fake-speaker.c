/* SPDX-License-Identifier: MIT */
/*
 * fake-speaker hciN NAME [OPTION]...: a Bluetooth speaker with a DAC, on an adapter of the guest.
 *
 *     --kind fifo|conceal|rtp (fifo)   --latency MS (150)   --ppm N (0)   its clock, see src/sim/dac.h
 *     --report MS[,MS]...              reports this latency, whatever its own is, and at each SIGUSR1 the next one
 *                                      (BlueZ 5.79 and up; else: radio's `delay`)
 *     --both                           is an A2DP source as well, as many a headset is
 *     --wav FILE                       what it lets hear, 44.1 kHz, frame 0 at CLOCK_MONOTONIC 0; tests/tools/sofa
 *                                      can hear it while it is written
 *     --log FILE                       else stdout
 *
 * The log has one line for each of these; NS is CLOCK_MONOTONIC, in nanoseconds:
 *
 *     speaker latency_ns=150000000 ppm=0 kind=fifo
 *     start NS RATE             a stream began            stop NS   it was suspended, or the link went
 *     arrival NS PACKET_NS      a click came in: its own instant, counted on from its packet's arrival
 *     heard NS PEAK             a click left the DAC
 *     silence NS MS             nothing left the DAC for so long, though a stream was on
 *     jump NS SIZE              what left it broke off or began at once: that can be heard (parts/clicks.h)
 *     gap NS MS                 no packet came for so long: 20 ms, or 5.5 more than the one before it plays
 *     volume NS N               AVRCP, 0 to 127
 *     report NS MS              it reports this latency
 *     end packets=N missing=N bad=N underruns=N overruns=N late=N
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sbc/sbc.h>
#include <sndfile.h>
#include <systemd/sd-event.h>

#include "a2dp/rtp.h"
#include "bluez/bus.h"
#include "engine/clock.h"
#include "sim/dac.h"
#include "tests/rig/parts/adapter.h"
#include "tests/rig/parts/clicks.h"
#include "tests/rig/parts/endpoint.h"

#define AXIS_RATE 44100
#define LISTEN_US 20000
#define GAP_NS 20000000
#define GAP_BEYOND_NS 5500000 /* the packet's own length */
#define PLACES 64             /* packets that are remembered for a click that ends in a later one */

static const struct option options[] = {
    {"kind", 1, NULL, 'k'}, {"latency", 1, NULL, 'l'},
    {"ppm", 1, NULL, 'p'},  {"report", 1, NULL, 'r'},
    {"both", 0, NULL, 'b'}, {"wav", 1, NULL, 'w'},
    {"log", 1, NULL, 'o'},  {0},
};

struct place {
	int64_t arrival_ns, first; /* frame of the stream */
};

struct speaker {
	struct dac_config config;
	bool both;
	const char *reports; /* the latency to report, and those that follow; NULL: none */
	const char *wav_path;

	sd_event *event;
	sd_bus *bus;
	struct endpoint *endpoint, *source;
	sd_event_source *input;
	struct dac *dac;
	struct click_finder dac_clicks;
	SNDFILE *wav;

	/* what comes in, decoded once more, before any buffer */
	sbc_t sbc;
	struct click_finder arrivals;
	uint32_t rate;
	int64_t frames, last_ns, length_ns; /* the last packet came then, and plays for so long */
	uint64_t packets;
	struct place places[PLACES];
};

static int64_t now_ns(void)
{
	return clock_now(&clock_monotonic);
}

static const char *const kinds[] = {
    [DAC_FIFO] = "fifo", [DAC_CONCEAL] = "conceal", [DAC_RTP] = "rtp"};

/* --- what leaves the DAC ----------------------------------------------------------------------- */

static long long axis_ns(double place)
{
	return (long long)(place * 1e9 / AXIS_RATE);
}

static void on_heard_click(void *user, double place, float peak)
{
	(void)user;
	printf("heard %lld %.4f\n", axis_ns(place), (double)peak);
}

static void on_heard_silence(void *user, int64_t from, int64_t count)
{
	const struct speaker *speaker = user;
	if (dac_playing(speaker->dac))
		printf("silence %lld %.2f\n", axis_ns((double)from),
		       (double)count * 1e3 / AXIS_RATE);
}

static void on_heard_jump(void *user, int64_t at, float size)
{
	(void)user;
	printf("jump %lld %.3f\n", axis_ns((double)at), (double)size);
}

static void on_heard(void *user, int64_t at, const struct frame *frames, uint32_t count)
{
	struct speaker *speaker = user;
	click_finder_feed(&speaker->dac_clicks, at, frames, count);
	if (speaker->wav)
		sf_writef_float(speaker->wav, &frames->left, count);
}

/* --- what comes in ----------------------------------------------------------------------------- */

static void on_arrived_click(void *user, double where, float peak)
{
	const struct speaker *speaker = user;
	const struct place *best = NULL;
	(void)peak;
	for (int i = 0; i < PLACES; i++) {
		const struct place *place = &speaker->places[i];
		if (place->arrival_ns && (double)place->first <= where &&
		    (!best || place->first > best->first))
			best = place;
	}
	if (best)
		printf("arrival %.0f %lld\n",
		       (double)best->arrival_ns +
		           (where - (double)best->first) * 1e9 / speaker->rate,
		       (long long)best->arrival_ns);
}

static void on_arrived_silence(void *user, int64_t from, int64_t count)
{
	(void)user, (void)from, (void)count;
}

/* Decodes one more SBC frame and looks for clicks in it.  Returns its size, or -1. */
static ssize_t frame_listen(struct speaker *speaker, const uint8_t *bytes, size_t size)
{
	int16_t pcm[256];
	struct frame frames[256];
	size_t written = 0;
	ssize_t used = sbc_decode(&speaker->sbc, bytes, size, pcm, sizeof(pcm), &written);
	uint32_t count = (uint32_t)(written / sizeof(pcm[0]) / 2);
	for (uint32_t i = 0; i < count; i++)
		frames[i] = (struct frame){pcm[2 * i] / 32768.0f, pcm[2 * i + 1] / 32768.0f};
	if (used > 0)
		click_finder_feed(&speaker->arrivals, speaker->frames, frames, count);
	speaker->frames += count;
	return used > 0 ? used : -1;
}

static void packet_listen(struct speaker *speaker, const uint8_t *packet, size_t size, int64_t now)
{
	struct rtp_header header;
	if (rtp_read(&header, packet, size) < 0)
		return;
	int64_t gap = speaker->length_ns + GAP_BEYOND_NS;
	if (speaker->last_ns && now - speaker->last_ns > (gap > GAP_NS ? gap : GAP_NS))
		printf("gap %lld %.2f\n", (long long)speaker->last_ns,
		       (double)(now - speaker->last_ns) / 1e6);
	int64_t first = speaker->frames;
	speaker->last_ns = now;
	speaker->places[speaker->packets++ % PLACES] = (struct place){now, speaker->frames};
	size_t at = RTP_HEADER_BYTES;
	for (unsigned i = 0; i < header.frames && at < size; i++) {
		ssize_t used = frame_listen(speaker, packet + at, size - at);
		if (used < 0)
			return;
		at += (size_t)used;
	}
	speaker->length_ns = (speaker->frames - first) * 1000000000 / speaker->rate;
}

static void stream_end(struct speaker *speaker)
{
	if (!speaker->input)
		return;
	speaker->input = sd_event_source_disable_unref(speaker->input);
	dac_run(speaker->dac, now_ns());
	dac_stop(speaker->dac);
	sbc_finish(&speaker->sbc);
	endpoint_close(speaker->endpoint);
	printf("stop %lld\n", (long long)now_ns());
}

static int on_input(sd_event_source *source, int fd, uint32_t revents, void *user)
{
	struct speaker *speaker = user;
	uint8_t packet[4096];
	ssize_t size;
	(void)source, (void)revents;
	while ((size = read(fd, packet, sizeof(packet))) > 0) {
		int64_t now = now_ns();
		packet_listen(speaker, packet, (size_t)size, now);
		dac_packet(speaker->dac, packet, (size_t)size, now);
	}
	if (size == 0 || (errno != EAGAIN && errno != EINTR))
		stream_end(speaker);
	return 0;
}

/* --- the transport ----------------------------------------------------------------------------- */

static void on_acquired(void *user)
{
	struct speaker *speaker = user;
	const struct transport *transport = endpoint_transport(speaker->endpoint);
	struct sbc_config config;
	struct click_events events = {on_arrived_click, on_arrived_silence, NULL, speaker};
	if (sbc_config_parse(&config, transport->configuration, SBC_CONFIG_BYTES) < 0 ||
	    dac_start(speaker->dac, transport->configuration) < 0)
		return;
	sbc_init_a2dp(&speaker->sbc, 0, transport->configuration, SBC_CONFIG_BYTES);
	speaker->rate = config.rate;
	speaker->frames = speaker->last_ns = 0;
	memset(speaker->places, 0, sizeof(speaker->places));
	click_finder_init(&speaker->arrivals, config.rate, &events);
	printf("start %lld %u\n", (long long)now_ns(), config.rate);
	sd_event_add_io(speaker->event, &speaker->input, transport->fd, EPOLLIN, on_input, speaker);
}

static void report(struct speaker *speaker)
{
	double ms = speaker->reports ? atof(speaker->reports) : 0;
	if (!speaker->reports || !endpoint_transport(speaker->endpoint))
		return;
	printf("report %lld %.1f\n", (long long)now_ns(), ms);
	endpoint_set_value(speaker->endpoint, "Delay", (uint16_t)(ms * 10));
}

static void on_configured(void *user)
{
	report(user);
}

static int on_next_report(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
	struct speaker *speaker = user;
	const char *comma = speaker->reports ? strchr(speaker->reports, ',') : NULL;
	(void)source, (void)info;
	if (comma)
		speaker->reports = comma + 1;
	report(speaker);
	return 0;
}

static void on_state(void *user)
{
	struct speaker *speaker = user;
	const char *state = endpoint_transport(speaker->endpoint)->state;
	if (!strcmp(state, "pending"))
		endpoint_acquire(speaker->endpoint);
	else if (!strcmp(state, "idle"))
		stream_end(speaker);
}

static void on_value(void *user, const char *name, uint16_t value)
{
	struct speaker *speaker = user;
	if (strcmp(name, "Volume") != 0)
		return;
	printf("volume %lld %u\n", (long long)now_ns(), value);
	dac_set_gain(speaker->dac, (float)value / 127);
}

static void on_cleared(void *user)
{
	stream_end(user);
}

static const struct endpoint_events events = {on_configured, on_state, on_acquired, on_value,
                                              on_cleared};

/* --- the whole --------------------------------------------------------------------------------- */

static int on_timer(sd_event_source *source, uint64_t due, void *user)
{
	struct speaker *speaker = user;
	dac_run(speaker->dac, now_ns());
	sd_event_source_set_time(source, due + LISTEN_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int read_options(struct speaker *speaker, int argc, char *argv[])
{
	int letter;
	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (letter) {
		case 'k':
			for (int i = DAC_FIFO; i <= DAC_RTP; i++)
				if (!strcmp(optarg, kinds[i]))
					speaker->config.kind = (enum dac_kind)i;
			break;
		case 'l':
			speaker->config.latency_ns = (int64_t)(atof(optarg) * 1e6);
			break;
		case 'p':
			speaker->config.ppm = atof(optarg);
			break;
		case 'r':
			speaker->reports = optarg;
			break;
		case 'b':
			speaker->both = true;
			break;
		case 'w':
			speaker->wav_path = optarg;
			break;
		case 'o':
			if (!freopen(optarg, "w", stdout))
				return -errno;
			break;
		default:
			return -EINVAL;
		}
	return argc - optind == 2 ? 0 : -EINVAL;
}

static int speaker_start(struct speaker *speaker, const char *hci, const char *name)
{
	struct endpoint_config sink = {.hci = hci, .name = "sink", .sink = true};
	struct endpoint_config source = {.hci = hci, .name = "source"};
	struct click_events heard = {on_heard_click, on_heard_silence, on_heard_jump, speaker};
	memcpy(sink.capabilities, sbc_config_capabilities, SBC_CONFIG_BYTES);
	memcpy(source.capabilities, sbc_config_capabilities, SBC_CONFIG_BYTES);
	click_finder_init(&speaker->dac_clicks, AXIS_RATE, &heard);
	speaker->dac = dac_new(&speaker->config, on_heard, speaker);
	if (speaker->wav_path)
		speaker->wav = sf_open(speaker->wav_path, SFM_WRITE,
		                       &(SF_INFO){.samplerate = AXIS_RATE,
		                                  .channels = 2,
		                                  .format = SF_FORMAT_WAV | SF_FORMAT_FLOAT});
	int error = adapter_up(speaker->bus, hci, name);
	if (!error)
		error = endpoint_new(&speaker->endpoint, speaker->bus, &sink, &events, speaker);
	if (!error && speaker->both)
		error = endpoint_new(&speaker->source, speaker->bus, &source, NULL, speaker);
	return error;
}

static void speaker_end(struct speaker *speaker)
{
	stream_end(speaker);
	dac_run(speaker->dac, now_ns());
	const struct dac_counters *counters = dac_counters(speaker->dac);
	printf("end packets=%llu missing=%llu bad=%llu underruns=%llu overruns=%llu late=%llu\n",
	       (unsigned long long)counters->packets, (unsigned long long)counters->missing_packets,
	       (unsigned long long)counters->bad, (unsigned long long)counters->underruns,
	       (unsigned long long)counters->overruns, (unsigned long long)counters->late);
	if (speaker->wav)
		sf_close(speaker->wav);
	dac_free(speaker->dac);
}

int main(int argc, char *argv[])
{
	static struct speaker speaker = {
	    .config = {.latency_ns = 150000000, .axis_rate = AXIS_RATE}};
	sigset_t signals;
	if (read_options(&speaker, argc, argv) < 0) {
		fprintf(stderr,
		        "fake-speaker: see the head of tests/rig/programs/fake-speaker.c\n");
		return 64;
	}
	setvbuf(stdout, NULL, _IOLBF,
	        0); /* after --log: a reopened stream has a buffer of its own */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (sd_event_default(&speaker.event) < 0 || bus_open_system(&speaker.bus) < 0 ||
	    sd_bus_attach_event(speaker.bus, speaker.event, 0) < 0 ||
	    sd_event_add_signal(speaker.event, NULL, SIGTERM, NULL, NULL) < 0 ||
	    sd_event_add_signal(speaker.event, NULL, SIGUSR1, on_next_report, &speaker) < 0) {
		fprintf(stderr, "fake-speaker: no system bus\n");
		return 69;
	}
	printf("speaker latency_ns=%lld ppm=%g kind=%s\n", (long long)speaker.config.latency_ns,
	       speaker.config.ppm, kinds[speaker.config.kind]);
	if (speaker_start(&speaker, argv[optind], argv[optind + 1]) < 0)
		return 69;
	sd_event_add_time_relative(speaker.event, NULL, CLOCK_MONOTONIC, LISTEN_US, 1000, on_timer,
	                           &speaker);
	sd_event_loop(speaker.event);
	speaker_end(&speaker);
	return 0;
}
