/* SPDX-License-Identifier: MIT */
/*
 * verdict [--from S] [--to S] ECHO.log SPEAKER.log...: what became of each of the Echo's clicks, between
 * these seconds after its first one (--from 5, for alignments to settle; --to the last but one second).
 *
 *     clicks=118 lost=0 doubled=0
 *     latency_ms median=33.12 least=29.50 most=36.90 growth=0.10      the Echo's packet → a speaker's packet
 *     arrival_ms constant=0.02 p99=0.10 worst=3.61        between speakers, as the packets came in
 *     heard_ms constant=0.02 p99=0.03 worst=0.05          as the DACs played them
 *     silences=0 longest_ms=0.00 gaps=0 longest_gap_ms=0.00
 *     packets=8272 missing=0 bad=0 underruns=0 overruns=0 late=0
 *
 * A speaker's packets are counted as if it had no latency of its own: `arrival` takes away what the speakers
 * differ by. constant is the greatest median difference from the first speaker, p99 and worst are of all
 * differences. Silences and gaps are those within the same seconds. growth is from the first quarter's median to
 * the last one's: what a buffer anywhere has come to hold.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPEAKERS 8
#define EVENTS 20000
#define LOOK_NS 950000000.0 /* clicks are a second apart */

enum kind { PACKET, ARRIVAL, HEARD, KINDS }; /* three times at which a click was somewhere */

struct clicks {
	int count;
	double ns[EVENTS];
};

struct interval {
	double ns, ms;
};

struct intervals {
	int count;
	struct interval each[EVENTS];
};

struct speaker {
	const char *path;
	double latency_ns;
	struct clicks clicks[KINDS];
	struct intervals silences, gaps;
	long packets, missing, bad, underruns, overruns, late;
};

static struct clicks echo[2]; /* its packets' instants, and its own */
static struct speaker speakers[SPEAKERS];
static int speaker_count;
static double from_s = 5, to_s = -1;

/* --- reading ----------------------------------------------------------------------------------- */

static void click_add(struct clicks *clicks, double ns)
{
	if (clicks->count < EVENTS)
		clicks->ns[clicks->count++] = ns;
}

static void interval_add(struct intervals *intervals, double ns, double ms)
{
	if (intervals->count < EVENTS)
		intervals->each[intervals->count++] = (struct interval){ns, ms};
}

static void echo_line(const char *line)
{
	double ns, packet_ns;
	if (sscanf(line, "click %lf %lf", &ns, &packet_ns) != 2)
		return;
	click_add(&echo[0], packet_ns);
	click_add(&echo[1], ns);
}

static void speaker_line(struct speaker *speaker, const char *line)
{
	double a, b;
	if (sscanf(line, "arrival %lf %lf", &a, &b) == 2) {
		click_add(&speaker->clicks[ARRIVAL], a);
		click_add(&speaker->clicks[PACKET], b);
	} else if (sscanf(line, "heard %lf", &a) == 1) {
		click_add(&speaker->clicks[HEARD], a);
	} else if (sscanf(line, "silence %lf %lf", &a, &b) == 2) {
		interval_add(&speaker->silences, a, b);
	} else if (sscanf(line, "gap %lf %lf", &a, &b) == 2) {
		interval_add(&speaker->gaps, a, b);
	} else if (sscanf(line, "speaker latency_ns=%lf", &a) == 1) {
		speaker->latency_ns = a;
	} else {
		sscanf(line,
		       "end packets=%ld missing=%ld bad=%ld underruns=%ld overruns=%ld late=%ld",
		       &speaker->packets, &speaker->missing, &speaker->bad, &speaker->underruns,
		       &speaker->overruns, &speaker->late);
	}
}

static int read_log(const char *path, struct speaker *speaker)
{
	char line[256];
	FILE *file = fopen(path, "r");
	if (!file) {
		perror(path);
		return -1;
	}
	while (fgets(line, sizeof(line), file)) {
		if (speaker)
			speaker_line(speaker, line);
		else
			echo_line(line);
	}
	fclose(file);
	return 0;
}

/* --- judging ----------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double quantile(double *values, int count, double part)
{
	qsort(values, (size_t)count, sizeof(*values), by_size);
	return count ? values[(int)floor(part * (count - 1) + 0.5)] : NAN;
}

/* When the click that left at `ns` was there; NAN if it never was.  *doubled counts further ones. */
static double click_after(const struct clicks *clicks, double ns, int *doubled)
{
	double found = NAN;
	for (int i = 0; i < clicks->count; i++) {
		if (clicks->ns[i] <= ns || clicks->ns[i] > ns + LOOK_NS)
			continue;
		if (isnan(found))
			found = clicks->ns[i];
		else
			++*doubled;
	}
	return found;
}

static double first_ns(void)
{
	return echo[1].count ? echo[1].ns[0] : 0;
}

static double end_ns(void)
{
	if (to_s >= 0)
		return first_ns() + to_s * 1e9;
	return echo[1].count ? echo[1].ns[echo[1].count - 1] - 1.5e9 : 0;
}

