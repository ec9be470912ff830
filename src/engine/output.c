/* SPDX-License-Identifier: MIT */
#include "engine/output.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "a2dp/airtime.h"
#include "engine/phase.h"

/* Packets of another length begin at another part of this one's each time: so many are looked at. */
#define PHASES_EACH 4

static void output_start_silent(struct output *output, struct mix_matrix mix)
{
	mix_init(&output->mix, (struct mix_matrix){0});
	mix_set(&output->mix, mix);
	for (int i = 0; i < SNAPSHOT_LATENESS; i++)
		output->lateness_us[i] = INT32_MIN;
}

int output_new(struct output **ret_output, uint32_t id, const struct output_config *config,
               const struct reader_filter *filter)
{
	struct output *output = calloc(1, sizeof(*output));
	if (!output)
		return -ENOMEM;
	output->id = id;
	output->air = config->air;
	output->lead = config->lead;
	output->even = config->even;
	output->ceiling = config->ceiling;
	output_set_slack(output, config->slack_ns, config->queue_ns);
	int error = sbc_stream_init(&output->stream, config->configuration, config->mtu);
	if (error) {
		free(output);
		return error;
	}
	error = channel_init(&output->channel, config->fd, airtime_packet_bytes(config->mtu));
	if (error) {
		output->channel.fd = -1;
		output_free(output);
		return error;
	}
	congestion_init(&output->congestion, &output->stream.config, config->mtu);
	uint32_t rate = output->stream.config.rate;
	reader_init(&output->reader, filter, (double)config->group_rate / rate,
	            (double)config->delay);
	overlay_player_init(&output->overlay);
	meter_init(&output->meter, rate);
	output_start_silent(output, config->mix);
	*ret_output = output;
	return 0;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	sbc_stream_finish(&output->stream);
	free(output->overlay.overlay);
	if (output->channel.fd >= 0)
		close(output->channel.fd);
	free(output);
}

void output_set_slack(struct output *output, int64_t slack_ns, int64_t queue_ns)
{
	output->slack_ns = slack_ns < OUTPUT_SLACK_MOST ? slack_ns : OUTPUT_SLACK_MOST;
	output->queue_ns = queue_ns && queue_ns < output->slack_ns ? queue_ns : output->slack_ns;
}

/* The bitpool for a link without trouble. */
static unsigned bitpool_ceiling(const struct output *output)
{
	const struct sbc_config *config = &output->stream.config;
	bool alike = config->mode == SBC_CHANNEL_JOINT && mix_is_one_channel(&output->mix);
	unsigned most = alike ? SBC_CONFIG_ONE_CHANNEL : config->bitpool_max;
	if (!output->ceiling || output->ceiling >= most)
		return most;
	return output->ceiling > config->bitpool_min ? output->ceiling : config->bitpool_min;
}

static bool bitpool_lowered(const struct output *output)
{
	return congestion_lowers(&output->congestion, bitpool_ceiling(output));
}

/* SBC frames in a packet of which the source has handed in `there` frames of the group. */
static unsigned frames_within(const struct sbc_config *config, size_t mtu, unsigned bitpool,
                              double there, double ratio)
{
	unsigned most = (unsigned)airtime_packet_frames(config, mtu, bitpool);
	double frames = (there - READER_LOOKAHEAD) / ratio / sbc_config_frame_samples(config);
	return frames >= most ? most : frames < 1 ? 1 : (unsigned)frames;
}

unsigned output_frames_even(const struct sbc_config *config, size_t mtu, int64_t lead, double ratio)
{
	return frames_within(config, mtu, config->bitpool_max, (double)lead, ratio);
}

int64_t output_frames_wait(const struct sbc_config *config, size_t mtu, unsigned bitpool,
                           int64_t lead, double ratio)
{
	double length = (double)airtime_packet_frames(config, mtu, bitpool) *
	                sbc_config_frame_samples(config) * ratio;
	double wait = ceil(length) + READER_LOOKAHEAD - (double)lead;
	return wait > 0 ? (int64_t)wait : 0;
}

/*
 * SBC frames in a full packet: as many as save air, but on a free link no more than the source has handed
 * in by the time they are due.
 */
static unsigned frames_full(const struct output *output)
{
	const struct sbc_stream *stream = &output->stream;
	double delay = output->even ? 0 : fmin(output->reader.delay, output->reader.goal);
	if (bitpool_lowered(output))
		return stream->frames_per_packet;
	return frames_within(&stream->config, stream->mtu, bitpool_ceiling(output),
	                     (double)output->lead + delay, output->reader.ratio);
}

