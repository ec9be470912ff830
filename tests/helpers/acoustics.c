/* SPDX-License-Identifier: MIT */
#include "tests/helpers/acoustics.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <fftw3.h>

#include "measure/timebase.h"
#include "measure/sweep.h"

#define SOUND 343.0      /* m/s */
#define EARLY 0.06       /* s: until then every image is there, later a tail of noise */
#define LEAD 0.25        /* s of recording before the sweep is due */
#define RECORDED 2.1     /* s */
#define TAKE_SPACING 8.0 /* s between two takes of one speaker: the others' turns */
#define TRANSFORM (1 << 17)
#define TAPS 16 /* of a fractional delay, to either side */

/* --- chance -------------------------------------------------------------------------------------- */

static double chance(struct acoustics_room *room)
{
	room->random = room->random * 6364136223846793005u + 1442695040888963407u;
	uint64_t x = room->random ^ room->random >> 31;
	return (double)((x * 0x9e3779b97f4a7c15u) >> 11) / 9007199254740992.0;
}

static double between(struct acoustics_room *room, double least, double most)
{
	return least + (most - least) * chance(room);
}

/* Nearly so: four of a kind, which is quicker than the real thing. */
static double gauss(struct acoustics_room *room)
{
	return M_SQRT2 * 1.2247448713915890 *
	       (chance(room) + chance(room) + chance(room) + chance(room) - 2);
}

static double distance(const double a[3], const double b[3])
{
	return sqrt((a[0] - b[0]) * (a[0] - b[0]) + (a[1] - b[1]) * (a[1] - b[1]) +
	            (a[2] - b[2]) * (a[2] - b[2]));
}

struct acoustics_room acoustics_room_random(uint64_t seed, double snr_db)
{
	struct acoustics_room room = {.random = seed * 0x9e3779b97f4a7c15u + 1};
	chance(&room);
	room.size[0] = between(&room, 3, 7.5);
	room.size[1] = between(&room, 2.7, 6);
	room.size[2] = between(&room, 2.3, 3.1);
	do {
		for (int i = 0; i < 3; i++) {
			room.speaker[i] = between(&room, 0.25, room.size[i] - 0.25);
			room.microphone[i] = between(&room, 0.3, room.size[i] - 0.3);
		}
	} while (distance(room.speaker, room.microphone) < 0.5);
	room.rt60 = between(&room, 0.3, 0.8);
	room.delay_ms = between(&room, 0, 800);
	room.snr_db = snr_db;
	room.gain = between(&room, 0.02, 0.5);
	room.speaker_ppm = between(&room, -50, 50);
	room.microphone_ppm = between(&room, -100, 100);
	room.low_hz = between(&room, 60, 300);
	room.high_hz = between(&room, 7000, 18000);
	room.hum = chance(&room) < 0.3 ? between(&room, 0.2, 0.9) : 0;
	room.direct_gain = 1;
	return room;
}

/* --- the room ------------------------------------------------------------------------------------ */

/* An impulse of `height` at a broken place: a windowed sinc. */
static void tap(float *response, uint32_t count, double place, double height)
{
	int64_t middle = (int64_t)floor(place);
	for (int64_t i = middle - TAPS + 1; i <= middle + TAPS; i++) {
		double x = (double)i - place;
		double sinc = fabs(x) < 1e-9 ? 1 : sin(M_PI * x) / (M_PI * x);
		if (i >= 0 && i < count)
			response[i] +=
			    (float)(height * sinc * (0.5 + 0.5 * cos(M_PI * x / (TAPS + 1))));
	}
}

static double image_place(double size, double at, int index)
{
	return index % 2 ? size * (index + 1) - at : size * index + at;
}

/* What the walls leave of the amplitude, by Sabine's formula. */
static double wall(const struct acoustics_room *room)
{
	const double *s = room->size;
	double volume = s[0] * s[1] * s[2];
	double surface = 2 * (s[0] * s[1] + s[1] * s[2] + s[2] * s[0]);
	return sqrt(fmax(0.05, 1 - fmin(0.95, 0.161 * volume / (surface * room->rt60))));
}

