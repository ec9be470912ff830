/* SPDX-License-Identifier: MIT */
/* engine/: sound in, packets out, judged by what the speakers' DACs let a room hear. */
#include "tests/helpers/test.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "engine/phase.h"
#include "tests/helpers/room.h"
#include "tests/helpers/tone.h"

#define MS ROOM_MS
#define SECOND ROOM_SECOND

/* Place in the sound at a moment of the recording, for a speaker that must be playing well. */
static int64_t place(const struct room *room, int speaker, int64_t at)
{
	double snr;
	int64_t found = room_find(room, speaker, at, &snr);
	assert_true(found >= 0);
	assert_true(snr > 35);
	return found;
}

/* To the sample; a speaker that started at another time may round its first one the other way. */
static void assert_in_step(const struct room *room, int64_t at)
{
	int64_t first = place(room, 0, at);
	for (int i = 1; i < room->count; i++)
		assert_in_range(place(room, i, at) - first + 1, 0, 2);
}

static int64_t frames(int64_t ns)
{
	return ns * ROOM_RATE / SECOND;
}

/* Latencies in whole frames, so that "in step" can be asked to the sample. */
static int64_t latency(int64_t frame_count)
{
	return (frame_count * SECOND + ROOM_RATE - 1) / ROOM_RATE;
}

static void speakers_play_in_step(void **state)
{
	(void)state;
	struct room *room = room_new(6);
	static const int64_t lag[] = {8000, 4000, 12000, 9999};
	static const enum dac_kind kinds[] = {DAC_FIFO, DAC_CONCEAL, DAC_RTP, DAC_FIFO};
	static const uint16_t mtus[] = {672, 895, 1021, 672};
	for (int i = 0; i < 4; i++)
		room_add(room, kinds[i], latency(lag[i]), 12000 - lag[i], mtus[i]);
	room_run(room, 4 * SECOND);
	assert_in_step(room, 2 * ROOM_RATE);
	assert_in_step(room, 3 * ROOM_RATE + 1234);
	for (int i = 0; i < 4; i++) {
		const struct output_snapshot *shown =
		    snapshot_output(engine_snapshot(room->engine), room->speakers[i].id);
		assert_int_equal(shown->late, 0);
		assert_int_equal(shown->dropped, 0);
		assert_int_equal(dac_counters(room->speakers[i].dac)->underruns, 0);
		assert_int_equal(dac_counters(room->speakers[i].dac)->bad, 0);
	}
	room_free(room);
}

static void nothing_is_missing(void **state)
{
	(void)state;
	struct room *room = room_new(12);
	room_add(room, DAC_FIFO, latency(6000), 0, 672);
	room_run(room, 10 * SECOND);
	int64_t at = 7 * ROOM_RATE, first = place(room, 0, at);
	for (; at < 9 * ROOM_RATE; at += 2000)
		assert_int_equal(place(room, 0, at) - first, at - 7 * ROOM_RATE);
	room_free(room);
}

static void same_level_everywhere(void **state)
{
	(void)state;
	struct room *room = room_new(4);
	for (int i = 0; i < 5; i++)
		room_add(room, DAC_FIFO, latency(5000), 0, 672);
	room_run(room, 3 * SECOND);
	double power[5] = {0};
	for (int i = 0; i < 5; i++)
		for (int64_t at = ROOM_RATE; at < 2 * ROOM_RATE; at++)
			power[i] += pow(room->speakers[i].heard[at].left, 2);
	for (int i = 1; i < 5; i++)
		assert_true(fabs(10 * log10(power[i] / power[0])) < 0.01);
	room_free(room);
}

static void outputs_of_one_adapter_are_staggered(void **state)
{
	(void)state;
	static const struct {
		double share;
		uint32_t count;
		double at[7];
	} cases[] = {
	    {0.16, 7, {0, 2 / 6.0, 4 / 6.0, 1 / 6.0, 3 / 6.0, 5 / 6.0, 1 / 12.0}},
	    {0.26, 4, {0, 2 / 6.0, 4 / 6.0, 0.26}}, /* it waits for nobody */
	    {0.215, 4, {0, 2 / 6.0, 4 / 6.0, 0.215}},
	    {0.6, 3, {0, 0.6, 0.3}}, /* nowhere is air */
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct phase_taken taken[7];
		for (uint32_t k = 0; k < cases[i].count; k++) {
			taken[k].at = phase_pick(taken, k, cases[i].share);
			taken[k].share = cases[i].share;
			if (fabs(taken[k].at - cases[i].at[k]) > 1e-9)
				fail_msg("share %g: number %u at %g", cases[i].share, k,
				         taken[k].at);
		}
	}
	/* a place that became free is taken again; one beside a packet that is dearer is not */
	const struct phase_taken left[] = {{0, 0.16}, {4 / 6.0, 0.16}, {1 / 6.0, 0.16}};
	assert_near(phase_pick(left, 3, 0.16), 2 / 6.0, 1e-9);
	const struct phase_taken dear[] = {{0, 0.26}, {2 / 6.0, 0.2}, {4 / 6.0, 0.3}};
	assert_near(phase_pick(dear, 3, 0.16), 2 / 6.0 + 0.2, 1e-9);
}