static uint32_t samples_full(const struct output *output)
{
	return frames_full(output) * sbc_config_frame_samples(&output->stream.config);
}

/* Group frames in a full packet. */
static double packet_length(const struct output *output)
{
	return samples_full(output) * output->reader.ratio;
}

/* The group frame at which the next packet is due. */
static double output_place(const struct output *output)
{
	return output->base + (double)output->next * output->reader.ratio;
}

/* The air that one of its packets takes, in group frames. */
static double packet_air(const struct output *output)
{
	const struct sbc_stream *stream = &output->stream;
	double percent = airtime_short_percent(&stream->config, stream->mtu,
	                                       bitpool_ceiling(output), frames_full(output));
	return percent / 100 * packet_length(output);
}

/* When its next packets begin, as parts of packets of that length: where both are of one, all at the same. */
static uint32_t phases_of(const struct output *output, double length, struct phase_taken *taken)
{
	uint32_t count = 0;
	for (; count < PHASES_EACH; count++) {
		double turns = (output_place(output) + count * packet_length(output)) / length;
		double at = turns - floor(turns);
		if (count && fabs(at - taken[0].at) * length < 1)
			break;
		taken[count] = (struct phase_taken){at, packet_air(output) / length};
	}
	return count;
}

void output_start(struct output *output, struct output *const *others, uint32_t count,
                  const struct group_clock *clock, int64_t now)
{
	struct phase_taken taken[ENGINE_OUTPUTS_MAX * PHASES_EACH];
	uint32_t taken_count = 0;
	double length = packet_length(output);
	double frame = group_clock_frame_at(clock, now) + 1;
	for (uint32_t i = 0; i < count; i++)
		if (others[i]->started && others[i]->air == output->air)
			taken_count += phases_of(others[i], length, taken + taken_count);
	output->phase = phase_pick(taken, taken_count, packet_air(output) / length);
	double turn = ceil((frame - output->phase * length) / length);
	output->base = ceil((turn + output->phase) * length);
	output->started = true;
}

static int64_t park(struct output *output, enum output_fate fate, int error)
{
	output->fate = fate;
	output->error = error;
	return INT64_MAX;
}

/* Too late for the speaker: what is due by now is given up. */
static int64_t park_stalled(struct output *output, const struct group_clock *clock, int64_t now)
{
	double behind = group_clock_frame_at(clock, now) - output_place(output);
	output->dropped += (uint64_t)(fmax(behind, 0) / packet_length(output)) + 1;
	return park(output, OUTPUT_STALLED, 0);
}

/*
 * The bitpool for packets of so many frames: up to two less where that saves slots.  Three frames at 53 take
 * five slots, at 51 three.
 */
static unsigned bitpool_that_fits(const struct output *output, unsigned bitpool, unsigned frames)
{
	const struct sbc_stream *stream = &output->stream;
	unsigned slots = sbc_stream_slots(stream, frames, bitpool);
	for (unsigned less = 1; less <= 2 && bitpool > stream->config.bitpool_min + less; less++)
		if (sbc_stream_slots(stream, frames, bitpool - less) < slots)
			return bitpool - less;
	return bitpool;
}

/*
 * SBC frames in the next packet.  The first one after a change of size is cut short, so that the next begins as close
 * to this output's phase as can be: thus an output keeps it among its neighbours.
 */
static unsigned frames_to_phase(const struct output *output, unsigned full)
{
	double frame = sbc_config_frame_samples(&output->stream.config) * output->reader.ratio;
	unsigned best = full;
	double least = 1;
	for (unsigned frames = full; frames > 0; frames--) {
		double turns = (output_place(output) + frames * frame) / (full * frame);
		double off = fabs(turns - output->phase - round(turns - output->phase));
		if (off > least - 1e-3)
			continue;
		least = off;
		best = frames;
	}
	return best;
}

static void packet_size_up(struct output *output, struct channel_queue queue, int64_t now)
{
	unsigned ceiling = bitpool_ceiling(output);
	congestion_feed(&output->congestion, now, queue.waiting, output->queue_ns, ceiling);
	unsigned bitpool = congestion_bitpool(&output->congestion, ceiling);
	if (bitpool != output->stream.bitpool)
		sbc_stream_set_bitpool(&output->stream, bitpool);
	unsigned full = frames_full(output);
	output->next_frames = frames_to_phase(output, full);
	if (full < output->stream.frames_per_packet)
		sbc_stream_set_bitpool(&output->stream, bitpool_that_fits(output, bitpool, full));
}

