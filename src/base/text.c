/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

int text_decode(const char *text, int32_t *character)
{
	static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *byte = (const unsigned char *)text;
	int length = byte[0] < 0x80 ? 1 : byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2;
	*character = byte[0];
	if (length == 1)
		return 1;
	int32_t value = byte[0] & (0x7f >> length);
	for (int i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80) {
			*character = -1;
			return 1;
		}
		value = value << 6 | (byte[i] & 0x3f);
	}
	bool surrogate = value >= 0xd800 && value <= 0xdfff;
	if (byte[0] < 0xc2 || byte[0] > 0xf4 || value < least[length] || value > 0x10ffff ||
	    surrogate) {
		*character = -1;
		return 1;
	}
	*character = value;
	return length;
}

struct range {
	int32_t first, last;
};

/* Controls, characters without width, direction marks, line separators, non-characters. */
static const struct range harmful[] = {
    {-1, 0x1f},         {0x7f, 0x9f},        {0xad, 0xad},     {0x300, 0x36f},   {0x61c, 0x61c},
    {0x115f, 0x1160},   {0x17b4, 0x17b5},    {0x180b, 0x180f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x200b, 0x200f},   {0x2028, 0x202e},    {0x2060, 0x206f}, {0x20d0, 0x20ff}, {0x3164, 0x3164},
    {0xfe00, 0xfe0f},   {0xfe20, 0xfe2f},    {0xfeff, 0xfeff}, {0xfff0, 0xffff}, {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

static bool is_harmful(int32_t character)
{
	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
		if (character >= harmful[i].first && character <= harmful[i].last)
			return true;
	return false;
}

static void trim_end(char *text)
{
	size_t length = strlen(text);
	while (length && text[length - 1] == ' ')
		text[--length] = 0;
}

char *text_clean(char *out, size_t size, const char *in)
{
	size_t used = 0;
	bool replaced = false;
	while (*in) {
		int32_t character;
		int length = text_decode(in, &character);
		bool bad = is_harmful(character);
		size_t room = bad ? 1 : (size_t)length;
		if (used + room >= size)
			break;
		if (bad && !replaced)
			out[used++] = '?';
		else if (!bad && (used || character != ' ')) {
			memcpy(out + used, in, (size_t)length);
			used += (size_t)length;
		}
		replaced = bad;
		in += length;
	}
	out[used] = 0;
	trim_end(out);
	return out;
}

int text_distance(const char *a, const char *b)
{
	int row[33];
	int width = (int)strlen(b);
	if (width > 32 || strlen(a) > 32)
		return 99;
	for (int i = 0; i <= width; i++)
		row[i] = i;
	for (int y = 1; a[y - 1]; y++) {
		int corner = row[0];
		row[0] = y;
		for (int x = 1; x <= width; x++) {
			int best = corner + (a[y - 1] != b[x - 1]);
			corner = row[x];
			if (row[x] + 1 < best)
				best = row[x] + 1;
			if (row[x - 1] + 1 < best)
				best = row[x - 1] + 1;
			row[x] = best;
		}
	}
	return row[width];
}

bool text_address(const char *text, char address[18])
{
	for (int i = 0; i < 17; i++) {
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
		address[i] = (char)toupper((unsigned char)text[i]);
	}
	address[17] = 0;
	return !text[17];
}