static void joining_and_leaving_leaves_others_untouched(void **state)
{
	(void)state;
	struct frame *heard[2];
	struct room *rooms[2];
	for (int run = 0; run < 2; run++) {
		struct room *room = rooms[run] = room_new(8);
		room_add(room, DAC_FIFO, latency(9000), 0, 672);
		room_add(room, DAC_RTP, latency(5000), 4000, 672);
		room_run(room, 2 * SECOND);
		if (run)
			room_add(room, DAC_FIFO, latency(7000), 2000, 672);
		room_run(room, 2 * SECOND);
		if (run) {
			struct output_delay delay = {
			    room->speakers[1].id, 4000 + 1543, 0, 0, false, 0};
			engine_set_delays(room->engine, &delay, 1);
			engine_set_mix(room->engine, room->speakers[1].id,
			               mix_matrix_of(MIX_LEFT, 1));
			engine_remove_output(room->engine, room->speakers[2].id);
		}
		room_run(room, 3 * SECOND);
		heard[run] = room->speakers[0].heard;
	}
	assert_memory_equal(heard[0], heard[1], 6 * ROOM_RATE * sizeof(struct frame));
	room_free(rooms[0]);
	room_free(rooms[1]);
}

static void fill_tone(struct frame *out, int64_t from, uint32_t count)
{
	tone_fill(out, from, count, 300, ROOM_RATE, 0.5);
}

static void nudge_neither_clicks_nor_drops(void **state)
{
	(void)state;
	static const int64_t nudges[] = {44, 441, 1543, -44, -441};
	struct room *room = room_new(20);
	room->fill = fill_tone;
	room_add(room, DAC_FIFO, latency(9000), 3000, 672);
	room_run(room, 2 * SECOND);
	int64_t delay = 3000;
	for (size_t i = 0; i < COUNT(nudges); i++) {
		delay += nudges[i];
		struct output_delay order = {room->speakers[0].id, (uint32_t)delay, 0, 0, false, 0};
		engine_set_delays(room->engine, &order, 1);
		room_run(room, 2 * SECOND);
	}
	double own = 2 * M_PI * 300 / ROOM_RATE * 0.5;
	double step = largest_step(room->speakers[0].heard + ROOM_RATE, 10 * ROOM_RATE);
	assert_true(step < own * 1.1);
	assert_int_equal(dac_counters(room->speakers[0].dac)->underruns, 0);
	assert_int_equal(dac_counters(room->speakers[0].dac)->missing_packets, 0);
	assert_int_equal(engine_snapshot(room->engine)->outputs[0].delay, delay);
	room_free(room);
}

/* What a speaker gets that has only the lead, and where there is air every other one, too. */
static void even_packets_are_as_long_as_the_lead(void **state)
{
	(void)state;
	static const uint8_t bytes[SBC_CONFIG_BYTES] = {0x21, 0x15, 2, 53};
	struct sbc_config config;
	assert_int_equal(sbc_config_parse(&config, bytes, sizeof(bytes)), 0);
	assert_int_equal(output_frames_even(&config, 672, frames(16 * MS), 1), 5);
	assert_int_equal(output_frames_even(&config, 1021, frames(16 * MS), 1), 5);
	assert_int_equal(output_frames_even(&config, 1021, frames(13 * MS), 1), 4);
	assert_int_equal(output_frames_even(&config, 1021, frames(25 * MS), 1), 8);
	assert_int_equal(output_frames_even(&config, 1021, 0, 1), 1);
}

