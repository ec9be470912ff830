/* SPDX-License-Identifier: MIT */
/*
 * An hour of everything at once, in virtual time: fades, cuts, speakers switched off and on, the Echo's
 * pauses.  Every twenty seconds somebody listens to all speakers that have been playing for a while: they
 * must be at the same place.  At the end nothing may have grown.
 */
#include "tests/helpers/test.h"

#include <dirent.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/helpers/house.h"

#define SECOND HOUSE_SECOND
#define SPEAKERS 3
#define RATE 44100
#define HEARD (1 << 18) /* a ring: what was heard of late */
#define PERIOD (20 * SECOND)
#define LISTENS (600 * HOUSE_MS)
#define MATCH 4096
#define SHIFT 400
#define SETTLED_MS 4000

#define EVENTS                                                                                     \
	"event = every 20 s .. 60 s stall 30 ms .. 1500 ms\n"                                      \
	"event = every 200 s .. 500 s vanish 3 s .. 20 s\n"                                        \
	"event = every 300 s .. 900 s off 5 s .. 40 s\n"

static const char scenario[] =
    "[world]\nseed = 20\n"
    "[adapter hci0]\naddress = 00:1A:7D:DA:71:13\nshared = yes\n"
    "[adapter hci1]\naddress = 00:1A:7D:DA:71:14\nshared = yes\nflush = no\n"
    "[echo Echo Dot]\nnoise = yes\nquantum = 1024\njitter = 3 ms\n"
    "event = every 150 s .. 400 s pause 1 s .. 9 s\n"
    "[speaker A]\naddress = 00:00:5E:00:53:01\nlatency = 180 ms\nreports = 180 ms\n" EVENTS
    "[speaker B]\naddress = 00:00:5E:00:53:02\nkind = conceal\nlatency = 220 ms\n"
    "reports = 220 ms\nloss = 10 %\nmtu = 1021\n" EVENTS
    "[speaker C]\naddress = 00:00:5E:00:53:03\nadapter = hci1\nkind = rtp\nlatency = 150 ms\n"
    "reports = 150 ms\nmtu = 1021\n" EVENTS;

struct ear {
	float ring[HEARD];
};

static struct ear ears[SPEAKERS];

static void hear(void *user, int64_t at, const struct frame *frames, uint32_t count)
{
	struct ear *ear = user;
	if (at % (PERIOD / SECOND * RATE) > 3 * RATE) /* nothing was decoded: silence */
		return;
	for (uint32_t i = 0; i < count; i++)
		ear->ring[(at + i) % HEARD] = frames[i].left;
}

static float heard_at(const struct ear *ear, int64_t at)
{
	return ear->ring[at % HEARD];
}

/* By how many frames `b` is behind `a` around `at`; SHIFT + 1 where nothing fits. */
static int shift_of(const struct ear *a, const struct ear *b, int64_t at)
{
	double best = 0.7;
	int found = SHIFT + 1;
	for (int shift = -SHIFT; shift <= SHIFT; shift++) {
		double ab = 0, aa = 1e-9, bb = 1e-9;
		for (int64_t i = at; i < at + MATCH; i += 5) {
			float x = heard_at(a, i), y = heard_at(b, i + shift);
			ab += x * y;
			aa += x * x;
			bb += y * y;
		}
		if (ab / sqrt(aa * bb) > best) {
			best = ab / sqrt(aa * bb);
			found = shift;
		}
	}
	return found;
}

/* A speaker that has played without a break until now, and for a while. */
static bool settled(const struct model *model, int speaker)
{
	return model_speaker_plays(&model->speakers[speaker]) &&
	       model->speakers[speaker].state_ms > SETTLED_MS;
}

struct tally {
	int compared, off;
	int worst;
};

/* Compares all that play with the first that does. */
static void listen(struct house *house, struct tally *tally)
{
	const struct model *model = relay_model(house->relay);
	int64_t start = (house->now - 1000 * SECOND) / PERIOD * PERIOD;
	int64_t at = (start + 450 * HOUSE_MS) * RATE / SECOND;
	int first = -1;
	if (model->source.state != MODEL_SOURCE_STREAMING || model->source.state_ms < SETTLED_MS)
		return;
	for (int i = 0; i < SPEAKERS; i++) {
		if (!settled(model, i))
			continue;
		if (first < 0) {
			first = i;
			continue;
		}
		int shift = abs(shift_of(&ears[first], &ears[i], at));
		tally->compared++;
		tally->off += shift > RATE / 1000;
		tally->worst = shift > tally->worst ? shift : tally->worst;
		if (shift > RATE / 1000)
			print_message("%lld s: %s and %s are %d frames apart\n",
			              (long long)(start / SECOND), model->speakers[first].name,
			              model->speakers[i].name, shift);
	}
}

static int descriptors_open(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;
	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

/*
 * Lets the time pass, and listens in each period when all that was decoded in it has been heard, and when
 * whoever was cut off meanwhile has been found out.
 */
static void live(struct house *house, int64_t ns, struct tally *tally)
{
	for (int64_t end = house->now + ns; house->now < end;) {
		int64_t age = (house->now - 1000 * SECOND) % PERIOD;
		house_run(house, PERIOD - age + LISTENS + 1700 * HOUSE_MS);
		listen(house, tally);
	}
}

/* Under a sanitizer everything is five to ten times slower: some minutes must do. */
static int64_t seconds_of_trouble(void)
{
	return flavour_is_slow() ? 400 : 3600;
}

static void an_hour_of_trouble_leaves_nobody_out_of_place(void **state)
{
	(void)state;
	int64_t seconds = seconds_of_trouble();
	struct house *house = house_new(scenario);
	struct tally tally = {0};
	for (int i = 0; i < SPEAKERS; i++) {
		struct device *device = &sim_world(house->sim)->devices[i];
		device->listener = hear;
		device->listener_user = &ears[i];
		dac_sample(device->dac, LISTENS, PERIOD);
	}
	live(house, seconds / 6 * SECOND, &tally);
	size_t memory = mallinfo2().uordblks;
	int descriptors = descriptors_open();
	live(house, seconds * 5 / 6 * SECOND, &tally);
	const struct model *model = relay_model(house->relay);
	print_message("%d comparisons, %d off, worst %d frames\n", tally.compared, tally.off,
	              tally.worst);
	for (int i = 0; i < SPEAKERS; i++)
		print_message("%s: %lld sent, %lld late, %lld dropped, %d stalls, %d reconnects\n",
		              model->speakers[i].name, (long long)model->speakers[i].sent,
		              (long long)model->speakers[i].late,
		              (long long)model->speakers[i].dropped, model->speakers[i].stalls,
		              model->speakers[i].reconnects);
	/* a stream more or less than then, and nothing else */
	assert_in_range(mallinfo2().uordblks, 0, memory + 256 * 1024);
	assert_in_range(descriptors_open(), 0, descriptors + 8);
	assert_true(tally.compared > seconds / 20);
	assert_int_equal(tally.off, 0);
	house_free(house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_hour_of_trouble_leaves_nobody_out_of_place),
	};
	return RUN(tests);
}
