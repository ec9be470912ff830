/* SPDX-License-Identifier: MIT */
/* The model's wire form. */
#include <errno.h>
#include <string.h>

#include "relay/field.h"

#define SCHEMA 1

/* --- the tables ---------------------------------------------------------------------------------- */

static const struct field term_fields[] = {
    {"input", FIELD_TERM, AT(model_speaker, input), NULL, false},
    {"align", FIELD_TERM, AT(model_speaker, align), NULL, false},
    {"trim", FIELD_TERM, AT(model_speaker, trim), NULL, false},
    {"packet", FIELD_TERM, AT(model_speaker, packet), NULL, false},
    {"queue", FIELD_TERM, AT(model_speaker, queue), NULL, false},
    {"speaker", FIELD_TERM, AT(model_speaker, speaker), NULL, false},
    {"total", FIELD_MILLI, AT(model_speaker, total_us), NULL, false},
    {0},
};

static const struct field speaker_fields[] = {
    {"address", FIELD_TEXT, AT(model_speaker, address), NULL, false},
    {"name", FIELD_TEXT, AT(model_speaker, name), NULL, false},
    {"adapter", FIELD_TEXT, AT(model_speaker, adapter), NULL, false},
    {"state", FIELD_NAME, AT(model_speaker, state), model_speaker_states, false},
    {"codec", FIELD_TEXT, AT(model_speaker, codec), NULL, false},
    {"bitpool", FIELD_INT, AT(model_speaker, bitpool), NULL, false},
    {"rate", FIELD_INT, AT(model_speaker, rate), NULL, false},
    {"mtu", FIELD_INT, AT(model_speaker, mtu), NULL, false},
    {"fill_ms", FIELD_MILLI, AT(model_speaker, fill_us), NULL, false},
    {"queue_packets", FIELD_INT, AT(model_speaker, queue_packets), NULL, false},
    {"jitter_ms", FIELD_MILLI, AT(model_speaker, jitter_us), NULL, false},
    {"spacing", FIELD_INTS, AT(model_speaker, spacing), NULL, false},
    {"sent", FIELD_COUNT, AT(model_speaker, sent), NULL, false},
    {"dropped", FIELD_COUNT, AT(model_speaker, dropped), NULL, false},
    {"late", FIELD_COUNT, AT(model_speaker, late), NULL, false},
    {"stalls", FIELD_INT, AT(model_speaker, stalls), NULL, false},
    {"reconnects", FIELD_INT, AT(model_speaker, reconnects), NULL, false},
    {"peak_db", FIELD_DB, AT(model_speaker, meter.peak_cdb), NULL, false},
    {"rms_db", FIELD_DB, AT(model_speaker, meter.rms_cdb), NULL, false},
    {"volume", FIELD_INT, AT(model_speaker, volume), NULL, false},
    {"muted", FIELD_BOOL, AT(model_speaker, muted), NULL, false},
    {"channel", FIELD_NAME, AT(model_speaker, channel), model_channels, false},
    {"airtime_percent", FIELD_PERMILLE, AT(model_speaker, airtime_permille), NULL, false},
    {"state_ms", FIELD_INT, AT(model_speaker, state_ms), NULL, true},
    {"retry_ms", FIELD_INT, AT(model_speaker, retry_ms), NULL, true},
    {"attempt", FIELD_INT, AT(model_speaker, attempt), NULL, true},
    {"mode", FIELD_TEXT, AT(model_speaker, mode), NULL, true},
    {"configuration", FIELD_TEXT, AT(model_speaker, configuration), NULL, true},
    {"kbps", FIELD_INT, AT(model_speaker, kbps), NULL, true},
    {"delay_ms", FIELD_MILLI, AT(model_speaker, delay_us), NULL, true},
    {"hold_db", FIELD_DB, AT(model_speaker, meter.hold_cdb), NULL, true},
    {"over", FIELD_BOOL, AT(model_speaker, meter.over), NULL, true},
    {"solo", FIELD_BOOL, AT(model_speaker, solo), NULL, true},
    {"autoconnect", FIELD_BOOL, AT(model_speaker, autoconnect), NULL, true},
    {"keepawake", FIELD_BOOL, AT(model_speaker, keepawake), NULL, true},
    {"absolute_volume", FIELD_BOOL, AT(model_speaker, absolute_volume), NULL, true},
    {"test", FIELD_TEXT, AT(model_speaker, test), NULL, true},
    {"problem", FIELD_TEXT, AT(model_speaker, problem), NULL, true},
    {0},
};