static void nudge_moves_by_what_it_says(void **state)
{
	(void)state;
	struct room *room = room_new(12);
	room_add(room, DAC_FIFO, latency(9000), 2000, 672);
	room_add(room, DAC_FIFO, latency(9000), 2000, 672);
	room_run(room, 3 * SECOND);
	assert_in_step(room, 2 * ROOM_RATE);
	struct output_delay order = {room->speakers[1].id, 2000 + 441, 0, 0, false, 0};
	engine_set_delays(room->engine, &order, 1);
	room_run(room, 3 * SECOND);
	int64_t at = 5 * ROOM_RATE;
	assert_int_equal(place(room, 0, at) - place(room, 1, at), 441);
	room_free(room);
}

static void short_outage_is_caught_up(void **state)
{
	(void)state;
	struct room *room = room_new(10);
	for (int kind = DAC_FIFO; kind <= DAC_RTP; kind++)
		room_add(room, (enum dac_kind)kind, latency(9000), 0, 672);
	room_run(room, 2 * SECOND);
	for (int i = 0; i < 3; i++)
		room->speakers[i].deaf = true;
	room_run(room, 70 * MS);
	for (int i = 0; i < 3; i++)
		room->speakers[i].deaf = false;
	room_run(room, 3 * SECOND);
	assert_in_step(room, 2 * ROOM_RATE + 2000); /* through the outage, too */
	assert_in_step(room, 4 * ROOM_RATE);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(room->speakers[i].stalled, 0);
		assert_int_equal(dac_counters(room->speakers[i].dac)->underruns, 0);
	}
	room_free(room);
}

static void long_outage_ends_in_a_restart_in_place(void **state)
{
	(void)state;
	struct room *room = room_new(12);
	for (int kind = DAC_FIFO; kind <= DAC_RTP; kind++)
		room_add(room, (enum dac_kind)kind, latency(9000), 0, 672);
	room_add(room, DAC_FIFO, latency(9000), 0, 672); /* the one that stays well */
	room_run(room, 2 * SECOND);
	for (int i = 0; i < 3; i++)
		room->speakers[i].deaf = true;
	room_run(room, 1000 * MS);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(room->speakers[i].stalled, 1);
		assert_int_equal(room->speakers[i].removed, 1);
		room->speakers[i].deaf = false;
		dac_stop(room->speakers[i].dac);
		room_connect(room, i, 0, 672);
	}
	room_run(room, 4 * SECOND);
	assert_in_step(room, 6 * ROOM_RATE);
	assert_int_equal(dac_counters(room->speakers[3].dac)->underruns, 0);
	assert_true(room->speakers[3].spacing_worst < 20 * MS);
	room_free(room);
}

static const struct output_snapshot *shown_of(struct room *room, int speaker)
{
	return snapshot_output(engine_snapshot(room->engine), room->speakers[speaker].id);
}

/* Whatever the outage and the speaker: it is caught up, or the stream is started anew, in place. */
static void no_outage_leaves_a_speaker_out_of_place(void **state)
{
	(void)state;
	for (int outage = 10; outage <= 250; outage += 40) {
		struct room *room = room_new(7);
		room_add(room, DAC_FIFO, latency(9000), 0, 672); /* the one that stays well */
		room->slack_ns = 50 * MS;
		for (int kind = DAC_FIFO; kind <= DAC_RTP; kind++)
			room_add(room, (enum dac_kind)kind, latency(4410), 4590, 672);
		room_run(room, 2 * SECOND);
		for (int i = 1; i < 4; i++)
			room->speakers[i].deaf = true;
		room_run(room, outage * MS);
		for (int i = 1; i < 4; i++) {
			room->speakers[i].deaf = false;
			if (!room->speakers[i].removed)
				continue;
			dac_stop(room->speakers[i].dac);
			room_connect(room, i, 4590, 672);
		}
		room_run(room, 3 * SECOND);
		assert_in_step(room, 4 * ROOM_RATE);
		for (int i = 1; i < 4; i++) {
			assert_int_equal(room->speakers[i].stalled, outage > 70);
			if (outage < 70)
				assert_int_equal(dac_counters(room->speakers[i].dac)->underruns, 0);
		}
		room_free(room);
	}
}

