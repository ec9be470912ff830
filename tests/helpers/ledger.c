/* SPDX-License-Identifier: MIT */
#include "tests/helpers/ledger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE WORLD_AXIS_RATE
#define RING (1 << 18) /* frames: 5.9 s */
#define SLOT 441       /* frames; of the Echo's sound it is kept when there was some */
#define SLOTS 1024
#define PERIOD (2 * HOUSE_SECOND)
#define LISTENS                                                                                    \
	(90 * HOUSE_MS) /* all that comes then is decoded; of the rest only the length counts */
#define SETTLES (25 * HOUSE_MS)  /* the decoder, after what it did not see */
#define CHECKED (700 * HOUSE_MS) /* after the period began: now it has been heard */
#define WINDOW 1500              /* frames */
#define FARTHEST (RATE * 3 / 2)  /* from the Echo to the ear */
#define IN_PLACE (RATE / 500)    /* 2 ms: an arrival on the air is as uncertain */
#define ALIKE 0.65               /* of noise that went through SBC at a small bitpool */
#define BREAK (RATE * 3 / 10)
#define SOUND (5 * RATE)
#define AFTER (5 * HOUSE_SECOND)
#define LONG_FADE HOUSE_SECOND
#define GLITCHES 65536

struct ear {
	struct ledger *ledger;
	struct device *device;
	struct ledger_account account;
	float heard[RING];
	uint64_t sounded;   /* as last seen */
	int64_t bad_at;     /* the last frame of the axis that was not due, or missing */
	int64_t pending;    /* frames that were heard, and whose place is not yet known */
	int64_t gap, clean; /* frames lost in this glitch; unbroken ones since */
	int64_t faded_until;
	int cause;
	int64_t cause_until;
	int64_t due, lost, misplaced, lost_by[LEDGER_CAUSES]; /* frames */
	float *glitches;                                      /* their lengths, s */
	int64_t glitch_count;
};

struct ledger {
	struct house *house;
	struct world *world;
	int count;
	int64_t way; /* from the Echo to the ears, frames; −1: not known yet */
	float played[RING];
	int64_t played_slots[SLOTS];
	struct ear ears[LEDGER_SPEAKERS];
};

const char *ledger_cause_name(int cause)
{
	if (cause == LEDGER_START)
		return "start";
	if (cause == LEDGER_NEIGHBOUR)
		return "neighbour";
	return cause == LEDGER_NONE ? "unknown" : scenario_action_name((enum scenario_action)cause);
}

/* --- what the Echo played -------------------------------------------------------------------------- */

static int64_t frame_of(const struct ledger *ledger, int64_t ns)
{
	return (int64_t)llround((double)(ns - ledger->world->start) * RATE / 1e9);
}

static void on_played(void *user, int64_t ns, const struct frame *frames, uint32_t count)
{
	struct ledger *ledger = user;
	int64_t at = frame_of(ledger, ns);
	for (uint32_t i = 0; i < count; i++)
		ledger->played[(at + i) % RING] = frames[i].left;
	for (int64_t slot = at / SLOT; slot <= (at + count) / SLOT; slot++)
		ledger->played_slots[slot % SLOTS] = slot;
}

static bool was_played(const struct ledger *ledger, int64_t at)
{
	int64_t slot = at / SLOT;
	return at >= 0 && ledger->played_slots[slot % SLOTS] == slot;
}

/* --- what is lost, and why ------------------------------------------------------------------------- */

/* Is it meant, or its adapter, or everybody? */
static bool is_concerned(const struct ledger *ledger, const struct device *device,
                         const struct scenario_event *event)
{
	if (event->action == ACTION_UNPLUG || event->action == ACTION_BURST)
		return device->adapter == &ledger->world->adapters[event->subject];
	return event->subject < 0 || device->index == event->subject;
}

static bool is_neighbour(const struct ledger *ledger, const struct device *device,
                         const struct scenario_event *event)
{
	bool away = event->action == ACTION_STALL || event->action == ACTION_VANISH ||
	            event->action == ACTION_OFF;
	return away && ledger->world->devices[event->subject].adapter == device->adapter;
}

static void on_event(void *user, const struct scenario_event *event, int64_t lasts)
{
	struct ledger *ledger = user;
	int64_t until = ledger->world->now + lasts;
	for (int i = 0; i < ledger->count; i++) {
		struct ear *ear = &ledger->ears[i];
		bool concerned = is_concerned(ledger, ear->device, event);
		bool neighbour = !concerned && ear->cause == LEDGER_NONE &&
		                 is_neighbour(ledger, ear->device, event);
		if (concerned && event->action == ACTION_STALL && lasts >= LONG_FADE)
			ear->faded_until = until;
		/* what it has not got over yet is still the reason */
		if (!(concerned || neighbour) || ear->gap || !ear->device->reachable ||
		    ear->device->taken)
			continue;
		ear->clean = 0;
		ear->cause = concerned ? (int)event->action : LEDGER_NEIGHBOUR;
		ear->cause_until = until + AFTER;
	}
}

