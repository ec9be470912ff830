/* SPDX-License-Identifier: MIT */
/* PipeWire, WirePlumber, and who owns Bluetooth's audio. */
#include "doctor/check.h"

/* What cures most of it: the fragment that comes with echorelay, put where WirePlumber reads. */
static void cure_fragment(struct verdict *verdict, const struct findings *findings)
{
	bool lua = !version_from(findings->wireplumber, 0, 5, 0);
	verdict_cure(verdict, true,
	             "sudo install -D -m 644 " DATADIR "/wireplumber/80-echorelay.%s -t "
	             "/etc/wireplumber/%s && systemctl --user restart wireplumber",
	             lua ? "lua" : "conf", lua ? "bluetooth.lua.d" : "wireplumber.conf.d");
}

static bool unknown_wireplumber(struct verdict *verdict, const struct findings *findings)
{
	if (!version_known(findings->wireplumber))
		verdict_say(verdict, CHECK_UNKNOWN, "there is no WirePlumber to look at");
	return !version_known(findings->wireplumber);
}

/* Does an adapter have the record of a sink, or of a source? */
static bool any_record(const struct findings *findings, bool sink)
{
	for (int i = 0; i < findings->adapter_count; i++)
		if (sink ? findings->adapters[i].has_sink : findings->adapters[i].has_source)
			return true;
	return false;
}

/* What PipeWire lacks keeps an Echo only from PipeWire: not from a relay that runs and offers a sink of its own. */
static enum check_state grave_without_relay(const struct findings *findings)
{
	return findings->runs_echorelay && any_record(findings, true) ? CHECK_WARN : CHECK_FAIL;
}

void check_pipewire(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	struct version version = findings->pipewire;
	const char *runtime = box_variable(box, "XDG_RUNTIME_DIR");
	if (!version_known(version)) {
		verdict_say(verdict, grave_without_relay(findings), "PipeWire is not installed");
		return verdict_cure(verdict, true,
		                    "sudo apt install pipewire wireplumber libspa-0.2-bluetooth && "
		                    "systemctl --user enable --now pipewire wireplumber");
	}
	if (!*runtime) {
		verdict_say(
		    verdict, CHECK_FAIL,
		    "XDG_RUNTIME_DIR is not set, as after su or sudo: PipeWire cannot be found");
		return verdict_cure(verdict, false, "export XDG_RUNTIME_DIR=/run/user/$(id -u)");
	}
	bool socket = box_exists(box, "%s/pipewire-0", runtime);
	if (!socket || (findings->has_proc && !findings->runs_pipewire)) {
		verdict_say(verdict, grave_without_relay(findings),
		            "PipeWire does not run for this user");
		return verdict_cure(verdict, true,
		                    "systemctl --user enable --now pipewire.socket "
		                    "pipewire wireplumber");
	}
	if (!version_from(version, 0, 3, 65))
		return verdict_say(verdict, CHECK_WARN,
		                   "PipeWire %d.%d.%d is older than what was tried", version.major,
		                   version.minor, version.micro);
	verdict_say(verdict, CHECK_OK, "PipeWire %d.%d.%d runs", version.major, version.minor,
	            version.micro);
}

void check_wireplumber(struct verdict *verdict, const struct findings *findings,
                       const struct box *box)
{
	struct version version = findings->wireplumber;
	(void)box;
	if (!version_known(version)) {
		verdict_say(verdict, grave_without_relay(findings), "WirePlumber is not installed");
		return verdict_cure(verdict, true,
		                    "sudo apt install wireplumber && systemctl --user "
		                    "enable --now wireplumber");
	}
	if (!findings->has_proc)
		return verdict_say(verdict, CHECK_UNKNOWN, "/proc cannot be seen from here");
	if (!findings->runs_wireplumber) {
		verdict_say(verdict, grave_without_relay(findings),
		            "WirePlumber does not run for this user");
		return verdict_cure(verdict, true, "systemctl --user enable --now wireplumber");
	}
	verdict_say(verdict, CHECK_OK, "WirePlumber %d.%d.%d runs", version.major, version.minor,
	            version.micro);
}

void check_spa_bluetooth(struct verdict *verdict, const struct findings *findings,
                         const struct box *box)
{
	(void)box;
	if (findings->spa_bluetooth == SIGHT_YES)
		return verdict_say(verdict, CHECK_OK, "PipeWire has its Bluetooth part");
	verdict_say(verdict, grave_without_relay(findings),
	            "PipeWire's Bluetooth part is not installed: the Echo finds no loudspeaker "
	            "here, but while echorelay runs");
	verdict_cure(verdict, true,
	             "sudo apt install libspa-0.2-bluetooth && systemctl --user restart "
	             "wireplumber");
}