static void queue_lowers_the_bitpool_before_anything_is_given_up(void **state)
{
	(void)state;
	struct frame *heard[2];
	struct room *rooms[2];
	for (int run = 0; run < 2; run++) {
		struct room *room = rooms[run] = room_new(40);
		room_add(room, DAC_FIFO, latency(9000), 0, 672);
		room_add(room, DAC_FIFO, latency(9000), 0, 672);
		room_run(room, 2 * SECOND);
		assert_int_equal(shown_of(room, 1)->bitpool, 53);
		for (int i = 0; i < 3 && run; i++) {
			room->speakers[1].deaf = true;
			room_run(room, 45 * MS);
			room->speakers[1].deaf = false;
			room_run(room, 100 * MS);
		}
		if (run) {
			assert_true(shown_of(room, 1)->lowered);
			assert_true(shown_of(room, 1)->bitpool <= 40);
		}
		room_run(room, 2 * SECOND);
		assert_in_step(room, 3 * ROOM_RATE);
		room_run(room, 32 * SECOND);
		assert_int_equal(shown_of(room, 1)->bitpool, 53);
		assert_int_equal(shown_of(room, 1)->dropped, 0);
		assert_int_equal(dac_counters(room->speakers[1].dac)->underruns, 0);
		assert_in_step(room, 35 * ROOM_RATE);
		heard[run] = room->speakers[0].heard;
	}
	assert_memory_equal(heard[0], heard[1], 35 * ROOM_RATE * sizeof(struct frame));
	/* back in its phase, a third of a packet from the other's */
	int64_t apart = rooms[1]->speakers[1].last_arrival - rooms[1]->speakers[0].last_arrival;
	double third = 640e3 / ROOM_RATE / 3;
	double turns = fabs((double)apart) / 1e6 / third;
	assert_near(fmin(turns, 3 - turns), 1, 0.03);
	room_free(rooms[0]);
	room_free(rooms[1]);
}

static void one_channel_is_sent_in_fewer_bytes(void **state)
{
	(void)state;
	struct room *room = room_new(8);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room_add(room, DAC_FIFO, latency(9000), 0, 1021);
	room_run(room, 2 * SECOND);
	for (int i = 0; i < 2; i++)
		engine_set_mix(room->engine, room->speakers[i].id, mix_matrix_of(MIX_LEFT, 0.5f));
	room_run(room, SECOND);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(shown_of(room, i)->bitpool, SBC_CONFIG_ONE_CHANNEL);
		assert_false(shown_of(room, i)->lowered);
		assert_int_equal(shown_of(room, i)->late, 0);
	}
	assert_int_equal(shown_of(room, 0)->packet_samples, 8 * 128);
	engine_set_mix(room->engine, room->speakers[0].id, mix_matrix_of(MIX_STEREO, 1));
	engine_set_mix(room->engine, room->speakers[1].id, mix_matrix_of(MIX_STEREO, 1));
	room_run(room, 4 * SECOND);
	assert_int_equal(shown_of(room, 0)->bitpool, 53);
	assert_in_step(room, 5 * ROOM_RATE);
	assert_int_equal(dac_counters(room->speakers[0].dac)->underruns, 0);
	room_free(room);
}

static void dead_socket_is_reported(void **state)
{
	(void)state;
	struct room *room = room_new(4);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room_run(room, SECOND);
	close(room->speakers[0].fd);
	room->speakers[0].fd = -1;
	room_run(room, SECOND);
	assert_int_equal(room->speakers[0].failed, 1);
	assert_int_equal(room->speakers[0].removed, 1);
	room_free(room);
}

static void source_may_be_late_within_the_patience(void **state)
{
	(void)state;
	struct room *room = room_new(10);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room_run(room, 3 * SECOND);
	room->block_delay = 45 * MS; /* the lead is 25 ms, and a packet 14.5 */
	room_run(room, 200 * MS);
	room->block_delay = 0;
	room_run(room, 4 * SECOND);
	assert_int_equal(engine_snapshot(room->engine)->source.xruns, 0);
	assert_int_equal(engine_snapshot(room->engine)->source.epochs, 1);
	assert_int_equal(place(room, 0, 6 * ROOM_RATE) - place(room, 0, 5 * ROOM_RATE), ROOM_RATE);
	assert_int_equal(dac_counters(room->speakers[0].dac)->underruns, 0);
	room_free(room);
}

/* Nobody wakes the engine when a block has come: for one that is due it looks again soon. */
static void late_sound_is_looked_for_soon(void **state)
{
	(void)state;
	struct room *room = room_new(10);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room_run(room, 3 * SECOND);
	room->block_delay = 45 * MS;
	room_run(room, 30 * MS);
	int64_t next = engine_step(room->engine, room->now);
	assert_in_range(next - room->now, 1, OUTPUT_AWAIT_NS);
	room_free(room);
}

