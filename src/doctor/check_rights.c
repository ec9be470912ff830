/* SPDX-License-Identifier: MIT */
/* What the user may, and what is in front of it. */
#include "doctor/check.h"

#include <string.h>
#include <strings.h>

void check_user(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)findings;
	if (!box->privileged)
		return verdict_say(verdict, CHECK_OK, "run as %s", box->user_name);
	verdict_say(
	    verdict, CHECK_WARN,
	    "run as root, for whom no PipeWire is started: what follows is about root, not about "
	    "the user who is to play");
}

void check_linger(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	if (findings->lingers == SIGHT_UNKNOWN)
		return verdict_say(verdict, CHECK_UNKNOWN, "no systemd to look at");
	if (findings->lingers == SIGHT_YES)
		return verdict_say(verdict, CHECK_OK, "%s's services stay after logout",
		                   box->user_name);
	if (box->privileged)
		return verdict_say(verdict, CHECK_UNKNOWN, "root's services are the system's");
	verdict_say(verdict, CHECK_WARN,
	            "PipeWire ends with the last login of %s, and the music with it",
	            box->user_name);
	verdict_cure(verdict, true, "sudo loginctl enable-linger %s", box->user_name);
}

/* A service has the rights that its user's manager was started with. */
static void may_have_priority(struct verdict *verdict, const struct findings *findings)
{
	if (findings->engine != ENGINE_ORDINARY)
		return verdict_say(verdict, CHECK_OK, "real-time priority may be had");
	verdict_say(verdict, CHECK_WARN,
	            "the relay runs without real-time priority, which may be had by now: start it "
	            "anew, or all of the user's services");
	verdict_cure(verdict, false, "sudo systemctl restart user@$(id -u)");
}

void check_real_time(struct verdict *verdict, const struct findings *findings,
                     const struct box *box)
{
	if (findings->engine == ENGINE_BY_RIGHT)
		return verdict_say(verdict, CHECK_OK, "the relay has taken real-time priority");
	if (findings->engine == ENGINE_BY_RTKIT)
		return verdict_say(verdict, CHECK_OK,
		                   "the relay has real-time priority from rtkit");
	if (box->privileged || box->realtime_priority > 0)
		return may_have_priority(verdict, findings);
	if (findings->in_audio_group == SIGHT_YES && findings->limit_for_group == SIGHT_YES)
		return verdict_say(
		    verdict, CHECK_WARN,
		    "%s is in group pipewire, but logged in before that: log in anew",
		    box->user_name);
	verdict_say(
	    verdict, CHECK_WARN,
	    findings->runs_rtkit
		? "no right to real-time priority; rtkit gives it to users at the screen only"
		: "no right to real-time priority: the music stumbles when the box is busy");
	if (findings->limit_for_group == SIGHT_YES)
		return verdict_cure(verdict, true, "sudo adduser %s pipewire", box->user_name);
	verdict_cure(
	    verdict, true,
	    "sudo addgroup --system pipewire; sudo adduser %s pipewire; printf '@pipewire - "
	    "rtprio 95\\n@pipewire - nice -19\\n@pipewire - memlock 4194304\\n' | sudo tee "
	    "/etc/security/limits.d/95-pipewire.conf",
	    box->user_name);
}

void check_flush_helper(struct verdict *verdict, const struct findings *findings,
                        const struct box *box)
{
	(void)box;
	if (!findings->flush_helper)
		return verdict_say(verdict, CHECK_UNKNOWN,
		                   FLUSH_HELPER
		                   " is not there: is echorelay installed (make install)?");
	if (findings->flush_helper_may)
		return verdict_say(verdict, CHECK_OK,
		                   "a speaker out of reach does not hold up the others");
	verdict_say(verdict, CHECK_WARN,
	            "a speaker out of reach silences the others of its adapter for a while");
	verdict_cure(verdict, true, "sudo setcap cap_net_raw+ep " FLUSH_HELPER);
}

void check_terminal(struct verdict *verdict, const struct findings *findings, const struct box *box)
{
	(void)findings;
	const char *names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *terminal = box_variable(box, "TERM"), *locale = "";
	if (!box->terminal)
		return verdict_say(verdict, CHECK_UNKNOWN, "not run in a terminal");
	for (int i = 0; i < 3 && !*locale; i++)
		locale = box_variable(box, names[i]);
	if (!*terminal || !strcmp(terminal, "dumb")) {
		verdict_say(verdict, CHECK_FAIL, "TERM is '%s': no screen can be shown", terminal);
		return verdict_cure(verdict, false, "export TERM=xterm-256color");
	}
	if (!strcasestr(locale, "utf-8") && !strcasestr(locale, "utf8")) {
		verdict_say(verdict, CHECK_WARN,
		            "the locale '%s' is not UTF-8: meters are drawn in ASCII", locale);
		return verdict_cure(verdict, false, "export LC_ALL=C.UTF-8");
	}
	verdict_say(verdict, CHECK_OK, "%s, %s", terminal, locale);
}