static const struct field source_fields[] = {
    {"node", FIELD_TEXT, AT(model_source, node), NULL, false},
    {"address", FIELD_TEXT, AT(model_source, address), NULL, false},
    {"name", FIELD_TEXT, AT(model_source, name), NULL, false},
    {"state", FIELD_NAME, AT(model_source, state), model_source_states, false},
    {"codec", FIELD_TEXT, AT(model_source, codec), NULL, false},
    {"bitpool", FIELD_INT, AT(model_source, bitpool), NULL, false},
    {"rate", FIELD_INT, AT(model_source, rate), NULL, false},
    {"channels", FIELD_INT, AT(model_source, channels), NULL, false},
    {"latency_ms", FIELD_MILLI, AT(model_source, latency_us), NULL, false},
    {"fill_ms", FIELD_MILLI, AT(model_source, fill_us), NULL, false},
    {"xruns", FIELD_INT, AT(model_source, xruns), NULL, false},
    {"gaps", FIELD_INT, AT(model_source, gaps), NULL, false},
    {"peak_db", FIELD_DB, AT(model_source, meter.peak_cdb), NULL, false},
    {"rms_db", FIELD_DB, AT(model_source, meter.rms_cdb), NULL, false},
    {"drift_ppm", FIELD_MILLI, AT(model_source, drift_ppb), NULL, false},
    {"server", FIELD_TEXT, AT(model_source, server), NULL, true},
    {"volume", FIELD_INT, AT(model_source, volume), NULL, false},
    {"state_ms", FIELD_INT, AT(model_source, state_ms), NULL, true},
    {"hold_db", FIELD_DB, AT(model_source, meter.hold_cdb), NULL, true},
    {"over", FIELD_BOOL, AT(model_source, meter.over), NULL, true},
    {"problem", FIELD_TEXT, AT(model_source, problem), NULL, true},
    {0},
};

static const struct field adapter_fields[] = {
    {"address", FIELD_TEXT, AT(model_adapter, address), NULL, false},
    {"name", FIELD_TEXT, AT(model_adapter, name), NULL, false},
    {"hci", FIELD_TEXT, AT(model_adapter, hci), NULL, false},
    {"powered", FIELD_BOOL, AT(model_adapter, powered), NULL, false},
    {"endpoints", FIELD_INT, AT(model_adapter, endpoints), NULL, false},
    {"airtime_percent", FIELD_PERMILLE, AT(model_adapter, airtime_permille), NULL, false},
    {"problem", FIELD_TEXT, AT(model_adapter, problem), NULL, false},
    {0},
};

static const struct field event_fields[] = {
    {"number", FIELD_COUNT, AT(model_event, number), NULL, true},
    {"time", FIELD_TIME, AT(model_event, time_us), NULL, true},
    {"level", FIELD_NAME, AT(model_event, level), model_levels, true},
    {"subject", FIELD_TEXT, AT(model_event, subject), NULL, true},
    {"text", FIELD_TEXT, AT(model_event, text), NULL, true},
    {0},
};

static const struct field align_fields[] = {
    {"state", FIELD_NAME, AT(model_align, state), model_align_states, true},
    {"microphone", FIELD_TEXT, AT(model_align, microphone), NULL, true},
    {"problem", FIELD_TEXT, AT(model_align, problem), NULL, true},
    {"playing", FIELD_TEXT, AT(model_align, playing), NULL, true},
    {"round", FIELD_INT, AT(model_align, round), NULL, true},
    {"rounds", FIELD_INT, AT(model_align, rounds), NULL, true},
    {"progress_percent", FIELD_PERMILLE, AT(model_align, progress_permille), NULL, true},
    {"left_ms", FIELD_INT, AT(model_align, left_ms), NULL, true},
    {"peak_db", FIELD_CENTI, AT(model_align, peak_cdb), NULL, true},
    {0},
};

static const struct field align_speaker_fields[] = {
    {"address", FIELD_TEXT, AT(model_align_speaker, address), NULL, true},
    {"name", FIELD_TEXT, AT(model_align_speaker, name), NULL, true},
    {"verdict", FIELD_TEXT, AT(model_align_speaker, verdict), NULL, true},
    {"advice", FIELD_TEXT, AT(model_align_speaker, advice), NULL, true},
    {"takes", FIELD_INT, AT(model_align_speaker, takes), NULL, true},
    {"found_ms", FIELD_MILLI, AT(model_align_speaker, found_us), NULL, true},
    {"spread_ms", FIELD_MILLI, AT(model_align_speaker, spread_us), NULL, true},
    {"apart_ms", FIELD_MILLI, AT(model_align_speaker, apart_us), NULL, true},
    {"drift_ppm", FIELD_MILLI, AT(model_align_speaker, drift_ppb), NULL, true},
    {"confidence", FIELD_MILLI, AT(model_align_speaker, confidence_permille), NULL, true},
    {"level_db", FIELD_CENTI, AT(model_align_speaker, level_cdb), NULL, true},
    {"matched_volume", FIELD_INT, AT(model_align_speaker, volume), NULL, true},
    {0},
};