static void source_comes_and_goes(void **state)
{
	(void)state;
	struct room *room = room_new(14);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room_add(room, DAC_RTP, latency(4000), 5000, 672);
	room_run(room, 2 * SECOND);
	for (int round = 0; round < 3; round++) {
		room->plays = false;
		inlet_finish(engine_inlet(room->engine));
		room_run(room, SECOND);
		room->plays = true;
		room_restart_source(room, round == 1 ? 1 << 20 : 0); /* PipeWire starts over */
		room_run(room, 2 * SECOND);
	}
	room_run(room, 2 * SECOND);
	assert_in_step(room, 11 * ROOM_RATE);
	const struct snapshot *shown = engine_snapshot(room->engine);
	assert_int_equal(shown->source.epochs, 4);
	for (int i = 0; i < 2; i++) {
		assert_true(room->speakers[i].spacing_worst < 20 * MS); /* the streams never stop */
		assert_int_equal(dac_counters(room->speakers[i].dac)->underruns, 0);
		double step = largest_step(room->speakers[i].heard, 12 * ROOM_RATE);
		assert_true(step < 0.3); /* noise over 8 frames: 2 * 0.5 / 8, and the seams */
	}
	room_free(room);
}

static void fill_late_tone(struct frame *out, int64_t from, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		double place = (double)(from + i);
		float value = place < 400 ? 0 : 0.5f * (float)cos((place - 400) * 2 * M_PI / 100);
		out[i] = (struct frame){value, value};
	}
}

/* PipeWire hands in silence first, and in the middle of a block the sound begins, at its height. */
static void sound_that_breaks_in_does_not_click(void **state)
{
	(void)state;
	struct room *room = room_new(4);
	room->fill = fill_late_tone;
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room_run(room, 2 * SECOND);
	double own = 0.5 * 2 * M_PI / 100;
	assert_true(largest_step(room->speakers[0].heard, ROOM_RATE) < own * 1.5);
	room_free(room);
}

/*
 * PipeWire 0.3.65's jitter buffer settles, a speaker's stream starts anew meanwhile: it is where the other is,
 * to the frame, then and later.
 */
static void settling_source_puts_nobody_out_of_place(void **state)
{
	(void)state;
	struct room *room = room_new(50);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room->source_ppm = 1500;
	room_run(room, 9 * SECOND);
	room->source_ppm = 300;
	room_run(room, 9 * SECOND);
	room->source_ppm = 0;
	engine_remove_output(room->engine, room->speakers[1].id);
	room_run(room, SECOND);
	dac_stop(room->speakers[1].dac);
	room_connect(room, 1, 0, 672);
	room_run(room, 4 * SECOND);
	assert_in_step(room, 22 * ROOM_RATE);
	room_run(room, 24 * SECOND); /* it has settled, and been put where it belongs */
	assert_in_step(room, 46 * ROOM_RATE);
	room_free(room);
}

static void silent_source_is_given_up(void **state)
{
	(void)state;
	struct room *room = room_new(8);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room_run(room, 2 * SECOND);
	room->plays = false; /* no last word, as when its program crashes */
	room_run(room, 2 * SECOND);
	assert_false(engine_snapshot(room->engine)->source.live);
	assert_int_equal(room->speakers[0].stalled, 0);
	assert_int_equal(dac_counters(room->speakers[0].dac)->underruns, 0);
	assert_true(engine_snapshot(room->engine)->outputs[0].late < 40);
	room_free(room);
}

static void fill_silence(struct frame *out, int64_t from, uint32_t count)
{
	(void)from;
	memset(out, 0, count * sizeof(*out));
}

static void source_clock_is_followed(void **state)
{
	(void)state;
	static const double ppms[] = {150, -150};
	for (size_t i = 0; i < COUNT(ppms); i++) {
		struct room *room = room_new(1);
		room->fill = fill_silence;
		room->source_ppm = ppms[i];
		room_run(room, 120 * SECOND);
		int64_t lead = engine_snapshot(room->engine)->source.lead;
		room_run(room, 1800 * SECOND);
		const struct source_snapshot *source = &engine_snapshot(room->engine)->source;
		assert_near(source->ppm, ppms[i], 2);
		assert_true(labs(source->lead - lead) <
		            600); /* a quantum: it was caught in mid-air */
		assert_int_equal(source->xruns, 0);
		room_free(room);
	}
}