static bool in_reach(const struct ear *ear)
{
	const struct device *device = ear->device;
	return device->reachable && !device->taken && device->world->now >= ear->faded_until;
}

static void glitch_end(struct ear *ear)
{
	if (ear->gap && ear->glitch_count < GLITCHES)
		ear->glitches[ear->glitch_count++] = (float)ear->gap / RATE;
	ear->gap = 0;
}

static void lose(struct ear *ear, int64_t frames)
{
	ear->lost += frames;
	ear->lost_by[ear->cause] += frames;
	ear->gap += frames;
	ear->clean = 0;
}

static void sound(struct ear *ear, int64_t frames)
{
	ear->pending += frames;
	ear->clean += frames;
	if (ear->clean > BREAK)
		glitch_end(ear);
	if (ear->clean > SOUND && ear->device->world->now > ear->cause_until)
		ear->cause = LEDGER_NONE;
}

static void on_heard(void *user, int64_t at, const struct frame *frames, uint32_t count)
{
	struct ear *ear = user;
	struct ledger *ledger = ear->ledger;
	uint64_t sounded = dac_counters(ear->device->dac)->sounded;
	int64_t heard = (int64_t)(sounded - ear->sounded);
	int64_t way = ledger->way >= 0 ? ledger->way : RATE / 4;
	ear->sounded = sounded;
	for (uint32_t i = 0; i < count; i++)
		ear->heard[(at + i) % RING] = frames[i].left;
	bool due = in_reach(ear) && was_played(ledger, at - way) &&
	           was_played(ledger, at + count - way);
	if (!due || heard < count)
		ear->bad_at = at + count;
	if (!due) {
		glitch_end(ear);
		return;
	}
	ear->due += count;
	if (heard < count)
		lose(ear, count - heard);
	if (heard == count)
		sound(ear, count);
	else
		ear->pending += heard;
}

/* --- the place of what was heard ------------------------------------------------------------------- */

/* How much what was heard from `at` on is like what the Echo played `way` before, −1..1. */
static double likeness(const struct ledger *ledger, const struct ear *ear, int64_t at, int64_t way,
                       int step)
{
	double xy = 0, xx = 1e-9, yy = 1e-9;
	for (int64_t i = at; i < at + WINDOW; i += step) {
		float x = ear->heard[i % RING], y = ledger->played[(i - way) % RING];
		xy += x * y;
		xx += x * x;
		yy += y * y;
	}
	return xy / sqrt(xx * yy);
}

/* The way within [from, to] that fits; −1: none does. */
static int64_t way_between(const struct ledger *ledger, const struct ear *ear, int64_t at,
                           int64_t from, int64_t to)
{
	double best = ALIKE;
	int64_t found = -1;
	for (int64_t way = from < 0 ? 0 : from; way <= to; way++) {
		if (likeness(ledger, ear, at, way, 8) < ALIKE / 2)
			continue;
		double like = likeness(ledger, ear, at, way, 1);
		if (like > best) {
			best = like;
			found = way;
		}
	}
	return found;
}

static int64_t way_of(const struct ledger *ledger, const struct ear *ear, int64_t at)
{
	int64_t way = -1;
	if (ledger->way >= 0)
		way = way_between(ledger, ear, at, ledger->way - IN_PLACE, ledger->way + IN_PLACE);
	return way >= 0 ? way : way_between(ledger, ear, at, 0, FARTHEST);
}

/* Of several the one that most agree on; all move together when the slowest speaker is another one. */
static int64_t way_of_most(const int64_t *ways, int count, int64_t before)
{
	int64_t most = before;
	int best = 0;
	for (int i = 0; i < count; i++) {
		int votes = 0;
		for (int k = 0; k < count; k++)
			votes += ways[i] >= 0 && ways[k] >= 0 &&
			         llabs(ways[i] - ways[k]) <= IN_PLACE;
		votes = 2 * votes + (ways[i] >= 0 && llabs(ways[i] - before) <= IN_PLACE);
		if (votes > best) {
			best = votes;
			most = ways[i];
		}
	}
	return most;
}

static void place_judge(struct ear *ear, bool right)
{
	ear->account.places_heard++;
	if (!right) {
		int64_t frames = ear->pending;
		ear->account.places_wrong++;
		ear->misplaced += frames;
		lose(ear, frames);
	}
	ear->pending = 0;
}

