/* SPDX-License-Identifier: MIT */
#include "ui/words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "ui/draw.h"

char *words_age(int64_t ms, char *text, size_t size)
{
	if (ms < 120000)
		snprintf(text, size, "%d s", (int)(ms / 1000));
	else if (ms < 7200000)
		snprintf(text, size, "%d min", (int)(ms / 60000));
	else
		snprintf(text, size, "%d h", (int)(ms / 3600000));
	return text;
}

char *words_clock(int64_t ms, char *text, size_t size)
{
	int64_t seconds = ms / 1000;
	if (seconds >= 100 * 3600)
		snprintf(text, size, "%d days", (int)(seconds / 86400));
	else
		snprintf(text, size, "%02d:%02d:%02d", (int)(seconds / 3600),
		         (int)(seconds / 60 % 60), (int)(seconds % 60));
	return text;
}

char *words_time(int64_t us, char *text, size_t size)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm local;
	localtime_r(&seconds, &local);
	strftime(text, size, "%H:%M:%S", &local);
	return text;
}

char *words_thousandths(int32_t value, int decimals, char *text, size_t size)
{
	if (value == MODEL_UNKNOWN)
		snprintf(text, size, "--");
	else
		snprintf(text, size, "%.*f", decimals, value / 1000.0);
	return text;
}

char *words_count(int64_t count, char *text, size_t size)
{
	if (count < 10000)
		snprintf(text, size, "%d", (int)count);
	else if (count < 1000000)
		snprintf(text, size, "%dk", (int)(count / 1000));
	else
		snprintf(text, size, "%.1fM", (double)count / 1e6);
	return text;
}

const char *words_channel(int32_t channel)
{
	static const char *const words[] = {"ST", "L", "R", "MONO"};
	return channel >= 0 && channel < 4 ? words[channel] : "?";
}

/* --- states -------------------------------------------------------------------------------------- */

enum theme_role words_state_role(int32_t state)
{
	switch (state) {
	case SPEAKER_STREAMING:
		return THEME_GOOD;
	case SPEAKER_CONGESTED:
	case SPEAKER_STALLED:
	case SPEAKER_CONNECTING:
		return THEME_WARN;
	case SPEAKER_LOST:
	case SPEAKER_FAILED:
		return THEME_BAD;
	default:
		return THEME_NORMAL;
	}
}

char *words_state(const struct charset *set, const struct model_speaker *speaker, char *text,
                  size_t size)
{
	const char *sign = set->signs[speaker->state];
	const char *word = model_speaker_state_name(speaker->state);
	bool rests = speaker->state == SPEAKER_STREAMING || speaker->state == SPEAKER_OFF ||
	             speaker->state == SPEAKER_PAIRED;
	char age[24];
	if (speaker->retry_ms != MODEL_UNKNOWN)
		snprintf(text, size, "%s %s %s, retry %d in %d s", sign, word,
		         words_age(speaker->state_ms, age, sizeof(age)), speaker->attempt,
		         speaker->retry_ms / 1000 + 1);
	else if (rests)
		snprintf(text, size, "%s %s", sign, word);
	else
		snprintf(text, size, "%s %s %s", sign, word,
		         words_age(speaker->state_ms, age, sizeof(age)));
	return text;
}

const char *words_source_sign(const struct charset *set, int32_t state)
{
	return set->signs[state == MODEL_SOURCE_STREAMING ? SPEAKER_STREAMING : SPEAKER_IDLE];
}

char *words_source_state(const struct charset *set, const struct model_source *source, char *text,
                         size_t size)
{
	static const char *const words[] = {"waiting for sound", "silent", "streaming"};
	char age[24];
	snprintf(text, size, "%s %s", words_source_sign(set, source->state), words[source->state]);
	if (source->state == MODEL_SOURCE_IDLE) {
		size_t used = strlen(text);
		snprintf(text + used, size - used, " %s",
		         words_age(source->state_ms, age, sizeof(age)));
	}
	return text;
}

const char *words_source_name(const struct model_source *source)
{
	return *source->name ? source->name : *source->node ? source->node : "Echo";
}

/* --- streams ------------------------------------------------------------------------------------- */

