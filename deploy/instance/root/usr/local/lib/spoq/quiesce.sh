#!/usr/bin/env bash
# Runs as root on the server whose place another one takes: ends what its people run, but for the session by which this
# is asked. Prints the units that were stopped, so that they can be started again. spoq-move sends it over.
set -u

has_init() { [ -d /run/systemd/system ]; }
stop() {
  systemctl --quiet is-active "$1" && systemctl --quiet stop "$1" && echo "$1"
}
mine=' ' at=$$
while [ "$at" -gt 1 ]; do
  mine="$mine$at "
  at=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$at/status")
done
# Processes of people, also those that became root by sudo. Users of services are below 1000, or are made for them from 60000 on.
theirs() {
  local folder id state uid parent name value group
  for folder in /proc/[0-9]*; do
    id=${folder#/proc/} state='' uid=0 parent=0 group=''
    { while read -r name value _; do
      case $name in State:) state=$value ;; PPid:) parent=$value ;; Uid:) uid=$value; break ;; esac
    done <"$folder/status"; } 2>/dev/null
    { IFS= read -r group <"$folder/cgroup"; } 2>/dev/null
    # What this script starts is in its session too.
    [[ $state != Z && $mine != *" $id "* && $parent != "$$" ]] || continue
    if ((uid >= 1000 && (uid < 60000 || uid > 65535))) || [[ $group == *:/user.slice/* ]]; then echo "$id ${group##*/}"; fi
  done
}
end() { # signal
  local id unit try
  for try in {1..50}; do
    left=$(theirs)
    [ -n "$left" ] || return 0
    [ "$try" -ne 1 ] || while read -r id unit; do kill "-$1" "$id" 2>/dev/null; done <<<"$left"
    sleep 0.1
  done
  return 1
}
if has_init; then
  for unit in conductor-update.timer conductor-update.service conductor.service cron.service atd.service; do stop "$unit"; done
  # Services that people made for themselves would come back.
  theirs | while read -r _ unit; do
    case $unit in ssh*.service | user@*.service | session-*) ;; *.service) stop "$unit" ;; esac
  done
else
  for folder in /proc/[0-9]*; do
    case $(readlink "$folder/exe" 2>/dev/null) in */cron | */atd) kill "${folder#/proc/}" ;; esac
  done
fi
end TERM || end KILL || { echo "These do not end: $(while read -r id _; do cat "/proc/$id/comm"; done <<<"$left" 2>/dev/null | sort -u | tr '\n' ' ')" >&2; exit 1; }
sync