/* `period` is the frame of the axis at which it began. */
static void places_check(struct ledger *ledger, int64_t period_ns)
{
	int64_t ways[LEDGER_SPEAKERS];
	bool heard[LEDGER_SPEAKERS];
	for (int i = 0; i < ledger->count; i++) {
		struct ear *ear = &ledger->ears[i];
		int64_t latency = ear->device->speaker->dac.latency_ns;
		int64_t at = frame_of(ledger, period_ns + latency + SETTLES);
		heard[i] = ear->bad_at <= at && at > FARTHEST;
		ways[i] = heard[i] ? way_of(ledger, ear, at) : -1;
	}
	ledger->way = way_of_most(ways, ledger->count, ledger->way);
	for (int i = 0; i < ledger->count; i++)
		if (heard[i])
			place_judge(&ledger->ears[i],
			            ways[i] >= 0 && llabs(ways[i] - ledger->way) <= IN_PLACE);
}

void ledger_run(struct ledger *ledger, int64_t ns)
{
	struct house *house = ledger->house;
	int64_t start = ledger->world->start;
	for (int64_t end = house->now + ns; house->now < end;) {
		int64_t period = start + (house->now - start) / PERIOD * PERIOD;
		house_run(house, period + CHECKED - house->now);
		places_check(ledger, period);
		house_run(house, period + PERIOD - house->now);
	}
}

/* --- the books ------------------------------------------------------------------------------------- */

struct ledger *ledger_new(struct house *house)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	struct world *world = sim_world(house->sim);
	ledger->house = house;
	ledger->world = world;
	ledger->way = -1;
	for (int i = 0; i < SLOTS; i++)
		ledger->played_slots[i] = -1;
	for (int i = 0; i < world->device_count && ledger->count < LEDGER_SPEAKERS; i++) {
		struct device *device = &world->devices[i];
		struct ear *ear = &ledger->ears[ledger->count];
		if (!device->speaker)
			continue;
		ledger->count++;
		ear->ledger = ledger;
		ear->device = device;
		ear->account.name = device->name;
		ear->cause = LEDGER_START;
		ear->glitches = calloc(GLITCHES, sizeof(*ear->glitches));
		device->listener = on_heard;
		device->listener_user = ear;
		dac_sample(device->dac, LISTENS, PERIOD);
	}
	world->witness = on_event;
	world->witness_user = ledger;
	echo_watch(world->echo, on_played, ledger);
	return ledger;
}

void ledger_free(struct ledger *ledger)
{
	for (int i = 0; i < ledger->count; i++) {
		ledger->ears[i].device->listener = NULL;
		free(ledger->ears[i].glitches);
	}
	ledger->world->witness = NULL;
	echo_watch(ledger->world->echo, NULL, NULL);
	free(ledger);
}

int ledger_count(const struct ledger *ledger)
{
	return ledger->count;
}

static int compare_lengths(const void *a, const void *b)
{
	float left = *(const float *)a, right = *(const float *)b;
	return (left > right) - (left < right);
}

const struct ledger_account *ledger_account(struct ledger *ledger, int speaker)
{
	struct ear *ear = &ledger->ears[speaker];
	struct ledger_account *account = &ear->account;
	int64_t count = ear->glitch_count;
	account->due_s = (double)ear->due / RATE;
	account->lost_s = (double)ear->lost / RATE;
	account->misplaced_s = (double)ear->misplaced / RATE;
	for (int i = 0; i < LEDGER_CAUSES; i++)
		account->lost_by[i] = (double)ear->lost_by[i] / RATE;
	qsort(ear->glitches, (size_t)count, sizeof(*ear->glitches), compare_lengths);
	account->glitches = count;
	account->recover_median_s = count ? (double)ear->glitches[count / 2] : 0;
	account->recover_worst_s = count ? (double)ear->glitches[count - 1] : 0;
	return account;
}

static void causes_print(const struct ledger_account *account, FILE *file)
{
	fprintf(file, "  %-12s", account->name);
	for (int i = 0; i < LEDGER_CAUSES; i++)
		if (account->lost_by[i] > 0)
			fprintf(file, "  %s %.2f", ledger_cause_name(i), account->lost_by[i]);
	fputc('\n', file);
}

void ledger_print(struct ledger *ledger, FILE *file)
{
	double days = (double)(ledger->house->now - ledger->world->start) / 86400e9;
	fprintf(file, "  %-12s %8s %9s %8s %12s %9s %9s\n", "speaker", "due", "uptime", "lost",
	        "glitches/day", "recover", "worst");
	for (int i = 0; i < ledger->count; i++) {
		const struct ledger_account *account = ledger_account(ledger, i);
		fprintf(file, "  %-12s %6.1f h %7.3f %% %6.1f s %12.1f %7.2f s %7.2f s\n",
		        account->name, account->due_s / 3600,
		        100 * (1 - account->lost_s / fmax(account->due_s, 1e-9)), account->lost_s,
		        (double)account->glitches / days, account->recover_median_s,
		        account->recover_worst_s);
	}
	fprintf(file, "\n  seconds lost, by what had happened\n");
	for (int i = 0; i < ledger->count; i++)
		causes_print(ledger_account(ledger, i), file);
}
