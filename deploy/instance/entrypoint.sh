#!/usr/bin/env bash
# What systemd is on a server: sets the computer up, then keeps its services running and ends with them.
set -euo pipefail

services=()

keep() { # command: started again five seconds after it ends, as Restart=always
  while true; do
    "$@" || printf 'spoq: %s ended (%s).\n' "$1" "$?" >&2
    sleep 5
  done
}

as() { # user, group, command: without any way to become more
  local user=$1 group=$2
  shift 2
  exec setpriv --reuid "$user" --regid "$group" --init-groups --inh-caps=-all --no-new-privs env HOME="$(getent passwd "$user" | cut -d: -f6)" USER="$user" "$@"
}

# What `conductor update` ends, so that it is started anew: its number is written down.
conductor() {
  printf '%s' "$BASHPID" >/run/conductor.pid
  as "$1" spoq /usr/local/bin/conductor --config /etc/conductor/config.json
}

web() { as caddy caddy caddy run --config /etc/caddy/Caddyfile --adapter caddyfile; }

# A function runs in a process of its own, which becomes what it starts.
run() { ("$@"); }

updates() {
  while sleep $((6 * 3600 + RANDOM % 3600)); do
    /usr/local/bin/conductor update --config /etc/conductor/config.json || true
  done
}

stop() {
  trap '' TERM INT
  kill -TERM 0 2>/dev/null || true
  wait
  exit 0
}

main() {
  # Asked to end while it is being set up: nothing of it is lost that the next start would not make.
  trap 'exit 0' TERM INT
  # Started once more: what it was told stands already, and the token was good for one installation.
  if [ ! -e /etc/spoq/settled ]; then
    /opt/spoq/install.sh boot &
    wait $! || {
      tail -n 25 /var/log/spoq-install.log >&2
      # The engine starts it again; not without end at full speed.
      sleep 5 &
      wait $!
      exit 1
    }
  fi
  # A secret for the installation only: what runs from here on does not get it.
  unset SPOQ_TOKEN
  local username
  username=$(sed -n 's/^User=//p' /etc/systemd/system/conductor.service.d/user.conf)
  install -d -m 0750 -o "$username" -g spoq /run/conductor
  install -d -m 0755 /run/sshd
  trap stop TERM INT
  keep /usr/sbin/sshd -D -e &
  services+=($!)
  keep run web &
  services+=($!)
  keep run conductor "$username" &
  services+=($!)
  updates &
  services+=($!)
  wait "${services[@]}"
}

main "$@"
