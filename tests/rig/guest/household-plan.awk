# What happens in the household of soak-household.sh, and when.
#
#     awk -v seconds=7200 -v seed=7 -f household-plan.awk
#
# Prints a line for each deed, in the order of time:  SECOND DEED WHO [HOW_MUCH].  The same seed makes the same
# household, whichever awk reads it: the numbers are Park and Miller's.

function draw(from, to) {
  seed = seed * 16807 % 2147483647
  return from + (to - from) * seed / 2147483647
}

# Somebody does something every so many seconds, for so many.
function habit(who, deed, every_from, every_to, for_from, for_to, much,    at) {
  for (at = draw(every_from / 4, every_to); at < seconds - 120; at += draw(every_from, every_to)) {
    from[++count] = at
    lasts[count] = draw(for_from, for_to)
    whose[count] = who; what[count] = deed; how[count] = much
  }
}

# Nobody does two things at a time: what would begin before the last one is over does not happen.
function drop_overlaps(    i, j, held) {
  for (i = 2; i <= count; i++)
    for (j = i; j > 1 && from[j] < from[j - 1]; j--) swap(j)
  for (i = 1; i <= count; i++) {
    if (from[i] < free[whose[i]]) from[i] = -1
    else free[whose[i]] = from[i] + lasts[i] + 10
  }
}

function exchange(list, j,    held) { held = list[j]; list[j] = list[j - 1]; list[j - 1] = held }
function swap(j) { exchange(from, j); exchange(lasts, j); exchange(whose, j); exchange(what, j); exchange(how, j) }

BEGIN {
  seed = seed ? seed : 7
  draw(0, 1)
  # Alexa's answers, the time between two albums, and "Alexa, disconnect".
  habit("echo", "pause", 240, 600, 4, 20)
  habit("echo", "pause", 600, 1500, 60, 240)
  habit("echo", "off", 1200, 2400, 30, 180)
  # The kitchen: always on; somebody stands before it.
  habit("4", "fade", 180, 1200, 0.02, 0.12)
  habit("4", "fade", 900, 2400, 0.2, 0.9)
  # The living room: a phone takes it now and then.
  habit("5", "fade", 600, 1800, 0.02, 0.1)
  habit("5", "taken", 1200, 2400, 120, 300)
  # The bedroom: switched off, and waits to be called.
  habit("6", "off", 900, 2400, 240, 600)
  # The patio: carried about, often too far, on a battery.
  habit("7", "fade", 300, 1200, 0.03, 0.15)
  habit("7", "fade", 900, 2400, 1, 8)
  habit("7", "away", 600, 1800, 5, 180)
  habit("7", "dies", 1800, 3600, 180, 400)
  # Wi-Fi: somebody copies a film.
  habit("wifi1", "burst", 600, 1800, 1, 20, 40)
  habit("wifi2", "burst", 900, 2700, 1, 10, 25)
  # What all of it stands on starts anew.
  habit("box", "bluetoothd", 1200, 3000, 30, 30)
  habit("box", "pipewire", 1200, 2400, 30, 30)
  habit("box", "wireplumber", 1200, 2400, 30, 30)
  drop_overlaps()
  for (i = 1; i <= count; i++) {
    if (from[i] < 0) continue
    printf "%.2f %s %s %s\n", from[i], what[i], whose[i], what[i] == "fade" ? int(lasts[i] * 1000) : how[i] | "sort -n"
    if (what[i] != "fade" && whose[i] != "box")
      printf "%.2f end-%s %s\n", from[i] + lasts[i], what[i], whose[i] | "sort -n"
  }
}