void check_second_server(struct verdict *verdict, const struct findings *findings,
                         const struct box *box)
{
	(void)box;
	if (findings->runs_bluealsa) {
		verdict_say(verdict, CHECK_FAIL,
		            "BlueALSA runs, and takes the Echo and the speakers");
		return verdict_cure(verdict, false, "sudo systemctl disable --now bluealsa");
	}
	if (findings->runs_pulseaudio) {
		verdict_say(verdict, CHECK_WARN,
		            "PulseAudio runs beside PipeWire, and takes Bluetooth for itself");
		return verdict_cure(
		    verdict, false,
		    "systemctl --user mask --now pulseaudio.service pulseaudio.socket");
	}
	if (!findings->has_proc)
		return verdict_say(verdict, CHECK_UNKNOWN, "/proc cannot be seen from here");
	verdict_say(verdict, CHECK_OK, "no other sound server has a hand on Bluetooth");
}

void check_seat(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)box;
	if (unknown_wireplumber(verdict, findings))
		return;
	if (findings->seat_ignored == SIGHT_YES)
		return verdict_say(verdict, CHECK_OK,
		                   "WirePlumber serves Bluetooth without a seat");
	verdict_say(
	    verdict, any_record(findings, true) ? CHECK_WARN : CHECK_FAIL,
	    "WirePlumber serves Bluetooth only to a user at the machine's own screen: not over "
	    "SSH, or not after logout");
	cure_fragment(verdict, findings);
}

void check_sink_role(struct verdict *verdict, const struct findings *findings,
                     const struct box *box)
{
	(void)box;
	if (findings->sink_role == SIGHT_NO) {
		verdict_say(
		    verdict, grave_without_relay(findings),
		    "WirePlumber's bluez5.roles leave out a2dp_sink: the Echo cannot play to it");
		return cure_fragment(verdict, findings);
	}
	if (findings->bluez_there != SIGHT_YES || !findings->adapter_count)
		return verdict_say(verdict, CHECK_UNKNOWN, "BlueZ does not tell");
	if (any_record(findings, true))
		return verdict_say(verdict, CHECK_OK, "this box offers itself as a loudspeaker");
	verdict_say(
	    verdict, CHECK_FAIL,
	    "no program offers this box as a loudspeaker; see the checks of PipeWire above");
	verdict_cure(verdict, true, "systemctl --user restart wireplumber");
}

void check_source_role(struct verdict *verdict, const struct findings *findings,
                       const struct box *box)
{
	(void)box;
	if (unknown_wireplumber(verdict, findings))
		return;
	bool heeded = version_from(findings->pipewire, 0, 3, 68);
	bool record = findings->bluez_there == SIGHT_YES && any_record(findings, false) &&
	              !findings->runs_echorelay;
	if (findings->source_role_off == SIGHT_YES && heeded && !record)
		return verdict_say(verdict, CHECK_OK,
		                   "WirePlumber leaves the speakers to echorelay");
	if (findings->source_role_off == SIGHT_YES && !heeded)
		return verdict_say(
		    verdict, CHECK_OK,
		    "PipeWire %d.%d.%d may take a speaker whatever it is told; its panel "
		    "says so then",
		    findings->pipewire.major, findings->pipewire.minor, findings->pipewire.micro);
	verdict_say(
	    verdict, heeded ? CHECK_FAIL : CHECK_WARN,
	    record ? "another program has endpoints for speakers, and BlueZ may give them to it"
		   : "WirePlumber takes speakers for itself");
	cure_fragment(verdict, findings);
}

void check_input_role(struct verdict *verdict, const struct findings *findings,
                      const struct box *box)
{
	(void)box;
	if (unknown_wireplumber(verdict, findings))
		return;
	if (findings->input_role == SIGHT_YES)
		return verdict_say(verdict, CHECK_OK,
		                   "the Echo's sound is captured, not played here");
	verdict_say(
	    verdict, CHECK_WARN,
	    "WirePlumber plays the Echo on this box's own output as well, and resamples it to "
	    "that clock (media-source-role)");
	cure_fragment(verdict, findings);
}

void check_auto_connect(struct verdict *verdict, const struct findings *findings,
                        const struct box *box)
{
	(void)box;
	if (unknown_wireplumber(verdict, findings))
		return;
	if (findings->auto_connect_off == SIGHT_YES)
		return verdict_say(verdict, CHECK_OK, "speakers are connected by echorelay alone");
	verdict_say(verdict, CHECK_WARN,
	            "WirePlumber connects speakers by itself, all at once (bluez5.auto-connect)");
	cure_fragment(verdict, findings);
}
