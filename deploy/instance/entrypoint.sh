#!/usr/bin/env bash
# What systemd is on a server: sets the computer up, then keeps its three services running and ends with them.
set -euo pipefail

services=()

keep() { # command: started again five seconds after it ends, as Restart=always
  while true; do
    "$@" || printf 'spoq: %s ended (%s).\n' "$1" "$?" >&2
    sleep 5
  done
}

stop() {
  trap '' TERM INT
  kill -TERM 0 2>/dev/null || true
  wait
  exit 0
}

main() {
  # Started once more: what it was told stands already, and the token was good for one installation.
  [ -r /etc/spoq/vps.marker ] || /opt/spoq/install.sh boot
  # A secret for the installation only: what runs from here on does not get it.
  unset SPOQ_TOKEN
  local username
  username=$(sed -n 's/^User=//p' /etc/systemd/system/conductor.service.d/user.conf)
  install -d -m 0750 -o "$username" -g spoq /run/conductor
  install -d -m 0755 /run/sshd
  trap stop TERM INT
  keep /usr/sbin/sshd -D -e &
  services+=($!)
  keep caddy run --config /etc/caddy/Caddyfile --adapter caddyfile &
  services+=($!)
  keep setpriv --reuid "$username" --regid spoq --init-groups --no-new-privs /usr/local/bin/conductor --config /etc/conductor/config.json &
  services+=($!)
  wait "${services[@]}"
}

main "$@"
