# The books of a household (household.sh): what was due at each speaker's DAC, and what of it was lost.
#
#     awk -f household-books.awk household echo.log speaker-N.log...
#
# Due is what the Echo played while the speaker was on and in reach, but for 25 ms at both ends of a stream, which fade;
# lost is that for which nothing left its DAC.  In step are those of its clicks that left it within 2 ms of another
# speaker's, where another one let it be heard.  A glitch is lost sound without 0.3 s of unbroken sound in between; its
# length is the time to recover.

# By speaker, and by number.
function add(list, count, who, from, to) { list[who, count, "from"] = from; list[who, count, "to"] = to }

# --- reading: all in seconds ----------------------------------------------------------------------------

FNR == 1 {
  who = FILENAME
  sub(".*/", "", who)
  gsub(/[^0-9]/, "", who)
  if (who != "") order[++speakers] = who
}
FILENAME ~ /household$/ {
  if ($3 == "out") since[$2, $4] = $1 / 1e9
  else {
    add(outs, ++out_count[$2], $2, since[$2, $4], $1 / 1e9)
    delete since[$2, $4]
  }
  if ($2 == "all" && $4 == "begin" && $3 == "in") begin = $1 / 1e9
  if ($2 == "all" && $4 == "end") end = $1 / 1e9
}
FILENAME ~ /echo/ && $1 == "start" { playing = $2 / 1e9 }
FILENAME ~ /echo/ && $1 == "stop" && playing { add(plays, ++play_count, "echo", playing, $2 / 1e9); playing = 0 }
FILENAME ~ /echo/ && $1 == "click" { click[++clicks] = $2 / 1e9 }
FILENAME ~ /speaker/ && $1 == "silence" {
  if ($2 == 0) silence_ended_by_kill()
  add(silences, ++silence_count[who], who, $2 / 1e9, $2 / 1e9 + $3 / 1e3)
  sounded[who] = $2 / 1e9 + $3 / 1e3
}
FILENAME ~ /speaker/ && $1 == "heard" { sounded[who] = heard[who, ++heard_count[who]] = $2 / 1e9 }

# A program that is killed says nothing of the silence it was in; clicks come every second.
function silence_ended_by_kill(    n, killed) {
  for (n = 1; n <= out_count["all"]; n++)
    if (outs["all", n, "from"] > sounded[who]) { killed = outs["all", n, "from"]; break }
  if (sounded[who] && killed - sounded[who] > 1.5)
    add(silences, ++silence_count[who], who, sounded[who], killed)
}

# --- clicks -----------------------------------------------------------------------------------------------

# at[who, i]: when a speaker let click i be heard, within a second of it
function match_clicks(who,    i, j) {
  j = 1
  for (i = 1; i <= clicks; i++) {
    while (j <= heard_count[who] && heard[who, j] < click[i]) j++
    if (j <= heard_count[who] && heard[who, j] < click[i] + 0.95) at[who, i] = heard[who, j]
  }
}

# 1: within 2 ms of another one's, 0: not, -1: nobody else let it be heard
function in_step(who, i,    k, distance, others) {
  for (k = 1; k <= speakers; k++) {
    if (order[k] == who || !((order[k], i) in at)) continue
    others++
    distance = at[order[k], i] - at[who, i]
    if (distance < 0) distance = -distance
    if (distance <= 0.002) return 1
  }
  return others ? 0 : -1
}

function median_of(list, count,    i, j, held) {
  for (i = 2; i <= count; i++)
    for (j = i; j > 1 && list[j] < list[j - 1]; j--) { held = list[j]; list[j] = list[j - 1]; list[j - 1] = held }
  return count ? list[int((count + 1) / 2)] : 0
}

# The usual way of a click to this speaker.
function way_of(who,    i, count, ways) {
  for (i = 1; i <= clicks && count < 301; i++)
    if (click[i] > begin && (who, i) in at) ways[++count] = at[who, i] - click[i]
  return median_of(ways, count)
}

# --- what was due -----------------------------------------------------------------------------------------