char *words_latency(const struct charset *set, const struct model_speaker *speaker, char *text,
                    size_t size)
{
	bool guess = speaker->speaker.origin == ORIGIN_ASSUMED;
	if (speaker->total_us == MODEL_UNKNOWN)
		snprintf(text, size, "--");
	else
		snprintf(text, size, "%s%.0f", guess ? set->about : "", speaker->total_us / 1000.0);
	return text;
}

static char *upper(const char *word, char *text, size_t size)
{
	size_t i = 0;
	for (; word[i] && i + 1 < size; i++)
		text[i] = (char)(word[i] >= 'a' && word[i] <= 'z' ? word[i] - 32 : word[i]);
	text[i] = 0;
	return text;
}

char *words_codec(const struct model_speaker *speaker, bool full, char *text, size_t size)
{
	char codec[16];
	*text = 0;
	if (!*speaker->codec || speaker->rate == MODEL_UNKNOWN)
		return text;
	upper(speaker->codec, codec, sizeof(codec));
	if (full && speaker->kbps != MODEL_UNKNOWN)
		snprintf(text, size, "%s %.1f kHz %s bitpool %d  %d kb/s", codec,
		         speaker->rate / 1000.0, speaker->mode, speaker->bitpool, speaker->kbps);
	else
		snprintf(text, size, "%s %.1fk bp%d", codec, speaker->rate / 1000.0,
		         speaker->bitpool);
	return text;
}

char *words_source_codec(const struct model_source *source, char *text, size_t size)
{
	char codec[16];
	*text = 0;
	if (*source->codec && source->rate != MODEL_UNKNOWN)
		snprintf(text, size, "%s %.1fk bp%d", upper(source->codec, codec, sizeof(codec)),
		         source->rate / 1000.0, source->bitpool);
	return text;
}

/* --- names --------------------------------------------------------------------------------------- */

char *words_name(const char *name, int width, char *text, size_t size)
{
	size_t bytes = (size_t)draw_fit(name, width), word = 0;
	if (bytes >= size)
		bytes = 0;
	for (size_t i = 1; name[bytes] && i < bytes; i++)
		if (name[i] == ' ')
			word = i;
	if (word >= 3 && name[bytes] != ' ')
		bytes = word;
	memcpy(text, name, bytes);
	while (bytes && text[bytes - 1] == ' ')
		bytes--;
	text[bytes] = 0;
	return text;
}

#define BEGINNING 12 /* columns, at least */

/* What comes after the last semicolon, a change at the end, or a remedy, if it leaves room for a beginning. */
static const char *last_part(const char *sentence, int width)
{
	const char *semicolon = strrchr(sentence, ';'), *comma = strrchr(sentence, ',');
	const char *dash = strstr(sentence, " - ");
	const char *part = semicolon                      ? semicolon
	                   : comma && strstr(comma, "->") ? comma
	                   : dash                         ? dash
	                                                  : "";
	part += strspn(part, ";, -");
	int taken = draw_width(part);
	return taken * 3 <= width * 2 && width - taken >= BEGINNING ? part : "";
}

char *words_fit(const struct charset *set, const char *sentence, int width, char *text, size_t size)
{
	if (draw_width(sentence) <= width) {
		snprintf(text, size, "%s", sentence);
		return text;
	}
	const char *last = last_part(sentence, width);
	int room = width - draw_width(set->cut) - (*last ? 1 + draw_width(last) : 0);
	int bytes = room > 0 ? draw_fit(sentence, room) : 0, word = bytes;
	while (word > 0 && sentence[word] != ' ')
		word--;
	if (word > bytes / 2)
		bytes = word;
	while (bytes > 0 && strchr(" ,;:-", sentence[bytes - 1]))
		bytes--;
	snprintf(text, size, "%.*s%s%s%s", bytes, sentence, set->cut, *last ? " " : "", last);
	return text;
}

char *words_subject(const struct model *model, const char *subject, int width, char *text,
                    size_t size)
{
	char name[MODEL_TEXT];
	for (int i = 0; i < model->speaker_count; i++)
		if (!strcmp(model->speakers[i].name, subject)) {
			if (width < 8) {
				snprintf(text, size, "%d", i + 1);
				return text;
			}
			snprintf(text, size, "%d %s", i + 1,
			         words_name(subject, width - (i < 9 ? 2 : 3), name, sizeof(name)));
			return text;
		}
	return words_name(subject, width, text, size);
}
