/* SPDX-License-Identifier: MIT */
#include "program/lineup_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#define BAR 30

static const char *name_of(const struct model_align *align, const char *address)
{
	for (int i = 0; i < align->count; i++)
		if (!strcmp(align->speakers[i].address, address))
			return align->speakers[i].name;
	return "";
}

void lineup_progress(const struct model_align *align)
{
	static char last[64];
	char text[64];
	if (align->state != ALIGN_SETTLING && align->state != ALIGN_PLAYING)
		return;
	if (align->state == ALIGN_SETTLING)
		snprintf(text, sizeof(text), "the source's clock settles first");
	else
		snprintf(text, sizeof(text), "round %d of %d: %.32s", align->round, align->rounds,
		         name_of(align, align->playing));
	if (isatty(STDERR_FILENO)) {
		int full = align->progress_permille * BAR / 1000;
		fprintf(stderr, "\r[%.*s%.*s] %2d s left  %-35.35s", full,
		        "##############################", BAR - full,
		        "..............................", (align->left_ms + 999) / 1000, text);
	} else if (strcmp(last, text) != 0) {
		fprintf(stderr, "%s\n", text);
		snprintf(last, sizeof(last), "%s", text);
	}
}

static double truth_ms(const struct sim *sim, const char *address)
{
	return (double)sim_truth_ns(sim, address) / 1e6;
}

static void print_speaker(const struct model_align_speaker *found, const struct sim *sim)
{
	if (found->found_us == MODEL_UNKNOWN) {
		printf("%-24.24s  %s%s%s\n", found->name, found->verdict,
		       *found->advice ? " - " : "", found->advice);
		return;
	}
	printf("%-24.24s %8.2f ms  spread %5.2f ms  sure %3d %%  level %6.1f dB  apart %+8.2f ms",
	       found->name, found->found_us / 1e3, found->spread_us / 1e3,
	       found->confidence_permille / 10, found->level_cdb / 1e2, found->apart_us / 1e3);
	if (sim)
		printf("  true %8.2f ms", truth_ms(sim, found->address));
	printf("\n");
}

static json_t *result_to_json(const struct model_align *align, const struct sim *sim)
{
	json_t *json = model_align_to_json(align), *speaker;
	size_t index;
	json_array_foreach(json_object_get(json, "speakers"), index, speaker)
	{
		const char *address = json_string_value(json_object_get(speaker, "address"));
		if (sim && address)
			json_object_set_new(speaker, "true_ms", json_real(truth_ms(sim, address)));
	}
	static const char *const of_the_moment[] = {
	    "playing", "round", "rounds", "left_ms", "peak_db", "problem", "progress_percent"};
	for (size_t i = 0; i < sizeof(of_the_moment) / sizeof(of_the_moment[0]); i++)
		json_object_del(json, of_the_moment[i]);
	return json;
}

int lineup_print(const struct model_align *align, const struct sim *sim, bool json)
{
	int sure = 0;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	for (int i = 0; i < align->count; i++) {
		sure += align->speakers[i].found_us != MODEL_UNKNOWN;
		if (!json)
			print_speaker(&align->speakers[i], sim);
	}
	if (json) {
		json_t *result = result_to_json(align, sim);
		char *text = json_dumps(result, JSON_COMPACT | JSON_REAL_PRECISION(9));
		puts(text ? text : "{}");
		free(text);
		json_decref(result);
	}
	return sure;
}