/* As PipeWire's bluez_input does it at its start: much too fast until its jitter buffer has settled. */
static void settling_source_is_anchored_anew(void **state)
{
	(void)state;
	struct room *room = room_new(25);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room->source_ppm = 1500;
	room_run(room, 9 * SECOND);
	room->source_ppm = 0;
	room_run(room, 11 * SECOND);
	const struct snapshot *shown = engine_snapshot(room->engine);
	assert_true(shown->source.lead <
	            frames(25 * MS + 12 * MS + 6 * MS)); /* lead, block, wander */
	assert_int_equal(shown->source.epochs, 1);
	/* what was too much did not go into the speaker: it was sent 20 seconds, to the packet */
	int64_t sent = (int64_t)room->speakers[0].packets * 640 - frames(20 * SECOND);
	assert_in_range(sent + 1000, 1000 - 640, 1000 + 640);
	double step = largest_step(room->speakers[0].heard, 18 * ROOM_RATE);
	assert_true(step < 0.2);
	room_free(room);
}

static void fill_madness(struct frame *out, int64_t from, uint32_t count)
{
	static const float mad[] = {NAN, INFINITY, -INFINITY, 1e30f, -1e30f, 0};
	for (uint32_t i = 0; i < count; i++)
		out[i] = (struct frame){mad[(from + i) % 6], mad[(from + i + 2) % 6]};
}

static void mad_samples_do_not_stay(void **state)
{
	(void)state;
	struct room *room = room_new(25);
	room_add(room, DAC_FIFO, latency(9000), 0, 672);
	room->fill = fill_madness;
	room_run(room, SECOND);
	room->fill = fill_silence;
	room_run(room, 20 * SECOND);
	const struct snapshot *shown = engine_snapshot(room->engine);
	assert_true(shown->source.meter.rms_db[0] == METER_FLOOR_DB);
	assert_true(shown->outputs[0].meter.rms_db[1] == METER_FLOOR_DB);
	assert_true(fabsf(room->speakers[0].heard[19 * ROOM_RATE].left) < 0.001f);
	room_free(room);
}

static void orders_for_nobody_are_harmless(void **state)
{
	(void)state;
	struct room *room = room_new(3);
	struct output_delay delay = {12345, 100, 0, 0, false, 0};
	assert_int_equal(engine_set_delays(room->engine, &delay, 1), 0);
	assert_int_equal(engine_set_mix(room->engine, 12345, mix_matrix_of(MIX_MONO, 1)), 0);
	assert_int_equal(engine_remove_output(room->engine, 12345), 0);
	room_run(room, SECOND);
	assert_int_equal(frames(SECOND), ROOM_RATE);
	room_free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(speakers_play_in_step),
	    cmocka_unit_test(nothing_is_missing),
	    cmocka_unit_test(same_level_everywhere),
	    cmocka_unit_test(outputs_of_one_adapter_are_staggered),
	    cmocka_unit_test(joining_and_leaving_leaves_others_untouched),
	    cmocka_unit_test(nudge_neither_clicks_nor_drops),
	    cmocka_unit_test(even_packets_are_as_long_as_the_lead),
	    cmocka_unit_test(nudge_moves_by_what_it_says),
	    cmocka_unit_test(short_outage_is_caught_up),
	    cmocka_unit_test(long_outage_ends_in_a_restart_in_place),
	    cmocka_unit_test(no_outage_leaves_a_speaker_out_of_place),
	    cmocka_unit_test(queue_lowers_the_bitpool_before_anything_is_given_up),
	    cmocka_unit_test(one_channel_is_sent_in_fewer_bytes),
	    cmocka_unit_test(dead_socket_is_reported),
	    cmocka_unit_test(source_may_be_late_within_the_patience),
	    cmocka_unit_test(late_sound_is_looked_for_soon),
	    cmocka_unit_test(source_comes_and_goes),
	    cmocka_unit_test(sound_that_breaks_in_does_not_click),
	    cmocka_unit_test(silent_source_is_given_up),
	    cmocka_unit_test(source_clock_is_followed),
	    cmocka_unit_test(settling_source_is_anchored_anew),
	    cmocka_unit_test(settling_source_puts_nobody_out_of_place),
	    cmocka_unit_test(mad_samples_do_not_stay),
	    cmocka_unit_test(orders_for_nobody_are_harmless),
	};
	return RUN(tests);
}
