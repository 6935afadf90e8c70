#!/usr/bin/env bash
# Parts of install.sh for a server that its owner brings: all of it stands beside what is there, and spoq-detach takes it off.

# What was made here and was not there before.
readonly MADE=/etc/spoq/own-server

made() { # line
  install -d -m 0755 /etc/spoq
  grep -qxsF "$1" "$MADE" || printf '%s\n' "$1" >>"$MADE"
}

# Who has an account there already keeps it as it is; their keys and passwords go on to let them in.
own_user() { # name
  local name=$1
  [[ $name =~ ^[a-z_][a-z0-9_-]{0,31}$ ]] || die "\"$name\" is no name of a user."
  if ! getent passwd "$name" >/dev/null; then
    made "user=$name"
    useradd --user-group --create-home --shell /bin/bash --password '*' "$name"
  fi
  usermod --append --groups spoq "$name"
  ssh-keygen -A >/dev/null
  install -d -m 0755 /run/sshd
  [[ $(sshd -T -C "user=$name,host=localhost,addr=127.0.0.1") == *"authorizedkeyscommand /usr/local/bin/spoq "* ]] ||
    die "/etc/ssh/sshd_config does not take in /etc/ssh/sshd_config.d/*.conf first. Put this line at its top and run the command again: Include /etc/ssh/sshd_config.d/*.conf"
}

# One site beside those that are there.
own_site() { # hostname
  local main=/etc/caddy/Caddyfile site=/etc/caddy/sites/spoq.caddy line='import /etc/caddy/sites/*.caddy'
  sed "s|@HOSTNAME@|$1|" "$(kit)/../own/spoq.caddy" >"$site"
  chmod 0644 "$site"
  cp "$main" "$WORK/Caddyfile"
  grep -qxF "$line" "$main" || printf '\n# Put here by Spoq.\n%s\n' "$line" >>"$WORK/Caddyfile"
  caddy validate --adapter caddyfile --config "$WORK/Caddyfile" >/dev/null 2>"$WORK/caddy.log" || {
    cat "$WORK/caddy.log"
    rm -f "$site"
    die "The web server does not take another site beside those in $main."
  }
  cmp -s "$WORK/Caddyfile" "$main" || install -m 0644 "$WORK/Caddyfile" "$main"
  if has_init; then
    unit enable caddy
    unit reload-or-restart caddy
  fi
}

# What its owner has closed stays closed, but for the web.
own_firewall() {
  local port rules
  command -v ufw >/dev/null || return 0
  rules=$(ufw status)
  [[ $rules == *"Status: active"* ]] || return 0
  for port in 80/tcp 443/tcp; do
    if ! grep -q "^$port .*ALLOW" <<<"$rules"; then
      ufw allow "$port" comment spoq
      made "ufw=$port"
    fi
  done
}
