/* SPDX-License-Identifier: MIT */
#ifndef ENGINE_OUTPUT_H
#define ENGINE_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "a2dp/congestion.h"
#include "a2dp/sbc_stream.h"
#include "audio/group_clock.h"
#include "audio/meter.h"
#include "audio/mix.h"
#include "audio/overlay.h"
#include "audio/reader.h"
#include "audio/timeline.h"
#include "engine/channel.h"
#include "engine/snapshot.h"

/*
 * One speaker: reader → test signal, if there is one → channel and gain → meter → SBC stream → media channel.
 *
 * Output frame n of a stream is due when the group's clock shows base + n; `base` gives each output of
 * an adapter its own phase (phase.h), so that no two packets wait for the same air.  A packet is sent when its
 * first frame is due, or as soon after that as its audio is there and the socket takes it:
 *
 *      due                                  due + slack
 *       │ sent, in order, catching up          │  hopeless: the speaker has run dry.  The output
 *       ▼                                      ▼  parks; the stream must be started anew.
 *    ───┴──────────────────────────────────────┴────────►
 *
 * Phases part the packets of an adapter as long as these are of one length. One that plays late could be sent
 * longer packets than one that has only the lead, which saves air: where there is enough, all are sent the short
 * ones, `even`.
 *
 * What counts is the oldest packet that has not left: one that waits in the socket is as late as one
 * that the socket does not take.  A queue that grows makes the packets smaller first (a2dp/congestion.h).
 *
 * The main thread builds and frees an output; in between it is the engine thread's alone.
 */

#define OUTPUT_LATE_NS 20000000       /* a packet later than this counts as late */
#define OUTPUT_RETRY_NS 3000000       /* how long to leave a full socket alone */
#define OUTPUT_AWAIT_NS 250000        /* when to look again for audio that should be there */
#define OUTPUT_SLACK_ASSUMED 80000000 /* slack where a speaker's latency is not known, ns */
#define OUTPUT_SLACK_MOST 300000000   /* nothing leaves for so long: others want the air */

struct output_config {
	int fd; /* SOCK_SEQPACKET; the output owns it from now on */
	uint16_t mtu;
	uint8_t configuration[SBC_CONFIG_BYTES];
	uint32_t group_rate; /* Hz; where the stream's own rate differs, it is resampled */
	uint32_t air;        /* outputs of the same one share an adapter */
	int64_t lead;        /* frames by which the source is ahead of the clock */
	int64_t delay;       /* frames behind the clock */
	int64_t slack_ns;    /* how late a packet may reach this speaker */
	int64_t queue_ns; /* and how late it may leave the socket, if that is less; 0: it is not */
	bool even;        /* packets as long as the lead allows, however long the delay */
	uint8_t ceiling;  /* the largest bitpool for which its adapter has the air; 0: any */
	struct mix_matrix mix;
};

enum output_fate { OUTPUT_PLAYS, OUTPUT_STALLED, OUTPUT_FAILED };

struct output {
	uint32_t id;
	struct channel channel;
	int64_t slack_ns, queue_ns;
	uint32_t air;
	double phase; /* 0..1 of a packet */
	int64_t lead;
	bool even;
	uint8_t ceiling;

	struct reader reader;
	struct overlay_player overlay;
	struct mix mix;
	struct meter meter;
	struct sbc_stream stream;
	struct congestion congestion;

	bool started;
	bool lacks;           /* the packet that is due waits for its audio */
	int64_t sound_ns;     /* when such audio came last: none waits longer for the socket */
	double base;          /* group frame at which output frame 0 is due */
	uint64_t next;        /* first output frame of the next packet */
	unsigned next_frames; /* SBC frames in it */
	size_t packet_size;   /* bytes of `packet` that the socket has not taken yet; 0 = none */
	uint8_t packet[SBC_STREAM_PACKET_BYTES];
	struct frame frames[SBC_STREAM_PACKET_SAMPLES];

	enum output_fate fate;
	int error; /* of a failed one: errno */
	uint64_t bytes, dropped, late;
	unsigned lateness_next;
	int32_t lateness_us[SNAPSHOT_LATENESS];
};

/*
 * Main thread.  Returns 0 and an output that is not linked into any engine yet; -EINVAL, -EMSGSIZE
 * (sbc_stream.h), -ENOMEM, or what the socket says.  On failure the fd stays the caller's.
 */
int output_new(struct output **ret_output, uint32_t id, const struct output_config *config,
               const struct reader_filter *filter);

/* Main thread, when the engine has let go of it.  Closes the fd. */
void output_free(struct output *output);

/*
 * Engine thread, once, before the first step: the stream begins at the next instant that has a phase of its own
 * among `others`, of which those count that share its air and have begun.
 */
void output_start(struct output *output, struct output *const *others, uint32_t count,
                  const struct group_clock *clock, int64_t now);

/*
 * Engine thread: sends what is due.  Returns when to call again; INT64_MAX once its fate is decided.
 */
int64_t output_step(struct output *output, const struct timeline *timeline,
                    const struct group_clock *clock, int64_t now);

/* Engine thread: the speaker's latency is another than it was thought to be.  As in output_config. */
void output_set_slack(struct output *output, int64_t slack_ns, int64_t queue_ns);

/*
 * SBC frames in a packet of a stream that has only the lead, in frames of the group; ratio: of the group's rate to
 * the stream's.
 */
unsigned output_frames_even(const struct sbc_config *config, size_t mtu, int64_t lead,
                            double ratio);

/* The delay, in frames of the group, at which a full packet of that bitpool is there when it is due. */
int64_t output_frames_wait(const struct sbc_config *config, size_t mtu, unsigned bitpool,
                           int64_t lead, double ratio);

/* Engine thread: how far beyond the group's clock this output needs the timeline to reach. */
int64_t output_ahead(const struct output *output);

/* Engine thread; or the main thread, when the engine has let go of it. */
void output_show(const struct output *output, const struct timeline *timeline, int64_t now,
                 struct output_snapshot *shown);

#endif
