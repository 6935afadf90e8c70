#!/usr/bin/env bash
# Runs the two servers of the gateway and ends with them. Given in the environment: SPOQ_URL, where the control plane
# answers, and SPOQ_GATEWAY_KEY, with which it may ask there about keys (Container__GatewayKey). SPOQ_SSH_PORT (22),
# SPOQ_SSH_ADDRESS (0.0.0.0).
set -euo pipefail

readonly SHARED=/var/lib/spoq-gateway
services=()

keep() {
  while true; do
    "$@" || printf 'spoq-gateway: %s ended (%s).\n' "$1" "$?" >&2
    sleep 2
  done
}

# Made once: visitors know the first, computers the second.
key() { # file
  [ -s "$SHARED/$1" ] || ssh-keygen -q -t ecdsa -b 256 -N '' -C spoq-gateway -f "$SHARED/$1"
}

web() {
  export XDG_DATA_HOME=$SHARED/caddy XDG_CONFIG_HOME=$SHARED/caddy
  # What was routed before goes on until the control plane says something newer.
  exec caddy run --resume --config /run/spoq-gateway/caddy.json
}

run() { ("$@"); }

stop() {
  trap '' TERM INT
  kill -TERM 0 2>/dev/null || true
  wait
  exit 0
}

main() {
  local name
  for name in SPOQ_URL SPOQ_GATEWAY_KEY; do
    [ -n "${!name:-}" ] || { echo "spoq-gateway: $name is not set." >&2; exit 2; }
  done
  umask 022
  install -d -m 0755 /run/sshd /run/spoq-gateway "$SHARED" "$SHARED/names" "$SHARED/caddy"
  [ -e "$SHARED/names/passwd" ] || touch "$SHARED/names/passwd"
  key ssh_host_ecdsa_key
  key hop_key
  chown root:visitors "$SHARED/hop_key"
  chmod 0640 "$SHARED/hop_key"
  # By file: arguments and environments are for others to read.
  (umask 077 && printf 'url = "%s/internal/containers/authorized-keys"\nheader = "Authorization: Bearer %s"\n' "${SPOQ_URL%/}" "$SPOQ_GATEWAY_KEY" >/run/spoq-gateway/ask)
  chown keys:keys /run/spoq-gateway/ask
  unset SPOQ_GATEWAY_KEY
  sed "s/@PORT@/${SPOQ_SSH_PORT:-22}/; s/@ADDRESS@/${SPOQ_SSH_ADDRESS:-0.0.0.0}/" /opt/spoq-gateway/sshd_config >/run/spoq-gateway/sshd_config
  /usr/sbin/sshd -t -f /run/spoq-gateway/sshd_config
  printf '{"admin":{"listen":"unix/%s/caddy.sock","origins":["caddy"]}}' "$SHARED" >/run/spoq-gateway/caddy.json
  rm -f "$SHARED/caddy.sock"
  trap stop TERM INT
  keep /usr/sbin/sshd -D -e -f /run/spoq-gateway/sshd_config &
  services+=($!)
  keep run web &
  services+=($!)
  wait "${services[@]}"
}

main "$@"