static const struct field found_fields[] = {
    {"address", FIELD_TEXT, AT(model_found, address), NULL, true},
    {"name", FIELD_TEXT, AT(model_found, name), NULL, true},
    {"adapter", FIELD_TEXT, AT(model_found, adapter), NULL, true},
    {"kind", FIELD_NAME, AT(model_found, kind), model_kinds, true},
    {"role", FIELD_NAME, AT(model_found, role), model_roles, true},
    {"rssi_dbm", FIELD_INT, AT(model_found, rssi), NULL, true},
    {"seen_ms", FIELD_INT, AT(model_found, seen_ms), NULL, true},
    {"number", FIELD_INT, AT(model_found, number), NULL, true},
    {"paired", FIELD_BOOL, AT(model_found, paired), NULL, true},
    {"connected", FIELD_BOOL, AT(model_found, connected), NULL, true},
    {"hidden", FIELD_BOOL, AT(model_found, hidden), NULL, true},
    {"offers_sink", FIELD_BOOL, AT(model_found, offers_sink), NULL, true},
    {"offers_source", FIELD_BOOL, AT(model_found, offers_source), NULL, true},
    {"codecs", FIELD_TEXT, AT(model_found, codecs), NULL, true},
    {"bitpool_min", FIELD_INT, AT(model_found, bitpool_min), NULL, true},
    {"bitpool_max", FIELD_INT, AT(model_found, bitpool_max), NULL, true},
    {"delay_reporting", FIELD_MAYBE, AT(model_found, delay_reporting), NULL, true},
    {"absolute_volume", FIELD_MAYBE, AT(model_found, absolute_volume), NULL, true},
    {"vendor", FIELD_TEXT, AT(model_found, vendor), NULL, true},
    {"maker", FIELD_TEXT, AT(model_found, maker), NULL, true},
    {"product", FIELD_TEXT, AT(model_found, product), NULL, true},
    {"version", FIELD_TEXT, AT(model_found, version), NULL, true},
    {"works", FIELD_MAYBE, AT(model_found, works), NULL, true},
    {"verdict", FIELD_TEXT, AT(model_found, verdict), NULL, true},
    {"quirk", FIELD_TEXT, AT(model_found, quirk), NULL, true},
    {0},
};

static const struct field scan_fields[] = {
    {"running", FIELD_BOOL, AT(model_scan, running), NULL, true},
    {"ms", FIELD_INT, AT(model_scan, ms), NULL, true},
    {"limit_ms", FIELD_INT, AT(model_scan, limit_ms), NULL, true},
    {"problem", FIELD_TEXT, AT(model_scan, problem), NULL, true},
    {0},
};

static const struct field step_fields[] = {
    {"state", FIELD_NAME, AT(model_pairing_step, state), model_step_states, true},
    {"ms", FIELD_INT, AT(model_pairing_step, ms), NULL, true},
    {"limit_ms", FIELD_INT, AT(model_pairing_step, limit_ms), NULL, true},
    {"note", FIELD_TEXT, AT(model_pairing_step, note), NULL, true},
    {0},
};

static const struct field pairing_fields[] = {
    {"address", FIELD_TEXT, AT(model_pairing, address), NULL, true},
    {"name", FIELD_TEXT, AT(model_pairing, name), NULL, true},
    {"state", FIELD_NAME, AT(model_pairing, state), model_pairing_states, true},
    {"tries", FIELD_INT, AT(model_pairing, tries), NULL, true},
    {"problem", FIELD_TEXT, AT(model_pairing, problem), NULL, true},
    {"advice", FIELD_TEXT, AT(model_pairing, advice), NULL, true},
    {0},
};

static const struct field attempt_fields[] = {
    {"time", FIELD_TIME, AT(model_attempt, time_us), NULL, true},
    {"well", FIELD_BOOL, AT(model_attempt, well), NULL, true},
    {"name", FIELD_TEXT, AT(model_attempt, name), NULL, true},
    {"text", FIELD_TEXT, AT(model_attempt, text), NULL, true},
    {"advice", FIELD_TEXT, AT(model_attempt, advice), NULL, true},
    {0},
};

