#!/bin/bash
# make coverage: which share of the program's lines the tests have run, by folder, simulator aside; ends with 1
# if it is below COVERAGE_LEAST (90) % in all.  Which lines those are that were not run: build/coverage/lines.txt.
set -u
cd "$(dirname "$0")/.." || exit 70
out=build/coverage
gcovr -r . --object-directory "$out" -f 'src/' -f 'ui/' -e 'src/sim/' --exclude-unreachable-branches \
  --csv "$out/files.csv" --txt "$out/lines.txt" "$out" >/dev/null || exit 1
awk -F, -v least="${COVERAGE_LEAST:-90}" '
  NR > 1 {
    folder = $1; sub("/[^/]*$", "", folder)
    if (!(folder in lines)) folders[++count] = folder
    lines[folder] += $2; run[folder] += $3; all += $2; all_run += $3
  }
  END {
    for (i = 1; i <= count; i++)
      printf "%-14s %5.1f %% of %5d lines\n", folders[i], 100 * run[folders[i]] / lines[folders[i]], lines[folders[i]]
    printf "%-14s %5.1f %% of %5d lines\n", "in all", 100 * all_run / all, all
    exit all_run / all * 100 < least
  }' "$out/files.csv" || { echo "that is less than ${COVERAGE_LEAST:-90} %"; exit 1; }