# due[n, "from"], [n, "to"]: what the Echo played, as it comes to that speaker, without the times it was out
function due_make(who, way,    i) {
  due_count = 0
  for (i = 1; i <= play_count; i++)
    due_cut(who, plays["echo", i, "from"] + way + edge, plays["echo", i, "to"] + way - edge, 1)
}
function due_cut(who, from, to, n,    total, from_out, to_out) {
  if (from < begin) from = begin
  if (to > end) to = end
  total = out_count["all"] + out_count[who]
  for (; n <= total && from < to; n++) {
    if (n <= out_count["all"]) { from_out = outs["all", n, "from"]; to_out = outs["all", n, "to"] }
    else { from_out = outs[who, n - out_count["all"], "from"]; to_out = outs[who, n - out_count["all"], "to"] }
    if (to_out <= from || from_out >= to) continue
    if (to_out < to) due_cut(who, to_out, to, n + 1)
    to = from_out
  }
  if (from < to) { add(due, ++due_count, "due", from, to); due_s += to - from }
}
function is_due(when,    i) {
  for (i = 1; i <= due_count; i++)
    if (when >= due["due", i, "from"] && when <= due["due", i, "to"]) return 1
  return 0
}

# --- what was lost ----------------------------------------------------------------------------------------

function lose(from, to) {
  if (lost_to && from - lost_to > 0.3) glitch_end()
  if (!lost_to) { glitches++; lost_from = from }
  if (to > lost_to) lost_to = to
  lost_s += to - from
}
function glitch_end() {
  if (lost_to) { lengths[glitches] = lost_to - lost_from; if (lengths[glitches] > worst) worst = lengths[glitches] }
  lost_to = 0
}
# A program that has just begun takes all the time before for silence.
function silence_from(who, i,    n, from) {
  from = silences[who, i, "from"]
  if (from > 1) return from
  for (n = 1; n <= out_count["all"]; n++)
    if (outs["all", n, "to"] < silences[who, i, "to"] && outs["all", n, "to"] > from) from = outs["all", n, "to"]
  return from
}

function books_of(who,    i, n, from, to, way, compared, well) {
  due_s = lost_s = glitches = worst = lost_to = 0
  way = way_of(who)
  due_make(who, way)
  # it never sounded again
  if (heard[who, heard_count[who]] < end - 3)
    add(silences, ++silence_count[who], who, heard[who, heard_count[who]], end + 1)
  for (i = 1; i <= silence_count[who]; i++)
    for (n = 1; n <= due_count; n++) {
      from = silence_from(who, i); to = silences[who, i, "to"]
      if (from < due["due", n, "from"]) from = due["due", n, "from"]
      if (to > due["due", n, "to"]) to = due["due", n, "to"]
      if (from < to) lose(from, to)
    }
  glitch_end()
  for (i = 1; i <= clicks; i++) {
    if (!((who, i) in at) || !is_due(at[who, i]) || in_step(who, i) < 0) continue
    compared++
    well += in_step(who, i)
  }
  printf "| %s | %.0f s | %.3f %% | %.1f s | %.2f %% | %d | %.2f s | %.2f s |\n", name[who], due_s,
    due_s ? 100 * (1 - lost_s / due_s) : 0, lost_s, compared ? 100 * well / compared : 0, glitches,
    median_of(lengths, glitches), worst
}

# --- between speakers ---------------------------------------------------------------------------------------

function spread_print(    i, k, least, most, count, spreads, within) {
  for (i = 1; i <= clicks; i++) {
    if (click[i] < begin || click[i] > end) continue
    least = most = 0
    for (k = 1; k <= speakers; k++) {
      if (!((order[k], i) in at)) continue
      if (!least || at[order[k], i] < least) least = at[order[k], i]
      if (at[order[k], i] > most) most = at[order[k], i]
    }
    if (least && most > least || least == most && least) { count++; within += most - least <= 0.002; sum += most - least; if (most - least > far) far = most - least }
  }
  printf "%d clicks: %.2f %% within 2 ms of each other, %.2f ms on average, %.2f at worst\n", count,
    count ? 100 * within / count : 0, count ? 1000 * sum / count : 0, 1000 * far
}

# A life that was cut short ends with the Echo's last click, with whatever is under way; so does the Echo's last stream.
function cut_short(    key, part, whole) {
  whole = end
  if (!whole) end = click[clicks]
  if (playing) add(plays, ++play_count, "echo", playing, end)
  if (whole) return
  for (key in since) {
    split(key, part, SUBSEP)
    add(outs, ++out_count[part[1]], part[1], since[key], end + 1)
  }
}

BEGIN { edge = 0.025 }

END {
  cut_short()
  name[4] = "Kitchen"; name[5] = "Living room"; name[6] = "Bedroom"; name[7] = "Patio"
  print "| speaker | due | uptime | lost | in step | glitches | recovers in, median | worst |"
  print "|---|---|---|---|---|---|---|---|"
  for (i = 1; i <= speakers; i++) match_clicks(order[i])
  for (i = 1; i <= speakers; i++) books_of(order[i])
  spread_print()
}
