/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HELPERS_TEST_H
#define TESTS_HELPERS_TEST_H

/* What every test program includes: cmocka and what it wants before it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Runs the tests of the array `tests`. */
#define RUN(tests) cmocka_run_group_tests(tests, NULL, NULL)

/* Under a sanitizer or valgrind all takes five to thirty times as long: what is long is made shorter. */
static inline bool flavour_is_slow(void)
{
	const char *flavour = getenv("FLAVOUR");
	return flavour && strcmp(flavour, "release") != 0 && strcmp(flavour, "coverage") != 0;
}

#define assert_near(a, b, tolerance) assert_float_equal((float)(a), (float)(b), (float)(tolerance))

#endif