static void images(const struct acoustics_room *room, const double microphone[3], float *response,
                   uint32_t count, double rate)
{
	double left = wall(room);
	for (int x = -8; x <= 8; x++)
		for (int y = -8; y <= 8; y++)
			for (int z = -10; z <= 10; z++) {
				double at[3] = {image_place(room->size[0], room->speaker[0], x),
				                image_place(room->size[1], room->speaker[1], y),
				                image_place(room->size[2], room->speaker[2], z)};
				double far = distance(at, microphone);
				int bounces = abs(x) + abs(y) + abs(z);
				double height = bounces ? pow(left, bounces) : room->direct_gain;
				if (far / SOUND < EARLY || !bounces)
					tap(response, count, far / SOUND * rate, height / far);
			}
}

/* Later there are so many that they are noise, of the energy that images of that age have. */
static void tail(struct acoustics_room *room, float *response, uint32_t count, double rate)
{
	double volume = room->size[0] * room->size[1] * room->size[2];
	for (uint32_t i = (uint32_t)(EARLY * rate); i < count; i++) {
		double energy = 4 * M_PI * SOUND / volume / rate *
		                exp(-13.8 * i / rate / room->rt60);
		response[i] += (float)(sqrt(energy) * gauss(room));
	}
}

/* --- the sound ----------------------------------------------------------------------------------- */

/* Second order, Butterworth; a low pass for hz > 0, a high pass for hz < 0. */
static void limit(float *samples, uint32_t count, double hz, double rate)
{
	double k = tan(M_PI * fmin(fabs(hz) / rate, 0.49)), scale = 1 + M_SQRT2 * k + k * k;
	double b0 = hz > 0 ? k * k : 1, b1 = hz > 0 ? 2 * b0 : -2 * b0;
	double a1 = 2 * (k * k - 1), a2 = 1 - M_SQRT2 * k + k * k;
	double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
	for (uint32_t i = 0; i < count; i++) {
		double x = samples[i];
		double y = (b0 * x + b1 * x1 + b0 * x2 - a1 * y1 - a2 * y2) / scale;
		x2 = x1, x1 = x, y2 = y1, y1 = y;
		samples[i] = (float)y;
	}
}

/* Adds the sweep as the microphone's clock sees it, begun at `begins` seconds of true time after it. */
static void play(const struct acoustics_room *room, float *samples, uint32_t count, double begins)
{
	double step = 1 / (ACOUSTICS_RATE * (1 + room->microphone_ppm * 1e-6));
	double speed = 1 + room->speaker_ppm * 1e-6;
	for (uint32_t i = 0; i < count; i++)
		samples[i] += (float)sweep_value((i * step - begins) * speed);
}

static void convolve(float *samples, const float *response)
{
	float complex *a = fftwf_alloc_complex(TRANSFORM), *b = fftwf_alloc_complex(TRANSFORM);
	fftwf_plan plan = fftwf_plan_dft_r2c_1d(TRANSFORM, samples, a, FFTW_ESTIMATE);
	fftwf_plan back = fftwf_plan_dft_c2r_1d(TRANSFORM, a, samples, FFTW_ESTIMATE);
	fftwf_execute(plan);
	fftwf_execute_dft_r2c(plan, (float *)(uintptr_t)response, b);
	for (int i = 0; i <= TRANSFORM / 2; i++)
		a[i] *= b[i] / TRANSFORM;
	fftwf_execute(back);
	fftwf_destroy_plan(plan);
	fftwf_destroy_plan(back);
	fftwf_free(a);
	fftwf_free(b);
}

static double loudness(const float *samples, uint32_t from, uint32_t until)
{
	double sum = 0;
	for (uint32_t i = from; i < until; i++)
		sum += (double)samples[i] * samples[i];
	return sqrt(sum / (until - from));
}

/* Claps and consonants: for a tenth of the time the noise is louder, otherwise it is softer. */
static double burst(struct acoustics_room *room, double now)
{
	double loud = pow(10, room->bursts / 20), goal = chance(room) < 0.1 ? loud : 0.5;
	return chance(room) < 0.001 ? goal : now;
}

/* Half of it white, half of it falling as rooms' noise does, and mains hum. */
static void add_noise(struct acoustics_room *room, float *samples, uint32_t count, double amplitude)
{
	double slow = 0, swell = 1, phase = between(room, 0, 2 * M_PI);
	for (uint32_t i = 0; i < count; i++) {
		slow = 0.98 * slow + 0.2 * gauss(room);
		swell = room->bursts > 0 ? burst(room, swell) : 1;
		double broad = swell * (0.707 * gauss(room) + 0.707 * slow);
		double hum = M_SQRT2 * sin(2 * M_PI * 100 * i / ACOUSTICS_RATE + phase);
		samples[i] += (float)(amplitude *
		                      (sqrt(1 - room->hum * room->hum) * broad + room->hum * hum));
	}
}