static const struct field question_fields[] = {
    {"id", FIELD_INT, AT(model_question, id), NULL, true},
    {"kind", FIELD_NAME, AT(model_question, kind), model_questions, true},
    {"address", FIELD_TEXT, AT(model_question, address), NULL, true},
    {"name", FIELD_TEXT, AT(model_question, name), NULL, true},
    {"digits", FIELD_TEXT, AT(model_question, digits), NULL, true},
    {"left_ms", FIELD_INT, AT(model_question, left_ms), NULL, true},
    {0},
};

static const struct field window_fields[] = {
    {"open", FIELD_BOOL, AT(model_window, open), NULL, true},
    {"left_ms", FIELD_INT, AT(model_window, left_ms), NULL, true},
    {"limit_ms", FIELD_INT, AT(model_window, limit_ms), NULL, true},
    {"adapter", FIELD_TEXT, AT(model_window, adapter), NULL, true},
    {"name", FIELD_TEXT, AT(model_window, name), NULL, true},
    {"joined", FIELD_TEXT, AT(model_window, joined), NULL, true},
    {"problem", FIELD_TEXT, AT(model_window, problem), NULL, true},
    {0},
};

static const struct field model_fields[] = {
    {"time", FIELD_TIME, AT(model, time_us), NULL, false},
    {"uptime_ms", FIELD_COUNT, AT(model, uptime_ms), NULL, true},
    {"problem", FIELD_TEXT, AT(model, problem), NULL, true},
    {"version", FIELD_TEXT, AT(model, version), NULL, true},
    {"pid", FIELD_INT, AT(model, pid), NULL, true},
    {"cpu_percent", FIELD_PERMILLE, AT(model, cpu_permille), NULL, true},
    {"memory_kb", FIELD_INT, AT(model, memory_kb), NULL, true},
    {"idle", FIELD_BOOL, AT(model, idle), NULL, true},
    {"engine_wakes", FIELD_INT, AT(model, engine_wakes), NULL, true},
    {"engine_wake_worst_ms", FIELD_MILLI, AT(model, engine_wake_worst_us), NULL, true},
    {0},
};

/* --- writing ----------------------------------------------------------------------------------- */

static json_t *speakers_to_json(const struct model *model, enum model_form form)
{
	json_t *list = fields_list_to_json(speaker_fields, model->speakers,
	                                   sizeof(model->speakers[0]), model->speaker_count, form);
	for (int i = 0; list && i < model->speaker_count; i++)
		json_object_set_new(json_array_get(list, (size_t)i), "latency_ms",
		                    fields_to_json(term_fields, &model->speakers[i], form));
	return list;
}

json_t *model_found_to_json(const struct model_found *found)
{
	return fields_to_json(found_fields, found, MODEL_WIRE);
}

json_t *model_align_to_json(const struct model_align *align)
{
	json_t *json = fields_to_json(align_fields, align, MODEL_WIRE);
	json_t *list = fields_list_to_json(align_speaker_fields, align->speakers,
	                                   sizeof(align->speakers[0]), align->count, MODEL_WIRE);
	if (json_object_set_new(json, "speakers", list) == 0)
		return json;
	json_decref(json);
	return NULL;
}

/* Scanning, pairing, who asks: for screens only. */
static void arrivals_to_json(const struct model *model, json_t *json)
{
	const enum model_form wire = MODEL_WIRE;
	json_t *pairing = fields_to_json(pairing_fields, &model->pairing, wire);
	json_object_set_new(pairing, "steps",
	                    fields_list_to_json(step_fields, model->pairing.steps,
	                                        sizeof(model->pairing.steps[0]), STEP_COUNT, wire));
	json_object_set_new(json, "pairing", pairing);
	json_object_set_new(json, "scan", fields_to_json(scan_fields, &model->scan, wire));
	json_object_set_new(json, "window", fields_to_json(window_fields, &model->window, wire));
	json_object_set_new(json, "found",
	                    fields_list_to_json(found_fields, model->found, sizeof(model->found[0]),
	                                        model->found_count, wire));
	json_object_set_new(json, "attempts",
	                    fields_list_to_json(attempt_fields, model->attempts,
	                                        sizeof(model->attempts[0]), model->attempt_count,
	                                        wire));
	json_object_set_new(json, "questions",
	                    fields_list_to_json(question_fields, model->questions,
	                                        sizeof(model->questions[0]), model->question_count,
	                                        wire));
}

json_t *model_events_to_json(const struct model *model, int64_t after)
{
	int first = 0;
	while (first < model->event_count && model->events[first].number <= after)
		first++;
	return fields_list_to_json(event_fields, model->events + first, sizeof(model->events[0]),
	                           model->event_count - first, MODEL_WIRE);
}

