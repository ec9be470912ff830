/* SPDX-License-Identifier: MIT */
#include "doctor/check.h"

#include <stdarg.h>
#include <stdio.h>

const struct check check_table[] = {
    {"adapter", check_adapter},
    {"same-address", check_same_address},
    {"rfkill", check_rfkill},
    {"powered", check_powered},
    {"autosuspend", check_autosuspend},
    {"chip", check_chip},
    {"onboard", check_onboard},
    {"bluetoothd", check_bluetoothd},
    {"bluez-version", check_bluez_version},
    {"bluez-mode", check_bluez_mode},
    {"user", check_user},
    {"pipewire", check_pipewire},
    {"wireplumber", check_wireplumber},
    {"spa-bluetooth", check_spa_bluetooth},
    {"second-server", check_second_server},
    {"seat", check_seat},
    {"sink-role", check_sink_role},
    {"source-role", check_source_role},
    {"input-role", check_input_role},
    {"auto-connect", check_auto_connect},
    {"linger", check_linger},
    {"real-time", check_real_time},
    {"flush-helper", check_flush_helper},
    {"echo", check_echo},
    {"speakers", check_speakers},
    {"class", check_class},
    {"discoverable", check_discoverable},
    {"air", check_air},
    {"wifi", check_wifi},
    {"terminal", check_terminal},
    {0},
};

const char *check_state_name(enum check_state state)
{
	static const char *const names[] = {"ok", "warn", "fail", "unknown"};
	return names[state];
}

void verdict_say(struct verdict *verdict, enum check_state state, const char *format, ...)
{
	va_list arguments;
	verdict->state = state;
	va_start(arguments, format);
	vsnprintf(verdict->text, sizeof(verdict->text), format, arguments);
	va_end(arguments);
}

void verdict_cure(struct verdict *verdict, bool safe, const char *format, ...)
{
	va_list arguments;
	verdict->safe = safe;
	va_start(arguments, format);
	vsnprintf(verdict->cure, sizeof(verdict->cure), format, arguments);
	va_end(arguments);
}