/* --- takes --------------------------------------------------------------------------------------- */

/* Seconds after the middle of the session at which a take's sweep is due. */
static double due(int take)
{
	return (take - (ACOUSTICS_TAKES - 1) / 2.0) * TAKE_SPACING;
}

static double begin(const struct acoustics_room *room, int take)
{
	return LEAD + room->delay_ms / 1e3 - room->speaker_ppm * 1e-6 * due(take);
}

float *acoustics_record(struct acoustics_room *room, int take, uint32_t *ret_count)
{
	double rate = ACOUSTICS_RATE * (1 + room->microphone_ppm * 1e-6);
	uint32_t count = (uint32_t)(RECORDED * ACOUSTICS_RATE);
	float *samples = fftwf_alloc_real(TRANSFORM), *response = fftwf_alloc_real(TRANSFORM);
	double microphone[3];
	memcpy(microphone, room->microphone, sizeof(microphone));
	if (take == ACOUSTICS_TAKES - 1)
		microphone[0] += room->moved_m;
	memset(samples, 0, TRANSFORM * sizeof(float));
	memset(response, 0, TRANSFORM * sizeof(float));
	play(room, samples, count, begin(room, take));
	if (room->rival)
		play(room, samples, count, begin(room, take) + between(room, 0.03, 0.2));
	limit(samples, count, -room->low_hz, rate);
	limit(samples, count, room->high_hz, rate);
	uint64_t random = room->random;
	room->random = (uint64_t)(room->size[0] * 1e9); /* the room's tail stays the same */
	images(room, microphone, response, (uint32_t)(rate * room->rt60), rate);
	tail(room, response, (uint32_t)(rate * room->rt60), rate);
	room->random = random;
	convolve(samples, response);
	uint32_t from = (uint32_t)(begin(room, take) * rate);
	double sound = loudness(samples, from, from + (uint32_t)(SWEEP_SECONDS * rate));
	for (uint32_t i = 0; i < count; i++)
		samples[i] *= (float)(room->silent ? 0 : 0.1 * room->gain / sound);
	add_noise(room, samples, count, 0.1 * room->gain * pow(10, -room->snr_db / 20));
	fftwf_free(response);
	*ret_count = count;
	return samples;
}

double acoustics_truth_ms(const struct acoustics_room *room)
{
	/* the sweep's centre lies later than the middle of the session, and so does its delay */
	return room->delay_ms + distance(room->speaker, room->microphone) / SOUND * 1e3;
}

/* The whole session's blocks, with times that jitter. */
static void listen(struct acoustics_room *room, struct timebase *timebase)
{
	double step = 1e9 / (ACOUSTICS_RATE * (1 + room->microphone_ppm * 1e-6));
	timebase_init(timebase, ACOUSTICS_RATE);
	int64_t length = (int64_t)(ACOUSTICS_TAKES * TAKE_SPACING * ACOUSTICS_RATE);
	for (int64_t i = -length / 2; i < length / 2; i += 512)
		timebase_feed(timebase, i, (int64_t)((double)i * step + between(room, -1e5, 1e5)));
}

struct finding acoustics_measure(struct acoustics_room *room)
{
	struct finding_take takes[ACOUSTICS_TAKES];
	struct timebase timebase;
	struct response *filter = response_new(ACOUSTICS_RATE, TRANSFORM);
	listen(room, &timebase);
	for (int i = 0; i < ACOUSTICS_TAKES; i++) {
		uint32_t count;
		float *samples = acoustics_record(room, i, &count);
		struct finding_take *take = &takes[i];
		take->take = measure_take(filter, samples, count, ACOUSTICS_RATE);
		double rate = ACOUSTICS_RATE * (1 + room->microphone_ppm * 1e-6);
		double start = (due(i) - LEAD) * rate;
		double place = start + take->take.place + sweep_centre() * ACOUSTICS_RATE;
		take->at_ns = timebase_time_of(&timebase, place);
		take->delay_ns = take->at_ns - (int64_t)((due(i) + sweep_centre()) * 1e9);
		fftwf_free(samples);
	}
	response_free(filter);
	return finding_conclude(takes, ACOUSTICS_TAKES, 0);
}