json_t *model_to_json(const struct model *model, enum model_form form)
{
	json_t *json = json_pack("{s:i}", "schema", SCHEMA);
	json_t *fields = fields_to_json(model_fields, model, form);
	if (!json || !fields || json_object_update(json, fields) < 0) {
		json_decref(fields);
		json_decref(json);
		return NULL;
	}
	json_decref(fields);
	json_object_set_new(json, "source", fields_to_json(source_fields, &model->source, form));
	json_object_set_new(json, "speakers", speakers_to_json(model, form));
	json_object_set_new(json, "adapters",
	                    fields_list_to_json(adapter_fields, model->adapters,
	                                        sizeof(model->adapters[0]), model->adapter_count,
	                                        form));
	if (form != MODEL_STATUS)
		json_object_set_new(json, "align", model_align_to_json(&model->align));
	if (form == MODEL_WIRE)
		json_object_set_new(json, "events", model_events_to_json(model, 0));
	if (form != MODEL_STATUS)
		arrivals_to_json(model, json);
	return json;
}

/* --- reading ----------------------------------------------------------------------------------- */

static int speakers_from_json(struct model *model, const json_t *list)
{
	int error = fields_list_from_json(speaker_fields, list, model->speakers,
	                                  sizeof(model->speakers[0]), MODEL_SPEAKERS,
	                                  &model->speaker_count);
	for (int i = 0; !error && i < model->speaker_count; i++)
		error = fields_from_json(
		    term_fields, json_object_get(json_array_get(list, (size_t)i), "latency_ms"),
		    &model->speakers[i]);
	return error;
}

static int align_from_json(struct model_align *align, const json_t *json)
{
	int error = fields_from_json(align_fields, json, align);
	return error
	           ? error
	           : fields_list_from_json(align_speaker_fields, json_object_get(json, "speakers"),
	                                   align->speakers, sizeof(align->speakers[0]),
	                                   MODEL_SPEAKERS, &align->count);
}

static int arrivals_from_json(struct model *model, const json_t *json)
{
	const json_t *pairing = json_object_get(json, "pairing");
	int32_t step_count = 0;
	int error = fields_from_json(pairing_fields, pairing, &model->pairing);
	if (!error)
		error = fields_list_from_json(step_fields, json_object_get(pairing, "steps"),
		                              model->pairing.steps, sizeof(model->pairing.steps[0]),
		                              STEP_COUNT, &step_count);
	if (!error)
		error = fields_from_json(scan_fields, json_object_get(json, "scan"), &model->scan);
	if (!error)
		error = fields_from_json(window_fields, json_object_get(json, "window"),
		                         &model->window);
	if (!error)
		error = fields_list_from_json(found_fields, json_object_get(json, "found"),
		                              model->found, sizeof(model->found[0]), MODEL_FOUND,
		                              &model->found_count);
	if (!error)
		error = fields_list_from_json(attempt_fields, json_object_get(json, "attempts"),
		                              model->attempts, sizeof(model->attempts[0]),
		                              MODEL_ATTEMPTS, &model->attempt_count);
	if (!error)
		error = fields_list_from_json(question_fields, json_object_get(json, "questions"),
		                              model->questions, sizeof(model->questions[0]),
		                              MODEL_QUESTIONS, &model->question_count);
	return error;
}

static int read_all(struct model *model, const json_t *json)
{
	int error = fields_from_json(model_fields, json, model);
	if (!error)
		error = fields_from_json(source_fields, json_object_get(json, "source"),
		                         &model->source);
	if (!error)
		error = speakers_from_json(model, json_object_get(json, "speakers"));
	if (!error)
		error = fields_list_from_json(adapter_fields, json_object_get(json, "adapters"),
		                              model->adapters, sizeof(model->adapters[0]),
		                              MODEL_ADAPTERS, &model->adapter_count);
	if (!error)
		error = align_from_json(&model->align, json_object_get(json, "align"));
	if (!error)
		error = fields_list_from_json(event_fields, json_object_get(json, "events"),
		                              model->events, sizeof(model->events[0]), MODEL_EVENTS,
		                              &model->event_count);
	if (!error)
		error = arrivals_from_json(model, json);
	return error;
}

int model_from_json(struct model *model, const json_t *json)
{
	memset(model, 0, sizeof(*model));
	const json_t *schema = json_object_get(json, "schema");
	if (json_is_integer(schema) && json_integer_value(schema) != SCHEMA)
		return -EPROTO;
	int error = json_is_integer(schema) ? read_all(model, json) : -EINVAL;
	if (error)
		memset(model, 0, sizeof(*model));
	return error;
}
