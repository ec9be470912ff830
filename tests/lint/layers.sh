#!/bin/sh
# The arrows of the house: which folder may include what.  README.md has the picture.
#
#   main ─► ui, daemon, scripts ─► relay/model, relay/command
#        └► relay ─► bluez, engine         pipewire, sim ─► engine/source
#                    engine ─► audio, a2dp     relay ─► measure (pure)
set -u
cd "$(dirname "$0")/../.." || exit 70
bad=0

only() { # only PLACE ALLOWED: PLACE includes nothing of ours but what the pattern allows
  found=$(grep -rnE '#include "' $1 | grep -vE "#include \"($2)")
  [ -z "$found" ] && return
  echo "$1 may include ($2) only:"
  echo "$found" | sed 's/^/  /'
  bad=1
}

never() { # never PLACE HEADERS WHY
  found=$(grep -rnE "#include <($2)>" $1)
  [ -z "$found" ] && return
  echo "$1: $3:"
  echo "$found" | sed 's/^/  /'
  bad=1
}

only src/base 'base/'
only src/audio 'audio/'
only src/measure 'measure/'
only src/a2dp 'a2dp/|audio/frame\.h'
only src/engine 'engine/|audio/|a2dp/'
only src/bluez 'bluez/|a2dp/sbc_config\.h|base/text\.h'
only src/pipewire 'pipewire/|engine/source\.h'
only src/sim 'sim/|a2dp/|audio/|engine/(source|inlet|clock)\.h|base/'
only src/relay 'relay/|bluez/bluez\.h|engine/(engine|source|inlet|clock)\.h|audio/(mix|overlay|frame)\.h|measure/|a2dp/(airtime|codec|sbc_config)\.h|base/'
only src/helper 'base/'
only src/doctor 'doctor/|a2dp/airtime\.h|base/'
only src/daemon 'daemon/|relay/model\.h|base/'
only src/scripts 'scripts/|daemon/client\.h|relay/(model|command)\.h|program/(arguments|print)\.h'
only ui 'ui/|relay/(model|command)\.h|base/'

rt='src/engine/relay_thread.c src/engine/output.c src/engine/channel.c src/engine/intake.c src/audio src/a2dp'
never "$rt" 'stdio\.h|pthread\.h|systemd/.*|pipewire/.*|syslog\.h' 'the real-time thread knows none of it'
never 'src/bluez src/relay src/doctor' 'curses\.h|pipewire/.*' 'that is not for here'
never src/scripts 'systemd/.*|curses\.h' 'a script knows the socket, not the world'
never ui 'systemd/.*|pipewire/.*' 'a screen knows the model, not the world'
never 'src/audio src/a2dp src/measure' 'time\.h|unistd\.h|sys/socket\.h' 'pure: no clock, no I/O'

# what runs on the real-time thread allocates in its set-up functions alone
found=$(grep -nE '\b(malloc|calloc|realloc|free|printf|pthread_mutex_lock)\(' src/engine/relay_thread.c \
  src/engine/intake.c src/engine/channel.c src/engine/messages.c src/engine/snapshot.c src/engine/inlet.c src/audio/*.c)
[ -z "$found" ] || { echo "no allocation here:"; echo "$found"; bad=1; }
exit $bad