static uint32_t packet_samples(const struct output *output)
{
	return output->next_frames * sbc_config_frame_samples(&output->stream.config);
}

static int packet_build(struct output *output, const struct timeline *timeline)
{
	uint32_t count = packet_samples(output);
	double place = output_place(output), before = output->reader.delay;
	reader_read(&output->reader, timeline, place, output->frames, count);
	double stretch = (output->reader.delay - before) / count; /* it is on its way elsewhere */
	overlay_apply(&output->overlay, output->frames, count, place - before,
	              output->reader.ratio - stretch);
	mix_apply(&output->mix, output->frames, count);
	meter_feed(&output->meter, output->frames, count);
	ssize_t size =
	    sbc_stream_encode(&output->stream, output->frames, output->next_frames, output->packet);
	if (size < 0)
		return (int)size;
	output->packet_size = (size_t)size;
	return 0;
}

static void packet_account(struct output *output, int64_t lateness)
{
	output->bytes += output->packet_size;
	output->next += packet_samples(output);
	output->packet_size = 0;
	if (lateness >= OUTPUT_LATE_NS)
		output->late++;
	output->lateness_us[output->lateness_next++ % SNAPSHOT_LATENESS] =
	    (int32_t)(lateness / 1000);
}

/* The packet that is due.  Returns 0 when it is gone, -ENODATA where its audio is not there, -EAGAIN where the socket
 * is full, else -errno. */
static int packet_send(struct output *output, const struct timeline *timeline,
                       struct channel_queue queue, int64_t due, int64_t now)
{
	if (!output->packet_size) {
		packet_size_up(output, queue, now);
		int64_t needs =
		    reader_needs(&output->reader, output_place(output), packet_samples(output));
		if (needs > timeline->end)
			return -ENODATA;
		if (packet_build(output, timeline) < 0)
			return -EIO;
		output->sound_ns = output->lacks ? now : output->sound_ns;
		output->lacks = false;
	}
	int64_t could = due > output->sound_ns ? due : output->sound_ns;
	int error = channel_send(&output->channel, output->packet, output->packet_size, could, now);
	if (!error)
		packet_account(output, now - due);
	return error;
}

int64_t output_step(struct output *output, const struct timeline *timeline,
                    const struct group_clock *clock, int64_t now)
{
	if (output->fate != OUTPUT_PLAYS)
		return INT64_MAX;
	for (;;) {
		int64_t due = group_clock_time_of(clock, output_place(output));
		if (due > now)
			return due;
		struct channel_queue queue = channel_look(&output->channel, now);
		if (now - due > output->slack_ns || queue.late > output->queue_ns)
			return park_stalled(output, clock, now);
		int error = packet_send(output, timeline, queue, due, now);
		output->lacks |= error == -ENODATA;
		if (error == -ENODATA)
			return now + OUTPUT_AWAIT_NS;
		if (error == -EAGAIN)
			return now + OUTPUT_RETRY_NS;
		if (error)
			return park(output, OUTPUT_FAILED, -error);
	}
}

int64_t output_ahead(const struct output *output)
{
	double least = fmin(output->reader.delay, output->reader.goal);
	return (int64_t)ceil(packet_length(output) - least) + READER_LOOKAHEAD;
}

void output_show(const struct output *output, const struct timeline *timeline, int64_t now,
                 struct output_snapshot *shown)
{
	struct channel_queue queue = channel_look(&output->channel, now);
	*shown = (struct output_snapshot){
	    .id = output->id,
	    .parked = output->fate != OUTPUT_PLAYS,
	    .bitpool = output->stream.bitpool,
	    .lowered = bitpool_lowered(output),
	    .packet_bytes = (uint16_t)sbc_stream_bytes(&output->stream, frames_full(output)),
	    .packet_samples = samples_full(output),
	    .delay = (int64_t)output->reader.delay,
	    .stock = timeline->end - (int64_t)(output_place(output) - output->reader.delay),
	    .queued = queue.packets,
	    .waiting_ns = queue.waiting,
	    .sent = output->channel.sent,
	    .bytes = output->bytes,
	    .dropped = output->dropped,
	    .late = output->late,
	    .meter = meter_read(&output->meter),
	};
	for (int i = 0; i < SNAPSHOT_LATENESS; i++)
		shown->lateness_us[i] = output->lateness_us[i];
}