static int counts(double ns)
{
	return ns >= first_ns() + from_s * 1e9 && ns <= end_ns();
}

static void clicks_judge(void)
{
	int clicks = 0, lost = 0, doubled = 0;
	for (int i = 0; i < echo[1].count; i++) {
		if (!counts(echo[1].ns[i]))
			continue;
		clicks++;
		for (int k = 0; k < speaker_count; k++)
			lost +=
			    isnan(click_after(&speakers[k].clicks[HEARD], echo[1].ns[i], &doubled));
	}
	printf("clicks=%d lost=%d doubled=%d\n", clicks, lost, doubled);
}

static void latency_judge(void)
{
	static double all[SPEAKERS * EVENTS];
	int count = 0, doubled = 0;
	for (int i = 0; i < echo[0].count; i++)
		for (int k = 0; k < speaker_count && counts(echo[1].ns[i]); k++) {
			double there =
			    click_after(&speakers[k].clicks[PACKET], echo[0].ns[i], &doubled);
			if (!isnan(there))
				all[count++] = (there - echo[0].ns[i]) / 1e6;
		}
	double first = quantile(all, count / 4, 0.5);
	double last = quantile(all + (count - count / 4), count / 4, 0.5);
	printf("latency_ms median=%.2f least=%.2f most=%.2f growth=%.2f\n",
	       quantile(all, count, 0.5), quantile(all, count, 0), quantile(all, count, 1),
	       last - first);
}

/* Differences of speaker k from the first one, ms; returns how many. */
static int differences(int k, enum kind kind, double *values)
{
	int count = 0, doubled = 0;
	for (int i = 0; i < echo[1].count; i++) {
		double first = click_after(&speakers[0].clicks[kind], echo[1].ns[i], &doubled);
		double other = click_after(&speakers[k].clicks[kind], echo[1].ns[i], &doubled);
		if (kind == ARRIVAL)
			other += speakers[k].latency_ns - speakers[0].latency_ns;
		if (counts(echo[1].ns[i]) && !isnan(first) && !isnan(other))
			values[count++] = (other - first) / 1e6;
	}
	return count;
}

static void skew_judge(const char *name, enum kind kind)
{
	static double all[SPEAKERS * EVENTS], own[EVENTS];
	int count = 0;
	double constant = 0;
	for (int k = 1; k < speaker_count; k++) {
		int found = differences(k, kind, own);
		constant = fmax(constant, fabs(quantile(own, found, 0.5)));
		for (int i = 0; i < found; i++)
			all[count++] = fabs(own[i]);
	}
	printf("%s constant=%.3f p99=%.3f worst=%.3f\n", name, constant, quantile(all, count, 0.99),
	       quantile(all, count, 1));
}

static int longest(const struct intervals *intervals, double *most_ms)
{
	int count = 0;
	for (int i = 0; i < intervals->count; i++)
		if (counts(intervals->each[i].ns)) {
			count++;
			*most_ms = fmax(*most_ms, intervals->each[i].ms);
		}
	return count;
}

static void breaks_judge(void)
{
	int silences = 0, gaps = 0;
	double silence_ms = 0, gap_ms = 0;
	for (int k = 0; k < speaker_count; k++) {
		silences += longest(&speakers[k].silences, &silence_ms);
		gaps += longest(&speakers[k].gaps, &gap_ms);
	}
	printf("silences=%d longest_ms=%.2f gaps=%d longest_gap_ms=%.2f\n", silences, silence_ms,
	       gaps, gap_ms);
}

static void counters_judge(void)
{
	struct speaker sum = {0};
	for (int k = 0; k < speaker_count; k++) {
		sum.packets += speakers[k].packets;
		sum.missing += speakers[k].missing;
		sum.bad += speakers[k].bad;
		sum.underruns += speakers[k].underruns;
		sum.overruns += speakers[k].overruns;
		sum.late += speakers[k].late;
	}
	printf("packets=%ld missing=%ld bad=%ld underruns=%ld overruns=%ld late=%ld\n", sum.packets,
	       sum.missing, sum.bad, sum.underruns, sum.overruns, sum.late);
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {{"from", 1, NULL, 'f'}, {"to", 1, NULL, 't'}, {0}};
	int letter;
	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1)
		*(letter == 'f' ? &from_s : &to_s) = atof(optarg ? optarg : "");
	if (argc - optind < 2 || argc - optind > SPEAKERS + 1) {
		fprintf(stderr, "verdict [--from S] [--to S] ECHO.log SPEAKER.log...\n");
		return 64;
	}
	if (read_log(argv[optind], NULL) < 0)
		return 66;
	for (int i = optind + 1; i < argc; i++) {
		speakers[speaker_count].path = argv[i];
		if (read_log(argv[i], &speakers[speaker_count++]) < 0)
			return 66;
	}
	clicks_judge();
	latency_judge();
	skew_judge("arrival_ms", ARRIVAL);
	skew_judge("heard_ms", HEARD);
	breaks_judge();
	counters_judge();
	return 0;
}
